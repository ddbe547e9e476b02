//! How many people and records a breach affects.

use super::entering::EnteringBreach;
use super::finder::{Finder, Position};
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachRefusal;
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use serde_json::{Value, json};
use std::sync::Arc;

/// Counts the affected.
#[derive(Debug)]
pub(crate) struct CountAffected {
    pub(super) entering: Arc<EnteringBreach>,
    pub(super) finder: Arc<Finder>,
}

/// What was counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    people: u64,
    anonymous: u64,
    records: u64,
}

#[async_trait]
impl OrderHandler for CountAffected {
    /// `{"order", "breach_id", "by", "query"?, "after"?}`: by the order's query, or else by that of
    /// the register. One order counts for some seconds. If it is not through, the answer has
    /// `after`, with which the same order counts on from there.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "breach_id", "by", "query", "after"])?;
        order.staff_number("by")?;
        let (id, now) = (order.breach("breach_id")?, invocation.now);
        let breach = self.entering.find(&id, now).await?;
        let own = self.finder.query(order).await?;
        let query = own.or_else(|| breach.scope().query.clone());
        let query = query.ok_or(BreachRefusal::NoQuery)?;
        let (mut counts, from) = resumed(order)?;
        let mut walk = self.finder.walk(&query, from, now).await?;
        while let Some(people) = walk.next().await? {
            for person in people {
                counts.people += 1;
                counts.anonymous += u64::from(person.holder.subject().is_none());
                counts.records += person.records;
            }
            if walk.is_long() {
                break;
            }
        }
        let after = walk.position().map(|position| {
            let Counts {
                people,
                anonymous,
                records,
            } = counts;
            format!("{people}/{anonymous}/{records}/{position}")
        });
        tracing::info!(outcome = "counted", "breach");
        Ok(json!({
            "breach_id": id, "people": counts.people, "anonymous": counts.anonymous,
            "records": counts.records, "complete": after.is_none(), "after": after,
        }))
    }
}

/// Where an order before this one stopped, and what it had counted.
fn resumed(order: Order<'_>) -> Result<(Counts, Option<Position>), Violation> {
    if !order.has("after") {
        return Ok((Counts::default(), None));
    }
    let read = |after: &str| {
        let mut parts = after.splitn(4, '/');
        let counts = Counts {
            people: parts.next()?.parse().ok()?,
            anonymous: parts.next()?.parse().ok()?,
            records: parts.next()?.parse().ok()?,
        };
        Some((counts, Some(Position::read(parts.next()?)?)))
    };
    let after = order.get("after").and_then(read);
    after.ok_or_else(|| Violation::new("after", "must be the `after` of the order before"))
}
