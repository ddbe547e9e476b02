//! The time for an answer is extended.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use serde_json::Value;
use std::sync::Arc;

/// Extends the time by two months.
#[derive(Debug)]
pub(crate) struct Extend(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Extend {
    /// `{"order", "case_id", "kind", "told_on", "reason", …}`: once, and if the person was told in time.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["told_on", "reason"])?;
        let event = CaseEvent::Extended {
            told_on: order.date("told_on")?,
            reason: order.chosen("reason")?,
        };
        self.0.enter(order, invocation, event).await
    }
}
