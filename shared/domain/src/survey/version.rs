//! Which wording of a survey somebody was shown, and for how long that wording is kept.

use crate::record::source::Source;
use crate::retention::ExpiresAt;
use crate::retention::periods;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How long a form is still accepted under its own version after another version replaced it.
pub const TAKEN_AFTER: TimeDelta = periods::FORMS;

/// What is added to the end of the last answer: clocks differ, and copies of a survey are up to a
/// minute old.
const MARGIN: TimeDelta = periods::FORMS_MARGIN;

/// Names one version of a survey: a digest of everything that its document says.
///
/// It is the first half of the SHA-256 of the document as JSON with sorted keys and no white space,
/// in hexadecimal: the same words have the same id, whatever the layout.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionId(String);

/// Text that is not the id of a version.
#[derive(Debug, thiserror::Error)]
#[error("the id of a survey's version must be 32 hexadecimal digits in lower case")]
pub struct NotAVersion;

impl VersionId {
    /// The version of a document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let digest = Sha256::digest(sorted(document).to_string());
        Self(hex::encode(&digest[..16]))
    }

    /// A placeholder in a survey until its whole document has been read.
    pub(super) const fn unset() -> Self {
        Self(String::new())
    }

    /// The id as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for VersionId {
    type Error = NotAVersion;

    fn try_from(id: String) -> Result<Self, NotAVersion> {
        let hexadecimal = id
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if id.len() == 32 && hexadecimal {
            Ok(Self(id))
        } else {
            Err(NotAVersion)
        }
    }
}

impl From<VersionId> for String {
    fn from(id: VersionId) -> Self {
        id.0
    }
}

/// The same, with the keys of every object sorted, whatever order a map keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().collect();
            fields
                .into_iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect()
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Whether a form of a version that was retired at `retired_at` is still accepted at `now` under
/// that version.
#[must_use]
pub fn is_taken(retired_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    retired_at.is_none_or(|retired_at| now < retired_at + TAKEN_AFTER)
}

/// Until when a version that was retired then is kept: longer than the last answer that can have
/// been given to it.
#[must_use]
pub fn kept_until(retired_at: DateTime<Utc>) -> DateTime<Utc> {
    ExpiresAt::of(Source::WebForm, retired_at + TAKEN_AFTER).instant() + MARGIN
}

#[cfg(test)]
mod tests {
    use super::{TAKEN_AFTER, VersionId, is_taken, kept_until};
    use crate::record::source::Source;
    use crate::retention::ExpiresAt;
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn the_same_words_are_the_same_version_however_they_are_laid_out() {
        let one: Value =
            serde_json::from_str(r#"{"id":"bins","questions":[{"id":"q","label":"Why?"}]}"#)
                .unwrap();
        let other: Value = serde_json::from_str(
            "{\n  \"questions\": [ {\"label\": \"Why?\", \"id\": \"q\"} ],\n  \"id\": \"bins\"\n}",
        )
        .unwrap();
        assert_eq!(VersionId::of(&one), VersionId::of(&other));
        // Noted once: any change in how it is computed makes every survey a new version.
        assert_eq!(
            VersionId::of(&one).as_str(),
            "e8e3d09356ed9cc3506db304fa44f358"
        );
    }

    #[test]
    fn other_words_and_another_order_are_another_version() {
        let asked =
            |questions: Value| VersionId::of(&json!({"id": "bins", "questions": questions}));
        let ids = [
            asked(json!(["a", "b"])),
            asked(json!(["b", "a"])),
            asked(json!(["a", "B"])),
            asked(json!(["a"])),
        ];
        assert!(
            ids.iter()
                .enumerate()
                .all(|(place, id)| !ids[..place].contains(id))
        );
    }

    #[test]
    fn an_id_is_read_back_as_it_was_written_and_nothing_else_is_an_id() {
        let id = VersionId::of(&json!({}));
        assert_eq!(VersionId::try_from(id.as_str().to_owned()).unwrap(), id);
        for other in [
            "",
            "5ab3",
            &"g".repeat(32),
            &"A".repeat(32),
            &"a".repeat(33),
        ] {
            assert!(VersionId::try_from(other.to_owned()).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_version_outlives_every_answer_that_can_have_been_given_to_it(
            retired in 1_600_000_000_i64..4_000_000_000, before in 0_i64..5 * 366 * 86_400,
        ) {
            let retired = DateTime::from_timestamp(retired, 0).unwrap();
            let last = retired + TAKEN_AFTER - TimeDelta::seconds(1);
            prop_assert!(is_taken(Some(retired), last) && !is_taken(Some(retired), retired + TAKEN_AFTER));
            for answered in [last, retired, retired - TimeDelta::seconds(before)] {
                let end = ExpiresAt::of(Source::WebForm, answered).instant();
                prop_assert!(kept_until(retired) >= end + TimeDelta::days(6));
            }
        }
    }
}
