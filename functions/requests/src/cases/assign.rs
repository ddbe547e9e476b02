//! Somebody else works on a case.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use serde_json::Value;
use std::sync::Arc;

/// Gives a case to somebody.
#[derive(Debug)]
pub(crate) struct Assign(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Assign {
    /// `{"order", "case_id", "handler", …}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["handler"])?;
        let event = CaseEvent::Assigned {
            handler: order.staff_number("handler")?,
        };
        self.0.enter(order, invocation, event).await
    }
}
