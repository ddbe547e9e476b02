//! Lambda's Invoke API, as much of it as `aws lambda invoke` and curl need.

use crate::functions::Functions;
use crate::lambdas::Event;
use crate::request_id::request_id;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;

/// The largest event and the largest answer of an invocation that is waited for, in bytes.
const LARGEST: usize = 6 * 1024 * 1024;
/// The largest event of an invocation that is not waited for, in bytes.
const LARGEST_LATER: usize = 1024 * 1024;

/// Answers one call of Invoke.
pub(crate) async fn answer(
    functions: &Arc<Functions>,
    name: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response<Body> {
    let kind = headers
        .get("x-amz-invocation-type")
        .map_or("RequestResponse", |kind| kind.to_str().unwrap_or_default());
    let largest = if kind == "Event" {
        LARGEST_LATER
    } else {
        LARGEST
    };
    let Some(running) = functions.find(name.strip_suffix(":$LATEST").unwrap_or(name)) else {
        return refusal(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            &format!("Function not found: {name}"),
        );
    };
    if body.len() > largest {
        let text = format!(
            "{} byte payload is too large for the {kind} invocation type (limit {largest} bytes)",
            body.len()
        );
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLargeException",
            &text,
        );
    }
    let event = if body.is_empty() {
        Ok(Event::from(json!({})))
    } else {
        Event::try_from(body.as_ref())
    };
    let Ok(event) = event else {
        let text = "Could not parse request body into json";
        return refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContentException",
            text,
        );
    };
    let id = request_id();
    let mut response = match kind {
        "DryRun" => StatusCode::NO_CONTENT.into_response(),
        "Event" => {
            functions.invoke_later(running, event, id.clone());
            StatusCode::ACCEPTED.into_response()
        }
        "RequestResponse" => match running.invoke(event, &id).await {
            Ok(answer) if answer.to_string().len() > LARGEST => failed(
                &json!({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes)."}),
            ),
            Ok(answer) => axum::Json(answer).into_response(),
            Err(failure) => failed(&json!(failure)),
        },
        other => {
            let text = format!("the invocation type {other} is not known");
            return refusal(
                StatusCode::BAD_REQUEST,
                "InvalidParameterValueException",
                &text,
            );
        }
    };
    let headers = response.headers_mut();
    headers.insert(
        "x-amz-executed-version",
        HeaderValue::from_static("$LATEST"),
    );
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn failed(failure: &Value) -> Response<Body> {
    (
        [(HeaderName::from_static("x-amz-function-error"), "Unhandled")],
        axum::Json(failure),
    )
        .into_response()
}

fn refusal(status: StatusCode, kind: &'static str, text: &str) -> Response<Body> {
    let body = axum::Json(json!({"Type": "User", "Message": text, "message": text}));
    (
        status,
        [(HeaderName::from_static("x-amzn-errortype"), kind)],
        body,
    )
        .into_response()
}
