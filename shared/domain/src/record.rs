//! The record: one thing that one person told the council once.

mod call;
pub mod facts;
pub mod processor_copy;
pub mod quarantined;
pub mod rectification;
pub mod reference;
pub mod revision;
pub mod satisfaction;
pub mod source;
pub mod source_details;
mod source_name;
pub mod source_record;

use crate::identity::contact::Contact;
use crate::identity::identifier::Identifier;
use crate::identity::subject::{SubjectKey, SubjectKeys, mac};
use crate::record::processor_copy::ProcessorCopy;
use crate::record::rectification::Rectification;
use crate::record::reference::Reference;
use crate::record::revision::Revision;
use crate::record::satisfaction::Satisfaction;
use crate::record::source::Source;
use crate::record::source_details::SourceDetails;
use crate::retention::{ExpiresAt, Retention};
use crate::rights::constraint::Effect;
use crate::rights::subscription::Consent;
use crate::survey::answers::Answer;
use crate::survey::{LawfulBasis, VersionId};
use crate::validation::json;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Identifies a record at its source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(String);

impl RecordId {
    /// The id of what was sent to `survey` under `key`: an `Idempotency-Key`, or a form's token.
    #[must_use]
    pub fn of_submission(survey: &str, key: &str) -> Self {
        Self::digest(survey, key)
    }

    /// The id of the one anonymous answer that has `reference`, under a secret key. Two answers
    /// that would share a reference share an id, so the second is not stored under it.
    pub(super) fn of_reference(key: &[u8], reference: &Reference) -> Self {
        Self(URL_SAFE_NO_PAD.encode(&mac(key, &["record", reference.as_str()])[..16]))
    }

    /// The id of what `source` calls `name`, in any spelling: a CALL ID, a case reference, a
    /// review's name.
    #[must_use]
    pub fn at_source(source: Source, name: &str) -> Self {
        Self::digest(source.as_str(), &source_name::canonical(source, name))
    }

    /// The ids under which an earlier version may have stored the same record: it took some names
    /// as they were spelt.
    #[must_use]
    pub fn formerly_at_source(source: Source, name: &str) -> Vec<Self> {
        source_name::formerly(source, name)
            .iter()
            .map(|name| Self::digest(source.as_str(), name))
            .collect()
    }

    fn digest(scope: &str, name: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(scope)
            .chain_update([0])
            .chain_update(name)
            .finalize();
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

/// Whose record it is, as far as it is known. It is stored as one string, by which everything of
/// theirs is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Holder {
    /// A person with an identifier.
    Subject(SubjectKey),
    /// Somebody unknown: only the reference that the person was given leads to it.
    Anonymous(Reference),
}

/// The beginning of the string of an anonymous holder.
const ANONYMOUS: &str = "anon#";

/// A string that is not a holder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a subject key or an anonymous record's reference")]
pub struct NotAHolder;

impl From<Holder> for String {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Subject(key) => key.as_str().to_owned(),
            Holder::Anonymous(reference) => format!("{ANONYMOUS}{}", reference.as_str()),
        }
    }
}

impl TryFrom<String> for Holder {
    type Error = NotAHolder;

    fn try_from(stored: String) -> Result<Self, NotAHolder> {
        match stored.strip_prefix(ANONYMOUS) {
            Some(reference) => Reference::try_from(reference.to_owned())
                .map(Self::Anonymous)
                .map_err(|_| NotAHolder),
            None => SubjectKey::try_from(stored)
                .map(Self::Subject)
                .map_err(|_| NotAHolder),
        }
    }
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

/// One record: whose, which, and what was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Whose it is.
    pub holder: Holder,
    /// Which it is, at its source.
    pub id: RecordId,
    /// What was said, when, and until when it is kept.
    pub details: RecordBody,
}

impl Record {
    /// The identifiers that lead to this record's holder and, once it is `after`, should not.
    #[must_use]
    pub fn lost_in(&self, after: &Self) -> Vec<Identifier> {
        let mut further: Vec<Identifier> = self
            .details
            .contact
            .identifiers()
            .into_iter()
            .skip(1)
            .collect();
        if self.holder == after.holder {
            let still = after.details.contact.identifiers();
            further.retain(|one| !still.contains(one));
        }
        further
    }
}

