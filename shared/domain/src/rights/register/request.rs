//! One request of a case, as its events leave it.

mod asking;
mod closing;
mod due;
pub(super) mod guards;

pub use closing::Closing;
pub use due::Due;

use super::case_event::{CaseEntry, CaseEvent};
use super::lists::{Asker, Decider, RefusalGround, RequestKind, Verdict};
use super::progress::{ObjectionStage, Progress};
use super::refusal::Refusal;
use crate::london;
use crate::rights::calendar::Calendar;
use crate::rights::package::RequestId;
use crate::rights::response_deadline::{ClockFacts, Need, Right};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// On which grounds it is not granted, or not all of it.
    pub grounds: BTreeSet<RefusalGround>,
    /// In which role.
    pub decided_by: Decider,
}

/// One request of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRequest {
    /// What is asked.
    pub(super) kind: RequestKind,
    /// When it reached anybody at the council.
    pub(super) received: NaiveDate,
    /// The clock, of a request for the use of a right.
    pub(super) clock: Option<ClockFacts>,
    /// When what it waits for, or waited for, was asked for.
    pub(super) asked: BTreeMap<Need, NaiveDate>,
    /// When the person was told that the time is extended. Whether it is depends on when the
    /// request was received, which can be corrected.
    pub(super) told_on: Option<NaiveDate>,
    /// Whether somebody asks for the person.
    pub(super) is_for_another: bool,
    /// When their authority came without being asked for, with the letter, say. No clock waited.
    pub(super) authority: Option<NaiveDate>,
    /// How far it is.
    pub(super) progress: Progress,
    /// The request under which its last step was ordered that waits for something.
    pub(super) ordered: Option<RequestId>,
    /// The last day on which something was done that an answer tells the person of.
    pub(super) done_on: Option<NaiveDate>,
    /// What was decided.
    pub(super) decision: Option<Decision>,
    /// How it was closed.
    pub(super) closed: Option<Closing>,
}

impl RequestKind {
    /// The right that is used; `None` of a complaint and of the end of a newsletter.
    #[must_use]
    pub const fn right(self) -> Option<Right> {
        Some(match self {
            Self::Access => Right::Access,
            Self::Portability => Right::Portability,
            Self::Rectification => Right::Rectification,
            Self::Erasure => Right::Erasure,
            Self::Restriction => Right::Restriction,
            Self::Objection => Right::Objection,
            Self::Complaint | Self::Unsubscribe => return None,
        })
    }
}

impl CaseRequest {
    /// A request that was received then.
    pub(super) fn new(kind: RequestKind, received: NaiveDate, asker: Asker) -> Self {
        Self {
            kind,
            received,
            clock: kind
                .right()
                .map(|right| ClockFacts::received(right, received)),
            asked: BTreeMap::new(),
            told_on: None,
            is_for_another: asker == Asker::Representative,
            authority: None,
            progress: Progress::of(kind),
            ordered: None,
            done_on: None,
            decision: None,
            closed: None,
        }
    }

    /// What is asked.
    #[must_use]
    pub const fn kind(&self) -> RequestKind {
        self.kind
    }

    /// When it reached anybody at the council.
    #[must_use]
    pub const fn received(&self) -> NaiveDate {
        self.received
    }

    /// How far it is by its own kind's steps.
    #[must_use]
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What was decided.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// How it was closed; `None` while it is open.
    #[must_use]
    pub const fn closing(&self) -> Option<&Closing> {
        self.closed.as_ref()
    }

    /// Whether the time is extended: the person was told in time, by what is known now.
    #[must_use]
    pub fn is_extended(&self, calendar: &Calendar) -> bool {
        self.facts(calendar).is_some_and(|facts| facts.extended)
    }

    /// Whether something of it is restricted, open or closed.
    #[must_use]
    pub const fn is_standing(&self) -> bool {
        self.progress.is_standing()
    }

    /// Whether whoever asks for the person has shown that they may.
    #[must_use]
    pub fn has_authority(&self) -> bool {
        let mut waits = self.clock.iter().flat_map(|facts| &facts.waits);
        !self.is_for_another
            || self.authority.is_some()
            || waits.any(|wait| wait.need == Need::Authority && wait.met.is_some())
    }

