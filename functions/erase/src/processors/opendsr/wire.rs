//! The messages, field by field as `OpenDSR` 2.0 names them; further fields are ignored.

use chrono::{DateTime, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::ledger::signed::Signed;
use custodian_domain::rights::package::says_who;
use custodian_domain::validation::json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What a processor says about itself (6.3).
#[derive(Deserialize)]
pub(super) struct Discovery {
    api_version: String,
    #[serde(default)]
    pub(super) supported_identities: Vec<Supported>,
    #[serde(default)]
    supported_subject_request_types: Vec<String>,
}

/// A pair of a kind of identity and its format.
#[derive(Deserialize)]
pub(super) struct Supported {
    #[serde(rename = "identity_type")]
    pub(super) kind: String,
    #[serde(rename = "identity_format")]
    pub(super) format: String,
}

impl Discovery {
    /// Whether erasure can be asked for in this version.
    pub(super) fn erases(&self) -> bool {
        self.api_version.split('.').next() == Some("2")
            && self
                .supported_subject_request_types
                .iter()
                .any(|kind| kind == "erasure")
    }
}

/// What is asked (7.1.1).
#[derive(Serialize)]
pub(super) struct Order {
    pub(super) regulation: &'static str,
    pub(super) subject_request_id: Uuid,
    pub(super) subject_request_type: &'static str,
    pub(super) submitted_time: DateTime<Utc>,
    pub(super) subject_identities: Vec<Identity>,
    pub(super) api_version: &'static str,
    pub(super) status_callback_urls: [String; 1],
}

/// Whom it is about (5.3).
#[derive(Serialize)]
pub(super) struct Identity {
    #[serde(rename = "identity_type")]
    pub(super) kind: String,
    #[serde(rename = "identity_value")]
    pub(super) value: String,
    #[serde(rename = "identity_format")]
    pub(super) format: &'static str,
}

/// What a processor says about a request: that it was received (7.3), its state (8.3), that it was
/// cancelled (9.2).
#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the fields are OpenDSR's own")]
pub(super) struct SubjectRequest {
    pub(super) subject_request_id: Uuid,
    pub(super) request_status: Option<Status>,
    pub(super) expected_completion_time: Option<DateTime<Utc>>,
    pub(super) encoded_request: Option<String>,
    /// The whole of it, with its signature.
    #[serde(skip)]
    pub(super) said: Option<Box<Signed>>,
}

/// Whether an answer says only the state of a request: it has only the fields of a status, each is
/// as specified, and none contains whom it is about.
pub(super) fn says_nothing_of_anybody(body: &[u8], identities: &[Identifier]) -> bool {
    let Ok(Value::Object(fields)) = json::read(body) else {
        return false;
    };
    let is_known = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("subject_request_id", Value::String(text)) => Uuid::try_parse(text).is_ok(),
        ("request_status", value) => Status::deserialize(value).is_ok(),
        ("expected_completion_time" | "received_time", Value::String(text)) => {
            DateTime::parse_from_rfc3339(text).is_ok()
        }
        ("results_count", Value::Number(_)) => true,
        ("controller_id" | "api_version", Value::String(text)) => is_a_name(text),
        (_, value) => value.is_null(),
    };
    fields.iter().all(is_known)
        && std::str::from_utf8(body).is_ok_and(|text| !says_who(text, identities))
}

/// Whether a text is a technical name, and not an address or a sentence.
fn is_a_name(text: &str) -> bool {
    text.len() <= 40
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

impl SubjectRequest {
    /// Whether it has this state.
    pub(super) fn is(&self, status: Status) -> bool {
        self.request_status == Some(status)
    }
}

/// The state of a request (8).
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Pending,
    InProgress,
    Completed,
    Cancelled,
}

#[cfg(test)]
mod tests {
    use super::says_nothing_of_anybody;
    use custodian_domain::identity::identifier::Identifier;

    #[test]
    fn an_answer_is_kept_if_it_says_how_far_a_matter_is_and_nothing_else() {
        let identities = [Identifier::email("rosa@example.org").unwrap()];
        let id = "a7551968-d5d6-44b2-9831-815ac9017798";
        for (said, kept) in [
            (
                format!(r#"{{"subject_request_id":"{id}","request_status":"completed"}}"#),
                true,
            ),
            (
                format!(
                    r#"{{"controller_id":"dorset","expected_completion_time":"2026-11-23T10:00:00Z","subject_request_id":"{id}","request_status":"completed","api_version":"2.0","results_url":null}}"#
                ),
                true,
            ),
            (r#"{"controller_id":"Rosa Hardy"}"#.to_owned(), false),
            (r#"{"controller_id":"rosa@example.org"}"#.to_owned(), false),
            (r#"{"controller_id":"rosa-example-org"}"#.to_owned(), false),
            (
                r#"{"results_url":"https://example.org/rosa"}"#.to_owned(),
                false,
            ),
            (r#"{"request_status":"of Rosa"}"#.to_owned(), false),
            (r#"{"expected_completion_time":"Rosa"}"#.to_owned(), false),
            (r#"{"extensions":{"name":"Rosa"}}"#.to_owned(), false),
            ("[]".to_owned(), false),
        ] {
            assert_eq!(
                says_nothing_of_anybody(said.as_bytes(), &identities),
                kept,
                "{said}"
            );
        }
    }
}
