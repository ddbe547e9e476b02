//! The environment of a function in the local stack: the template's settings, and the stack's own
//! endpoints.

use crate::template::REGION;
use aws_config::SdkConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use custodian_runtime::Patience;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The access key that every endpoint of the local stack accepts.
pub const ACCESS_KEY: &str = "local";
/// The secret that belongs to [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "local-stack-only";

/// Where the stack's endpoints are.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Endpoints {
    /// DynamoDB's.
    pub dynamodb: String,
    /// S3's.
    pub s3: String,
    /// Secrets Manager's.
    pub secrets: String,
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
        ])
    }
}

/// The configuration of an SDK in the local stack: plain HTTP and worthless credentials.
pub(crate) fn sdk() -> SdkConfig {
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
        .timeout_config(Patience::LOCAL.timeouts())
        // The SDK gives up a request whose bytes nobody takes for twenty seconds, but on a busy
        // machine somebody still may.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}
