//! Who the person is: asked, and what came of it.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use custodian_domain::rights::response_deadline::Need;
use custodian_domain::validation::violation::Violation;
use serde_json::Value;
use std::sync::Arc;

/// Enters what becomes of somebody's identity.
#[derive(Debug)]
pub(crate) struct Identity(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Identity {
    /// `{"order", "case_id", "kind"?, "on", …}` with `doubt` if proof was asked for, `proof` if it is sufficient, or `fault` if it is not.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["on", "doubt", "proof", "fault"])?;
        let (on, need) = (order.date("on")?, Need::Identity);
        let event = match ["doubt", "proof", "fault"].map(|field| order.has(field)) {
            [true, false, false] => CaseEvent::IdentityAsked {
                on,
                doubt: order.chosen("doubt")?,
            },
            [false, true, false] => CaseEvent::Sufficient {
                need,
                on,
                proof: order.chosen("proof")?,
            },
            [false, false, true] => CaseEvent::Insufficient {
                need,
                on,
                fault: order.chosen("fault")?,
            },
            _ => {
                let rule = "must have one of doubt, proof and fault";
                return Err(Violation::new("the order", rule).into());
            }
        };
        self.0.enter(order, invocation, event).await
    }
}
