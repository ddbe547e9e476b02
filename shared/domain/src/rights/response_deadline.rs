//! By when a request of a person has to be answered.
//!
//! A date is computed from what happened and never stored as truth: what happened can be corrected,
//! and bank holidays are announced years later. All dates are civil dates in London.
//!
//! The law: one month from receipt or, if later, from the day on which identity, authority or a fee
//! was dealt with (Article 12A(2) UK GDPR, as the Data (Use and Access) Act 2025 s.76 has it); two
//! further months where the request is complex or one of many (12A(3)); a question to an access
//! request stops the clock (12A(5)). A period that ends on a day that is no working day ends with
//! the next one (Article 4A, Regulation 1182/71 Article 3).
//!
//! Several questions are summed as a union and rolled once. The statute counts the day on which a
//! question was asked and that on which it was answered; the Information Commissioner counts one
//! of them, and so do we, which is never later.

use crate::rights::calendar::{BeyondCalendar, Calendar};
use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long an answer may take, in months.
const MONTHS: Months = Months::new(1);
/// How long it may take once it was extended.
const EXTENDED: Months = Months::new(3);
/// How long the controller has to tell the Commissioner of a breach (Article 33(1) UK GDPR).
const BREACH: TimeDelta = TimeDelta::hours(72);
/// How long the acknowledgement of a complaint about data protection may take (Data Protection Act
/// 2018 s.164A(3)).
const COMPLAINT: Days = Days::new(30);

/// A right that a person may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// A copy of their data (Article 15).
    Access,
    /// A copy that they can move (Article 20).
    Portability,
    /// A correction (Article 16).
    Rectification,
    /// Deletion (Article 17).
    Erasure,
    /// Not to be used (Article 18).
    Restriction,
    /// An objection (Article 21).
    Objection,
}

impl Right {
    /// Whether a question about it stops the clock: Article 12A(5) says so of access only.
    #[must_use]
    pub const fn question_stops_the_clock(self) -> bool {
        matches!(self, Self::Access)
    }
}

/// What has to be there before the clock begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Proof of who the person is.
    Identity,
    /// Proof that somebody may act for the person.
    Authority,
    /// A fee.
    Fee,
}

impl Need {
    /// The need, as events spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Authority => "authority",
            Self::Fee => "fee",
        }
    }

    const fn dealt_with(self) -> &'static str {
        match self {
            Self::Identity => "proof of identity was sufficient",
            Self::Authority => "proof of authority was sufficient",
            Self::Fee => "the fee was paid",
        }
    }
}

/// That something was asked for before the clock begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wait {
    /// What was asked for.
    pub need: Need,
    /// When it was sufficient; nothing as long as it isn't. Insufficient proof begins nothing.
    pub met: Option<NaiveDate>,
}

/// A question to the person, without whose answer nobody can search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Clarification {
    /// When it was asked.
    pub asked: NaiveDate,
    /// When it was answered; nothing as long as it isn't.
    pub answered: Option<NaiveDate>,
}

/// What happened to a request, as far as its deadline depends on it. The order of entries makes no
/// difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockFacts {
    /// The right that is used.
    pub right: Right,
    /// When the request reached anybody at the council.
    pub received: NaiveDate,
    /// What was asked for before the clock begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Wait>,
    /// What the person was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Clarification>,
    /// Whether the time was extended.
    #[serde(default)]
    pub extended: bool,
}

/// When a request has to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseDeadline {
    /// By the end of a day.
    By {
        /// The day.
        due: NaiveDate,
        /// How it was worked out.
        working: Working,
    },
    /// The clock has not begun.
    Waiting(Need),
    /// The clock is stopped since a question was asked.
    Stopped {
        /// When it was asked.
        since: NaiveDate,
    },
    /// The bank holidays of that time are not known yet.
    NotKnownYet(BeyondCalendar),
}

/// How a date was worked out, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Working(Vec<Step>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Received(NaiveDate),
    Begins(Need, NaiveDate),
    Months {
        extended: bool,
        date: NaiveDate,
        holiday: bool,
    },
    Stopped {
        days: u64,
        date: NaiveDate,
        holiday: bool,
    },
    Rolled(NaiveDate),
}

impl ClockFacts {
    /// The clock of a request that was received then.
    #[must_use]
    pub const fn received(right: Right, received: NaiveDate) -> Self {
        Self {
            right,
            received,
            waits: Vec::new(),
            questions: Vec::new(),
            extended: false,
        }
    }

    /// When the request has to be answered, by what is known of bank holidays.
    #[must_use]
    pub fn deadline(&self, calendar: &Calendar) -> ResponseDeadline {
        if let Some(wait) = self.waits.iter().filter(|wait| wait.met.is_none()).min() {
            return ResponseDeadline::Waiting(wait.need);
        }
        if self.right.question_stops_the_clock() {
            let open = self.questions.iter().filter(|one| one.answered.is_none());
            if let Some(since) = open.map(|one| one.asked).min() {
                return ResponseDeadline::Stopped { since };
            }
        }
        match self.due(self.extended, calendar) {
            Ok((due, working)) => ResponseDeadline::By { due, working },
            Err(beyond) => ResponseDeadline::NotKnownYet(beyond),
        }
    }

