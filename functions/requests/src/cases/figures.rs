//! How many requests were closed within a month, and how.

use super::entering::Entering;
use super::list::month;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::Listed;
use custodian_domain::rights::register::lists::{Ending, RequestKind};
use custodian_store::cases::{CaseNote, ClosedNote, Wanted, Within};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Counts requests.
#[derive(Debug)]
pub(crate) struct Figures(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Figures {
    /// `{"order", "by", "month"}`: by kind, what was closed in that month; and what is due first of
    /// all that is open.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "by", "month"])?;
        order.staff_number("by")?;
        let month = month(order, "month")?;
        let closed = self.0.cases.closed_in(month, invocation.now).await?;
        let open = Wanted::default();
        let open = self
            .0
            .cases
            .list(&Within::Open, &open, None, invocation.now)
            .await?;
        let mut kinds = Map::new();
        for kind in RequestKind::ALL {
            let of_kind = closed.iter().filter(|note| note.kind == *kind);
            kinds.insert(
                kind.as_str().to_owned(),
                figures(&of_kind.collect::<Vec<_>>()),
            );
        }
        let first_due = open
            .notes
            .first()
            .map(|note| json!({"request_id": note.case_id.request(note.kind), "due": note.due}));
        Ok(
            json!({"month": month.format("%Y-%m").to_string(), "kinds": kinds, "first_due": first_due}),
        )
    }
}

fn figures(closed: &[&CaseNote]) -> Value {
    let ended = |is: fn(&ClosedNote) -> bool| {
        closed
            .iter()
            .filter(|note| note.closed.as_ref().is_some_and(is))
            .count()
    };
    let mut days: Vec<i64> = closed
        .iter()
        .filter_map(|note| Some((note.closed.as_ref()?.on - note.received).num_days()))
        .collect();
    days.sort_unstable();
    json!({
        "closed": closed.len(),
        "answered_in_time": ended(|it| it.ending.is_answer() && !it.late),
        "late": ended(|it| it.late),
        "extended": closed.iter().filter(|note| note.extended).count(),
        "refused": ended(|it| it.ending == Ending::Refused),
        "median_days": days.get(days.len().saturating_sub(1) / 2),
    })
}
