//! Whether somebody may act for the person: asked, and what came of it.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use custodian_domain::rights::response_deadline::Need;
use custodian_domain::validation::violation::Violation;
use serde_json::Value;
use std::sync::Arc;

/// Enters what becomes of somebody's authority.
#[derive(Debug)]
pub(crate) struct Authority(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Authority {
    /// `{"order", "case_id", "kind"?, "on", …}`, with `proof` if it is sufficient, or `fault` if it is not; with neither it was asked for.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["on", "proof", "fault"])?;
        let (on, need) = (order.date("on")?, Need::Authority);
        let event = match ["proof", "fault"].map(|field| order.has(field)) {
            [false, false] => CaseEvent::AuthorityAsked { on },
            [true, false] => CaseEvent::Sufficient {
                need,
                on,
                proof: order.chosen("proof")?,
            },
            [false, true] => CaseEvent::Insufficient {
                need,
                on,
                fault: order.chosen("fault")?,
            },
            [true, true] => {
                let rule = "must have one of proof and fault";
                return Err(Violation::new("the order", rule).into());
            }
        };
        self.0.enter(order, invocation, event).await
    }
}
