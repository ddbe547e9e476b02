//! A breach goes no further.

use super::entering::EnteringBreach;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachEvent;
use serde_json::Value;
use std::sync::Arc;

/// Enters that a breach is contained.
#[derive(Debug)]
pub(crate) struct Contained(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for Contained {
    /// `{"order", "breach_id", "by", "at", "what", …}`: since when, and what was done.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = EnteringBreach::read(order, &["at", "what"])?;
        let (at, what) = (order.instant("at")?, order.sentence("what")?);
        self.0
            .enter(order, invocation, BreachEvent::Contained { at, what })
            .await
    }
}
