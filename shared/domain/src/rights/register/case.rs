//! A case: its events, and what they make of it.

mod dates;
mod following;

pub use following::{Awaited, InCase, step_id};

use super::case_event::{CaseEntry, CaseEvent, ComplaintSubject};
use super::case_id::CaseId;
use super::lists::{Asker, Ending, Listed, ReceiptChannel, RequestKind};
use super::progress::{DeletionStage, Progress, Step};
use super::refusal::Refusal;
use super::request::{CaseRequest, guards};
use crate::identity::staff::StaffNumber;
use crate::london;
use crate::retention::periods;
use crate::rights::calendar::Calendar;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// How many events a case can have: all of them are read at once. The last of them are closings,
/// one for each request.
pub const EVENTS: usize = 500;
/// How many events a case can have that are no closings.
const BEFORE_CLOSING: usize = EVENTS - RequestKind::ALL.len();

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    id: CaseId,
    received: NaiveDate,
    channel: ReceiptChannel,
    asker: Asker,
    handler: StaffNumber,
    requests: BTreeMap<RequestKind, CaseRequest>,
    complaint_about: Option<ComplaintSubject>,
    entries: Vec<CaseEntry>,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It was entered.
    Now,
    /// It was there before, under the same id.
    Before,
}

impl Case {
    /// A new case, by its first event.
    ///
    /// # Errors
    /// [`Refusal`] if it is not a registration, or cannot have been received then.
    pub fn register(id: CaseId, entry: CaseEntry) -> Result<Self, Refusal> {
        if let CaseEvent::Registered { received, .. } = &entry.event {
            guards::receipt(*received, london::date(entry.at))?;
        }
        Self::begin(id, entry)
    }

    /// The case that these events make; `None` if they make none, because somebody else wrote them.
    #[must_use]
    pub fn of(id: CaseId, entries: Vec<CaseEntry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let mut case = Self::begin(id, entries.next()?).ok()?;
        for entry in entries {
            case = case.after(entry).ok()?;
        }
        Some(case)
    }

    fn begin(id: CaseId, entry: CaseEntry) -> Result<Self, Refusal> {
        let CaseEvent::Registered {
            received,
            channel,
            asker,
            kinds,
            handler,
        } = &entry.event
        else {
            return Err(Refusal::NotNow);
        };
        if kinds.is_empty() || entry.by.is_none() {
            return Err(Refusal::NoSuchRequest);
        }
        let requests = kinds
            .iter()
            .map(|kind| (*kind, CaseRequest::new(*kind, *received, *asker)));
        Ok(Self {
            id,
            received: *received,
            channel: *channel,
            asker: *asker,
            handler: handler.clone(),
            requests: requests.collect(),
            complaint_about: None,
            entries: vec![entry],
        })
    }

    /// Enters an event. An event that was entered before, under the same id, is entered once.
    ///
    /// # Errors
    /// [`Refusal`] if it is not allowed now. Then nothing changes.
    pub fn enter(&mut self, entry: CaseEntry, calendar: &Calendar) -> Result<Entered, Refusal> {
        if let Some(before) = self.entries.iter().find(|one| one.id == entry.id) {
            return if before.repeats(&entry) {
                Ok(Entered::Before)
            } else {
                Err(Refusal::AnotherEvent)
            };
        }
        if self.ends() <= entry.at {
            return Err(Refusal::Over);
        }
        let is_closing = matches!(entry.event, CaseEvent::Closed { .. });
        if self.entries.len() >= BEFORE_CLOSING && !is_closing {
            return Err(Refusal::TooMany);
        }
        let today = london::date(entry.at);
        let next = self.after(entry)?;
        if let Some(entry) = next.entries.last() {
            for kind in self.meant(entry)? {
                self.requests[&kind].check(&entry.event, today, calendar)?;
            }
        }
        *self = next;
        Ok(Entered::Now)
    }

    /// Which requests an event is about: the one that it names, or all that are open and can have
    /// such an event.
    fn meant(&self, entry: &CaseEntry) -> Result<Vec<RequestKind>, Refusal> {
        let is_of_none = matches!(
            entry.event,
            CaseEvent::Assigned { .. } | CaseEvent::Added | CaseEvent::ComplaintAbout { .. }
        );
        if is_of_none {
            return Ok(Vec::new());
        }
        if let Some(kind) = entry.of {
            let known = self.requests.contains_key(&kind);
            return known.then(|| vec![kind]).ok_or(Refusal::NoSuchRequest);
        }
        let is_reopened = matches!(entry.event, CaseEvent::Reopened { .. });
        let open = self.requests.values();
        let open = open.filter(|one| one.closed.is_some() == is_reopened);
        let (mut meant, mut refused) = (Vec::new(), Refusal::NoSuchRequest);
        for request in open {
            match request.after(entry) {
                // Identity, say, was asked for one of them only.
                Err(
                    refusal @ (Refusal::NotARight
                    | Refusal::NotAccess
                    | Refusal::NotAskedFor
                    | Refusal::NoQuestionOpen),
                ) => refused = refusal,
                _ => meant.push(request.kind),
            }
        }
        if meant.is_empty() {
            Err(refused)
        } else {
            Ok(meant)
        }
    }

