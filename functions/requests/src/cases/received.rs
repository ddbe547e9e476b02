//! The date of receipt is corrected.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use serde_json::Value;
use std::sync::Arc;

/// Corrects the date of receipt.
#[derive(Debug)]
pub(crate) struct Received(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Received {
    /// `{"order", "case_id", "received", "reason", …}`: of the whole letter, and so of every request.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["received", "reason"])?;
        let event = CaseEvent::ReceiptCorrected {
            received: order.date("received")?,
            reason: order.chosen("reason")?,
        };
        self.0.enter(order, invocation, event).await
    }
}
