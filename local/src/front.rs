//! The HTTP port of a stack on this machine, as another process calls it.

use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, Utc};
use custodian_local_aws::Endpoints;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest description of the stack, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// How a running stack describes itself.
#[derive(Deserialize)]
pub(crate) struct Running {
    pub(crate) endpoints: Endpoints,
    /// The tables' names, by the setting that names them.
    #[serde(default)]
    pub(crate) tables: BTreeMap<String, String>,
    /// The buckets' names, in the same way.
    #[serde(default)]
    pub(crate) buckets: BTreeMap<String, String>,
    pub(crate) now: DateTime<Utc>,
}

/// The address of the stack at a port.
pub(crate) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// The message if no stack answers.
pub(crate) fn nobody(port: u16) -> String {
    format!(
        "no stack answers on port {port}: start one with `make run` in another terminal, or say PORT="
    )
}

/// The stack at a port, if there is one.
pub(crate) async fn running(port: u16) -> Option<Running> {
    get(&format!("{}/_local/endpoints", url(port))).await
}

/// The JSON at an address of the stack; `None` if nobody answers, or something else does.
pub(crate) async fn get<T: DeserializeOwned>(url: &str) -> Option<T> {
    let answer = send(Request::get(url).body(Body::empty()).ok()?).await;
    serde_json::from_value(answer?.ok()?).ok()
}

/// The stack's answer to an order; `None` if nobody answers, and the reason if it refuses.
pub(crate) async fn post(url: &str, order: &Value) -> Option<Result<Value, String>> {
    send(
        Request::post(url)
            .body(Body::from(order.to_string()))
            .ok()?,
    )
    .await
}

async fn send(request: Request<Body>) -> Option<Result<Value, String>> {
    let answer = Client::builder(TokioExecutor::new())
        .build_http::<Body>()
        .request(request)
        .await
        .ok()?;
    let is_done = answer.status().is_success();
    let body = axum::body::to_bytes(Body::new(answer.into_body()), LONGEST)
        .await
        .ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let reason = || {
        body.get("message")
            .and_then(Value::as_str)
            .unwrap_or("it gives no reason")
            .to_owned()
    };
    Some(if is_done { Ok(body) } else { Err(reason()) })
}
