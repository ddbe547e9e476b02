//! The audit trail is read: by a day, or by a request.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use custodian_store::audit_log::{AuditLog, EntryPage};
use serde_json::{Value, json};

/// How many entries an answer has at most.
const PAGE: usize = 100;

/// Reads the audit trail.
#[derive(Debug)]
pub(crate) struct ReadAudit(pub(crate) AuditLog);

#[async_trait]
impl OrderHandler for ReadAudit {
    /// Lists entries, oldest first: `{"order", "by", "day"? | "request_id"?, "after"?}`. `day` is a
    /// day in UTC. The answer has 100 entries at most, and in `after` the number of the last one if
    /// there are more: give it in the next order.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "by", "day", "request_id", "after"])?;
        // Whoever reads it is in it, by a staff number.
        order.staff_number("by")?;
        let after = u64::from(order.whole("after", 0..=u32::MAX, 0)?);
        let request = order.request_id("request_id")?;
        let EntryPage { entries, more } = match (&request, order.has("day")) {
            (Some(request), false) => self.0.about(request, after, PAGE, invocation.now).await?,
            (None, true) => {
                self.0
                    .of_day(order.date("day")?, after, PAGE, invocation.now)
                    .await?
            }
            _ => {
                let rule = "or request_id must be given, and not both";
                return Err(Violation::new("day", rule).into());
            }
        };
        let last = entries.last().map(|entry| entry.n).filter(|_| more);
        tracing::info!(outcome = "listed", count = entries.len(), "audit");
        Ok(json!({"entries": entries, "after": last}))
    }
}
