//! How recent a source's version of a record is. Of two, the later one counts, in whatever order
//! they arrive.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// Sorts the versions of one record from one source, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(String);

impl Revision {
    /// The text that is sorted.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For a source that says when it last changed a record, such as a review's `updateTime`.
    #[must_use]
    pub fn updated(at: DateTime<Utc>) -> Self {
        Self(instant(at))
    }

    /// For a source that says nothing: the row at this line of a file that arrived then.
    ///
    /// For two files that arrived within one millisecond, S3's own order decides. It comes after a
    /// tilde, which sorts after the `#` of revisions that earlier versions wrote from whole
    /// seconds: those came first.
    #[must_use]
    pub fn row(file: impl Into<ArrivalTime>, line: u64) -> Self {
        let ArrivalTime { at, order } = file.into();
        Self(match order {
            Some(order) => format!("{}~{order:032x}#{line:012}", instant(at)),
            None => format!("{}#{line:012}", instant(at)),
        })
    }

    /// The file of a row's revision; the whole text of any other.
    #[must_use]
    pub fn file(&self) -> &str {
        self.0.rsplit_once('#').map_or(&self.0, |(file, _)| file)
    }

    /// For a submission: a later version of the form corrects an earlier one, and within one
    /// version what was sent later.
    #[must_use]
    pub fn submission(form_version: u32, sent: DateTime<Utc>) -> Self {
        Self(format!("{form_version:010}#{}", instant(sent)))
    }
}

/// When a file arrived, and in which order among those of the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ArrivalTime {
    /// When S3 had it whole.
    pub at: DateTime<Utc>,
    /// S3's own order; `None` for a file without a notification.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "order")]
    pub order: Option<u128>,
}

impl ArrivalTime {
    /// From S3's notification: when it says that the file was whole, and its `sequencer`. These are
    /// hexadecimal digits; the shorter one is padded on the right
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
    /// Anything else gives no order.
    #[must_use]
    pub fn of_notification(at: DateTime<Utc>, sequencer: Option<&str>) -> Self {
        let digits = sequencer.filter(|digits| (1..=32).contains(&digits.len()));
        Self {
            at,
            order: digits
                .and_then(|digits| u128::from_str_radix(&format!("{digits:0<32}"), 16).ok()),
        }
    }
}

impl From<DateTime<Utc>> for ArrivalTime {
    fn from(at: DateTime<Utc>) -> Self {
        Self { at, order: None }
    }
}

/// The order as hexadecimal digits: JSON has no numbers of that size.
mod order {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde asks so")]
    pub(super) fn serialize<S: Serializer>(
        order: &Option<u128>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match order {
            Some(order) => serializer.collect_str(&format_args!("{order:032x}")),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u128>, D::Error> {
        let digits = String::deserialize(deserializer)?;
        u128::from_str_radix(&digits, 16)
            .map(Some)
            .map_err(|_| D::Error::custom("no hexadecimal digits"))
    }
}

/// Nine digits for fractions of the second, so that instants sort as texts.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

#[cfg(test)]
mod tests {
    use super::{ArrivalTime, Revision};
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

    #[test]
    fn of_two_files_of_one_instant_the_one_that_s3_had_later_stands_whatever_the_line() {
        let at = DateTime::from_timestamp_millis(1_795_428_000_123).unwrap();
        let arrived = |sequencer: &str| ArrivalTime::of_notification(at, Some(sequencer));
        // The shorter one is padded on the right.
        for (first, second) in [
            ("0055AED6DCD90281E5", "0055AED6DCD90281E6"),
            ("0055", "00551"),
            ("0055AED6", "0055aed7"),
        ] {
            assert!(
                Revision::row(arrived(first), 900) < Revision::row(arrived(second), 1),
                "{first} {second}"
            );
        }
        assert_eq!(
            Revision::row(arrived("0055"), 7),
            Revision::row(arrived("00550000"), 7)
        );
        for none in ["", "nothing", "0x12", "-1", &"1".repeat(33)] {
            assert_eq!(arrived(none).order, None, "{none}");
        }
        let arrived = arrived("0055AED6DCD90281E5");
        let json = serde_json::to_string(&arrived).unwrap();
        assert_eq!(serde_json::from_str::<ArrivalTime>(&json).unwrap(), arrived);
        let untold = ArrivalTime::from(at);
        assert_eq!(
            serde_json::from_str::<ArrivalTime>(&serde_json::to_string(&untold).unwrap()).unwrap(),
            untold
        );
    }

    #[test]
    fn what_earlier_versions_wrote_from_whole_seconds_came_before_any_file_of_the_same_second() {
        let second = DateTime::from_timestamp(1_795_428_000, 0).unwrap();
        let earlier = Revision::row(second, 999_999);
        assert_eq!(
            earlier.as_str(),
            "2026-11-23T10:00:00.000000000Z#000000999999"
        );
        for later in [second, second + TimeDelta::milliseconds(1)] {
            assert!(earlier < Revision::row(ArrivalTime::of_notification(later, Some("0")), 1));
        }
        assert!(
            Revision::row(
                ArrivalTime::of_notification(second - TimeDelta::milliseconds(1), Some("F")),
                1
            ) < earlier
        );
    }

    proptest! {
        #[test]
        fn what_came_later_sorts_later(epoch in 0_i64..4_000_000_000, later in 1_i64..1_000_000_000, row in 0_u64..10_000_000) {
            let first = DateTime::from_timestamp(epoch, 0).unwrap();
            let second = first + TimeDelta::nanoseconds(later);
            prop_assert!(Revision::updated(first) < Revision::updated(second));
            prop_assert!(Revision::row(first, row + 1) < Revision::row(second, row));
            prop_assert!(Revision::row(first, row) < Revision::row(first, row + 1));
            prop_assert!(Revision::submission(7, second) < Revision::submission(8, first));
            prop_assert!(Revision::submission(7, first) < Revision::submission(7, second));
        }
    }
}
