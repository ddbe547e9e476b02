//! What somebody does at the desk that is no order: it is only written down, in the audit trail.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use serde_json::{Value, json};

/// The orders of which nothing follows but their entry: somebody signed in or out, or was refused
/// a page that their role may not see.
pub(crate) const EVENTS: [&str; 3] = ["signed_in", "signed_out", "page_refused"];

/// Writes down that it happened.
#[derive(Debug)]
pub(crate) struct NoteEvent;

#[async_trait]
impl OrderHandler for NoteEvent {
    /// `{"order", "by"}`.
    async fn carry_out(&self, order: &Value, _: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "by"])?;
        order.staff_number("by")?;
        Ok(json!({"status": "noted"}))
    }
}
