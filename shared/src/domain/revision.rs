//! How recent a source's word on a record is: of two, the later one stands, in whichever order they arrive.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// Sorts what one source says of one record, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(String);

impl Revision {
    /// The text that sorts.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of a source that says when it last changed a record, such as a review's `updateTime`.
    #[must_use]
    pub fn updated(at: DateTime<Utc>) -> Self {
        Self(instant(at))
    }

    /// Of a source that says nothing: the row at this line of a file that was handed over then.
    #[must_use]
    pub fn row(file: DateTime<Utc>, line: u64) -> Self {
        Self(format!("{}#{line:012}", instant(file)))
    }

    /// Of a submission: a later version of the form corrects an earlier one, and of the same version what was sent later.
    #[must_use]
    pub fn submission(form_version: u32, sent: DateTime<Utc>) -> Self {
        Self(format!("{form_version:010}#{}", instant(sent)))
    }
}

/// Nine digits of the second, so that instants sort as texts.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

#[cfg(test)]
mod tests {
    use super::Revision;
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

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
