//! The secrets, from Secrets Manager. There is no default: without them no function starts.

use crate::settings::SUBJECT_KEYS_SECRET;
use crate::{Environment, StartError};
use aws_sdk_secretsmanager::types::SecretValueEntry;
use custodian_aws::{StorageError, failed};
use custodian_domain::identity::keyring::{KeyPurpose, Keyring};
use custodian_domain::identity::subject::SubjectKeys;
use std::collections::BTreeMap;

/// The secrets that the local stack gives its functions contain one of these: the subject key, and
/// everything else that is generated.
const LOCAL: [&str; 2] = ["local-stack-subject-key", "localstack"];

/// Reads the subject keys.
///
/// # Errors
/// [`StartError`] if the setting is missing, Secrets Manager does not answer, or the keys cannot be
/// used.
pub async fn subject_keys(environment: &Environment) -> Result<SubjectKeys, StartError> {
    Ok(SubjectKeys::parse(
        &document(environment, SUBJECT_KEYS_SECRET).await?,
    )?)
}

/// Reads the keys of one purpose.
///
/// # Errors
/// [`StartError`] if the purpose's setting is missing, Secrets Manager does not answer, or the keys
/// cannot be used.
pub async fn keyring<P: KeyPurpose>(environment: &Environment) -> Result<Keyring<P>, StartError> {
    Ok(Keyring::parse(
        &document(environment, P::ABOUT.setting).await?,
    )?)
}

/// Secrets that were read with one call, for a function that somebody waits for while it starts.
pub struct Secrets {
    /// Their documents, by the settings that name them.
    documents: BTreeMap<&'static str, String>,
}

impl Secrets {
    /// Reads the secrets that these settings name, 20 at most
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html>).
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing, or Secrets Manager does not return every secret.
    pub async fn read(
        environment: &Environment,
        settings: &[&'static str],
    ) -> Result<Self, StartError> {
        let ids: Vec<&str> = settings
            .iter()
            .map(|setting| environment.setting(setting))
            .collect::<Result<_, _>>()?;
        let list = ids.iter().map(|id| (*id).to_owned()).collect();
        let given = environment
            .secrets()
            .batch_get_secret_value()
            .set_secret_id_list(Some(list))
            .send()
            .await;
        let given = given.map_err(failed("read the secrets"))?.secret_values;
        let mut documents = BTreeMap::new();
        for (setting, id) in settings.iter().zip(ids) {
            // A secret that may not be read, or is not there, is in another part of the answer.
            let is_it =
                |secret: &&SecretValueEntry| secret.arn() == Some(id) || secret.name() == Some(id);
            let document = given
                .iter()
                .flatten()
                .find(is_it)
                .and_then(SecretValueEntry::secret_string);
            let document = document.ok_or(StartError::Invalid(
                setting,
                "names a secret that is not given",
            ))?;
            documents.insert(
                *setting,
                valid_here(environment, setting, document.to_owned())?,
            );
        }
        Ok(Self { documents })
    }

    /// The subject keys, if their secret was read.
    ///
    /// # Errors
    /// [`StartError`] if it was not read, or the keys cannot be used.
    pub fn subject_keys(&self) -> Result<SubjectKeys, StartError> {
        Ok(SubjectKeys::parse(self.document(SUBJECT_KEYS_SECRET)?)?)
    }

    /// The keys of one purpose, if their secret was read.
    ///
    /// # Errors
    /// [`StartError`] if it was not read, or the keys cannot be used.
    pub fn keyring<P: KeyPurpose>(&self) -> Result<Keyring<P>, StartError> {
        Ok(Keyring::parse(self.document(P::ABOUT.setting)?)?)
    }

    fn document(&self, setting: &'static str) -> Result<&str, StartError> {
        self.documents
            .get(setting)
            .map(String::as_str)
            .ok_or(StartError::Missing(setting))
    }
}

/// The document of the secret that `setting` names.
///
/// # Errors
/// [`StartError`] if the setting is missing, or Secrets Manager does not return it.
pub async fn document(
    environment: &Environment,
    setting: &'static str,
) -> Result<String, StartError> {
    valid_here(
        environment,
        setting,
        read(environment, environment.setting(setting)?).await?,
    )
}

/// A secret's document. The local stack's own is not valid on AWS.
fn valid_here(
    environment: &Environment,
    setting: &'static str,
    document: String,
) -> Result<String, StartError> {
    if !environment.is_local() && LOCAL.iter().any(|mark| document.contains(mark)) {
        return Err(StartError::Invalid(
            setting,
            "is the local stack's own, which everybody knows",
        ));
    }
    Ok(document)
}

/// The document of the secret with this name or ARN, for programs that change it.
///
/// # Errors
/// [`StorageError`] if Secrets Manager does not return it.
pub async fn read(environment: &Environment, id: &str) -> Result<String, StorageError> {
    let secret = environment
        .secrets()
        .get_secret_value()
        .secret_id(id)
        .send()
        .await;
    let secret = secret.map_err(failed("read the secret"))?;
    secret
        .secret_string
        .ok_or_else(|| StorageError::unreadable("read the secret"))
}

/// Puts another document into the secret with this name or ARN. Running instances have read the
/// earlier one.
///
/// # Errors
/// [`StorageError`] unless Secrets Manager confirms that it has it.
pub async fn put(
    environment: &Environment,
    id: &str,
    document: String,
) -> Result<(), StorageError> {
    let put = environment
        .secrets()
        .put_secret_value()
        .secret_id(id)
        .secret_string(document)
        .send()
        .await;
    put.map(drop).map_err(failed("put the secret"))
}
