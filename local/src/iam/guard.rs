//! The connection of a function to AWS: what its role may not do is refused here, as AWS refuses it.

use super::{Principal, call};
use aws_config::SdkConfig;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;

/// The configuration of an SDK that makes no call which this principal may not make.
pub(crate) fn guarded(sdk: SdkConfig, principal: Option<&Principal>) -> SdkConfig {
    let (Some(principal), Some(inner)) = (principal, sdk.http_client()) else { return sdk };
    let client = Guarded { inner, principal: principal.clone() };
    sdk.into_builder().http_client(client).build()
}

#[derive(Clone, Debug)]
struct Guarded {
    inner: SharedHttpClient,
    principal: Principal,
}

#[derive(Debug)]
struct GuardedConnector {
    inner: SharedHttpConnector,
    principal: Principal,
}

impl HttpClient for Guarded {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(GuardedConnector { inner, principal: self.principal.clone() })
    }
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let calls = call::of_request(&request, &self.principal.around.hash_keys);
        let Some(denied) = calls.iter().find(|call| !self.principal.may(call)) else {
            return self.inner.call(request);
        };
        // The key could be somebody's, so it is not told.
        tracing::error!(role = self.principal.arn, action = denied.action, "AWS would refuse this call");
        HttpConnectorFuture::ready(refusal(request.headers().get("x-amz-target").is_some()))
    }
}

/// What AWS answers: DynamoDB and Secrets Manager in JSON, S3 in XML.
fn refusal(json: bool) -> Result<HttpResponse, ConnectorError> {
    let (status, media_type, body): (u16, _, _) = if json {
        (
            400,
            "application/x-amz-json-1.0",
            r#"{"__type":"com.amazonaws#AccessDeniedException","message":"not authorized"}"#,
        )
    } else {
        (
            403,
            "application/xml",
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        )
    };
    let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", media_type);
    Ok(response)
}
