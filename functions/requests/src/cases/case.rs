//! One case, with its history.

use super::case_view::{self, CALENDAR};
use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use serde_json::{Value, json};
use std::sync::Arc;

/// Shows a case.
#[derive(Debug)]
pub(crate) struct ShowCase(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for ShowCase {
    /// `{"order", "case_id", "by"}`. If bank holidays that became known have moved a date, or
    /// something has followed by itself from what was ordered, that is entered first.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "case_id", "by"])?;
        let (id, now) = (order.case("case_id")?, invocation.now);
        order.staff_number("by")?;
        let (stored, case) = self.0.current(&id, now).await?;
        if case != stored.case {
            // If somebody else enters something at the same time, they enter this as well.
            self.0
                .cases
                .store((Some(&stored), &case), Vec::new(), &CALENDAR, now)
                .await?;
        }
        let mut answer = case_view::of(&case);
        answer["history"] = json!(case.entries());
        let late = case.late_until_corrected(&CALENDAR);
        answer["late_until_corrected"] = late
            .iter()
            .map(|(event, kind, due)| json!({"event_id": event, "kind": kind, "due": due}))
            .collect();
        Ok(answer)
    }
}
