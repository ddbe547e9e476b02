//! A page of the requests that are open, or that were closed.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use chrono::NaiveDate;
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use custodian_store::cases::{Wanted, Within};
use serde_json::{Value, json};
use std::sync::Arc;

/// Lists requests.
#[derive(Debug)]
pub(crate) struct ListCases(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for ListCases {
    /// `{"order", "by", "handler"? or "closed_in"?, "kind"?, "state"?, "due_before"?, "after"?}`: 25
    /// requests, those that are due first at the top.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 8] = [
            "order",
            "by",
            "handler",
            "closed_in",
            "kind",
            "state",
            "due_before",
            "after",
        ];
        let order = Order::read(order, &FIELDS)?;
        order.staff_number("by")?;
        let within = match (order.has("handler"), order.has("closed_in")) {
            (false, false) => Within::Open,
            (true, false) => Within::With(order.staff_number("handler")?),
            (false, true) => Within::Closed(month(order, "closed_in")?),
            (true, true) => {
                let rule = "must not be given with closed_in: that list is not by handler";
                return Err(Violation::new("handler", rule).into());
            }
        };
        let text = |field| order.has(field).then(|| order.text(field)).transpose();
        let day = |field| order.has(field).then(|| order.date(field)).transpose();
        let wanted = Wanted {
            kind: order.perhaps("kind")?,
            state: text("state")?.map(str::to_owned),
            due_before: day("due_before")?,
        };
        let after = text("after")?;
        let page = self
            .0
            .cases
            .list(&within, &wanted, after, invocation.now)
            .await?;
        let notes = page.notes.iter().map(|note| {
            let mut answer = json!(note);
            answer["request_id"] = json!(note.case_id.request(note.kind));
            answer
        });
        Ok(json!({"requests": notes.collect::<Vec<_>>(), "after": page.after}))
    }
}

/// The first day of a month.
pub(crate) fn month(order: Order<'_>, field: &str) -> Result<NaiveDate, Violation> {
    let month = order
        .get(field)
        .and_then(|month| format!("{month}-01").parse().ok());
    month.ok_or_else(|| Violation::new(field, "must be a month, YYYY-MM"))
}