    /// The last day on which the person can be told that the time is extended: that on which the
    /// answer would be due without it (Article 12A(3)). Nothing while the clock does not run.
    #[must_use]
    pub fn extend_by(&self, calendar: &Calendar) -> Option<NaiveDate> {
        let plain = Self {
            extended: false,
            ..self.clone()
        };
        match plain.deadline(calendar) {
            ResponseDeadline::By { due, .. } => Some(due),
            _ => None,
        }
    }

    /// When the clock began: received, and everything that was asked for dealt with.
    fn relevant(&self) -> (NaiveDate, Option<Need>) {
        let met = self
            .waits
            .iter()
            .filter_map(|wait| Some((wait.met?, Some(wait.need))));
        met.chain([(self.received, None)])
            .max_by_key(|(date, need)| (*date, need.is_none(), *need))
            .unwrap_or((self.received, None))
    }

    /// On how many days the clock was stopped since it began.
    fn stopped_days(&self, relevant: NaiveDate) -> u64 {
        if !self.right.question_stops_the_clock() {
            return 0;
        }
        let mut stops: Vec<(NaiveDate, NaiveDate)> = self
            .questions
            .iter()
            .filter_map(|one| Some((one.asked.max(relevant), one.answered?)))
            .collect();
        stops.sort_unstable();
        let (mut days, mut counted_to) = (0, relevant);
        for (asked, answered) in stops {
            let from = asked.max(counted_to);
            days += u64::try_from((answered - from).num_days()).unwrap_or(0);
            counted_to = counted_to.max(answered);
        }
        days
    }

    fn due(
        &self,
        extended: bool,
        calendar: &Calendar,
    ) -> Result<(NaiveDate, Working), BeyondCalendar> {
        let (relevant, need) = self.relevant();
        let mut steps = vec![Step::Received(self.received)];
        steps.extend(need.map(|need| Step::Begins(need, relevant)));
        let months = if extended { EXTENDED } else { MONTHS };
        let date = relevant
            .checked_add_months(months)
            .ok_or(calendar.beyond())?;
        let mut due = calendar.roll(date)?;
        steps.push(Step::Months {
            extended,
            date,
            holiday: calendar.is_bank_holiday(date),
        });
        if due != date {
            steps.push(Step::Rolled(due));
        }
        let days = self.stopped_days(relevant);
        if days > 0 {
            let date = due
                .checked_add_days(Days::new(days))
                .ok_or(calendar.beyond())?;
            due = calendar.roll(date)?;
            steps.push(Step::Stopped {
                days,
                date,
                holiday: calendar.is_bank_holiday(date),
            });
            if due != date {
                steps.push(Step::Rolled(due));
            }
        }
        Ok((due, Working(steps)))
    }
}

/// A date as people read it, such as `Wednesday 25 November 2026`.
#[must_use]
pub fn spelt(date: NaiveDate) -> impl fmt::Display {
    date.format("%A %-d %B %Y")
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bank = |holiday: bool| if holiday { ", a bank holiday" } else { "" };
        match *self {
            Self::Received(date) => write!(f, "received {}", spelt(date)),
            Self::Begins(need, date) => {
                write!(
                    f,
                    "the clock began when {}, {}",
                    need.dealt_with(),
                    spelt(date)
                )
            }
            Self::Months {
                extended,
                date,
                holiday,
            } => {
                let months = if extended {
                    "three months are"
                } else {
                    "one month is"
                };
                write!(f, "{months} {}{}", spelt(date), bank(holiday))
            }
            Self::Stopped {
                days,
                date,
                holiday,
            } => {
                let days_are = if days == 1 { "day" } else { "days" };
                write!(
                    f,
                    "the clock was stopped for {days} {days_are}, which leads to {}{}",
                    spelt(date),
                    bank(holiday)
                )
            }
            Self::Rolled(date) => write!(f, "the next working day is {}", spelt(date)),
        }
    }
}

impl fmt::Display for Working {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{step}")?;
        }
        Ok(())
    }
}

/// By when a complaint about data protection has to be acknowledged: thirty days, the day of receipt
/// not counted (Data Protection Act 2018 s.164A(3)).
///
/// # Errors
/// [`BeyondCalendar`] if the bank holidays of that time are not known.
pub fn acknowledge_complaint_by(
    received: NaiveDate,
    calendar: &Calendar,
) -> Result<NaiveDate, BeyondCalendar> {
    let date = received.checked_add_days(COMPLAINT);
    calendar.roll(date.ok_or(calendar.beyond())?)
}

/// By when the Commissioner has to be told of a breach: 72 hours after the council became aware,
/// whatever the clocks and the weekend do (Article 33(1) UK GDPR).
#[must_use]
pub fn tell_of_breach_by(aware: DateTime<Utc>) -> DateTime<Utc> {
    aware.checked_add_signed(BREACH).unwrap_or(aware)
}

/// When the DPO is asked whether a request is to be closed whose person has not answered a question:
/// about a month, as the Commissioner's guidance has it. Nobody closes it by itself.
///
/// # Errors
/// [`BeyondCalendar`] if the bank holidays of that time are not known.
pub fn consider_closing_on(
    asked: NaiveDate,
    calendar: &Calendar,
) -> Result<NaiveDate, BeyondCalendar> {
    let date = asked.checked_add_months(MONTHS);
    calendar.roll(date.ok_or(calendar.beyond())?)
}

#[cfg(test)]
mod tests;
