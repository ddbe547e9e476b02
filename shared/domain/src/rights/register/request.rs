//! One request of a case, as its events leave it.

mod closing;
mod due;
pub(super) mod guards;

pub use closing::Closing;
pub use due::Due;

use super::case_event::{CaseEntry, CaseEvent};
use super::lists::{Decider, RefusalGround, RequestKind, Verdict};
use super::progress::{ObjectionStage, Progress};
use super::refusal::Refusal;
use crate::rights::response_deadline::{Clarification, ClockFacts, Need, Right, Wait};
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
    /// How far it is.
    pub(super) progress: Progress,
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
    pub(super) fn new(kind: RequestKind, received: NaiveDate) -> Self {
        Self {
            kind,
            received,
            clock: kind
                .right()
                .map(|right| ClockFacts::received(right, received)),
            asked: BTreeMap::new(),
            progress: Progress::of(kind),
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

    /// Whether the time was extended.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        self.clock.as_ref().is_some_and(|facts| facts.extended)
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
            CaseEvent::Sufficient { need, on, .. } => {
                self.wait(*need)?.met = Some(*on);
                Ok(())
            }
            CaseEvent::Insufficient { need, .. } => self.wait(*need).map(drop),
            CaseEvent::QuestionAsked { on } => self.question(*on),
            CaseEvent::QuestionAnswered { on } => self.answer(*on),
            CaseEvent::Extended { .. } => {
                let facts = self.clock.as_mut().ok_or(Refusal::NotARight)?;
                if facts.extended {
                    return Err(Refusal::ExtendedAlready);
                }
                facts.extended = true;
                Ok(())
            }
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
                let by = entry.by.as_ref().ok_or(Refusal::NotNow)?;
                self.progress = self.progress.after(step, by)?;
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
                Ok(())
            }
            CaseEvent::DueMoved { .. } => Ok(()),
            CaseEvent::Registered { .. } | CaseEvent::Added | CaseEvent::Assigned { .. } => {
                Err(Refusal::NotNow)
            }
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

    fn ask(&mut self, need: Need, on: NaiveDate) -> Result<(), Refusal> {
        let facts = self.clock.as_mut().ok_or(Refusal::NotARight)?;
        if facts.waits.iter().any(|wait| wait.need == need) {
            return Err(Refusal::AskedAlready);
        }
        facts.waits.push(Wait { need, met: None });
        self.asked.insert(need, on);
        Ok(())
    }

    /// What was asked for and is not there.
    fn wait(&mut self, need: Need) -> Result<&mut Wait, Refusal> {
        let facts = self.clock.as_mut().ok_or(Refusal::NotARight)?;
        let open = |wait: &&mut Wait| wait.need == need && wait.met.is_none();
        facts
            .waits
            .iter_mut()
            .find(open)
            .ok_or(Refusal::NotAskedFor)
    }

    fn question(&mut self, on: NaiveDate) -> Result<(), Refusal> {
        if self.open_question().is_some() {
            return Err(Refusal::QuestionOpen);
        }
        let stops = |facts: &&mut ClockFacts| facts.right.question_stops_the_clock();
        let facts = self.clock.as_mut().filter(stops);
        facts
            .ok_or(Refusal::NotAccess)?
            .questions
            .push(Clarification {
                asked: on,
                answered: None,
            });
        Ok(())
    }

    fn answer(&mut self, on: NaiveDate) -> Result<(), Refusal> {
        let questions = self.clock.iter_mut().flat_map(|facts| &mut facts.questions);
        let mut open = questions.filter(|one| one.answered.is_none());
        open.next().ok_or(Refusal::NoQuestionOpen)?.answered = Some(on);
        Ok(())
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
