//! By when a request has to be answered, and how that was worked out.

use super::CaseRequest;
use crate::retention::periods;
use crate::rights::calendar::{BeyondCalendar, Calendar};
use crate::rights::register::lists::RequestKind;
use crate::rights::response_deadline::{
    ClockFacts, Need, ResponseDeadline, acknowledge_complaint_by, consider_closing_on, spelt,
};
use chrono::NaiveDate;

/// By when a request has to be answered; a complaint, acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// By the end of a day.
    By {
        /// The day.
        on: NaiveDate,
        /// How it was worked out, in words.
        working: String,
    },
    /// The clock has not begun.
    Waiting {
        /// What for.
        need: Need,
        /// Since when.
        since: NaiveDate,
    },
    /// The clock is stopped since a question was asked.
    Stopped {
        /// When it was asked.
        since: NaiveDate,
    },
    /// The bank holidays of that time are not known yet.
    NotKnownYet(BeyondCalendar),
    /// No day: a complaint that is acknowledged is answered without undue delay.
    Nothing,
}

impl Due {
    /// The day.
    #[must_use]
    pub const fn date(&self) -> Option<NaiveDate> {
        match self {
            Self::By { on, .. } => Some(*on),
            _ => None,
        }
    }

    /// Since when the person has been asked something that they have not answered.
    #[must_use]
    pub const fn silent_since(&self) -> Option<NaiveDate> {
        match self {
            Self::Waiting { since, .. } | Self::Stopped { since } => Some(*since),
            _ => None,
        }
    }

    /// When somebody is asked whether to close it, if the person is silent until then. Nothing
    /// closes it by itself.
    #[must_use]
    pub fn consider_closing(&self, calendar: &Calendar) -> Option<NaiveDate> {
        consider_closing_on(self.silent_since()?, calendar).ok()
    }

    /// How it was worked out, or why there is no day.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::By { working, .. } => working.clone(),
            Self::Waiting { need, since } => format!(
                "the clock has not begun: {} was asked for on {}",
                need.as_str(),
                spelt(*since)
            ),
            Self::Stopped { since } => {
                format!(
                    "the clock stopped on {}, when the person was asked",
                    spelt(*since)
                )
            }
            Self::NotKnownYet(beyond) => format!("not known yet: {beyond}"),
            Self::Nothing => "acknowledged; the outcome follows without undue delay".to_owned(),
        }
    }
}

impl CaseRequest {
    /// By when it has to be answered, by what is known of bank holidays.
    #[must_use]
    pub fn due(&self, calendar: &Calendar) -> Due {
        match self.facts(calendar) {
            Some(facts) => match facts.deadline(calendar) {
                ResponseDeadline::By { due, working } => Due::By {
                    on: due,
                    working: working.to_string(),
                },
                ResponseDeadline::Waiting(need) => Due::Waiting {
                    need,
                    since: self.asked.get(&need).copied().unwrap_or(self.received),
                },
                ResponseDeadline::Stopped { since } => Due::Stopped { since },
                ResponseDeadline::NotKnownYet(beyond) => Due::NotKnownYet(beyond),
            },
            None if self.progress.acknowledged().is_some() => Due::Nothing,
            None => self.first_due(calendar),
        }
    }

    /// Its clock. An extension counts only as long as the person was told in time: an earlier date
    /// of receipt can show that they were not (Article 12A(3) UK GDPR).
    pub(super) fn facts(&self, calendar: &Calendar) -> Option<ClockFacts> {
        let mut facts = self.clock.clone()?;
        facts.extended = self.told_on.is_some_and(|told_on| {
            let by = facts.extend_by(calendar);
            by.is_none_or(|by| told_on <= by)
        });
        Some(facts)
    }

    /// The last day on which the person can be told that the time is extended; `None` if it is
    /// extended, or the clock does not run.
    #[must_use]
    pub fn extend_by(&self, calendar: &Calendar) -> Option<NaiveDate> {
        let facts = self.facts(calendar).filter(|facts| !facts.extended)?;
        facts.extend_by(calendar).filter(|_| self.closed.is_none())
    }

    /// If it is open and was due before this day: the day on which it was.
    #[must_use]
    pub fn overdue(&self, today: NaiveDate, calendar: &Calendar) -> Option<NaiveDate> {
        let due = self.due(calendar).date();
        due.filter(|due| *due < today && self.closed.is_none())
    }

    /// If it was answered on this day: the day by which it had to be, if that was before.
    #[must_use]
    pub fn late(&self, on: NaiveDate, calendar: &Calendar) -> Option<NaiveDate> {
        let (due, on) = match self.progress.acknowledged() {
            Some(acknowledged) => (self.first_due(calendar), acknowledged),
            None => (self.due(calendar), on),
        };
        due.date().filter(|due| *due < on)
    }

    /// The day by which a complaint has to be acknowledged, or newsletters have to have stopped.
    fn first_due(&self, calendar: &Calendar) -> Due {
        let received = spelt(self.received);
        if self.kind == RequestKind::Unsubscribe {
            let on = self.received.checked_add_signed(periods::PLACES);
            return on.map_or(Due::NotKnownYet(calendar.beyond()), |on| Due::By {
                on,
                working: format!("received {received}; 28 days are {}", spelt(on)),
            });
        }
        match acknowledge_complaint_by(self.received, calendar) {
            Ok(on) => Due::By {
                on,
                working: format!(
                    "received {received}; 30 days, or the working day after them, are {}",
                    spelt(on)
                ),
            },
            Err(beyond) => Due::NotKnownYet(beyond),
        }
    }
}
