//! A package is opened for the DPO, who reads it before it is released.

use crate::Error;
use crate::links::{FETCHES, Links, NewLink, in_case};
use crate::order::{Invocation, NamedOrder, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::package_token::LinkKind;
use serde_json::Value;
use std::sync::Arc;

/// Makes a link by which the DPO reads a package, and its code.
#[derive(Debug)]
pub(crate) struct Read(pub(crate) Arc<Links>);

#[async_trait]
impl OrderHandler for Read {
    fn name(&self) -> &'static str {
        "read"
    }

    /// Makes the link: `{"read", "by", "case_id"?}`. The earlier link of this kind ends. It is no step
    /// of a case.
    async fn carry_out(
        &self,
        order: &Value,
        field: &str,
        invocation: &Invocation<'_>,
    ) -> Result<Value, Error> {
        let (order, now) = (NamedOrder::read(order, field)?, invocation.now);
        let (package, made) = self.0.openable(&order.request, invocation).await?;
        let given = (order.order, "by", order.by);
        let in_case = in_case(given, &order.request, &package)?;
        if let Some(until) = made.records_until {
            invocation.concerned.looked_at(&package.holders, until);
        }
        let until = made.expires_at.min(now + LinkKind::Reading.longest());
        let new = NewLink {
            kind: LinkKind::Reading,
            by: order.by,
            fetches: FETCHES,
            until,
            decided: None,
        };
        self.0
            .open(&order.request, new, in_case.as_ref(), now)
            .await
    }
}
