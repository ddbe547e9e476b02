//! Where a function runs: its settings, its AWS clients and its clock, each made once per instance.

use crate::{Clock, Patience};
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::config::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::collections::BTreeMap;

/// The roots behind every AWS endpoint (<https://www.amazontrust.com/repository/>).
///
/// Reading the hundred and more roots of the system is most of a small function's start-up time.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// Where a function runs: on Lambda, or in the local stack and the tests.
#[derive(Clone, Debug)]
pub struct Environment {
    settings: BTreeMap<String, String>,
    sdk: SdkConfig,
    clock: Clock,
}

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting that the function needs is not in its environment.
    #[error("the setting {0} is missing")]
    Missing(&'static str),
    /// A setting is there but cannot be used.
    #[error("the setting {0} {1}")]
    Invalid(&'static str, &'static str),
    /// A secret behind keys cannot be used.
    #[error("the secret {0}")]
    Secret(#[from] custodian_domain::identity::subject::BadSecret),
    /// A partner's certificate or secret cannot be used: whose it is, and why.
    #[error("{0} {1}")]
    Unusable(
        &'static str,
        #[source] Box<dyn std::error::Error + Send + Sync>,
    ),
    /// Something that the function reads while it starts could not be read.
    #[error(transparent)]
    Storage(#[from] custodian_aws::StorageError),
}

impl Environment {
    /// The environment of a function on AWS Lambda: settings from the process environment, the
    /// system's clock, and calls to AWS that wait for as long as `patience` says.
    ///
    /// On Lambda the environment names the function's credentials and region. The SDK's own search
    /// for them reads files and asks services that are not there, at every start.
    ///
    /// # Panics
    /// If the pinned roots cannot be read. Otherwise another authority's certificate would be
    /// trusted.
    #[must_use]
    pub fn lambda(patience: Patience) -> Self {
        let settings = environment();
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(AtFirstUse(http_client()))
            .timeout_config(longer_with_local_services(patience, &settings).timeouts())
            .retry_config(RetryConfig::standard())
            .credentials_provider(SharedCredentialsProvider::new(
                EnvironmentVariableCredentialsProvider::new(),
            ))
            .region(settings.get("AWS_REGION").cloned().map(Region::new))
            .build();
        Self::new(settings, sdk, Clock::system())
    }

    /// The environment of an operator's program: like a function's, but the SDK finds the
    /// credentials by itself.
    ///
    /// # Panics
    /// As [`Environment::lambda`].
    pub async fn operator() -> Self {
        let settings = environment();
        let timeouts = longer_with_local_services(Patience::LONG, &settings).timeouts();
        let defaults = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client())
            .timeout_config(timeouts);
        Self::new(settings, defaults.load().await, Clock::system())
    }

    /// An environment with the given settings, SDK configuration and clock.
    #[must_use]
    pub const fn new(settings: BTreeMap<String, String>, sdk: SdkConfig, clock: Clock) -> Self {
        Self {
            settings,
            sdk,
            clock,
        }
    }

    /// The same environment with another setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.settings.insert(name.to_owned(), value);
        self
    }

    /// The clock that handlers read.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The AWS region of the function, and of everything it uses.
    ///
    /// # Errors
    /// [`StartError::Missing`] if the SDK knows none.
    pub fn region(&self) -> Result<&str, StartError> {
        self.sdk
            .region()
            .map(AsRef::as_ref)
            .ok_or(StartError::Missing("AWS_REGION"))
    }

    /// The setting named `name`.
    ///
    /// # Errors
    /// [`StartError::Missing`] if there is none, or it is empty.
    pub fn setting(&self, name: &'static str) -> Result<&str, StartError> {
        self.optional(name).ok_or(StartError::Missing(name))
    }

    /// The setting called `name`, for callers that keep it.
    ///
    /// # Errors
    /// As [`Self::setting`].
    pub fn owned(&self, name: &'static str) -> Result<String, StartError> {
        self.setting(name).map(str::to_owned)
    }

    fn optional(&self, name: &str) -> Option<&str> {
        self.settings
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The configuration of a DynamoDB client.
    #[must_use]
    pub fn dynamodb(&self) -> SdkConfig {
        self.service("AWS_ENDPOINT_URL_DYNAMODB")
    }

    /// The configuration of an S3 client.
    #[must_use]
    pub fn s3(&self) -> SdkConfig {
        self.service("AWS_ENDPOINT_URL_S3")
    }

    /// The configuration of a client of Lambda.
    #[must_use]
    pub fn lambda_client(&self) -> SdkConfig {
        self.service("AWS_ENDPOINT_URL_LAMBDA")
    }

    /// A client of Secrets Manager.
    #[must_use]
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.service("AWS_ENDPOINT_URL_SECRETS_MANAGER"))
    }

    /// The configuration of one service, by the SDK's own name for the setting of its endpoint.
    fn service(&self, endpoint: &str) -> SdkConfig {
        let mut config = self.sdk.clone().into_builder();
        if let Some(endpoint) = self.endpoint(endpoint) {
            config = config.endpoint_url(endpoint);
        }
        config.build()
    }

    /// Whether AWS's services are local ones, at endpoints that the settings name.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER").is_some()
    }

    /// The endpoint of one service, by the SDK's own name for the setting; `None` for AWS itself.
    fn endpoint(&self, name: &str) -> Option<String> {
        self.optional(name)
            .or_else(|| self.optional("AWS_ENDPOINT_URL"))
            .map(str::to_owned)
    }
}

