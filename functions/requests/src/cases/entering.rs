//! Enters events into cases, for all orders that do.

use super::case_view::{self, CALENDAR};
use crate::Error;
use crate::order::Invocation;
use chrono::{DateTime, Utc};
use custodian_domain::record::Holder;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::{Case, CaseEntry, CaseEvent, CaseId, Entered};
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::{CaseSteps, Pointing};
use custodian_store::Write;
use custodian_store::cases::{Cases, StoredCase};
use serde_json::{Value, json};

/// The fields of every order that enters an event.
const FIELDS: [&str; 7] = [
    "order", "case_id", "kind", "by", "event_id", "revision", "note",
];
/// How often it is tried to enter an event while others enter theirs.
const TRIES: u32 = 5;

/// Enters events into cases.
#[derive(Debug)]
pub(crate) struct Entering {
    pub(crate) cases: Cases,
    pub(crate) steps: CaseSteps,
    pub(crate) pointing: Pointing,
}

/// Whose a request is. The case itself does not say it.
pub(super) struct Confirmed {
    pub(super) kind: RequestKind,
    pub(super) holders: Vec<Holder>,
}

impl Entering {
    /// Reads an order with these fields beside those of all.
    pub(super) fn read<'a>(order: &'a Value, own: &[&str]) -> Result<Order<'a>, Violation> {
        Order::read(order, &[&FIELDS, own].concat())
    }

    /// The event of an order, about the request of its `kind`, or all that are open.
    pub(super) fn entry(
        order: Order<'_>,
        invocation: &Invocation<'_>,
        event: CaseEvent,
    ) -> Result<CaseEntry, Violation> {
        let own = order.has("event_id").then_some("event_id");
        let id = match own {
            Some(field) => order.request_id(field)?,
            None => None,
        };
        Ok(CaseEntry {
            id: match id {
                Some(id) => id,
                None => invocation.request_id("event_id")?,
            },
            at: invocation.now,
            by: Some(order.staff_number("by")?),
            of: order.perhaps::<RequestKind>("kind")?,
            event,
            request: None,
            note: order.note("note")?,
        })
    }

    /// Enters an event, and tells what the case is like then.
    pub(super) async fn enter(
        &self,
        order: Order<'_>,
        invocation: &Invocation<'_>,
        event: CaseEvent,
    ) -> Result<Value, Error> {
        self.enter_of(order, invocation, event, None).await
    }

    /// The same, with whose the request is.
    pub(super) async fn enter_of(
        &self,
        order: Order<'_>,
        invocation: &Invocation<'_>,
        event: CaseEvent,
        confirmed: Option<&Confirmed>,
    ) -> Result<Value, Error> {
        let id = order.case("case_id")?;
        let seen = seen(order)?;
        let entry = Self::entry(order, invocation, event)?;
        let mut tries = 0;
        loop {
            let (stored, mut case) = self.current(&id, invocation.now).await?;
            let entered = case.enter(entry.clone(), &CALENDAR);
            // What was entered before is not refused because of what came after it.
            if entered != Ok(Entered::Before) {
                is_current(&stored.case, seen)?;
            }
            let repeated = entered? == Entered::Before;
            let beside = if repeated {
                Vec::new()
            } else {
                let mut beside = self.beside(&stored.case, &entry, invocation.now).await?;
                if let Some(confirmed) = confirmed {
                    let Confirmed { kind, holders } = confirmed;
                    let now = invocation.now;
                    let pointing = self.pointing.writes(&case, *kind, holders, now);
                    beside.extend(pointing.await?);
                }
                beside
            };
            if repeated
                || self
                    .cases
                    .store((Some(&stored), &case), beside, &CALENDAR, invocation.now)
                    .await?
            {
                tracing::info!(outcome = "entered", "request");
                let shown = if repeated { &stored.case } else { &case };
                let mut answer = case_view::of(shown);
                answer["repeated"] = json!(repeated);
                return Ok(answer);
            }
            tries += 1;
            if tries == TRIES {
                return Err(Error::NotNow(
                    "others enter events into this case: try again",
                ));
            }
        }
    }

    /// What has to hold when the event is stored: the case that a duplicate names is still what
    /// it repeats, so that two cases which are closed at the same moment do not name each other.
    async fn beside(
        &self,
        case: &Case,
        entry: &CaseEntry,
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, Error> {
        let CaseEvent::Closed {
            duplicate_of: Some(other),
            ..
        } = &entry.event
        else {
            return Ok(Vec::new());
        };
        let other = self.find(other, now).await?.case;
        case.check_duplicate(entry, &other)?;
        Ok(vec![self.cases.unchanged(&other)?])
    }

    /// A case as it is stored, and as it is now, with what has followed by itself.
    pub(super) async fn current(
        &self,
        id: &CaseId,
        now: DateTime<Utc>,
    ) -> Result<(StoredCase, Case), Error> {
        self.steps.find(id, now).await?.ok_or(Error::UnknownCase)
    }

    /// A case.
    pub(super) async fn find(&self, id: &CaseId, now: DateTime<Utc>) -> Result<StoredCase, Error> {
        self.cases.find(id, now).await?.ok_or(Error::UnknownCase)
    }
}

/// The revision that the person who gives the order has looked at, if they say so.
fn seen(order: Order<'_>) -> Result<Option<usize>, Violation> {
    if !order.has("revision") {
        return Ok(None);
    }
    let revision = order.whole("revision", 1..=100_000, 0)?;
    usize::try_from(revision)
        .map(Some)
        .map_err(|_| Violation::new("revision", "must be that of the case"))
}

/// Whether nothing was entered since that revision.
fn is_current(case: &Case, seen: Option<usize>) -> Result<(), Error> {
    let Some(seen) = seen.filter(|seen| *seen != case.revision()) else {
        return Ok(());
    };
    let since = case.entries().iter().skip(seen);
    let names: Vec<&str> = since.map(|entry| entry.event.name()).collect();
    Err(Error::Outdated(if names.is_empty() {
        "the case has no such revision".to_owned()
    } else {
        names.join(", ")
    }))
}
