//! The document of a secret, as it is stored, and the changes that people make to it: handing on
//! earlier keys, and rotating.

use super::{About, Earlier, INHERITED};
use crate::identity::subject::{Secret, SubjectKeys};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A secret's document.
#[derive(Deserialize, Serialize)]
pub(super) struct Document {
    #[serde(flatten)]
    pub(super) current: Secret,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Vec<Previous>>,
}

/// A version before the current one.
#[derive(Deserialize, Serialize)]
pub(super) struct Previous {
    pub(super) version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The keys derived from a key that is not in the document: 64 hexadecimal digits for each kind
    /// of thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    derived: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) leaked: bool,
}

impl Previous {
    pub(super) fn read(self) -> Option<Earlier> {
        match (self.key, self.derived) {
            (Some(key), None) => Some(Earlier::Key(Secret {
                version: self.version,
                key,
            })),
            (None, Some(derived)) if !derived.is_empty() => {
                let key = |(what, key): (String, String)| {
                    let mut bytes = [0; 32];
                    hex::decode_to_slice(key, &mut bytes)
                        .ok()
                        .map(|()| (what, bytes))
                };
                derived
                    .into_iter()
                    .map(key)
                    .collect::<Option<_>>()
                    .map(Earlier::Derived)
            }
            _ => None,
        }
    }
}

/// Why a document cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum BadDocument {
    /// It is not a secret's document.
    #[error("the secret must be a JSON document with a version and a key")]
    Format,
    /// Its version is not a number, so nobody can say which comes next.
    #[error("the secret's version must be a number: put the next one in by hand")]
    Version,
    /// What was made before would no longer open.
    #[error("the secret does not say yet what was made before: run `make inherit-keys` first")]
    Unsettled,
}

/// The document with the keys that were derived for this purpose from the secret of the subject
/// keys, before it had its own secret. Repeating it changes nothing, and what was marked as leaked
/// stays so.
///
/// # Errors
/// [`BadDocument`], which shows nothing of it.
pub fn inherited(
    about: &About,
    document: &str,
    subject_keys: &SubjectKeys,
) -> Result<String, BadDocument> {
    let mut document: Document = serde_json::from_str(document).map_err(|_| BadDocument::Format)?;
    let previous = document.previous.get_or_insert_default();
    // A purpose that is younger than secrets of their own inherits nothing.
    let bequeathed = subject_keys.bequeath(about.inherits);
    for (version, derived) in bequeathed.filter(|(_, derived)| !derived.is_empty()) {
        let version = format!("{INHERITED}{version}");
        if previous.iter().all(|it| it.version != version) {
            let derived = derived
                .into_iter()
                .map(|(what, key)| (what.to_owned(), hex::encode(key)))
                .collect();
            previous.push(Previous {
                version,
                key: None,
                derived: Some(derived),
                leaked: false,
            });
        }
    }
    written(&document)
}

/// The document with a new key. The earlier key stays for what was made with it. If the secret has
/// leaked, all its versions are marked as leaked and their keys are removed, so nothing that was
/// made with them opens any more.
///
/// # Errors
/// [`BadDocument`], which shows nothing of it.
///
/// # Panics
/// If the system gives no random bytes. No key is better than one that can be guessed.
pub fn rotated(document: &str, leaked: bool) -> Result<String, BadDocument> {
    let mut document: Document = serde_json::from_str(document).map_err(|_| BadDocument::Format)?;
    let number: u32 = document
        .current
        .version
        .parse()
        .map_err(|_| BadDocument::Version)?;
    let previous = document.previous.as_mut().ok_or(BadDocument::Unsettled)?;
    let version = number
        .checked_add(1)
        .ok_or(BadDocument::Version)?
        .to_string();
    let before = std::mem::replace(
        &mut document.current,
        Secret {
            version,
            key: random(),
        },
    );
    previous.insert(
        0,
        Previous {
            version: before.version,
            key: Some(before.key),
            derived: None,
            leaked: false,
        },
    );
    if leaked {
        for version in previous {
            *version = Previous {
                version: version.version.clone(),
                key: None,
                derived: None,
                leaked: true,
            };
        }
    }
    written(&document)
}

/// The document, saying which versions were before: none, if it said nothing. For a secret that
/// never had an heir.
///
/// # Errors
/// [`BadDocument`], which shows nothing of it.
pub fn settled(document: &str) -> Result<String, BadDocument> {
    let mut document: Document = serde_json::from_str(document).map_err(|_| BadDocument::Format)?;
    document.previous.get_or_insert_default();
    written(&document)
}

/// Whether two documents mean the same, however they are written.
#[must_use]
pub fn are_alike(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    value(one) == value(other)
}

fn written(document: &Document) -> Result<String, BadDocument> {
    serde_json::to_string(document).map_err(|_| BadDocument::Format)
}

