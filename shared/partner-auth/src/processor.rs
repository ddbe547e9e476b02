//! How a processor is connected: which connector, which address, which secret.

use crate::certificate::{BadCertificate, Certificates};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::record::processor_copy::Processor;
use custodian_runtime::{Environment, StartError, secret};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a secret is used before it is read again, so that a new one needs no deployment.
const KEPT: TimeDelta = TimeDelta::minutes(1);

/// How a processor is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `OpenDSR`, version 2.
    OpenDsr,
    /// Five9's configuration web services.
    Five9,
    /// None: a human deletes there.
    Human,
    /// GOV.UK Notify's API, which sends emails.
    Notify,
    /// None: it is not used.
    Off,
}

/// The settings of one processor's connection, by name.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Which connector: `opendsr`, `five9` or `human`.
    pub connector: &'static str,
    /// The address of the processor.
    pub url: &'static str,
    /// The secret with our credentials.
    pub secret: &'static str,
    /// The secret with the certificate that it signs with, if it signs. It is separate for the
    /// function that receives callbacks and never calls a processor.
    pub certificate: Option<&'static str>,
}

impl Settings {
    /// The settings of a processor.
    #[must_use]
    pub const fn of(processor: Processor) -> Self {
        match processor {
            Processor::Five9 => {
                let (connector, url, secret) =
                    ("FIVE9_CONNECTOR", "FIVE9_URL", "FIVE9_PROCESSOR_SECRET");
                Self {
                    connector,
                    url,
                    secret,
                    certificate: None,
                }
            }
            Processor::Granicus => {
                let (connector, url, secret) = (
                    "GRANICUS_CONNECTOR",
                    "GRANICUS_URL",
                    "GRANICUS_PROCESSOR_SECRET",
                );
                Self {
                    connector,
                    url,
                    secret,
                    certificate: Some("GRANICUS_CERTIFICATE_SECRET"),
                }
            }
            Processor::Newsletter => {
                let (connector, url, secret) = (
                    "NEWSLETTER_CONNECTOR",
                    "NEWSLETTER_URL",
                    "NEWSLETTER_PROCESSOR_SECRET",
                );
                Self {
                    connector,
                    url,
                    secret,
                    certificate: Some("NEWSLETTER_CERTIFICATE_SECRET"),
                }
            }
            Processor::Notify => {
                let (connector, url, secret) =
                    ("NOTIFY_CONNECTOR", "NOTIFY_URL", "NOTIFY_PROCESSOR_SECRET");
                Self {
                    connector,
                    url,
                    secret,
                    certificate: None,
                }
            }
        }
    }
}

impl Connector {
    /// The connector of a processor.
    ///
    /// # Errors
    /// [`StartError`] if the setting is missing, or names no connector.
    pub fn of(processor: Processor, environment: &Environment) -> Result<Self, StartError> {
        let setting = Settings::of(processor).connector;
        match environment.setting(setting)? {
            "opendsr" => Ok(Self::OpenDsr),
            "five9" => Ok(Self::Five9),
            "human" => Ok(Self::Human),
            "notify" => Ok(Self::Notify),
            "off" => Ok(Self::Off),
            _ => Err(StartError::Invalid(
                setting,
                "must be opendsr, five9, human, notify or off",
            )),
        }
    }
}

/// Whether emails are sent that ask people to confirm an address.
///
/// # Errors
/// [`StartError`] if the setting is missing, or is neither `notify` nor `off`.
pub fn confirms_addresses(environment: &Environment) -> Result<bool, StartError> {
    match Connector::of(Processor::Notify, environment)? {
        Connector::Notify => Ok(true),
        Connector::Off => Ok(false),
        _ => Err(StartError::Invalid(
            Settings::of(Processor::Notify).connector,
            "must be notify or off",
        )),
    }
}

/// Our credentials at a processor, and the certificates that it signs with.
#[derive(Clone, Default)]
pub struct Credentials {
    /// A bearer token.
    pub token: Option<String>,
    /// A user, and their password.
    pub user: Option<(String, String)>,
    /// The certificates that it signs with.
    pub certificates: Option<Certificates>,
}

