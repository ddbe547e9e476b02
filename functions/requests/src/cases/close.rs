//! A request is answered, or ends otherwise.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use serde_json::Value;
use std::sync::Arc;

/// Closes a request.
#[derive(Debug)]
pub(crate) struct Close(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Close {
    /// `{"order", "case_id", "kind"?, "ending", "on", "means"?, "parts"?, "duplicate_of"?, "late"?, …}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 6] = ["ending", "on", "means", "parts", "duplicate_of", "late"];
        let order = Entering::read(order, &FIELDS)?;
        let has_other = order.has("duplicate_of");
        let event = CaseEvent::Closed {
            ending: order.chosen("ending")?,
            on: order.date("on")?,
            means: order.perhaps("means")?,
            parts: order.several("parts")?,
            duplicate_of: has_other.then(|| order.case("duplicate_of")).transpose()?,
            late: order.perhaps("late")?,
        };
        self.0.enter(order, invocation, event).await
    }
}
