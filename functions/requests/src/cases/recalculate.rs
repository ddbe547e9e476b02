//! Bank holidays became known, and open requests are listed by their new dates.

use super::case_view::CALENDAR;
use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::CaseId;
use custodian_store::cases::LOOKED_THROUGH;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Works out again by when open requests have to be answered.
#[derive(Debug)]
pub(crate) struct Recalculate(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Recalculate {
    /// `{"order", "by", "after"?}`: for a thousand open requests. Each whose date has moved has an
    /// event that says so.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let (order, now) = (
            Order::read(order, &["order", "by", "after"])?,
            invocation.now,
        );
        order.staff_number("by")?;
        let after = order
            .has("after")
            .then(|| order.text("after"))
            .transpose()?;
        let page = self.0.cases.open(after, LOOKED_THROUGH, now).await?;
        let ids: BTreeSet<&CaseId> = page.notes.iter().map(|note| &note.case_id).collect();
        let mut moved = 0_u64;
        for id in ids {
            let has_moved = self.0.cases.move_dates(id, &CALENDAR, now).await?;
            moved += u64::from(has_moved);
        }
        tracing::info!(outcome = "recalculated", count = moved, "request");
        Ok(json!({"moved": moved, "after": page.after}))
    }
}
