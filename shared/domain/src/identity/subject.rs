//! A person in storage: a keyed digest of what identifies them.

use crate::identity::identifier::{Identifier, IdentifierKind};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The shortest secret that is accepted, in bytes: as long as the digest (RFC 2104, 3).
const SECRET_LENGTH: usize = 32;
const PREFIX: &str = "subject#";

/// HMAC-SHA-256 over the kind, the key's version and the canonical value of an identifier. It is
/// still personal data.
///
/// It has no `Display`, and debug output shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SubjectKey(String);

/// Text that is not a subject key.
#[derive(Debug, thiserror::Error)]
#[error("this is not a subject key")]
pub struct NotASubjectKey;

impl SubjectKey {
    /// A key that no identifier has, from a digest made under another key. It lets the caller make
    /// the same calls for nobody as for somebody.
    pub(crate) fn of_nobody(digest: [u8; 32]) -> Self {
        Self(format!("{PREFIX}0#{}", URL_SAFE_NO_PAD.encode(digest)))
    }

    /// The key as it is stored: `subject#{version}#{digest}`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SubjectKey(..)")
    }
}

impl TryFrom<String> for SubjectKey {
    type Error = NotASubjectKey;

    fn try_from(stored: String) -> Result<Self, NotASubjectKey> {
        if stored.starts_with(PREFIX) {
            Ok(Self(stored))
        } else {
            Err(NotASubjectKey)
        }
    }
}

impl From<SubjectKey> for String {
    fn from(key: SubjectKey) -> Self {
        key.0
    }
}

/// The longest name of a version of the subject keys, in characters: it is part of every key.
const VERSION: usize = 8;

/// The secrets behind subject keys: one to write with, and older ones that records were written
/// with before. Everything else that Custodian seals and signs has its own
/// [`Keyring`](crate::identity::keyring::Keyring).
#[derive(Clone, Deserialize)]
pub struct SubjectKeys {
    #[serde(flatten)]
    current: Secret,
    #[serde(default)]
    previous: Vec<Secret>,
}

/// One version of a secret.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) version: String,
    pub(super) key: String,
}

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadSecret {
    /// Not the JSON document that is expected.
    #[error("must be a JSON document with a version and a key")]
    Format,
    /// A key that could be guessed.
    #[error("must have keys of at least 32 bytes")]
    TooShort,
    /// Versions that could not be told apart.
    #[error(
        "must have versions that differ, of 1 to 8 letters and digits (16 where they are no subject keys)"
    )]
    Versions,
}

impl SubjectKeys {
    /// Reads the secret's document: `{"version": "1", "key": "…", "previous": [{"version": "0",
    /// "key": "…"}]}`.
    ///
    /// # Errors
    /// [`BadSecret`], which shows nothing of the document.
    pub fn parse(document: &str) -> Result<Self, BadSecret> {
        let keys: Self = serde_json::from_str(document).map_err(|_| BadSecret::Format)?;
        if keys.all_secrets().any(Secret::is_short) {
            return Err(BadSecret::TooShort);
        }
        sound(
            keys.all_secrets().map(|secret| secret.version.as_str()),
            VERSION,
        )?;
        Ok(keys)
    }

    /// The key that records of this person are written under.
    #[must_use]
    pub fn key(&self, identifier: &Identifier) -> SubjectKey {
        self.current.subject_key(identifier)
    }

    /// Every key that records of this person may be stored under, the current one first.
    pub fn keys<'a>(&'a self, identifier: &'a Identifier) -> impl Iterator<Item = SubjectKey> + 'a {
        self.all_secrets()
            .map(|secret| secret.subject_key(identifier))
    }

    /// A key for things other than subject keys. It reveals nothing about them.
    #[must_use]
    pub fn derive(&self, what: &str) -> [u8; 32] {
        self.current.derive(what)
    }

    /// For each version, the keys derived for these kinds of things, for the functions that make or
    /// open them now.
    pub(super) fn bequeath<'a>(
        &'a self,
        kinds: &'a [&'a str],
    ) -> impl Iterator<Item = (&'a str, Vec<(&'a str, [u8; 32])>)> + 'a {
        self.all_secrets().map(|secret| {
            let derived = kinds
                .iter()
                .map(|what| (*what, secret.derive(what)))
                .collect();
            (secret.version.as_str(), derived)
        })
    }

    fn all_secrets(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl std::fmt::Debug for SubjectKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SubjectKeys(..)")
    }
}