    /// The word for its state.
    #[must_use]
    pub fn state(&self) -> &'static str {
        if self.closed.is_some() {
            return "closed";
        }
        match self.waits_for() {
            Some(Need::Identity) => return "waiting_identity",
            Some(Need::Authority) => return "waiting_authority",
            Some(Need::Fee) => return "waiting_fee",
            None => {}
        }
        if self.is_stopped() {
            return "stopped";
        }
        let decided = self.decision.as_ref().map(|_| "deciding");
        self.progress.word().or(decided).unwrap_or("open")
    }

    /// What the clock waits for, if it has not begun.
    #[must_use]
    pub fn waits_for(&self) -> Option<Need> {
        let facts = self.clock.as_ref()?;
        let open = facts.waits.iter().filter(|wait| wait.met.is_none());
        open.map(|wait| wait.need).min()
    }

    /// Whether a question is open.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.open_question().is_some()
    }

    /// When the question that is open was asked.
    pub(super) fn open_question(&self) -> Option<NaiveDate> {
        let questions = &self.clock.as_ref()?.questions;
        let open = questions.iter().find(|one| one.answered.is_none());
        open.map(|one| one.asked)
    }

    /// Whether somebody has to decide before it is answered. Marketing stops at once, and nobody
    /// decides on that.
    pub(super) const fn needs_a_decision(&self) -> bool {
        !matches!(
            self.progress,
            Progress::Objection(ObjectionStage::MarketingStopped)
                | Progress::Complaint(_)
                | Progress::Unsubscribe { .. }
        )
    }

    /// The request after an event, whatever the days are.
    ///
    /// # Errors
    /// [`Refusal`] if the event cannot follow.
    pub(super) fn after(&self, entry: &CaseEntry) -> Result<Self, Refusal> {
        let mut next = self.clone();
        next.take(entry)?;
        Ok(next)
    }

    fn take(&mut self, entry: &CaseEntry) -> Result<(), Refusal> {
        let event = &entry.event;
        self.must_be_open(event)?;
        match event {
            CaseEvent::IdentityAsked { on, .. } => self.ask(Need::Identity, *on),
            CaseEvent::AuthorityAsked { on } => self.ask(Need::Authority, *on),
            CaseEvent::FeeAsked { on, .. } => self.ask(Need::Fee, *on),
            CaseEvent::Sufficient { need, on, .. } => self.meet(*need, *on),
            CaseEvent::Insufficient { need, .. } => self.wait(*need).map(drop),
            CaseEvent::QuestionAsked { on } => self.question(*on),
            CaseEvent::QuestionAnswered { on } => self.answer(*on),
            CaseEvent::Extended { told_on, .. } if self.clock.is_some() => {
                self.told_on = Some(*told_on);
                Ok(())
            }
            CaseEvent::Extended { .. } => Err(Refusal::NotARight),
            CaseEvent::ReceiptCorrected { received, .. } => {
                self.received = *received;
                if let Some(facts) = &mut self.clock {
                    facts.received = *received;
                }
                Ok(())
            }
            CaseEvent::Stepped { step } => {
                if let Some(need) = self.waits_for().filter(|_| step.needs_identity()) {
                    return Err(Refusal::NotDealtWith(need));
                }
                let next = match &entry.by {
                    Some(by) => self.progress.after(step, by)?,
                    None => self.progress.followed_by(step)?,
                };
                // While an objection is open, its restriction ends with what is decided.
                let is_ended = matches!(next, Progress::Objection(ObjectionStage::Lifted));
                if is_ended && self.closed.is_none() {
                    return Err(Refusal::NotNow);
                }
                self.progress = next;
                if entry.request.is_some() {
                    self.ordered.clone_from(&entry.request);
                }
                if step.is_answered() {
                    let on = step.on().unwrap_or_else(|| london::date(entry.at));
                    self.done_on = self.done_on.max(Some(on));
                }
                Ok(())
            }
            CaseEvent::Decided {
                verdict,
                grounds,
                decided_by,
            } => self.decide(*verdict, grounds, *decided_by),
            CaseEvent::Closed {
                ending, on, late, ..
            } => {
                self.may_close(event)?;
                self.closed = Some(Closing {
                    ending: *ending,
                    on: *on,
                    at: entry.at,
                    late: *late,
                });
                Ok(())
            }
            CaseEvent::Reopened { .. } => {
                self.closed = None;
                self.progress = self.progress.reopened();
                Ok(())
            }
            CaseEvent::DueMoved { .. } => Ok(()),
            CaseEvent::Registered { .. }
            | CaseEvent::Added
            | CaseEvent::ComplaintAbout { .. }
            | CaseEvent::Assigned { .. } => Err(Refusal::NotNow),
        }
    }

    /// Nothing happens to a closed request but what may follow, and only a closed one is reopened.
    fn must_be_open(&self, event: &CaseEvent) -> Result<(), Refusal> {
        let may_follow = match event {
            CaseEvent::Stepped { step } => step.may_follow_closing(),
            CaseEvent::Reopened { .. } => true,
            _ => false,
        };
        match (self.closed.is_some(), event) {
            (true, _) if !may_follow => Err(Refusal::Closed),
            (false, CaseEvent::Reopened { .. }) => Err(Refusal::NotClosed),
            _ => Ok(()),
        }
    }

    fn decide(
        &mut self,
        verdict: Verdict,
        grounds: &BTreeSet<RefusalGround>,
        decided_by: Decider,
    ) -> Result<(), Refusal> {
        if let Some(need) = self.waits_for() {
            return Err(Refusal::NotDealtWith(need));
        }
        if !self.needs_a_decision() {
            return Err(Refusal::NotNow);
        }
        if grounds.is_empty() != (verdict == Verdict::Granted) {
            return Err(Refusal::Grounds);
        }
        self.decision = Some(Decision {
            verdict,
            grounds: grounds.clone(),
            decided_by,
        });
        Ok(())
    }
}
