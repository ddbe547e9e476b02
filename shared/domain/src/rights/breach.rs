//! The register of breaches of personal data: what happened, its effects, what was done, whether the
//! Commissioner and the people were told, and why not (Article 33(5) UK GDPR).
//!
//! A [`Breach`] is what its events make of it, as a case of the register of requests is. It says
//! nothing about the people who are affected: it has a query by which they are found in the records,
//! and how many there are.

mod affected_query;
mod breach_event;
mod breach_id;
mod clock;
mod form;
mod guards;
pub mod lists;
mod refusal;
mod scope;

pub use affected_query::{AffectedQuery, Candidate, Imported, Looked};
pub use breach_event::{BreachEntry, BreachEvent};
pub use breach_id::{BreachId, NotABreachId};
pub use clock::{BreachClock, spelt_time};
pub use form::{FormAnswer, Organisation, Section, form, text};
pub use refusal::BreachRefusal;
pub use scope::Scope;

use crate::identity::staff::StaffNumber;
use crate::retention::periods;
use crate::rights::package::RequestId;
use crate::rights::register::Entered;
use chrono::{DateTime, Utc};
use lists::{Discovery, UnlikelyReason};
use std::collections::BTreeSet;

/// How many events a breach can have: its closing gives all of them their end, in one transaction.
pub const EVENTS: usize = 50;
/// How many people a breach can hold the records of: all are entered at once, one by one.
pub const HELD: usize = 1_000;
/// How many holds a breach can have.
const HOLDS: usize = 5;

/// How far a breach is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreachState {
    /// Nobody has decided whether the Commissioner is told. The clock runs.
    Assessing,
    /// A risk is unlikely, so the Commissioner is not told.
    Logged,
    /// The Commissioner was told.
    Notified,
    /// It is over.
    Closed,
}

impl BreachState {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assessing => "assessing",
            Self::Logged => "logged",
            Self::Notified => "notified",
            Self::Closed => "closed",
        }
    }
}

/// A breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    id: BreachId,
    clock: BreachClock,
    discovery: Discovery,
    registered_by: StaffNumber,
    scope: Scope,
    unlikely: Option<(BTreeSet<UnlikelyReason>, String)>,
    holds: Vec<RequestId>,
    entries: Vec<BreachEntry>,
}

impl Breach {
    /// A new breach, by its first event.
    ///
    /// # Errors
    /// [`BreachRefusal`] if the council cannot have become aware of it then.
    pub fn register(id: BreachId, entry: BreachEntry) -> Result<Self, BreachRefusal> {
        if let BreachEvent::Aware { aware_at, .. } = &entry.event {
            guards::awareness(*aware_at, entry.at)?;
        }
        Self::begin(id, entry)
    }

    /// The breach that these events make; `None` if they make none, because somebody else wrote
    /// them.
    #[must_use]
    pub fn of(id: BreachId, entries: Vec<BreachEntry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let mut breach = Self::begin(id, entries.next()?).ok()?;
        for entry in entries {
            breach = breach.after(entry).ok()?;
        }
        Some(breach)
    }

    fn begin(id: BreachId, entry: BreachEntry) -> Result<Self, BreachRefusal> {
        let BreachEvent::Aware { aware_at, how } = &entry.event else {
            return Err(BreachRefusal::NotNow);
        };
        Ok(Self {
            id,
            clock: BreachClock::aware(*aware_at),
            discovery: *how,
            registered_by: entry.by.clone(),
            scope: Scope::default(),
            unlikely: None,
            holds: Vec::new(),
            entries: vec![entry],
        })
    }

