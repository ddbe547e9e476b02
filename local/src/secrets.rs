//! Secrets Manager's `GetSecretValue`, with values that are worth nothing outside the local stack.

use crate::template::Secret;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stands where AWS would put a generated text: the local stack's own subject key, known to everybody who
/// reads this file. The functions have no default, so it can't be used anywhere else by oversight.
pub const LOCAL_SUBJECT_KEY: &str = "local-stack-subject-key-for-invented-people-only-never-for-real!";

/// A router that answers for these secrets.
pub(crate) fn router(secrets: &[Secret]) -> Router {
    let mut values = BTreeMap::new();
    for secret in secrets {
        let value = secret.template.as_ref().map_or_else(
            || LOCAL_SUBJECT_KEY.to_owned(),
            |(template, key)| {
                let mut template = template.clone();
                template.insert(key.clone(), LOCAL_SUBJECT_KEY.into());
                Value::Object(template).to_string()
            },
        );
        let answer = json!({
            "ARN": secret.arn,
            "Name": secret.name,
            "SecretString": value,
            "VersionId": "00000000-0000-4000-8000-000000000001",
            "VersionStages": ["AWSCURRENT"],
        });
        values.insert(secret.name.clone(), answer.clone());
        values.insert(secret.arn.clone(), answer);
    }
    let values = Arc::new(values);
    Router::new().fallback(move |headers: HeaderMap, body: Bytes| std::future::ready(answer(&values, &headers, &body)))
}

fn answer(values: &BTreeMap<String, Value>, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if operation != "secretsmanager.GetSecretValue" {
        return refusal("UnknownOperationException", "the local stack has GetSecretValue only");
    }
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let secret = request.get("SecretId").and_then(Value::as_str).and_then(|id| values.get(id));
    secret.map_or_else(
        || refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        |secret| amz(StatusCode::OK, secret),
    )
}

fn refusal(kind: &str, text: &str) -> Response<Body> {
    amz(StatusCode::BAD_REQUEST, &json!({"__type": kind, "Message": text}))
}

fn amz(status: StatusCode, body: &Value) -> Response<Body> {
    let kind = [(HeaderName::from_static("content-type"), "application/x-amz-json-1.1")];
    (status, kind, body.to_string()).into_response()
}
