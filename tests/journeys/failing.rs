//! AWS fails: for good, as when a function is killed, or at one call only.

use crate::house::House;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use custodian_local::wire::{answer, between, target};
use custodian_runtime::Environment;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const JSON: &str = "application/x-amz-json-1.0";

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Off {
    /// The power goes off before the call is made, and stays off.
    Before,
    /// The power goes off after the call is made and before its answer arrives, and stays off.
    After,
    /// This call only: the service has an error.
    Error,
    /// This call only: the service is too busy.
    Throttle,
    /// This call only: nothing arrives in time.
    Timeout,
    /// This call only: it is carried out, and its answer is lost.
    Lost,
    /// This call only, if it is a transaction: another one holds its items at that moment.
    Conflict,
}

/// After how many calls something fails, in a test that tries one number after another. For each
/// way to fail it gives every third number, each way with a different start. In `make test-long`,
/// where `CUSTODIAN_CASES` is set, it gives every number.
pub fn calls(off: Off) -> impl Iterator<Item = usize> {
    let is_long = std::env::var_os("CUSTODIAN_CASES").is_some();
    let (first, step) = if is_long {
        (1, 1)
    } else {
        (1 + off as usize % 3, 3)
    };
    (first..).step_by(step)
}

/// The outcome of a call. `left` is how many calls could be made before it, or nothing if none
/// could.
fn fail(
    left: Result<usize, usize>,
    off: Off,
    request: HttpRequest,
    connector: &SharedHttpConnector,
) -> HttpConnectorFuture {
    match (left, off) {
        (Err(_), Off::Before | Off::After) => HttpConnectorFuture::ready(Err(lost())),
        (Ok(1), Off::After | Off::Lost) => {
            let call = connector.call(request);
            HttpConnectorFuture::new(async move {
                drop(call.await);
                Err(lost())
            })
        }
        (Ok(1), Off::Error) => refused(&request, 500, "InternalServerError", "InternalError"),
        (Ok(1), Off::Throttle) => refused(&request, 400, "ThrottlingException", "SlowDown"),
        (Ok(1), Off::Conflict) => match actions(&request) {
            Some(actions) => conflicting(actions),
            None => connector.call(request),
        },
        (Ok(1), Off::Timeout) => {
            HttpConnectorFuture::ready(Err(ConnectorError::timeout("nothing came in time".into())))
        }
        _ => connector.call(request),
    }
}

/// How many actions a call has, if it is a transaction.
fn actions(request: &HttpRequest) -> Option<usize> {
    let target = target(request)?;
    let body: Value = serde_json::from_slice(request.body().bytes()?).ok()?;
    target
        .ends_with("TransactWriteItems")
        .then(|| body["TransactItems"].as_array().unwrap().len())
}

/// DynamoDB's answer to a transaction whose last item another transaction holds.
fn conflicting(actions: usize) -> HttpConnectorFuture {
    let mut reasons = vec![json!({"Code": "None"}); actions];
    reasons[actions - 1] =
        json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"});
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled", "CancellationReasons": reasons,
    });
    answer(400, JSON, body.to_string())
}

fn lost() -> ConnectorError {
    ConnectorError::io("the power is off".into())
}

/// Refuses as the services that speak JSON do, or as S3 does.
fn refused(request: &HttpRequest, status: u16, code: &str, of_s3: &str) -> HttpConnectorFuture {
    match target(request) {
        Some(_) => {
            let body = json!({"__type": format!("com.amazonaws#{code}"), "message": "not now"});
            answer(status, JSON, body.to_string())
        }
        None => answer(
            503,
            "application/xml",
            format!("<Error><Code>{of_s3}</Code><Message>not now</Message></Error>"),
        ),
    }
}

/// The host of a function whose connection fails after `calls` calls and does not retry.
pub fn failing_host(
    house: &House,
    function: &str,
    calls: usize,
    off: Off,
) -> (Environment, Arc<AtomicUsize>) {
    let (sdk, left) = failing_sdk(house, calls, off);
    (
        Environment::new(
            house.stack.settings(function).unwrap(),
            sdk,
            house.stack.clock(),
        ),
        left,
    )
}

/// The same, where only calls to the database and to the object store fail and are counted.
pub fn host_without_storage(house: &House, function: &str, calls: usize, off: Off) -> Environment {
    let (sdk, _) = failing(house, calls, off, true);
    Environment::new(
        house.stack.settings(function).unwrap(),
        sdk,
        house.stack.clock(),
    )
}

/// A connection that fails after `calls` calls and does not retry.
pub fn failing_sdk(house: &House, calls: usize, off: Off) -> (SdkConfig, Arc<AtomicUsize>) {
    failing(house, calls, off, false)
}

fn failing(
    house: &House,
    calls: usize,
    off: Off,
    spares_secrets: bool,
) -> (SdkConfig, Arc<AtomicUsize>) {
    let left = Arc::new(AtomicUsize::new(calls));
    let counted = Arc::clone(&left);
    let sdk = house
        .stack
        .sdk()
        .into_builder()
        .retry_config(RetryConfig::disabled())
        .build();
    let sdk = between(sdk, move |request, connector| {
        if spares_secrets
            && target(&request).is_some_and(|target| target.starts_with("secretsmanager."))
        {
            return connector.call(request);
        }
        let left = counted.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        fail(left, off, request, connector)
    });
    (sdk, left)
}