    /// The case after an event, whatever the days are.
    fn after(&self, entry: CaseEntry) -> Result<Self, Refusal> {
        if self.entries.len() >= EVENTS {
            return Err(Refusal::TooMany);
        }
        // Nobody enters that a date has moved, or what follows by itself, and nothing else.
        let is_of_nobody = match &entry.event {
            CaseEvent::DueMoved { .. } => true,
            CaseEvent::Stepped { step } => step.follows_by_itself(),
            _ => false,
        };
        if entry.by.is_none() && !is_of_nobody {
            return Err(Refusal::NotNow);
        }
        let mut next = self.clone();
        for kind in self.meant(&entry)? {
            self.check_beside(&entry.event)?;
            next.requests
                .insert(kind, self.requests[&kind].after(&entry)?);
        }
        match &entry.event {
            CaseEvent::Assigned { handler } => next.handler = handler.clone(),
            CaseEvent::ComplaintAbout { about } => {
                if !self.requests.contains_key(&RequestKind::Complaint) {
                    return Err(Refusal::NoSuchRequest);
                }
                next.complaint_about = Some(about.clone());
            }
            CaseEvent::Added => {
                let kind = entry.of.filter(|kind| !self.requests.contains_key(kind));
                let kind = kind.ok_or(Refusal::ThereAlready)?;
                let request = CaseRequest::new(kind, self.received, self.asker);
                next.requests.insert(kind, request);
            }
            CaseEvent::ReceiptCorrected { received, .. } if entry.of.is_none() => {
                next.received = *received;
            }
            // One letter has one date.
            CaseEvent::ReceiptCorrected { .. } => return Err(Refusal::NotNow),
            CaseEvent::Closed { duplicate_of, .. } if duplicate_of.as_ref() == Some(&self.id) => {
                return Err(Refusal::Duplicate);
            }
            _ => {}
        }
        next.entries.push(entry);
        Ok(next)
    }

    /// Whether `other` has what this closing says that it repeats: each request, and not as a
    /// duplicate itself, so that no two cases name each other.
    ///
    /// # Errors
    /// [`Refusal`] if it has not.
    pub fn check_duplicate(&self, closing: &CaseEntry, other: &Self) -> Result<(), Refusal> {
        for kind in self.meant(closing)? {
            let original = other.requests.get(&kind).ok_or(Refusal::NoOriginal)?;
            let closing = original.closed.as_ref();
            if closing.is_some_and(|closing| closing.ending == Ending::Duplicate) {
                return Err(Refusal::NoOriginal);
            }
        }
        Ok(())
    }

    /// Erasing to prevent disclosure is an offence (Data Protection Act 2018 s.173), so an access
    /// request comes first; and what is being erased is shown to nobody.
    fn check_beside(&self, event: &CaseEvent) -> Result<(), Refusal> {
        let CaseEvent::Stepped { step } = event else {
            return Ok(());
        };
        match step {
            Step::Approved { .. } if self.has_open_access() => Err(Refusal::AccessFirst),
            Step::PackageOrdered if self.has_erasure_under_way() => Err(Refusal::ErasureOpen),
            _ => Ok(()),
        }
    }

    /// Whether its access request is open, packaged or not.
    #[must_use]
    pub fn has_open_access(&self) -> bool {
        let access = self.requests.get(&RequestKind::Access);
        access.is_some_and(|access| access.closed.is_none())
    }

    fn has_erasure_under_way(&self) -> bool {
        let erasure = self.requests.get(&RequestKind::Erasure);
        erasure.is_some_and(|it| it.progress == Progress::Deletion(DeletionStage::Approved))
    }

    /// When everything of it is deleted, and until when a request of it can be opened again.
    #[must_use]
    pub fn ends(&self) -> DateTime<Utc> {
        let registered = self.entries.first().map(|entry| entry.at);
        registered
            .and_then(|at| at.checked_add_months(periods::EVIDENCE))
            .unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &CaseId {
        &self.id
    }

    /// When it reached anybody at the council.
    #[must_use]
    pub const fn received(&self) -> NaiveDate {
        self.received
    }

    /// How it did.
    #[must_use]
    pub const fn channel(&self) -> ReceiptChannel {
        self.channel
    }

    /// Who asks.
    #[must_use]
    pub const fn asker(&self) -> Asker {
        self.asker
    }

    /// Who works on it.
    #[must_use]
    pub const fn handler(&self) -> &StaffNumber {
        &self.handler
    }

    /// What its complaint is about, if somebody has said it.
    #[must_use]
    pub const fn complaint_about(&self) -> Option<&ComplaintSubject> {
        self.complaint_about.as_ref()
    }

    /// Its requests, by their kinds.
    pub fn requests(&self) -> impl Iterator<Item = &CaseRequest> {
        self.requests.values()
    }

    /// Its events, in the order in which they were entered.
    #[must_use]
    pub fn entries(&self) -> &[CaseEntry] {
        &self.entries
    }

    /// How many events it has: it tells whether somebody else has entered one since.
    #[must_use]
    pub const fn revision(&self) -> usize {
        self.entries.len()
    }
}