/// The settings of this process.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that is meant for it"
)]
fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

/// An HTTP client that is set up when it is first used. The SDK sets one up, roots included, for
/// each of its own clients when that is made, and throws it away, only to check that it can be
/// made.
#[derive(Debug)]
struct AtFirstUse(SharedHttpClient);

impl HttpClient for AtFirstUse {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// A client that trusts only the pinned roots.
#[expect(
    clippy::expect_used,
    reason = "with any other roots somebody else could answer for AWS: better no start"
)]
fn http_client() -> SharedHttpClient {
    let trust = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let context = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .expect("the pinned roots can be read");
    let provider = tls::Provider::Rustls(CryptoMode::Ring);
    aws_smithy_http_client::Builder::new()
        .tls_provider(provider)
        .tls_context(context)
        .build_https()
}

/// How long something with these settings waits for AWS: as it says, or longer with local services.
fn longer_with_local_services(patience: Patience, settings: &BTreeMap<String, String>) -> Patience {
    let is_own = settings
        .iter()
        .any(|(name, value)| name.starts_with("AWS_ENDPOINT_URL") && !value.is_empty());
    if is_own { Patience::LOCAL } else { patience }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Environment, Patience, longer_with_local_services};
    use std::collections::BTreeMap;

    #[tokio::test]
    async fn the_roots_can_be_read_and_a_client_made_of_them() {
        // The SDK sets it up at once, and fails if it cannot.
        let sdk = Environment::lambda(Patience::LONG)
            .sdk
            .into_builder()
            .http_client(super::http_client());
        drop(aws_sdk_secretsmanager::Client::new(&sdk.build()));
        for host in [
            Environment::lambda(Patience::LONG),
            Environment::operator().await,
        ] {
            assert!(host.sdk.http_client().is_some());
            assert!(host.sdk.credentials_provider().is_some());
            assert_eq!(host.sdk.retry_config().unwrap().max_attempts(), 3);
        }
    }

    #[test]
    fn a_function_waits_as_it_says_and_longer_on_a_machine_of_one_s_own() {
        let endpoint =
            |url: &str| BTreeMap::from([("AWS_ENDPOINT_URL_S3".to_owned(), url.to_owned())]);
        for (settings, patience) in [
            (BTreeMap::new(), Patience::PAGE),
            (endpoint(""), Patience::PAGE),
            (endpoint("http://127.0.0.1:3002"), Patience::LOCAL),
        ] {
            assert_eq!(
                longer_with_local_services(Patience::PAGE, &settings),
                patience
            );
        }
    }

    #[test]
    fn an_empty_setting_is_a_missing_one() {
        let sdk = aws_config::SdkConfig::builder().build();
        let host = Environment::new(
            BTreeMap::from([("NAME".to_owned(), String::new())]),
            sdk,
            Clock::system(),
        );
        assert_eq!(
            host.setting("NAME").unwrap_err().to_string(),
            "the setting NAME is missing"
        );
    }
}
