//! Every call that a function makes to AWS, recorded as the permission that it needs.

use crate::house::House;
use crate::permissions::{needed_of_dynamodb, needed_of_s3};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use custodian_local::wire::{between, target};
use custodian_runtime::Environment;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The permissions that were needed, in the order of the calls.
pub type Calls = Arc<Mutex<Vec<String>>>;
/// Holds up a function before it writes an object, while the value is `false`.
pub type Gate = watch::Sender<bool>;

/// The host of a function whose calls are recorded.
pub fn recording_host(house: &House, function: &str) -> (Environment, Calls) {
    let (host, calls, _) = gated_host(house, function);
    (host, calls)
}

/// The same, with a gate that is open at first.
pub fn gated_host(house: &House, function: &str) -> (Environment, Calls, Gate) {
    let (gate, calls) = (Gate::new(true), Calls::default());
    let (list, open) = (Arc::clone(&calls), gate.subscribe());
    let sdk = between(house.stack.sdk_of(function), move |request, connector| {
        let needed = needed(&request);
        let looks = needed
            .iter()
            .any(|it| it.starts_with("s3:GetObject Intake"));
        let (writes, mut open) = (
            needed.iter().any(|it| it == "s3:PutObject Exports"),
            open.clone(),
        );
        list.lock().unwrap().extend(needed);
        let (connector, list) = (connector.clone(), Arc::clone(&list));
        HttpConnectorFuture::new(async move {
            if writes {
                // An error means that the gate is gone, which counts as open.
                let _ = open.wait_for(|open| *open).await;
            }
            let answer = connector.call(request).await;
            if looks
                && answer
                    .as_ref()
                    .is_ok_and(|answer| answer.status().as_u16() == 404)
            {
                // Without this permission S3 answers that a missing object is forbidden.
                list.lock().unwrap().push("s3:ListBucket Intake".to_owned());
            }
            answer
        })
    });
    (
        Environment::new(
            house.stack.settings(function).unwrap(),
            sdk,
            house.stack.clock(),
        ),
        calls,
        gate,
    )
}

fn needed(request: &HttpRequest) -> Vec<String> {
    let logical = |name: &str| name.rsplit('-').next().unwrap().to_owned();
    let body = || serde_json::from_slice::<Value>(request.body().bytes().unwrap()).unwrap();
    match target(request).and_then(|target| target.split_once('.')) {
        Some(("secretsmanager", operation)) => {
            let body = body();
            let ids = body["SecretIdList"]
                .as_array()
                .map_or(std::slice::from_ref(&body["SecretId"]), Vec::as_slice);
            // A secret's ARN ends in its name and six random characters. Reading several at once
            // takes the permission to read each. The other permission, which names no resources, is
            // in its own policy.
            let names = ids
                .iter()
                .map(|arn| arn.as_str().unwrap().rsplit_once('-').unwrap().0);
            let operation = operation.trim_start_matches("Batch");
            names
                .map(|name| format!("secretsmanager:{operation} {}", logical(name)))
                .collect()
        }
        Some((_, operation)) => needed_of_dynamodb(operation, &body(), logical)
            .into_iter()
            .collect(),
        None => {
            let uri = reqwest::Url::parse(request.uri()).unwrap();
            if let Some(function) = invoked(uri.path()) {
                return vec![format!("lambda:InvokeFunction {function}")];
            }
            let mut path = uri.path_segments().unwrap();
            let (bucket, folder) = (path.next().unwrap(), path.next().unwrap_or_default());
            let query = uri.query().unwrap_or_default();
            if bucket.ends_with("-anchors") {
                let within = format!("Anchors/{folder}");
                return vec![needed_of_s3(
                    request.method(),
                    query,
                    within.trim_end_matches('/'),
                )];
            }
            if !bucket.contains("-intake-") {
                return vec![needed_of_s3(request.method(), query, "Exports")];
            }
            // By folder: a policy may allow a single folder, or everything inside one.
            let within = path
                .next()
                .filter(|_| folder == "quarantine" || folder == "indexes")
                .map(|within| format!("/{within}"));
            let folder = format!("Intake/{folder}{}", within.unwrap_or_default());
            let mut needed = vec![needed_of_s3(
                request.method(),
                query,
                folder.trim_end_matches('/'),
            )];
            if request.headers().get("x-amz-copy-source").is_some() {
                needed.push("s3:GetObject Intake".to_owned());
            }
            needed
        }
    }
}

/// The function that a call of Lambda's Invoke API is about, by its name in the template.
fn invoked(path: &str) -> Option<String> {
    let name = path.strip_prefix("/2015-03-31/functions/custodian-")?;
    let name = name.strip_suffix("/invocations")?;
    let (first, rest) = name.split_at(1);
    Some(format!("{}{rest}", first.to_uppercase()))
}
