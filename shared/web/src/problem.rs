//! Problem documents (RFC 9457), made of constants and field names, so that nothing that was sent
//! is repeated.

use crate::http::{Body, Response};
use ::http::StatusCode;
use ::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use custodian_domain::validation::json;
use custodian_domain::validation::violation::Violation;
use serde::Serialize;
use std::fmt::Display;

/// One problem, as a program reads it.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// What kind of problem: `urn:custodian:problem:` and a name.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// One field that is wrong.
#[derive(Debug, Serialize)]
pub struct FieldProblem {
    /// The field.
    pub field: String,
    /// The rule's name.
    pub rule: &'static str,
    /// The rule in words.
    pub detail: String,
}

impl Problem {
    /// A problem named `name`.
    #[must_use]
    pub fn new(status: StatusCode, name: &str, title: &'static str) -> Self {
        let kind = format!("urn:custodian:problem:{name}");
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: None,
            errors: Vec::new(),
        }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same, with every field that breaks a rule, and what programs call the rule.
    #[must_use]
    pub fn violations<R: Display>(
        mut self,
        violations: Vec<Violation<R>>,
        name: impl Fn(&R) -> &'static str,
    ) -> Self {
        let errors = violations
            .into_iter()
            .map(|Violation { field, rule }| FieldProblem {
                field,
                rule: name(&rule),
                detail: rule.to_string(),
            });
        self.errors = errors.collect();
        self
    }

    /// The response.
    #[must_use]
    pub fn into_response(self) -> Response {
        let mut response = Response::new(Body::Text(json::text(&self).into()));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