/// The contents of a record.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordBody {
    /// How it reached the council.
    pub source: Source,
    /// What the person can quote.
    pub reference: Reference,
    /// When the person said it, to the second: the retention anchor.
    pub collected_at: DateTime<Utc>,
    /// The second from which it is gone, or would be without a hold.
    #[serde(flatten)]
    pub retention: Retention,
    /// Whether it may only be stored (Article 18): no statistic and no list of comments uses it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restricted: bool,
    /// The survey that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
    /// The version of that survey that the person was shown; `None` where nobody noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey_version: Option<VersionId>,
    /// The council's service that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The journey that the council counts it towards; inferred, not said by the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey: Option<String>,
    /// The stage of the journey; inferred, not said by the person.
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
    /// What else the person agreed to; the record's own lawful basis is separate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// The answers, by question.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Answer>,
    /// Why the council may hold it.
    pub lawful_basis: LawfulBasis,
    /// The privacy notice that the person was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_version: Option<String>,
    /// Tells a retry from another answer under the same key, where the person sends it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The id of the submission that brought it, if the record's own id is that of its reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<RecordId>,
    /// The source's name for it: a CALL ID, a case reference, a review's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// How recent it is, where the source can correct it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// Which processors hold a copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custody: Vec<ProcessorCopy>,
    /// What only this source has.
    #[serde(default, skip_serializing_if = "SourceDetails::is_empty")]
    pub particulars: SourceDetails,
    /// What was corrected in it, and what the person says about it.
    #[serde(default, skip_serializing_if = "Rectification::is_empty")]
    pub rectification: Rectification,
}

/// The question under which every source stores what the person said in their own words.
pub const COMMENT: &str = "comment";

impl RecordBody {
    /// Adds what the person said in their own words, if anything, as the file has it: with one kind
    /// of line break, and without white space around it.
    pub fn add_comment(&mut self, text: Option<&str>) {
        let as_answer = |text: &str| Answer::Text(text.replace("\r\n", "\n").trim().to_owned());
        self.answers
            .extend(text.map(|text| (COMMENT.to_owned(), as_answer(text))));
    }

    /// What `source` says of the record `source_id`, collected at this time. The source's reader
    /// fills in the rest.
    #[must_use]
    pub fn from_source(
        source_id: &str,
        collected_at: DateTime<Utc>,
        revision: Revision,
        particulars: SourceDetails,
    ) -> Self {
        let source = particulars.source();
        let collected_at =
            DateTime::from_timestamp(collected_at.timestamp(), 0).unwrap_or(collected_at);
        Self {
            source,
            reference: Reference::of(&RecordId::at_source(source, source_id)),
            collected_at,
            retention: Retention::Until(ExpiresAt::of(source, collected_at)),
            restricted: false,
            survey: None,
            survey_version: None,
            service: None,
            journey: None,
            stage: None,
            satisfaction: None,
            contact: Contact::default(),
            newsletter: None,
            consents: Vec::new(),
            answers: BTreeMap::new(),
            lawful_basis: LawfulBasis::PublicTask,
            notice_version: None,
            fingerprint: None,
            submission: None,
            source_id: Some(source_id.to_owned()),
            revision: Some(revision),
            custody: Vec::new(),
            particulars,
            rectification: Rectification::default(),
        }
    }

    /// Whether it answers a form of the council's own survey: forms that other systems send are
    /// their own.
    #[must_use]
    pub fn is_of_our_form(&self) -> bool {
        self.source == Source::WebForm && self.source_id.is_none()
    }

    /// The same body under this hold or restriction.
    #[must_use]
    pub fn under(self, effect: Effect) -> Self {
        Self {
            retention: self.retention.held(effect.held),
            restricted: effect.restricted,
            ..self
        }
    }

    /// The hold or restriction on it.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        Effect {
            held: self.retention.is_held(),
            restricted: self.restricted,
        }
    }

    /// Whose record it is.
    #[must_use]
    pub fn holder(&self, keys: &SubjectKeys) -> Holder {
        self.contact.subject(keys).map_or_else(
            || Holder::Anonymous(self.reference.clone()),
            Holder::Subject,
        )
    }
}

impl std::fmt::Debug for RecordBody {
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
        Self(URL_SAFE_NO_PAD.encode(&Sha256::digest(json::text(sent))[..16]))
    }

    /// The digest.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::RecordId;

    #[test]
    fn the_id_of_a_submission_is_what_it_was_so_that_a_retry_over_an_upgrade_is_known() {
        let id = RecordId::of_submission(
            "recycling-centre",
            "key 3f0e9c1a-5d41-4b8e-9a51-6a0c7b1f2d10",
        );
        assert_eq!(id.as_str(), "cbtktO5J_IV6NMxGXhNVwg");
    }
}