impl Secret {
    /// Whether the key could be guessed.
    pub(super) const fn is_short(&self) -> bool {
        self.key.len() < SECRET_LENGTH
    }

    pub(super) fn derive(&self, what: &str) -> [u8; 32] {
        self.digest(&["derived", what])
    }

    fn subject_key(&self, identifier: &Identifier) -> SubjectKey {
        let kind = match identifier.kind() {
            IdentifierKind::Email => "email",
            IdentifierKind::Phone => "phone",
            IdentifierKind::Reference => "reference",
        };
        let digest = self.digest(&[kind, &self.version, identifier.canonical()]);
        SubjectKey(format!(
            "{PREFIX}{}#{}",
            self.version,
            URL_SAFE_NO_PAD.encode(digest)
        ))
    }

    fn digest(&self, parts: &[&str]) -> [u8; 32] {
        mac(self.key.as_bytes(), parts)
    }
}

/// Whether these versions can be told apart, and none has a longer name.
pub(super) fn sound<'a>(
    versions: impl Iterator<Item = &'a str>,
    longest: usize,
) -> Result<(), BadSecret> {
    let mut versions: Vec<&str> = versions.collect();
    let is_name = |it: &&str| {
        (1..=longest).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let (count, are_names) = (versions.len(), versions.iter().all(is_name));
    versions.sort_unstable();
    versions.dedup();
    if are_names && versions.len() == count {
        Ok(())
    } else {
        Err(BadSecret::Versions)
    }
}

/// HMAC-SHA-256 over `parts`. Each ends with a NUL, so that no two lists of parts are alike.
pub(crate) fn mac(key: &[u8], parts: &[&str]) -> [u8; 32] {
    #[expect(
        clippy::expect_used,
        reason = "HMAC takes a key of any length (RFC 2104, 2)"
    )]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    for part in parts {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::{BadSecret, SubjectKeys};
    use crate::identity::identifier::Identifier;

    const NEW: &str = r#"{"version":"2","key":"new-new-new-new-new-new-new-new-new",
        "previous":[{"version":"1","key":"old-old-old-old-old-old-old-old-old"}]}"#;
    const OLD: &str = r#"{"version":"1","key":"old-old-old-old-old-old-old-old-old"}"#;

    #[test]
    fn one_person_has_one_key_and_another_kind_of_identifier_another() {
        let keys = SubjectKeys::parse(OLD).unwrap();
        let key = |identifier| keys.key(&identifier);
        assert_eq!(
            key(Identifier::email("A@example.org").unwrap()),
            key(Identifier::email("a@example.org").unwrap())
        );
        let as_reference = Identifier::reference("+447700900142").unwrap();
        assert_ne!(
            key(Identifier::phone("07700900142").unwrap()),
            key(as_reference)
        );
    }

    #[test]
    fn after_a_rotation_what_was_written_before_is_still_found() {
        let person = Identifier::email("a@example.org").unwrap();
        let before = SubjectKeys::parse(OLD).unwrap().key(&person);
        let rotated = SubjectKeys::parse(NEW).unwrap();
        assert_ne!(rotated.key(&person), before);
        assert!(rotated.keys(&person).any(|key| key == before));
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused() {
        assert!(matches!(
            SubjectKeys::parse(r#"{"version":"1","key":"short"}"#),
            Err(BadSecret::TooShort)
        ));
        assert!(matches!(
            SubjectKeys::parse("password"),
            Err(BadSecret::Format)
        ));
        let twice = NEW.replace(r#""version":"1""#, r#""version":"2""#);
        assert!(matches!(
            SubjectKeys::parse(&twice),
            Err(BadSecret::Versions)
        ));
    }

    #[test]
    fn debugging_shows_no_key() {
        let keys = SubjectKeys::parse(OLD).unwrap();
        let key = keys.key(&Identifier::email("a@example.org").unwrap());
        assert_eq!(
            format!("{keys:?} {key:?}"),
            "SubjectKeys(..) SubjectKey(..)"
        );
    }
}
