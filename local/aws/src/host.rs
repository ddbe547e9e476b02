//! Where a function runs in the local stack: the template's settings, and the stack's own endpoints.

use crate::template::REGION;
use aws_config::SdkConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use custodian_clock::Clock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The access key that every endpoint of the local stack accepts.
pub const ACCESS_KEY: &str = "local";
/// The secret that belongs to [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "local-stack-only";

/// Where a function runs: what it is started with.
#[derive(Clone, Debug)]
pub struct Host {
    /// The template's settings of the function, and the stack's endpoints.
    pub settings: BTreeMap<String, String>,
    /// The SDK's configuration, which refuses what the function's role does not allow.
    pub sdk: SdkConfig,
    /// The stack's clock.
    pub clock: Clock,
}

/// Where the stack's endpoints are.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Endpoints {
    /// DynamoDB's.
    pub dynamodb: String,
    /// S3's.
    pub s3: String,
    /// Secrets Manager's.
    pub secrets: String,
    /// Lambda's, which is the stack's own address.
    pub lambda: String,
}

impl Endpoints {
    /// The settings by which an SDK finds the endpoints.
    #[must_use]
    pub fn settings(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (
                "AWS_ENDPOINT_URL_DYNAMODB".to_owned(),
                self.dynamodb.clone(),
            ),
            ("AWS_ENDPOINT_URL_S3".to_owned(), self.s3.clone()),
            (
                "AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned(),
                self.secrets.clone(),
            ),
            ("AWS_ENDPOINT_URL_LAMBDA".to_owned(), self.lambda.clone()),
        ])
    }

    /// A client of DynamoDB that no role limits.
    pub(crate) fn dynamodb_client(&self) -> aws_sdk_dynamodb::Client {
        let config = sdk().into_builder().endpoint_url(&self.dynamodb);
        aws_sdk_dynamodb::Client::new(&config.build())
    }

    /// A client of S3 that no role limits.
    pub(crate) fn s3_client(&self) -> aws_sdk_s3::Client {
        let config = sdk().into_builder().endpoint_url(&self.s3);
        aws_sdk_s3::Client::new(&config.build())
    }
}

/// The configuration of an SDK in the local stack: plain HTTP and worthless credentials.
#[must_use]
pub fn sdk() -> SdkConfig {
    let credentials = Credentials::builder()
        .access_key_id(ACCESS_KEY)
        .secret_access_key(SECRET_KEY);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(
            credentials.provider_name("local").build(),
        ))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .timeout_config(patience())
        // The SDK gives up a request whose bytes nobody takes for twenty seconds, but on a busy
        // machine somebody still may.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

/// How long a call to the endpoints may take: only this machine is slow.
fn patience() -> TimeoutConfig {
    let attempt = Duration::from_mins(1);
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(30))
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .operation_timeout(Duration::from_mins(3))
        .build()
}
