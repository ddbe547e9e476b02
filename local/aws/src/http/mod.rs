//! The stack's HTTP ports: the routes of the template, Lambda's Invoke API, and the stack's own
//! controls.

pub(crate) mod api;
mod authorizer;
mod gateway;
pub(crate) mod routes;

use crate::clock::{Move, moved};
use crate::invoke;
use crate::runtime::Runtime;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use gateway::message;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Everything that the stack answers on its own port.
pub(crate) fn router(runtime: Arc<Runtime>) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invocation))
        .route("/_local/backups", post(back_up))
        .route("/_local/clock", get(clock).post(move_clock))
        .route("/_local/endpoints", get(endpoints))
        .route("/_local/queues", get(queues))
        .route("/_local/restores", post(restore))
        .merge(api_router(Arc::clone(&runtime), api::OWN))
        .with_state(runtime)
}

/// The routes of an API that has a port of its own, and nothing else.
pub(crate) fn api_router<S: Clone + Send + Sync + 'static>(
    runtime: Arc<Runtime>,
    port: usize,
) -> Router<S> {
    Router::new().fallback(move |asked: Request<Body>| request(Arc::clone(&runtime), port, asked))
}

async fn request(runtime: Arc<Runtime>, port: usize, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, gateway::LARGEST).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    gateway::answer(
        &runtime.functions,
        runtime.apis.at(port),
        runtime.clock.now(),
        &parts,
        &body,
    )
    .await
}

async fn invocation(
    State(runtime): State<Arc<Runtime>>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, gateway::LARGEST).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    invoke::answer(&runtime.functions, &name, &parts.headers, &body).await
}

async fn clock(State(runtime): State<Arc<Runtime>>) -> Response<Body> {
    axum::Json(json!({"now": runtime.clock.now()})).into_response()
}

async fn move_clock(State(runtime): State<Arc<Runtime>>, body: String) -> Response<Body> {
    let refused = |text: String| message(StatusCode::BAD_REQUEST, &text);
    let order: Move = match serde_json::from_str(&body) {
        Ok(order) => order,
        Err(_) => {
            return refused(r#"send {"now": "2029-11-23T12:00:00Z"} or {"advance": "P3Y"}"#.into());
        }
    };
    let to = match moved(runtime.clock.now(), &order) {
        Ok(to) => to,
        Err(problem) => return refused(problem),
    };
    match runtime.move_clock(to).await {
        Ok(()) => clock(State(runtime)).await,
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// The addresses of the stack's services and of its APIs beside it, and where files are accepted.
async fn endpoints(State(runtime): State<Arc<Runtime>>) -> Response<Body> {
    let intake = runtime
        .intake()
        .map(|(bucket, function)| json!({"bucket": bucket, "function": function}));
    let (endpoints, now) = (&runtime.endpoints, runtime.clock.now());
    let (tables, buckets) = (runtime.table_names(), runtime.bucket_names());
    axum::Json(json!({
        "endpoints": endpoints, "apis": runtime.api_urls, "intake": intake, "tables": tables, "buckets": buckets,
        "now": now,
    }))
    .into_response()
}

/// Keeps this moment of all tables.
async fn back_up(State(runtime): State<Arc<Runtime>>) -> Response<Body> {
    let taken = tokio::task::spawn_blocking(move || runtime.back_up()).await;
    match taken
        .map_err(|error| error.to_string())
        .and_then(|taken| taken)
    {
        Ok(moment) => axum::Json(json!({"moment": moment})).into_response(),
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

/// The table to restore, and its new name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restore {
    table: String,
    moment: DateTime<Utc>,
    copy: String,
}

/// Makes a new table of one as it was at a moment that was kept.
async fn restore(State(runtime): State<Arc<Runtime>>, body: String) -> Response<Body> {
    let Ok(order) = serde_json::from_str::<Restore>(&body) else {
        let usage = r#"send {"table": "its name", "moment": "2026-11-24T10:00:00Z", "copy": "the new name"}"#;
        return message(StatusCode::BAD_REQUEST, usage);
    };
    match runtime
        .restore(&order.table, order.moment, &order.copy)
        .await
    {
        Ok(items) => axum::Json(json!({"items": items})).into_response(),
        Err(error) => message(StatusCode::CONFLICT, &error),
    }
}

/// The messages that wait in the queues: their ids and metadata, without payload.
async fn queues(State(runtime): State<Arc<Runtime>>) -> Response<Body> {
    let queue = |queue: &crate::template::Queue| {
        let messages = runtime
            .state
            .read(|saved| saved.queues.get(&queue.arn).cloned())
            .unwrap_or_default();
        let messages = messages.into_iter().map(|mut message| {
            if let Value::Object(body) = &mut message.body {
                body.retain(|field, _| !field.ends_with("Payload"));
            }
            message
        });
        json!({"name": queue.name, "messages": messages.collect::<Vec<_>>()})
    };
    axum::Json(json!({"queues": runtime.queues.iter().map(queue).collect::<Vec<_>>()}))
        .into_response()
}
