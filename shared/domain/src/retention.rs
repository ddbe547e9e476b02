//! Three years and not a day longer: 36 calendar months from the moment of the interaction.

use crate::record::source::Source;
use chrono::{DateTime, Months, Utc};
use serde::{Deserialize, Serialize};

pub mod periods;

pub use periods::INVOCATION;

/// The second from which a record is gone for every reader, in the form that `DynamoDB` TTL needs:
/// epoch seconds in a Number
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExpiresAt(i64);

/// An epoch second that is not a date.
#[derive(Debug, thiserror::Error)]
#[error("this is not an epoch second that a date can be made of")]
pub struct NotAnEpochSecond;

impl ExpiresAt {
    /// The end of something collected at `collected_at` from `source`.
    ///
    /// Calendar months, clamped to the end of a shorter month: 29 February expires on 28 February.
    /// Only collection counts; neither import nor correction renews it.
    #[must_use]
    pub fn of(source: Source, collected_at: DateTime<Utc>) -> Self {
        let end = collected_at.checked_add_months(Months::new(source.retention_months()));
        Self(end.unwrap_or(collected_at).timestamp())
    }

    /// An end that was computed before, or that is not a record's (a package's, a link's).
    #[must_use]
    pub const fn at(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp())
    }

    /// Epoch seconds.
    #[must_use]
    pub const fn epoch(self) -> i64 {
        self.0
    }

    /// The same as an instant.
    #[must_use]
    pub const fn instant(self) -> DateTime<Utc> {
        match DateTime::from_timestamp(self.0, 0) {
            Some(instant) => instant,
            None => DateTime::<Utc>::MAX_UTC,
        }
    }

    /// Whether it is over, from that very second on.
    #[must_use]
    pub const fn has_passed(self, now: DateTime<Utc>) -> bool {
        self.0 <= now.timestamp()
    }
}

/// Until when something is kept. A held item has no end, and remembers when it would have had one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Retention {
    /// It is over at that second.
    #[serde(rename = "expires_at")]
    Until(ExpiresAt),
    /// It would be over at that second, but a hold keeps it until the hold is lifted.
    #[serde(rename = "retention_due_at")]
    Held(ExpiresAt),
}

impl Retention {
    /// When it is over, or would be.
    #[must_use]
    pub const fn due(self) -> ExpiresAt {
        match self {
            Self::Until(due) | Self::Held(due) => due,
        }
    }

    /// When it is over; `None` while it is held.
    #[must_use]
    pub const fn end(self) -> Option<ExpiresAt> {
        match self {
            Self::Until(end) => Some(end),
            Self::Held(_) => None,
        }
    }

    /// Whether a hold keeps it.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Held(_))
    }

    /// The same date, held or not.
    #[must_use]
    pub const fn held(self, held: bool) -> Self {
        if held {
            Self::Held(self.due())
        } else {
            Self::Until(self.due())
        }
    }
}

impl From<ExpiresAt> for Retention {
    fn from(end: ExpiresAt) -> Self {
        Self::Until(end)
    }
}

impl TryFrom<i64> for ExpiresAt {
    type Error = NotAnEpochSecond;

    fn try_from(epoch: i64) -> Result<Self, NotAnEpochSecond> {
        DateTime::from_timestamp(epoch, 0)
            .map(|_| Self(epoch))
            .ok_or(NotAnEpochSecond)
    }
}

#[cfg(test)]
mod tests {
    use super::{ExpiresAt, Retention};
    use crate::record::source::Source;
    use chrono::{DateTime, Datelike, TimeDelta, Utc};
    use proptest::prelude::*;

    fn end_of(collected: &str) -> ExpiresAt {
        ExpiresAt::of(Source::WebForm, collected.parse().unwrap())
    }

    #[test]
    fn an_answer_is_kept_for_36_calendar_months() {
        let end = end_of("2023-08-01T09:30:00Z");
        assert_eq!(end.epoch(), 1_785_576_600);
        assert_eq!(end.instant().to_rfc3339(), "2026-08-01T09:30:00+00:00");
    }

    #[test]
    fn a_leap_day_expires_on_the_last_day_of_february() {
        assert_eq!(end_of("2024-02-29T12:00:00Z").epoch(), 1_803_816_000);
        assert_eq!(
            end_of("2024-02-28T23:59:59Z").epoch(),
            1_803_859_199,
            "3 x 365 days would be a day early"
        );
    }

    #[test]
    fn it_is_over_at_the_very_second() {
        let end = end_of("2023-08-01T09:30:00Z");
        assert!(!end.has_passed(end.instant() - TimeDelta::milliseconds(1)));
        assert!(end.has_passed(end.instant()));
    }

    #[test]
    fn a_hold_takes_the_end_away_and_its_lifting_gives_the_same_one_back() {
        let end = end_of("2023-08-01T09:30:00Z");
        let held = Retention::Until(end).held(true);
        assert_eq!((held.end(), held.due(), held.is_held()), (None, end, true));
        assert_eq!(held.held(true), held);
        assert_eq!(held.held(false), Retention::Until(end));
    }

    proptest! {
        #[test]
        fn it_is_never_more_than_three_years_and_never_more_than_a_day_less(epoch in 0_i64..4_000_000_000) {
            let collected: DateTime<Utc> = DateTime::from_timestamp(epoch, 0).unwrap();
            let end = ExpiresAt::of(Source::WebForm, collected).instant();
            prop_assert_eq!(end.year(), collected.year() + 3);
            prop_assert_eq!(end.month(), collected.month());
            prop_assert_eq!(end.time(), collected.time());
            prop_assert!(end.day() == collected.day() || (collected.month(), collected.day(), end.day()) == (2, 29, 28));
        }
    }
}
