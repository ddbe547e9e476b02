//! The deadlines of a complaint about a service (Local Government and Social Care Ombudsman,
//! Complaint Handling Code).

use crate::london;
use crate::rights::calendar::{BeyondCalendar, add_working_days};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Working days until a complaint must be acknowledged, at either stage.
const ACKNOWLEDGE: u32 = 5;

/// How far a complaint has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Stage {
    /// The first answer.
    One,
    /// The review of the first answer.
    Two,
}

/// A stage that no complaint has.
#[derive(Debug, thiserror::Error)]
#[error("must be 1 or 2")]
pub struct NoSuchStage;

impl TryFrom<u8> for Stage {
    type Error = NoSuchStage;

    fn try_from(number: u8) -> Result<Self, NoSuchStage> {
        match number {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            _ => Err(NoSuchStage),
        }
    }
}

impl From<Stage> for u8 {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::One => 1,
            Stage::Two => 2,
        }
    }
}

impl Stage {
    /// Working days from the acknowledgement to the answer, without an extension.
    const fn answer(self) -> u32 {
        match self {
            Self::One => 10,
            Self::Two => 20,
        }
    }
}

/// The day by which a complaint must be acknowledged: five working days after it was received, in
/// London.
///
/// # Errors
/// [`BeyondCalendar`] if the bank holidays of that time are not known.
pub fn acknowledge_by(received: DateTime<Utc>) -> Result<NaiveDate, BeyondCalendar> {
    add_working_days(london::date(received), ACKNOWLEDGE)
}

/// The day by which a complaint must be answered: ten working days (stage two: twenty) after
/// `acknowledged`.
///
/// While it is not acknowledged, count from [`acknowledge_by`]: a late acknowledgement must not
/// gain time.
///
/// # Errors
/// [`BeyondCalendar`] if the bank holidays of that time are not known.
pub fn answer_by(acknowledged: NaiveDate, stage: Stage) -> Result<NaiveDate, BeyondCalendar> {
    add_working_days(acknowledged, stage.answer())
}

#[cfg(test)]
mod tests {
    use super::{Stage, acknowledge_by, answer_by};
    use crate::rights::calendar::ENGLAND_AND_WALES;
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

    #[test]
    fn christmas_and_new_year_are_not_counted() {
        let acknowledge = acknowledge_by("2026-12-18T09:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(acknowledge.format("%a %F").to_string(), "Tue 2026-12-29");
        assert_eq!(
            answer_by(acknowledge, Stage::One)
                .unwrap()
                .format("%a %F")
                .to_string(),
            "Wed 2027-01-13"
        );
        assert_eq!(
            answer_by(acknowledge, Stage::Two)
                .unwrap()
                .format("%a %F")
                .to_string(),
            "Wed 2027-01-27"
        );
    }

    #[test]
    fn half_past_eleven_utc_in_summer_is_received_tomorrow() {
        let by = |received: &str| {
            acknowledge_by(received.parse().unwrap())
                .unwrap()
                .to_string()
        };
        assert_eq!(by("2026-06-30T22:59:59Z"), "2026-07-07");
        assert_eq!(by("2026-06-30T23:30:00Z"), "2026-07-08");
        assert_eq!(
            by("2026-11-30T23:30:00Z"),
            "2026-12-07",
            "and in winter it is not"
        );
    }

    #[test]
    fn beyond_the_calendar_nothing_is_promised() {
        assert_eq!(
            acknowledge_by("2028-12-27T12:00:00Z".parse().unwrap()),
            Err(ENGLAND_AND_WALES.beyond())
        );
        assert_eq!(
            acknowledge_by("2024-12-31T12:00:00Z".parse().unwrap()),
            Err(ENGLAND_AND_WALES.beyond())
        );
        assert_eq!(
            answer_by("2028-12-15".parse().unwrap(), Stage::Two),
            Err(ENGLAND_AND_WALES.beyond())
        );
    }

    #[test]
    fn there_are_two_stages() {
        assert_eq!(Stage::try_from(2).unwrap(), Stage::Two);
        assert!(Stage::try_from(0).is_err() && Stage::try_from(7).is_err());
        assert_eq!(u8::from(Stage::One), 1);
    }

    proptest! {
        #[test]
        fn who_complains_later_is_never_answered_earlier(hours in 0_i64..30_000, later in 0_i64..2_000, two: bool) {
            let stage = if two { Stage::Two } else { Stage::One };
            let received = DateTime::from_timestamp(1_735_732_800, 0).unwrap() + TimeDelta::hours(hours);
            let due = |received| answer_by(acknowledge_by(received).unwrap(), stage).unwrap();
            prop_assert!(ENGLAND_AND_WALES.is_working_day(due(received)).unwrap());
            prop_assert!(due(received + TimeDelta::hours(later)) >= due(received));
        }
    }
}