    /// Enters an event. An event that was entered before, under the same id, is entered once.
    ///
    /// # Errors
    /// [`BreachRefusal`] if it is not allowed now. Then nothing changes.
    pub fn enter(&mut self, entry: BreachEntry) -> Result<Entered, BreachRefusal> {
        if let Some(before) = self.entries.iter().find(|one| one.id == entry.id) {
            return if before.repeats(&entry) {
                Ok(Entered::Before)
            } else {
                Err(BreachRefusal::AnotherEvent)
            };
        }
        // Whatever else there is to say, there is room to close it.
        let is_closing = matches!(entry.event, BreachEvent::Closed { .. });
        if self.entries.len() + 1 >= EVENTS && !is_closing {
            return Err(BreachRefusal::TooMany);
        }
        guards::times(self, &entry)?;
        *self = self.after(entry)?;
        Ok(Entered::Now)
    }

    /// The breach after an event, whatever the time is.
    fn after(&self, entry: BreachEntry) -> Result<Self, BreachRefusal> {
        if self.entries.len() >= EVENTS {
            return Err(BreachRefusal::TooMany);
        }
        let state = guards::may_follow(self, &entry.event)?;
        let mut next = self.clone();
        match &entry.event {
            BreachEvent::Scoped { scope } => next.scope.update(scope),
            BreachEvent::Unlikely { reasons, text } => {
                next.unlikely = Some((reasons.clone(), text.clone()));
                next.clock.decided_at.get_or_insert(entry.at);
            }
            BreachEvent::ToldIco { at, .. } => next.clock.told_at = Some(*at),
            BreachEvent::Held { request, .. } => next.holds.push(request.clone()),
            _ => {}
        }
        next.entries.push(entry);
        debug_assert!(next.state() == state, "guards and events agree");
        Ok(next)
    }

    /// How far it is.
    #[must_use]
    pub fn state(&self) -> BreachState {
        if self.closed_at().is_some() {
            BreachState::Closed
        } else if self.clock.told_at.is_some() {
            BreachState::Notified
        } else if self.unlikely.is_some() {
            BreachState::Logged
        } else {
            BreachState::Assessing
        }
    }

    /// When it was closed.
    #[must_use]
    pub fn closed_at(&self) -> Option<DateTime<Utc>> {
        let last = self.entries.last();
        last.filter(|last| matches!(last.event, BreachEvent::Closed { .. }))
            .map(|last| last.at)
    }

    /// When everything of it is deleted; `None` while it is open.
    #[must_use]
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        self.closed_at()?.checked_add_months(periods::EVIDENCE)
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &BreachId {
        &self.id
    }

    /// Its 72 hours.
    #[must_use]
    pub const fn clock(&self) -> &BreachClock {
        &self.clock
    }

    /// How the council became aware of it.
    #[must_use]
    pub const fn discovery(&self) -> Discovery {
        self.discovery
    }

    /// Who registered it.
    #[must_use]
    pub const fn registered_by(&self) -> &StaffNumber {
        &self.registered_by
    }

    /// What is known of it by now.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Why a risk is unlikely, if somebody decided that.
    #[must_use]
    pub const fn unlikely(&self) -> Option<&(BTreeSet<UnlikelyReason>, String)> {
        self.unlikely.as_ref()
    }

    /// The requests that hold records for it.
    #[must_use]
    pub fn holds(&self) -> &[RequestId] {
        &self.holds
    }

    /// The id of its next hold.
    #[must_use]
    pub fn next_hold(&self) -> RequestId {
        self.id.hold(self.holds.len() + 1)
    }

    /// Whether the risk is high, and the people were neither told nor need not be (Article 34).
    #[must_use]
    pub fn must_tell_people(&self) -> bool {
        let dealt_with = |entry: &BreachEntry| {
            matches!(
                entry.event,
                BreachEvent::PeopleTold { .. } | BreachEvent::PeopleExempt { .. }
            )
        };
        self.scope.high_risk == Some(true) && !self.entries.iter().any(dealt_with)
    }

    /// Its events, in the order in which they were entered.
    #[must_use]
    pub fn entries(&self) -> &[BreachEntry] {
        &self.entries
    }

    /// How many events it has: it tells whether somebody else has entered one since.
    #[must_use]
    pub const fn revision(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests;
