//! The values of Custodian's secrets in the local stack: worthless anywhere else.

use custodian_domain::identity::keyring;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_local_aws::{Secret, generated};
use std::collections::BTreeMap;

/// The local stack's own text in place of the subject key that AWS would generate. Everybody who
/// reads this file knows it. The functions have no default, so it can't be used anywhere else by
/// mistake.
pub const LOCAL_SUBJECT_KEY: &str =
    "local-stack-subject-key-for-invented-people-only-never-for-real!";

/// The secret of the subject keys, by its logical id; the values of other secrets are made of their
/// names.
const SUBJECT_KEYS: &str = "SubjectKeys";

/// The values of secrets by their logical ids; `known` has those that come from elsewhere.
pub(crate) fn values(
    secrets: &[Secret],
    known: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let subject_keys = secrets
        .iter()
        .find(|secret| secret.id == SUBJECT_KEYS)
        .map(made);
    let subject_keys = subject_keys.and_then(|document| SubjectKeys::parse(&document).ok());
    let value = |secret: &Secret| {
        let made = || handed_on(secret, made(secret), subject_keys.as_ref());
        known.get(&secret.id).cloned().unwrap_or_else(made)
    };
    secrets
        .iter()
        .map(|secret| (secret.id.clone(), value(secret)))
        .collect()
}

/// What AWS would generate, in the JSON that the template puts around it.
fn made(secret: &Secret) -> String {
    secret.around(if secret.id == SUBJECT_KEYS {
        LOCAL_SUBJECT_KEY.to_owned()
    } else {
        generated(secret, LOCAL_SUBJECT_KEY)
    })
}

/// The secret of a purpose with the keys from before it had one, as after `make inherit-keys`:
/// folders of earlier versions are opened here.
fn handed_on(secret: &Secret, document: String, subject_keys: Option<&SubjectKeys>) -> String {
    let about = keyring::ALL.iter().find(|about| about.secret == secret.id);
    let inherited = about
        .zip(subject_keys)
        .and_then(|(about, keys)| keyring::inherited(about, &document, keys).ok());
    inherited.unwrap_or(document)
}
