//! The secrets, from Secrets Manager. There is no default: without them no function starts.

use super::webhook::WebhookSecrets;
use super::{Host, StartError};
use crate::domain::subject::SubjectKeys;
use crate::storage::{StorageError, failed};

/// The secrets that the local stack gives its functions begin so: the subject key, and whatever else is generated.
const LOCAL: [&str; 2] = ["local-stack-subject-key", "localstack"];

/// Reads the keys that the setting `SUBJECT_KEYS_SECRET` names.
///
/// # Errors
/// [`StartError`] if the setting is missing, Secrets Manager does not answer, or the keys cannot be used.
pub async fn subject_keys(host: &Host) -> Result<SubjectKeys, StartError> {
    Ok(SubjectKeys::parse(&document(host, "SUBJECT_KEYS_SECRET").await?)?)
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
    let id = host.setting(setting)?;
    let secret = host.secrets().get_secret_value().secret_id(id).send().await;
    let secret = secret.map_err(failed("read the secret"))?;
    let document = secret.secret_string.ok_or_else(|| StorageError::unreadable("read the secret"))?;
    if !host.is_local() && LOCAL.iter().any(|mark| document.contains(mark)) {
        return Err(StartError::Invalid(setting, "is the local stack's own, which everybody knows"));
    }
    Ok(document)
}
