//! A closed request is opened again.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use serde_json::Value;
use std::sync::Arc;

/// Opens a request again.
#[derive(Debug)]
pub(crate) struct Reopen(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Reopen {
    /// `{"order", "case_id", "kind"?, "reason", …}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["reason"])?;
        let event = CaseEvent::Reopened {
            reason: order.chosen("reason")?,
        };
        self.0.enter(order, invocation, event).await
    }
}
