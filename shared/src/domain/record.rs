//! The record: one thing that one person told the council once.

use super::answers::Answer;
use super::identifier::Identifier;
use super::reference::Reference;
use super::retention::ExpiresAt;
use super::satisfaction::Satisfaction;
use super::subject::{SubjectKey, SubjectKeys};
use super::survey::LawfulBasis;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How something reached the council.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A survey or feedback form on the council's own pages.
    WebForm,
}

impl Source {
    /// Every source, as the retention table lists them.
    pub const ALL: [Self; 1] = [Self::WebForm];

    /// The name, as keys and exports spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebForm => "web_form",
        }
    }

    /// What a lay person calls it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::WebForm => "Online survey or feedback form",
        }
    }

    /// How long its records are kept, in calendar months from collection. This is the retention table.
    #[must_use]
    pub const fn retention_months(self) -> u32 {
        match self {
            Self::WebForm => 36,
        }
    }
}

/// What makes a record unique at its source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(String);

impl RecordId {
    /// The id of what was sent to `survey` under `key`: an Idempotency-Key, or a form's token.
    #[must_use]
    pub fn of_submission(survey: &str, key: &str) -> Self {
        let digest = Sha256::new().chain_update(survey).chain_update([0]).chain_update(key).finalize();
        Self(URL_SAFE_NO_PAD.encode(&digest[..16]))
    }

    /// An id that was read back from storage.
    #[must_use]
    pub const fn stored(id: String) -> Self {
        Self(id)
    }

    /// The id as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose record it is, as far as anybody knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// A person with an identifier.
    Subject(SubjectKey),
    /// Nobody knows who: only the reference that the person was given leads to it.
    Anonymous(Reference),
}

impl Holder {
    /// The subject key, unless it is anonymous.
    #[must_use]
    pub const fn subject(&self) -> Option<&SubjectKey> {
        match self {
            Self::Subject(key) => Some(key),
            Self::Anonymous(_) => None,
        }
    }
}

/// How to reach the person, as they typed it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl Contact {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What identifies the person: the first is whose record it is, the others lead to the first.
    ///
    /// A telephone number with an extension is kept for a reply and identifies nobody.
    #[must_use]
    pub fn identifiers(&self) -> Vec<Identifier> {
        let email = self.email.as_deref().map(Identifier::email);
        let phone = self.phone.as_deref().map(Identifier::phone);
        email.into_iter().chain(phone).filter_map(Result::ok).collect()
    }

    /// The subject that a record with this contact belongs to.
    #[must_use]
    pub fn subject(&self, keys: &SubjectKeys) -> Option<SubjectKey> {
        self.identifiers().first().map(|identifier| keys.key(identifier))
    }

    /// The keys, other than `subject`, that lead to the person.
    #[must_use]
    pub fn further_keys(&self, keys: &SubjectKeys) -> Vec<SubjectKey> {
        self.identifiers().iter().skip(1).map(|identifier| keys.key(identifier)).collect()
    }
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Contact(..)")
    }
}

/// One record: whose, which, and what was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Whose it is.
    pub holder: Holder,
    /// Which it is, at its source.
    pub id: RecordId,
    /// What was told, when, and until when it is kept.
    pub details: Details,
}

/// What a record says.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// How it reached the council.
    pub source: Source,
    /// What the person can quote.
    pub reference: Reference,
    /// When the person told it, to the second: the retention anchor.
    pub collected_at: DateTime<Utc>,
    /// The second from which it is gone.
    pub expires_at: ExpiresAt,
    /// The survey that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
    /// The council's service that it is about.
    pub service: String,
    /// The journey that the council counts it to; inferred, not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey: Option<String>,
    /// The stage of the journey; inferred, not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// How satisfied the person was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<Satisfaction>,
    /// How to reach the person.
    #[serde(default, skip_serializing_if = "Contact::is_empty")]
    pub contact: Contact,
    /// Whether the person asked for the newsletter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newsletter: Option<bool>,
    /// The answers, by question.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Answer>,
    /// Why the council may hold it.
    pub lawful_basis: LawfulBasis,
    /// The privacy notice that the person was shown.
    pub notice_version: String,
    /// Tells a retry from another answer under the same key.
    pub fingerprint: Fingerprint,
}

impl std::fmt::Debug for Details {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Details({}, ..)", self.source.as_str())
    }
}

/// A digest of everything that a person sent at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of `sent`, which serialises the same way every time.
    #[must_use]
    pub fn of(sent: &impl Serialize) -> Self {
        let canonical = serde_json::to_vec(sent).unwrap_or_default();
        Self(URL_SAFE_NO_PAD.encode(&Sha256::digest(canonical)[..16]))
    }

    /// The digest.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}
