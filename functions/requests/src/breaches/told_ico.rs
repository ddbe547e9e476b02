//! The Commissioner is told of a breach.

use super::entering::EnteringBreach;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachEvent;
use serde_json::Value;
use std::sync::Arc;

/// Enters that the Commissioner was told.
#[derive(Debug)]
pub(crate) struct ToldIco(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for ToldIco {
    /// `{"order", "breach_id", "by", "at", "reference", "phase", "late"?, "text"?, …}`. After the 72
    /// hours, `late` has at least one reason of the list and `text` says it in words; before, both
    /// are left out.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 5] = ["at", "reference", "phase", "late", "text"];
        let order = EnteringBreach::read(order, &FIELDS)?;
        let event = BreachEvent::ToldIco {
            at: order.instant("at")?,
            reference: order.commissioners_reference("reference")?,
            phase: order.chosen("phase")?,
            late: order.several("late")?,
            text: order.note("text")?,
        };
        self.0.enter(order, invocation, event).await
    }
}
