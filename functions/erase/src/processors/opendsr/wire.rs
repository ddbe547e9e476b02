//! What goes over the wire, field by field as `OpenDSR` 2.0 names them; what it has more is passed over.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a processor says of itself (6.3).
#[derive(Deserialize)]
pub(super) struct Discovery {
    api_version: String,
    #[serde(default)]
    pub(super) supported_identities: Vec<Supported>,
    #[serde(default)]
    supported_subject_request_types: Vec<String>,
}

/// A pair of a kind of identity and the way in which it is written.
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
            && self.supported_subject_request_types.iter().any(|kind| kind == "erasure")
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

/// What a processor says of a matter: that it was received (7.3), how far it is (8.3), that it was taken back (9.2).
#[derive(Deserialize)]
pub(super) struct Matter {
    pub(super) subject_request_id: Uuid,
    pub(super) request_status: Option<Status>,
    pub(super) expected_completion_time: Option<DateTime<Utc>>,
    pub(super) encoded_request: Option<String>,
}

impl Matter {
    /// Whether it is that far.
    pub(super) fn is(&self, status: Status) -> bool {
        self.request_status == Some(status)
    }
}

/// How far a matter is (8).
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Pending,
    InProgress,
    Completed,
    Cancelled,
}
