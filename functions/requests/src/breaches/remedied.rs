//! The effects of a breach are dealt with.

use super::entering::EnteringBreach;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachEvent;
use serde_json::Value;
use std::sync::Arc;

/// Enters that the effects are dealt with.
#[derive(Debug)]
pub(crate) struct Remedied(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for Remedied {
    /// `{"order", "breach_id", "by", "at", "what", …}`: since when, and what was done.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = EnteringBreach::read(order, &["at", "what"])?;
        let (at, what) = (order.instant("at")?, order.sentence("what")?);
        self.0
            .enter(order, invocation, BreachEvent::Remedied { at, what })
            .await
    }
}
