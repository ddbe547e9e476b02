//! Secrets Manager's `GetSecretValue`, `BatchGetSecretValue` and `PutSecretValue`, with values that
//! are worthless outside the local stack.

use crate::template::Secret;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The beginning of every generated text: somebody who finds one elsewhere sees where it is from.
const LOCAL: &str = "localstack";

const NOT_FOUND: &str = "Secrets Manager can't find the specified secret.";

/// The secrets; new values last as long as the stack runs.
type Values = Mutex<Vec<Value>>;

/// A router that answers for these secrets; `known` has the values that come from elsewhere, by
/// logical id.
pub(crate) fn router(secrets: &[Secret], known: &BTreeMap<String, String>) -> Router {
    let value = |secret: &Secret| {
        let value = known.get(&secret.id).cloned();
        value.unwrap_or_else(|| secret.around(generated(secret, "")))
    };
    let made = |secret: &Secret| {
        json!({
            "ARN": secret.arn,
            "Name": secret.name,
            "SecretString": value(secret),
            "VersionId": "00000000-0000-4000-8000-000000000001",
            "VersionStages": ["AWSCURRENT"],
        })
    };
    let values = Arc::new(Values::new(secrets.iter().map(made).collect()));
    Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
        std::future::ready(answer(&values, &headers, &body))
    })
}

impl Secret {
    /// A text in the JSON that the template puts around it.
    #[must_use]
    pub fn around(&self, text: String) -> String {
        let Some((template, key)) = &self.template else {
            return text;
        };
        let mut template = template.clone();
        template.insert(key.clone(), text.into());
        Value::Object(template).to_string()
    }
}

/// The text that is generated for a secret of a stack: the same whenever the seed is, so that it is
/// also the same after a restart. It is worthless outside the local stack.
#[must_use]
pub fn generated(secret: &Secret, seed: &str) -> String {
    let block = |number: usize| {
        hex::encode(Sha256::digest(
            format!("{seed} {} {number}", secret.name).as_bytes(),
        ))
    };
    let mut text: String = std::iter::once(LOCAL.to_owned())
        .chain((0..=secret.length / 64).map(block))
        .collect();
    text.truncate(secret.length);
    text
}

fn answer(values: &Values, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return refusal("SerializationException", "the body is not JSON");
    };
    let mut values = values.lock().unwrap_or_else(PoisonError::into_inner);
    if operation == "secretsmanager.BatchGetSecretValue" {
        return amz(StatusCode::OK, &several(&values, &request["SecretIdList"]));
    }
    let Some(secret) = values
        .iter_mut()
        .find(|secret| is_called(secret, &request["SecretId"]))
    else {
        return refusal("ResourceNotFoundException", NOT_FOUND);
    };
    match (operation, request.get("SecretString")) {
        ("secretsmanager.GetSecretValue", _) => amz(StatusCode::OK, secret),
        ("secretsmanager.PutSecretValue", Some(text)) => {
            secret["SecretString"] = text.clone();
            amz(
                StatusCode::OK,
                &json!({"ARN": secret["ARN"], "Name": secret["Name"]}),
            )
        }
        _ => refusal(
            "UnknownOperationException",
            "the local stack only reads secrets and puts their values",
        ),
    }
}

fn is_called(secret: &Value, id: &Value) -> bool {
    id.is_string() && (secret["ARN"] == *id || secret["Name"] == *id)
}

/// The secrets of a list, in no particular order, and an error for each that is not there.
fn several(values: &[Value], ids: &Value) -> Value {
    let ids = ids.as_array().map_or(&[][..], Vec::as_slice);
    let given: Vec<&Value> = values
        .iter()
        .filter(|secret| ids.iter().any(|id| is_called(secret, id)))
        .collect();
    let missing = ids
        .iter()
        .filter(|id| !values.iter().any(|secret| is_called(secret, id)));
    let missing = missing
        .map(|id| json!({"SecretId": id, "ErrorCode": "ResourceNotFoundException", "Message": NOT_FOUND}))
        .collect::<Vec<_>>();
    json!({"SecretValues": given, "Errors": missing})
}

fn refusal(kind: &str, text: &str) -> Response<Body> {
    amz(
        StatusCode::BAD_REQUEST,
        &json!({"__type": kind, "Message": text}),
    )
}

fn amz(status: StatusCode, body: &Value) -> Response<Body> {
    let kind = [(
        HeaderName::from_static("content-type"),
        "application/x-amz-json-1.1",
    )];
    (status, kind, body.to_string()).into_response()
}
