//! What people do with Custodian's keys: handing on what was made before each purpose had its own
//! secret, and rotating.

use custodian_aws::StorageError;
use custodian_domain::identity::keyring::{self, About, BadDocument};
use custodian_domain::identity::subject::{BadSecret, SubjectKeys};
use custodian_runtime::{Environment, secret};

/// The name of the subject keys in a rotation.
pub const SUBJECT_KEYS: &str = "subject-keys";

/// Why keys were not changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Secrets Manager does not return a secret, or does not accept one.
    #[error("{0}: nothing else was changed; run it again")]
    Storage(#[from] StorageError),
    /// The secret of the subject keys cannot be used.
    #[error("the secret of the subject keys {0}")]
    SubjectKeys(#[from] BadSecret),
    /// A secret cannot be changed like that.
    #[error("{0}: {1}")]
    Document(&'static str, BadDocument),
    /// There are no such keys.
    #[error(
        "there are no such keys: subject-keys, forms, packages, mail-links, addresses, identities or audit"
    )]
    Unknown,
    /// Without the earlier versions of these nobody would be found.
    #[error(
        "the earlier subject keys stay, leaked or not: without them nobody is found whose records lie under them. Rotate \
         without saying that they leaked, and read docs/security.md, \"Keys\", for what the old ones still reach"
    )]
    NeverForgotten,
}

/// Hands on to each purpose the keys that were derived for it from the subject keys' secret before
/// it had its own. Repeating it changes nothing. Returns the names of the secrets that were
/// changed.
///
/// # Errors
/// [`KeysError`] at the first secret that could not be changed.
pub async fn inherit(
    host: &Environment,
    subject_keys: &str,
    secrets: &[(About, String)],
) -> Result<Vec<&'static str>, KeysError> {
    let subject_keys = SubjectKeys::parse(&secret::read(host, subject_keys).await?)?;
    let mut changed = Vec::new();
    for (about, id) in secrets {
        let before = secret::read(host, id).await?;
        let of_this = |error| KeysError::Document(about.name, error);
        let after = keyring::inherited(about, &before, &subject_keys).map_err(of_this)?;
        if !keyring::are_alike(&before, &after) {
            secret::put(host, id, after).await?;
            changed.push(about.name);
        }
    }
    Ok(changed)
}

/// Makes another version of the keys with this name, in the secret `id`. If they leaked, nothing
/// that was made with them before opens any more.
///
/// # Errors
/// [`KeysError`] unless they were changed.
pub async fn rotate(
    host: &Environment,
    name: &str,
    id: &str,
    leaked: bool,
) -> Result<(), KeysError> {
    let name = if name == SUBJECT_KEYS {
        Some(SUBJECT_KEYS)
    } else {
        named(name).map(|about| about.name)
    };
    let name = name.ok_or(KeysError::Unknown)?;
    let of_this = |error| KeysError::Document(name, error);
    let before = secret::read(host, id).await?;
    let after = match (name, leaked) {
        (SUBJECT_KEYS, true) => return Err(KeysError::NeverForgotten),
        (SUBJECT_KEYS, false) => {
            let after = keyring::rotated(&keyring::settled(&before).map_err(of_this)?, false)
                .map_err(of_this)?;
            SubjectKeys::parse(&after)?;
            after
        }
        _ => keyring::rotated(&before, leaked).map_err(of_this)?,
    };
    Ok(secret::put(host, id, after).await?)
}

/// The purpose with this name.
#[must_use]
pub fn named(name: &str) -> Option<About> {
    keyring::ALL.into_iter().find(|about| about.name == name)
}
