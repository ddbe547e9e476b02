//! A request is decided.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use serde_json::Value;
use std::sync::Arc;

/// Enters a decision.
#[derive(Debug)]
pub(crate) struct Decide(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Decide {
    /// `{"order", "case_id", "kind", "verdict", "grounds"?, "decided_by", …}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["verdict", "grounds", "decided_by"])?;
        let event = CaseEvent::Decided {
            verdict: order.chosen("verdict")?,
            grounds: order.several("grounds")?,
            decided_by: order.chosen("decided_by")?,
        };
        self.0.enter(order, invocation, event).await
    }
}
