//! A page of the breaches that are open, or that were closed.

use super::breach_view;
use super::entering::EnteringBreach;
use crate::Error;
use crate::cases::month;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachClock;
use custodian_domain::rights::order::Order;
use custodian_store::breaches::BreachesWithin;
use serde_json::{Value, json};
use std::sync::Arc;

/// Lists breaches.
#[derive(Debug)]
pub(crate) struct ListBreaches(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for ListBreaches {
    /// `{"order", "by", "closed_in"?, "after"?}`: 25 breaches. Of those that are open, those whose
    /// 72 hours run come first, by when these are over.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "by", "closed_in", "after"])?;
        order.staff_number("by")?;
        let within = if order.has("closed_in") {
            BreachesWithin::Closed(month(order, "closed_in")?)
        } else {
            BreachesWithin::Open
        };
        let after = order.has("after").then(|| order.text("after"));
        let (after, now) = (after.transpose()?, invocation.now);
        let page = self.0.breaches.list(within, after, now).await?;
        let notes = page.notes.iter().map(|note| {
            let clock = BreachClock {
                aware_at: note.aware_at,
                told_at: note.told_at,
                decided_at: note.decided_at,
            };
            json!({
                "breach_id": note.breach_id, "state": note.state,
                "clock": breach_view::clock(&clock, now), "about_people": note.about_people,
                "about_records": note.about_records, "must_tell_people": note.must_tell_people,
                "closed_at": note.closed_at,
            })
        });
        Ok(json!({"breaches": notes.collect::<Vec<_>>(), "after": page.after}))
    }
}