/// Why a processor's secret cannot be used, as a constant.
#[derive(Debug, thiserror::Error)]
pub enum BadCredentials {
    /// Not the JSON document that is expected.
    #[error(
        "the processor's secret must be a JSON document of token, or user and password, and certificate"
    )]
    Format,
    /// Its certificates cannot be used.
    #[error("the processor's secret {0}")]
    Certificate(#[from] BadCertificate),
    /// Secrets Manager does not return it.
    #[error(transparent)]
    Unread(StartError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    token: Option<String>,
    user: Option<String>,
    password: Option<String>,
    certificate: Option<String>,
}

impl Credentials {
    /// Reads the secret's document: `{"token": "…"}` or `{"user": "…", "password": "…"}`, and
    /// `"certificate"` in PEM.
    ///
    /// # Errors
    /// [`BadCredentials`], which shows nothing of the document.
    pub fn parse(document: &str) -> Result<Self, BadCredentials> {
        let document: Document =
            serde_json::from_str(document).map_err(|_| BadCredentials::Format)?;
        let user = match (document.user, document.password) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            _ => return Err(BadCredentials::Format),
        };
        let certificates = document
            .certificate
            .map(|pem| Certificates::parse(&pem))
            .transpose()?;
        Ok(Self {
            token: document.token,
            user,
            certificates,
        })
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials(..)")
    }
}

/// A processor's credentials, read when they are needed: a bad secret affects only its own
/// processor.
#[derive(Debug)]
pub struct CredentialCache {
    host: Environment,
    /// The settings of the secrets, each of which may have a part.
    settings: Vec<&'static str>,
    kept: Mutex<Option<(DateTime<Utc>, Arc<Credentials>)>>,
}

impl CredentialCache {
    /// The credentials of a processor, not read yet.
    #[must_use]
    pub fn of(processor: Processor, environment: &Environment) -> Self {
        let Settings {
            secret,
            certificate,
            ..
        } = Settings::of(processor);
        Self {
            host: environment.clone(),
            settings: certificate.into_iter().chain([secret]).collect(),
            kept: Mutex::default(),
        }
    }

    /// Only the certificates that a processor signs with, without our credentials.
    #[must_use]
    pub fn of_certificates(processor: Processor, environment: &Environment) -> Self {
        let settings = Settings::of(processor).certificate.into_iter().collect();
        Self {
            host: environment.clone(),
            settings,
            kept: Mutex::default(),
        }
    }

    /// The credentials, as they are in Secrets Manager or were a minute ago.
    ///
    /// # Errors
    /// [`BadCredentials`] if they cannot be read or used.
    pub async fn open(&self, now: DateTime<Utc>) -> Result<Arc<Credentials>, BadCredentials> {
        let kept = self
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((read_at, credentials)) = kept
            && (now - read_at).abs() < KEPT
        {
            return Ok(credentials);
        }
        let mut credentials = Credentials::default();
        for setting in &self.settings {
            let document = secret::document(&self.host, setting)
                .await
                .map_err(BadCredentials::Unread)?;
            let Credentials {
                token,
                user,
                certificates,
            } = Credentials::parse(&document)?;
            (credentials.token, credentials.user) = (token, user);
            // Earlier versions had it beside the token.
            credentials.certificates = credentials.certificates.or(certificates);
        }
        let credentials = Arc::new(credentials);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((now, Arc::clone(&credentials)));
        Ok(credentials)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadCredentials, Credentials};

    #[test]
    fn a_secret_has_what_its_processor_wants_and_nothing_else() {
        let token = Credentials::parse(r#"{"token": "abc"}"#).unwrap();
        assert_eq!(
            (
                token.token.as_deref(),
                token.user,
                token.certificates.is_none()
            ),
            (Some("abc"), None, true)
        );
        let user = Credentials::parse(r#"{"user": "api", "password": "x"}"#).unwrap();
        assert_eq!(user.user, Some(("api".to_owned(), "x".to_owned())));
        for document in [
            "",
            "[]",
            r#"{"user": "api"}"#,
            r#"{"password": "x"}"#,
            r#"{"tokens": "abc"}"#,
        ] {
            assert!(
                matches!(Credentials::parse(document), Err(BadCredentials::Format)),
                "{document}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_secret_shows_nothing_of_it() {
        let refused =
            Credentials::parse(r#"{"token": "abc", "certificate": "secret"}"#).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the processor's secret must have a certificate in PEM"
        );
        assert_eq!(
            format!("{:?}", Credentials::parse(r#"{"token": "abc"}"#).unwrap()),
            "Credentials(..)"
        );
    }
}
