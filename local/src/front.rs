//! The front door of a stack that runs on this machine, as another process asks it.

use crate::host::Endpoints;
use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, Utc};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most that the stack says of itself, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// What a stack that runs says of itself.
#[derive(Deserialize)]
pub(crate) struct Running {
    pub(crate) endpoints: Endpoints,
    /// The tables' names, by the setting that names them.
    #[serde(default)]
    pub(crate) tables: BTreeMap<String, String>,
    /// The buckets' names, alike.
    #[serde(default)]
    pub(crate) buckets: BTreeMap<String, String>,
    pub(crate) now: DateTime<Utc>,
}

/// Where the front door at a port is.
pub(crate) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// What to say where no stack answers.
pub(crate) fn nobody(port: u16) -> String {
    format!(
        "no stack answers on port {port}: start one with `make run` in another terminal, or say PORT="
    )
}

/// The stack at a port, if there is one.
pub(crate) async fn running(port: u16) -> Option<Running> {
    get(&format!("{}/_local/endpoints", url(port))).await
}

/// The JSON at an address of the stack; nothing if nobody answers, or something else does.
pub(crate) async fn get<T: DeserializeOwned>(url: &str) -> Option<T> {
    let answer = send(Request::get(url).body(Body::empty()).ok()?).await;
    serde_json::from_value(answer?.ok()?).ok()
}

/// What the stack answers to an order; nothing if nobody answers, and the reason if it refuses.
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
