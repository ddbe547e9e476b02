//! An erasure: its ground, its receipts, its certificate. Evidence without personal data.

use crate::place::Place;
use crate::rights::exclusion::Exclusion;
use crate::rights::package::RequestId;
use crate::rights::processor_exchange::ProcessorExchange;
use crate::validation::violation::Violation;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why the person may have it erased: Article 17(1) UK GDPR, (a) to (f).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ground {
    /// (a) No longer necessary.
    #[serde(rename = "17(1)(a)")]
    NoLongerNecessary,
    /// (b) Consent withdrawn.
    #[serde(rename = "17(1)(b)")]
    ConsentWithdrawn,
    /// (c) Objected under Article 21.
    #[serde(rename = "17(1)(c)")]
    Objection,
    /// (d) Unlawfully processed.
    #[serde(rename = "17(1)(d)")]
    Unlawful,
    /// (e) A legal obligation.
    #[serde(rename = "17(1)(e)")]
    LegalObligation,
    /// (f) Collected for services to a child.
    #[serde(rename = "17(1)(f)")]
    Child,
}

impl Ground {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::NoLongerNecessary,
        Self::ConsentWithdrawn,
        Self::Objection,
        Self::Unlawful,
        Self::LegalObligation,
        Self::Child,
    ];

    /// The paragraph, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoLongerNecessary => "17(1)(a)",
            Self::ConsentWithdrawn => "17(1)(b)",
            Self::Objection => "17(1)(c)",
            Self::Unlawful => "17(1)(d)",
            Self::LegalObligation => "17(1)(e)",
            Self::Child => "17(1)(f)",
        }
    }

    /// Reads `17(1)(a)` to `17(1)(f)`, with or without `Article` before it, or the ground in words.
    ///
    /// # Errors
    /// [`Violation`] for anything else: a ground is never free text, which could name the person.
    pub fn parse(typed: &str) -> Result<Self, Violation> {
        let plain: String = typed
            .to_ascii_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        match plain
            .trim_start_matches("article")
            .trim_start_matches("art")
        {
            "171a" | "nolongernecessary" => Ok(Self::NoLongerNecessary),
            "171b" | "consentwithdrawn" => Ok(Self::ConsentWithdrawn),
            "171c" | "objection" => Ok(Self::Objection),
            "171d" | "unlawful" => Ok(Self::Unlawful),
            "171e" | "legalobligation" => Ok(Self::LegalObligation),
            "171f" | "child" => Ok(Self::Child),
            _ => Err(Violation::new(
                "ground",
                "must be 17(1)(a) no longer necessary, 17(1)(b) consent withdrawn, 17(1)(c) objection, 17(1)(d) \
                 unlawful, 17(1)(e) legal obligation or 17(1)(f) child",
            )),
        }
    }
}

/// What a place held about a person, by kind.
pub type Counts = BTreeMap<String, u64>;

/// A place's report that it has done what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The place.
    pub place: Place,
    /// The result.
    pub outcome: Outcome,
    /// What it held, by kind, when the request was approved; for a processor, what the council knew
    /// of.
    pub held: Counts,
    /// When it was done.
    pub finished_at: DateTime<Utc>,
    /// What a processor, or the person who deleted there by hand, said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correspondence: Option<ProcessorExchange>,
}

/// The result of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It held something, and no longer does.
    Erased,
    /// It held nothing.
    NothingHeld,
    /// The processor says that it is done, or somebody confirmed that they did it.
    Confirmed,
    /// It was stopped before anything was done: it still holds what it held.
    Stopped,
}

impl Receipt {
    /// The receipt of one of the council's own places that held `held` and now holds nothing.
    #[must_use]
    pub fn of(place: Place, held: Counts, finished_at: DateTime<Utc>) -> Self {
        let outcome = if held.values().all(|count| *count == 0) {
            Outcome::NothingHeld
        } else {
            Outcome::Erased
        };
        Self {
            place,
            outcome,
            held,
            finished_at,
            correspondence: None,
        }
    }
}

/// That a request is done in every place, and when it will be out of the backups as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The request; `None` on a certificate of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// The ground, of an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Who approved it.
    pub approved_by: String,
    /// When it was approved.
    pub approved_at: DateTime<Utc>,
    /// Up to when the erasure covers what was collected; `None` on a certificate of an earlier
    /// version, which covers it up to the approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<DateTime<Utc>>,
    /// When the last place was done.
    pub completed_at: DateTime<Utc>,
    /// The last day on which a backup could still bring something back: the last deletion plus the
    /// recovery window.
    pub backups_clear_on: NaiveDate,
    /// What was left, and why: the erasure was partial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    /// How many records were left.
    #[serde(default)]
    pub records_left: u64,
    /// Every place's receipt.
    pub receipts: Vec<Receipt>,
}

#[cfg(test)]
mod tests {
    use super::Ground;

    #[test]
    fn a_ground_is_one_of_six_and_never_free_text() {
        for typed in [
            "17(1)(b)",
            "Article 17(1)(b)",
            "Art. 17(1)(b)",
            "consent_withdrawn",
            "Consent withdrawn",
        ] {
            assert_eq!(
                Ground::parse(typed).unwrap(),
                Ground::ConsentWithdrawn,
                "{typed}"
            );
        }
        let refused = Ground::parse("Alice Green asked on the phone")
            .unwrap_err()
            .to_string();
        assert!(refused.contains("17(1)(a)") && !refused.contains("Alice"));
    }

    #[test]
    fn a_ground_is_told_as_it_is_stored_and_read_as_it_is_told() {
        for ground in Ground::ALL {
            assert_eq!(serde_json::to_value(ground).unwrap(), ground.as_str());
            assert_eq!(Ground::parse(ground.as_str()).unwrap(), ground);
        }
    }
}
