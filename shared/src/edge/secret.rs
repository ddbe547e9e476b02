//! The secrets, from Secrets Manager. There is no default: without them no function starts.

use super::webhook::WebhookSecrets;
use super::{Host, StartError};
use crate::domain::keyring::{Keyring, Purpose};
use crate::domain::subject::SubjectKeys;
use crate::storage::{StorageError, failed};

/// The secrets that the local stack gives its functions have one of these: the subject key, and whatever else is generated.
const LOCAL: [&str; 2] = ["local-stack-subject-key", "localstack"];

/// Reads the keys that the setting `SUBJECT_KEYS_SECRET` names.
///
/// # Errors
/// [`StartError`] if the setting is missing, Secrets Manager does not answer, or the keys cannot be used.
pub async fn subject_keys(host: &Host) -> Result<SubjectKeys, StartError> {
    Ok(SubjectKeys::parse(&document(host, "SUBJECT_KEYS_SECRET").await?)?)
}

/// Reads the keys of one purpose.
///
/// # Errors
/// [`StartError`] if the purpose's setting is missing, Secrets Manager does not answer, or the keys cannot be used.
pub async fn keyring<P: Purpose>(host: &Host) -> Result<Keyring<P>, StartError> {
    Ok(Keyring::parse(&document(host, P::ABOUT.setting).await?)?)
}

/// Reads the secrets of a partner's webhook that `setting` names.
///
/// # Errors
/// [`StartError`] if the setting is missing, Secrets Manager does not answer, or the secrets cannot be used.
pub async fn webhook(host: &Host, setting: &'static str) -> Result<WebhookSecrets, StartError> {
    Ok(WebhookSecrets::parse(&document(host, setting).await?)?)
}

/// The document of the secret that `setting` names.
pub(super) async fn document(host: &Host, setting: &'static str) -> Result<String, StartError> {
    let document = read(host, host.setting(setting)?).await?;
    if !host.is_local() && LOCAL.iter().any(|mark| document.contains(mark)) {
        return Err(StartError::Invalid(setting, "is the local stack's own, which everybody knows"));
    }
    Ok(document)
}

/// The document of the secret of this name or ARN, for who changes it.
///
/// # Errors
/// [`StorageError`] if Secrets Manager does not give it.
pub async fn read(host: &Host, id: &str) -> Result<String, StorageError> {
    let secret = host.secrets().get_secret_value().secret_id(id).send().await;
    let secret = secret.map_err(failed("read the secret"))?;
    secret.secret_string.ok_or_else(|| StorageError::unreadable("read the secret"))
}

/// Puts another document into the secret of this name or ARN. Instances that run have read the one before.
///
/// # Errors
/// [`StorageError`] if Secrets Manager does not say that it has it.
pub async fn put(host: &Host, id: &str, document: String) -> Result<(), StorageError> {
    let put = host.secrets().put_secret_value().secret_id(id).secret_string(document).send().await;
    put.map(drop).map_err(failed("put the secret"))
}
