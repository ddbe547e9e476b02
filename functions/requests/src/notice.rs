//! A person was informed that a restriction will be lifted.

use crate::Error;
use crate::constraints::{Constraining, constraint_view};
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::constraint::Act;
use custodian_domain::rights::order::Order;
use custodian_rights::hold_enforcement::Enforced;
use custodian_rights::people::Links;
use serde_json::Value;
use std::sync::Arc;

/// Records that the person was informed.
#[derive(Debug)]
pub(crate) struct Notice(pub(crate) Arc<Constraining>);

#[async_trait]
impl OrderHandler for Notice {
    /// Records that the person was informed that the restriction will be lifted:
    /// `{"order", "request_id", "by"}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "by"])?;
        let (id, now) = (order.request()?, invocation.now);
        let act = Act {
            by: order.text("by")?.to_owned(),
            at: now,
        };
        if !self.0.find(&id, now).await?.standing.kind.needs_notice() {
            return Err(Error::NotNow("a hold needs no notice"));
        }
        // A record made earlier is kept.
        self.0
            .hold_enforcement
            .constraints
            .notice(&id, &act)
            .await?;
        tracing::info!(outcome = "told", "standing");
        Ok(constraint_view(
            &id,
            &self.0.find(&id, now).await?,
            Enforced::default(),
            &Links::of(&[]),
        ))
    }
}
