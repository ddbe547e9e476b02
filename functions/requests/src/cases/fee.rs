//! A fee: asked, and paid.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use custodian_domain::rights::register::lists::ProofSeen;
use custodian_domain::rights::response_deadline::Need;
use serde_json::Value;
use std::sync::Arc;

/// Enters what becomes of a fee.
#[derive(Debug)]
pub(crate) struct Fee(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Fee {
    /// `{"order", "case_id", "kind", "on", …}` with the `reason` for which a fee is asked; without, it is paid.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["on", "reason"])?;
        let on = order.date("on")?;
        let event = match order.perhaps("reason")? {
            Some(reason) => CaseEvent::FeeAsked { on, reason },
            None => CaseEvent::Sufficient {
                need: Need::Fee,
                on,
                proof: ProofSeen::Payment,
            },
        };
        self.0.enter(order, invocation, event).await
    }
}
