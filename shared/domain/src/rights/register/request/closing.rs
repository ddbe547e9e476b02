//! How a request is closed.

use super::CaseRequest;
use crate::rights::register::case_event::CaseEvent;
use crate::rights::register::lists::{AnswerPart, Ending, LateReason, RequestKind, Verdict};
use crate::rights::register::refusal::Refusal;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;

/// How a request was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// How it ended.
    pub ending: Ending,
    /// When the person was answered, or when it ended otherwise.
    pub on: NaiveDate,
    /// When that was entered.
    pub at: DateTime<Utc>,
    /// Why it is late, if it is.
    pub late: Option<LateReason>,
}

impl Ending {
    /// Whether the person was answered.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(
            self,
            Self::Fulfilled | Self::Partly | Self::NothingHeld | Self::Refused
        )
    }
}

impl CaseRequest {
    /// Whether it may end like this, apart from days.
    pub(super) fn may_close(&self, event: &CaseEvent) -> Result<(), Refusal> {
        let CaseEvent::Closed {
            ending,
            means,
            parts,
            duplicate_of,
            ..
        } = event
        else {
            return Ok(());
        };
        if duplicate_of.is_some() != (*ending == Ending::Duplicate) {
            return Err(Refusal::Duplicate);
        }
        let says_how = self.kind != RequestKind::Unsubscribe && ending.is_answer();
        if means.is_some() != says_how {
            return Err(Refusal::Means);
        }
        if ending.is_answer() {
            self.may_answer(*ending)?;
        }
        let missing: Vec<AnswerPart> = self
            .parts_of(*ending)
            .into_iter()
            .filter(|part| !parts.contains(part))
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Incomplete(missing))
        }
    }

    /// Whether the answer is what was decided, and what was granted is done.
    fn may_answer(&self, ending: Ending) -> Result<(), Refusal> {
        if let Some(need) = self.waits_for() {
            return Err(Refusal::NotDealtWith(need));
        }
        if self.is_stopped() {
            return Err(Refusal::QuestionOpen);
        }
        let verdict = self.decision.as_ref().map(|decision| decision.verdict);
        let expected = match ending {
            Ending::NothingHeld if self.clock.is_some() => {
                // Somebody may have looked, and decided to grant it; no more.
                return match verdict {
                    Some(Verdict::Partly | Verdict::Refused) => Err(Refusal::NotAsDecided),
                    _ if self.progress.is_under_way() => Err(Refusal::NotNow),
                    _ => Ok(()),
                };
            }
            Ending::Fulfilled => Verdict::Granted,
            Ending::Partly => Verdict::Partly,
            _ => Verdict::Refused,
        };
        if self.needs_a_decision() {
            match verdict {
                None => return Err(Refusal::NotDecided),
                Some(verdict) if verdict != expected => return Err(Refusal::NotAsDecided),
                Some(_) => {}
            }
        } else if expected != Verdict::Granted {
            return Err(Refusal::NotAsDecided);
        }
        let is_sound = match expected {
            Verdict::Refused => !self.progress.forbids_refusal(),
            Verdict::Granted | Verdict::Partly => self.progress.is_done(),
        };
        is_sound.then_some(()).ok_or(Refusal::NotDone)
    }

    /// What the answer has to have: a refusal has its four parts (Article 12(4) UK GDPR).
    fn parts_of(&self, ending: Ending) -> BTreeSet<AnswerPart> {
        let mut parts = BTreeSet::new();
        if !ending.is_answer() || self.kind == RequestKind::Unsubscribe {
            return parts;
        }
        parts.insert(AnswerPart::AddressChecked);
        if matches!(ending, Ending::Partly | Ending::Refused) {
            parts.extend([
                AnswerPart::Reasons,
                AnswerPart::ComplaintToUs,
                AnswerPart::Commissioner,
                AnswerPart::Court,
            ]);
        }
        if matches!(ending, Ending::Fulfilled | Ending::Partly) {
            match self.kind {
                RequestKind::Access => drop(parts.insert(AnswerPart::SupplementaryInformation)),
                RequestKind::Erasure => drop(parts.insert(AnswerPart::BackupsClear)),
                RequestKind::Complaint => drop(parts.insert(AnswerPart::Commissioner)),
                _ => {}
            }
        }
        parts
    }
}
