//! Every call that a function makes to AWS, written down as the permission that it needs.

use crate::house::House;
use crate::permissions::{needed_of_dynamodb, needed_of_s3};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::Value;
use shared::edge::Host;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The permissions that were needed, in the order of the calls.
pub type Calls = Arc<Mutex<Vec<String>>>;
/// What holds a function up before it writes an object, while it is `false`.
pub type Gate = watch::Sender<bool>;

/// The host of a function whose calls are written down.
pub fn recording_host(house: &House, function: &str) -> (Host, Calls) {
    let (host, calls, _) = gated_host(house, function);
    (host, calls)
}

/// The same, with a gate, open at first.
pub fn gated_host(house: &House, function: &str) -> (Host, Calls, Gate) {
    let gate = Gate::new(true);
    let sdk = house.stack.sdk_of(function);
    let calls = Calls::default();
    let client = Recording { inner: sdk.http_client().unwrap(), calls: Arc::clone(&calls), gate: gate.subscribe() };
    let sdk = sdk.into_builder().http_client(client).build();
    (Host::new(house.stack.settings(function).unwrap(), sdk, house.stack.clock()), calls, gate)
}

#[derive(Clone, Debug)]
struct Recording {
    inner: SharedHttpClient,
    calls: Calls,
    gate: watch::Receiver<bool>,
}

#[derive(Debug)]
struct RecordingConnector {
    inner: SharedHttpConnector,
    calls: Calls,
    gate: watch::Receiver<bool>,
}

impl HttpClient for Recording {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(RecordingConnector { inner, calls: Arc::clone(&self.calls), gate: self.gate.clone() })
    }
}

impl HttpConnector for RecordingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let needed = needed(&request);
        let looks = needed.iter().any(|it| it.starts_with("s3:GetObject Intake"));
        let (writes, mut gate) = (needed.iter().any(|it| it == "s3:PutObject Exports"), self.gate.clone());
        self.calls.lock().unwrap().extend(needed);
        let (inner, calls) = (self.inner.clone(), Arc::clone(&self.calls));
        HttpConnectorFuture::new(async move {
            if writes {
                // An error is a gate that is gone, and so open.
                let _ = gate.wait_for(|open| *open).await;
            }
            let answer = inner.call(request).await;
            if looks && answer.as_ref().is_ok_and(|answer| answer.status().as_u16() == 404) {
                // Without this permission S3 says of what is not there that it is forbidden.
                calls.lock().unwrap().push("s3:ListBucket Intake".to_owned());
            }
            answer
        })
    }
}

fn needed(request: &HttpRequest) -> Vec<String> {
    let logical = |name: &str| name.rsplit('-').next().unwrap().to_owned();
    let body = || serde_json::from_slice::<Value>(request.body().bytes().unwrap()).unwrap();
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    match target.split_once('.') {
        Some(("secretsmanager", operation)) => {
            let body = body();
            let ids = body["SecretIdList"].as_array().map_or(std::slice::from_ref(&body["SecretId"]), Vec::as_slice);
            // A secret's ARN ends in its name and six characters that nobody chose. To read several at once takes the
            // permission to read each; the other one, which knows no resources, is in a policy of its own.
            let names = ids.iter().map(|arn| arn.as_str().unwrap().rsplit_once('-').unwrap().0);
            let operation = operation.trim_start_matches("Batch");
            names.map(|name| format!("secretsmanager:{operation} {}", logical(name))).collect()
        }
        Some((_, operation)) => needed_of_dynamodb(operation, &body(), logical).into_iter().collect(),
        None => {
            let uri = reqwest::Url::parse(request.uri()).unwrap();
            let mut path = uri.path_segments().unwrap();
            let (bucket, folder) = (path.next().unwrap(), path.next().unwrap_or_default());
            let query = uri.query().unwrap_or_default();
            if bucket.ends_with("-discarded") {
                return vec![needed_of_s3(request.method(), query, "Discarded")];
            }
            if !bucket.contains("-intake-") {
                return vec![needed_of_s3(request.method(), query, "Exports")];
            }
            // By folder: a policy may allow as little as one, or all that lies in another.
            let within = path
                .next()
                .filter(|_| folder == "quarantine" || folder == "indexes")
                .map(|within| format!("/{within}"));
            let folder = format!("Intake/{folder}{}", within.unwrap_or_default());
            let mut needed = vec![needed_of_s3(request.method(), query, folder.trim_end_matches('/'))];
            if request.headers().get("x-amz-copy-source").is_some() {
                needed.push("s3:GetObject Intake".to_owned());
            }
            needed
        }
    }
}
