//! The Commissioner is told more.

use super::entering::EnteringBreach;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachEvent;
use serde_json::Value;
use std::sync::Arc;

/// Enters a follow-up.
#[derive(Debug)]
pub(crate) struct FollowUp(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for FollowUp {
    /// `{"order", "breach_id", "by", "at", "what", …}`, once the Commissioner was told.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = EnteringBreach::read(order, &["at", "what"])?;
        let (at, what) = (order.instant("at")?, order.sentence("what")?);
        self.0
            .enter(order, invocation, BreachEvent::FollowUp { at, what })
            .await
    }
}