fn random() -> String {
    let mut bytes = [0; 32];
    #[expect(
        clippy::expect_used,
        reason = "a key that can be guessed protects nothing: better none"
    )]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::{BadDocument, inherited, rotated};
    use crate::identity::keyring::{ALL, KeyPurpose, Keyring, MailLinks};
    use crate::identity::subject::SubjectKeys;
    use serde_json::{Value, json};

    const SUBJECT: &str = r#"{"version":"2","key":"new-new-new-new-new-new-new-new-new",
        "previous":[{"version":"1","key":"old-old-old-old-old-old-old-old-old"}]}"#;
    const FRESH: &str = r#"{"version":"1","key":"0123456789abcdef0123456789abcdef"}"#;

    fn of_mail_links(document: &str) -> String {
        inherited(
            &MailLinks::ABOUT,
            document,
            &SubjectKeys::parse(SUBJECT).unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn what_is_inherited_is_a_key_for_each_thing_and_version_and_shows_nothing_of_the_secret() {
        for about in ALL {
            let document = inherited(&about, FRESH, &SubjectKeys::parse(SUBJECT).unwrap()).unwrap();
            assert!(
                !document.contains("new-new") && !document.contains("old-old"),
                "{document}"
            );
            let document: Value = serde_json::from_str(&document).unwrap();
            let versions: Vec<&Value> = document["previous"].as_array().unwrap().iter().collect();
            // A purpose that is younger than secrets of their own inherits nothing.
            if about.inherits.is_empty() {
                assert!(versions.is_empty(), "{}", about.name);
                continue;
            }
            assert_eq!(
                (&versions[0]["version"], &versions[1]["version"]),
                (&json!("subject2"), &json!("subject1"))
            );
            for version in versions {
                let derived = version["derived"].as_object().unwrap();
                assert!(
                    derived.keys().eq(about
                        .inherits
                        .iter()
                        .collect::<std::collections::BTreeSet<_>>())
                );
                assert!(
                    derived
                        .values()
                        .all(|key| key.as_str().unwrap().len() == 64)
                        && version["key"].is_null()
                );
            }
            assert_eq!(
                (
                    &document["version"],
                    document["key"].as_str().unwrap().len()
                ),
                (&json!("1"), 32)
            );
        }
    }

    #[test]
    fn what_was_sealed_under_any_version_of_the_subject_keys_opens_with_what_was_inherited() {
        let keyring = Keyring::<MailLinks>::parse(&of_mail_links(FRESH)).unwrap();
        // Sealed by the version that had one secret for everything, under its key `old-old-…`.
        let key =
            SubjectKeys::parse(r#"{"version":"1","key":"old-old-old-old-old-old-old-old-old"}"#)
                .unwrap();
        let sealed = crate::identity::seal::sealed_under(key.derive("seal unsubscribe"), b"x");
        assert_eq!(keyring.unseal("unsubscribe", &sealed).unwrap(), b"x");
        assert_eq!(
            Keyring::<MailLinks>::parse(FRESH)
                .unwrap()
                .unseal("unsubscribe", &sealed),
            None
        );
    }

    #[test]
    fn inheriting_again_changes_nothing_and_brings_nothing_back_that_leaked() {
        let once = of_mail_links(FRESH);
        assert_eq!(of_mail_links(&once), once);
        let leaked = rotated(&once, true).unwrap();
        assert_eq!(of_mail_links(&leaked), leaked);
        assert!(
            !leaked.contains("derived") && leaked.matches("\"leaked\":true").count() == 3,
            "{leaked}"
        );
    }

    #[test]
    fn a_rotation_makes_the_next_version_and_keeps_the_one_before_unless_it_leaked() {
        let (once, parse) = (of_mail_links(FRESH), |text: &str| {
            Keyring::<MailLinks>::parse(text).unwrap()
        });
        let before = parse(&once).seal("unsubscribe", b"x");
        let twice = rotated(&rotated(&once, false).unwrap(), false).unwrap();
        assert!(twice.starts_with(r#"{"version":"3""#), "{twice}");
        assert_eq!(parse(&twice).unseal("unsubscribe", &before).unwrap(), b"x");
        assert_ne!(
            parse(&twice).derive("x"),
            parse(&rotated(&once, false).unwrap()).derive("x")
        );
        let leaked = parse(&rotated(&twice, true).unwrap());
        assert_eq!(leaked.unseal("unsubscribe", &before), None);
        assert!(
            leaked.is_settled()
                && leaked
                    .unseal("unsubscribe", &leaked.seal("unsubscribe", b"y"))
                    .is_some()
        );
    }

    #[test]
    fn what_cannot_be_changed_safely_is_not() {
        assert!(matches!(rotated(FRESH, false), Err(BadDocument::Unsettled)));
        let named = FRESH.replace(r#""version":"1""#, r#""version":"a","previous":[]"#);
        assert!(matches!(rotated(&named, false), Err(BadDocument::Version)));
        assert!(matches!(
            rotated("password", true),
            Err(BadDocument::Format)
        ));
    }
}
