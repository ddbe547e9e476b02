//! Between an SDK and AWS: code there sees each call, and passes it on, delays it or answers it.

use aws_config::SdkConfig;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use std::fmt;
use std::sync::Arc;

/// The handling of a call; the connector makes it.
type StepIn = Arc<dyn Fn(HttpRequest, &SharedHttpConnector) -> HttpConnectorFuture + Send + Sync>;

/// The same configuration, each of whose calls goes through `step_in`. One without an HTTP client
/// stays as it is.
#[must_use]
pub fn between(
    sdk: SdkConfig,
    step_in: impl Fn(HttpRequest, &SharedHttpConnector) -> HttpConnectorFuture + Send + Sync + 'static,
) -> SdkConfig {
    let Some(inner) = sdk.http_client() else {
        return sdk;
    };
    let client = Client {
        inner,
        step_in: Arc::new(step_in),
    };
    sdk.into_builder().http_client(client).build()
}

/// An answer that AWS did not give.
#[must_use]
pub fn answer(
    status: u16,
    media_type: &'static str,
    body: impl Into<SdkBody>,
) -> HttpConnectorFuture {
    let status =
        StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None));
    HttpConnectorFuture::ready(status.map(|status| {
        let mut answer = HttpResponse::new(status, body.into());
        answer.headers_mut().insert("content-type", media_type);
        answer
    }))
}

/// What DynamoDB and Secrets Manager are asked to do, with their service's name; `None` for S3.
#[must_use]
pub fn target(request: &HttpRequest) -> Option<&str> {
    request.headers().get("x-amz-target")
}

#[derive(Clone)]
struct Client {
    inner: SharedHttpClient,
    step_in: StepIn,
}

struct Connector {
    inner: SharedHttpConnector,
    step_in: StepIn,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector {
            inner,
            step_in: Arc::clone(&self.step_in),
        })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        (self.step_in)(request, &self.inner)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("wire::Client")
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("wire::Connector")
    }
}
