//! The 72 hours in which the Commissioner has to be told (Article 33(1) UK GDPR).
//!
//! They are elapsed hours from the moment at which the council became aware. Clocks that change
//! meanwhile add or take nothing, and neither a weekend nor a bank holiday moves their end. People
//! read the end as the clocks in London show it.

use crate::london;
use crate::rights::response_deadline::{spelt, tell_of_breach_by};
use chrono::{DateTime, TimeDelta, Utc};

/// The clock of a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreachClock {
    /// When the council became aware.
    pub aware_at: DateTime<Utc>,
    /// When the Commissioner was told.
    pub told_at: Option<DateTime<Utc>>,
    /// When somebody decided that the Commissioner need not be told.
    pub decided_at: Option<DateTime<Utc>>,
}

impl BreachClock {
    /// The clock of a breach that the council became aware of then.
    #[must_use]
    pub const fn aware(aware_at: DateTime<Utc>) -> Self {
        Self {
            aware_at,
            told_at: None,
            decided_at: None,
        }
    }

    /// When the hours are over.
    #[must_use]
    pub fn due(&self) -> DateTime<Utc> {
        tell_of_breach_by(self.aware_at)
    }

    /// When it ended: the Commissioner was told, or need not be.
    #[must_use]
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.told_at.or(self.decided_at)
    }

    /// How many whole hours are left at `now`; 0 once they are over, `None` once it has ended.
    #[must_use]
    pub fn hours_left(&self, now: DateTime<Utc>) -> Option<i64> {
        let left = (self.due() - now).max(TimeDelta::zero());
        self.ended_at().is_none().then(|| left.num_hours())
    }

    /// Whether the hours were over when the Commissioner was told or, while nobody is told, are
    /// over at `now`. Not while it was decided that nobody need be.
    #[must_use]
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        match (self.told_at, self.decided_at) {
            (Some(told_at), _) => self.due() < told_at,
            (None, Some(_)) => false,
            (None, None) => self.due() < now,
        }
    }

    /// How its end was worked out, in words.
    #[must_use]
    pub fn working(&self) -> String {
        format!(
            "aware {}; 72 hours later is {}; a weekend or a bank holiday does not move it",
            spelt_time(self.aware_at),
            spelt_time(self.due())
        )
    }
}

/// A time as people in London read it, such as `Tuesday 27 October 2026 at 11:00`.
#[must_use]
pub fn spelt_time(at: DateTime<Utc>) -> String {
    let local = london::time(at);
    format!("{} at {}", spelt(local.date()), local.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::{BreachClock, spelt_time};
    use crate::london;
    use crate::rights::calendar::ENGLAND_AND_WALES;
    use chrono::{DateTime, Duration, NaiveDateTime, Utc};
    use proptest::prelude::*;

    fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    /// What a program gives that counts three days on the clock on the wall.
    fn by_the_wall(aware: DateTime<Utc>) -> NaiveDateTime {
        london::time(aware) + Duration::hours(72)
    }

    /// What a program gives that treats the end like the end of a month.
    fn rolled(aware: DateTime<Utc>) -> NaiveDateTime {
        let due = london::time(BreachClock::aware(aware).due());
        ENGLAND_AND_WALES
            .roll(due.date())
            .unwrap()
            .and_time(due.time())
    }

    #[test]
    fn seventy_two_hours_elapse_whatever_clocks_and_weekends_do() {
        // Aware, due in words, and the plausible wrong answer of each.
        for (aware, due, wrong) in [
            // 24 October at noon in summer time; the clocks go back on the 25th.
            (
                "2026-10-24T12:00:00+01:00",
                "Tuesday 27 October 2026 at 11:00",
                Some((by_the_wall as fn(_) -> _, "2026-10-27 12:00:00")),
            ),
            // A Friday evening.
            (
                "2026-11-27T17:45:00Z",
                "Monday 30 November 2026 at 17:45",
                None,
            ),
            // The clocks go forward on 28 March 2027, Easter Sunday.
            (
                "2027-03-25T09:15:00Z",
                "Sunday 28 March 2027 at 10:15",
                Some((by_the_wall, "2027-03-28 09:15:00")),
            ),
            (
                "2027-03-25T09:15:00Z",
                "Sunday 28 March 2027 at 10:15",
                Some((rolled, "2027-03-30 10:15:00")),
            ),
            // A Wednesday before Christmas.
            (
                "2026-12-23T16:00:00Z",
                "Saturday 26 December 2026 at 16:00",
                Some((rolled, "2026-12-29 16:00:00")),
            ),
        ] {
            let clock = BreachClock::aware(at(aware));
            assert_eq!(spelt_time(clock.due()), due, "{aware}");
            assert_eq!(clock.due() - clock.aware_at, Duration::hours(72));
            if let Some((wrong, answer)) = wrong {
                let answer_of_wrong = wrong(clock.aware_at);
                assert_eq!(answer_of_wrong.to_string(), answer, "{aware}");
                assert_ne!(answer_of_wrong, london::time(clock.due()), "{aware}");
            }
        }
    }

    #[test]
    fn the_working_is_said_in_words_and_hours_are_left_as_of_a_time() {
        let clock = BreachClock::aware(at("2026-10-24T11:00:00Z"));
        assert_eq!(
            clock.working(),
            "aware Saturday 24 October 2026 at 12:00; 72 hours later is Tuesday 27 October 2026 at \
             11:00; a weekend or a bank holiday does not move it"
        );
        for (now, left, late) in [
            ("2026-10-24T11:00:00Z", 72, false),
            ("2026-10-24T11:00:01Z", 71, false),
            ("2026-10-27T10:00:00Z", 1, false),
            ("2026-10-27T11:00:00Z", 0, false),
            ("2026-10-27T11:00:01Z", 0, true),
            ("2026-10-29T11:00:00Z", 0, true),
        ] {
            assert_eq!(clock.hours_left(at(now)), Some(left), "{now}");
            assert_eq!(clock.is_late(at(now)), late, "{now}");
        }
    }

    #[test]
    fn it_ends_when_the_commissioner_is_told_or_need_not_be() {
        let mut clock = BreachClock::aware(at("2026-10-24T11:00:00Z"));
        let later = at("2026-11-24T11:00:00Z");
        clock.decided_at = Some(at("2026-10-25T11:00:00Z"));
        assert_eq!(
            (clock.hours_left(later), clock.is_late(later)),
            (None, false)
        );
        clock.told_at = Some(at("2026-10-27T11:00:00Z"));
        assert!(!clock.is_late(later), "told within the very second");
        clock.told_at = Some(at("2026-10-27T11:00:01Z"));
        assert!(clock.is_late(later));
    }

    proptest! {
        #[test]
        fn who_is_aware_later_is_due_as_much_later(seconds in 0_i64..100_000_000, more in 0_i64..1_000_000) {
            let one = DateTime::from_timestamp(1_735_732_800 + seconds, 0).unwrap();
            let other = one + Duration::seconds(more);
            let due = |aware| BreachClock::aware(aware).due();
            prop_assert_eq!(due(other) - due(one), other - one);
        }
    }
}
