//! Enters events into breaches, for all orders that do.

use super::breach_view;
use crate::Error;
use crate::order::Invocation;
use chrono::{DateTime, Utc};
use custodian_domain::rights::breach::{Breach, BreachEntry, BreachEvent, BreachId};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::Entered;
use custodian_domain::validation::violation::Violation;
use custodian_rights::hold_enforcement::HoldEnforcement;
use custodian_store::breaches::Breaches;
use serde_json::{Value, json};

/// The fields of every order that enters an event.
const FIELDS: [&str; 5] = ["order", "breach_id", "by", "event_id", "revision"];
/// How often it is tried to enter an event while others enter theirs.
pub(super) const TRIES: u32 = 5;
/// Why an order gives up.
pub(super) const OTHERS_ENTER: Error =
    Error::NotNow("others enter events into this breach: try again");

/// Enters events into breaches.
#[derive(Debug)]
pub(crate) struct EnteringBreach {
    pub(crate) breaches: Breaches,
    /// Holds the records of those who are affected.
    pub(crate) hold_enforcement: HoldEnforcement,
}

/// A breach before and after an event.
pub(super) struct Step {
    pub(super) before: Breach,
    pub(super) after: Breach,
    /// Whether the event was there before.
    pub(super) repeated: bool,
}

impl EnteringBreach {
    /// Reads an order with these fields beside those of all.
    pub(super) fn read<'a>(order: &'a Value, own: &[&str]) -> Result<Order<'a>, Violation> {
        Order::read(order, &[&FIELDS, own].concat())
    }

    /// The event of an order.
    pub(super) fn entry(
        order: Order<'_>,
        invocation: &Invocation<'_>,
        event: BreachEvent,
    ) -> Result<BreachEntry, Violation> {
        let own = order.request_id("event_id")?;
        Ok(BreachEntry {
            id: match own {
                Some(id) => id,
                None => invocation.request_id("event_id")?,
            },
            at: invocation.now,
            by: order.staff_number("by")?,
            event,
        })
    }

    /// Enters an event, and tells what the breach is like then.
    pub(super) async fn enter(
        &self,
        order: Order<'_>,
        invocation: &Invocation<'_>,
        event: BreachEvent,
    ) -> Result<Value, Error> {
        let entry = Self::entry(order, invocation, event)?;
        for _ in 0..TRIES {
            let step = self.step(order, &entry, invocation.now).await?;
            if step.repeated || self.store(&step, Vec::new(), invocation.now).await? {
                return Ok(view(&step, invocation.now));
            }
        }
        Err(OTHERS_ENTER)
    }

    /// What an event makes of the breach as it is now. Nothing is stored.
    pub(super) async fn step(
        &self,
        order: Order<'_>,
        entry: &BreachEntry,
        now: DateTime<Utc>,
    ) -> Result<Step, Error> {
        let (id, seen) = (order.breach("breach_id")?, seen(order)?);
        let before = self.find(&id, now).await?;
        let mut after = before.clone();
        let entered = after.enter(entry.clone());
        // What was entered before is not refused because of what came after it.
        if entered != Ok(Entered::Before) {
            is_current(&before, seen)?;
        }
        Ok(Step {
            repeated: entered? == Entered::Before,
            before,
            after,
        })
    }

    /// Stores a step. Returns whether nobody else was faster.
    pub(super) async fn store(
        &self,
        step: &Step,
        beside: Vec<custodian_store::Write>,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let change = (Some(&step.before), &step.after);
        Ok(self.breaches.store(change, beside, now).await?)
    }

    /// A breach.
    pub(super) async fn find(&self, id: &BreachId, now: DateTime<Utc>) -> Result<Breach, Error> {
        let found = self.breaches.find(id, now).await?;
        found.ok_or(Error::UnknownBreach)
    }
}

/// What the DPO sees after a step.
pub(super) fn view(step: &Step, now: DateTime<Utc>) -> Value {
    tracing::info!(outcome = "entered", "breach");
    let mut answer = breach_view::of(&step.after, now);
    answer["repeated"] = json!(step.repeated);
    answer
}

/// The revision that the person who gives the order has looked at, if they say so.
fn seen(order: Order<'_>) -> Result<Option<usize>, Violation> {
    if !order.has("revision") {
        return Ok(None);
    }
    let revision = order.whole("revision", 1..=100_000, 0)?;
    usize::try_from(revision)
        .map(Some)
        .map_err(|_| Violation::new("revision", "must be that of the breach"))
}

/// Whether nothing was entered since that revision.
fn is_current(breach: &Breach, seen: Option<usize>) -> Result<(), Error> {
    let Some(seen) = seen.filter(|seen| *seen != breach.revision()) else {
        return Ok(());
    };
    let since = breach.entries().iter().skip(seen);
    let names: Vec<&str> = since.map(|entry| entry.event.name()).collect();
    Err(Error::BreachChanged(if names.is_empty() {
        "the breach has no such revision".to_owned()
    } else {
        names.join(", ")
    }))
}
