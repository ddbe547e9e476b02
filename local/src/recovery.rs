//! Point-in-time recovery as far as `restore` asks for it: the embedded DynamoDB knows nothing of it.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A connection on which recovery is off until it is put on, as on AWS after a restore.
#[derive(Clone, Debug)]
pub(crate) struct Recovery {
    inner: SharedHttpClient,
    days: i32,
    on: Arc<AtomicBool>,
}

impl Recovery {
    /// A connection through another one; recovery reaches back so many days.
    pub(crate) fn over(inner: SharedHttpClient, days: i32) -> Self {
        Self { inner, days, on: Arc::default() }
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector, Recovery);

impl HttpClient for Recovery {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.inner.http_connector(settings, components), self.clone()))
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self(connector, recovery) = self;
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let Some(operation) = target.strip_suffix("ContinuousBackups") else { return connector.call(request) };
        if operation.ends_with("Update") {
            recovery.on.store(true, Ordering::SeqCst);
        }
        let status = if recovery.on.load(Ordering::SeqCst) { "ENABLED" } else { "DISABLED" };
        let body = json!({"ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status, "RecoveryPeriodInDays": recovery.days},
        }});
        let Ok(ok) = StatusCode::try_from(200) else { return connector.call(request) };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, body.to_string().into())))
    }
}
