//! The audit trail: who gave which order about whom. An attempt is written down before anything is
//! read for it, and what came of it before anybody is shown the answer.
//!
//! It is evidence of who looked at personal data (Article 5(2) UK GDPR). A person may ask when and
//! why somebody looked at theirs, not who (Court of Justice, C-579/21, on Article 15). It has no
//! personal data of residents: people are tags, made with a secret that nothing else uses, so that
//! nobody can join them with the ledger or the records.

use crate::identity::identifier::Identifier;
use crate::identity::keyring::{Audit, Keyring};
use crate::identity::staff::StaffNumber;
use crate::identity::subject::mac;
use crate::record::Holder;
use crate::rights::package::{RequestId, says_who};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The contents of one link of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The number of its link.
    pub n: u64,
    /// The day that it is on (UTC).
    pub day: NaiveDate,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What was attempted, or what came of it.
    #[serde(flatten)]
    pub what: Audited,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audited {
    /// Somebody gave an order; nothing was read for it yet.
    Attempt(Attempt),
    /// What came of an order; nobody was shown the answer yet.
    Result(AttemptResult),
}

/// An order that somebody gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The function that takes it.
    pub function: String,
    /// The order's name.
    pub order: String,
    /// Who gives it: a staff number. Nothing if the order does not say it, or says a name: the trail
    /// has none, and the request's events say what was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The request for which it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptResult {
    /// The number of the attempt's link.
    pub attempt: u64,
    /// `done`, or the kind of the refusal or failure.
    pub outcome: String,
    /// The request, if the order did not name it and the answer does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Whom it was about, as tags ([`PersonTags`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// A keyed digest of the answer: what was shown can be checked by whoever has a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// How many digits in a row may be a telephone number. A date has eight.
const TELEPHONE: usize = 9;

/// The outcome of an order that was carried out.
pub const DONE: &str = "done";

impl Attempt {
    /// The order of this name that `by` gives for a request, about a person with these identifiers.
    ///
    /// A staff number or a request's id that contains one of them is left out: the order is refused
    /// for it, and it must not be stored. So is one with a number as long as a telephone's.
    #[must_use]
    pub fn new(
        function: &str,
        order: &str,
        by: Option<&str>,
        request: Option<RequestId>,
        identifiers: &[Identifier],
    ) -> Self {
        let is_of_staff = |by: &String| {
            StaffNumber::try_from(by.clone()).is_ok()
                && !says_who(by, identifiers)
                && !has_a_number(by)
        };
        Self {
            function: function.to_owned(),
            order: order.to_owned(),
            by: by.map(|by| by.trim().to_owned()).filter(is_of_staff),
            request: request.filter(|request| {
                !request.says_who(identifiers) && !has_a_number(request.as_str())
            }),
        }
    }
}

/// Whether a text has as many digits in a row as a telephone number.
fn has_a_number(text: &str) -> bool {
    let mut runs = text.split(|c: char| !c.is_ascii_digit());
    runs.any(|digits| digits.len() >= TELEPHONE)
}

/// Makes tags of people, and digests of answers, with the audit trail's own secret.
#[derive(Clone)]
pub struct PersonTags {
    person: [u8; 32],
    answer: [u8; 32],
}

impl PersonTags {
    /// Tags under these keys. A rotation makes other tags of the same people: what was written
    /// before can be told apart with the earlier key only.
    #[must_use]
    pub fn new(keys: &Keyring<Audit>) -> Self {
        Self {
            person: keys.derive("person"),
            answer: keys.derive("answer"),
        }
    }

    /// The tag of a holder: 32 hexadecimal digits.
    #[must_use]
    pub fn of(&self, holder: &Holder) -> String {
        hex::encode(&mac(&self.person, &[&String::from(holder.clone())])[..16])
    }

    /// The digest of an answer: 64 hexadecimal digits.
    #[must_use]
    pub fn of_answer(&self, answer: &str) -> String {
        hex::encode(mac(&self.answer, &[answer]))
    }
}

impl std::fmt::Debug for PersonTags {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PersonTags(..)")
    }
}
