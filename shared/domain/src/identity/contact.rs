//! How a person can be reached.

use super::identifier::{Identifier, IdentifierKind};
use super::subject::{SubjectKey, SubjectKeys};
use super::written::several;
use serde::{Deserialize, Serialize};

/// Who the person is and how to reach them, as they or the source wrote it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The person's email address, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The person's telephone number, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Another system's name for the person: a customer number, a reviewer, a handle
    /// (`network:handle`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl Contact {
    /// Whether every field is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What identifies the person: the record belongs to the first, and the others lead to the
    /// first.
    ///
    /// A telephone number with an extension is stored for a reply, and identifies nobody. Some
    /// systems put several addresses, or numbers, in one field: each of them leads to the person.
    #[must_use]
    pub fn identifiers(&self) -> Vec<Identifier> {
        let fields = [
            (IdentifierKind::Email, &self.email),
            (IdentifierKind::Phone, &self.phone),
            (IdentifierKind::Reference, &self.reference),
        ];
        let written = fields
            .into_iter()
            .filter_map(|(kind, text)| Some((kind, text.as_deref()?)));
        written
            .filter_map(|(kind, text)| several(kind, text).ok())
            .flatten()
            .collect()
    }

    /// The subject that a record with this contact belongs to.
    #[must_use]
    pub fn subject(&self, keys: &SubjectKeys) -> Option<SubjectKey> {
        self.identifiers()
            .first()
            .map(|identifier| keys.key(identifier))
    }

    /// The keys, other than `subject`, that lead to the person.
    #[must_use]
    pub fn further_keys(&self, keys: &SubjectKeys) -> Vec<SubjectKey> {
        self.identifiers()
            .iter()
            .skip(1)
            .map(|identifier| keys.key(identifier))
            .collect()
    }

    /// The keys that lead to the person; the first is that of the subject.
    #[must_use]
    pub fn keys(&self, keys: &SubjectKeys) -> Vec<SubjectKey> {
        self.identifiers()
            .iter()
            .map(|identifier| keys.key(identifier))
            .collect()
    }
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Contact(..)")
    }
}
