//! What is stored beside the bytes, as JSON.

use super::{
    checksum::{Algorithm, Sum},
    lifecycle::Lifecycle,
    versions::{Lock, Versions},
};
use chrono::{DateTime, Utc};
use s3s::dto::{ETag, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    time::SystemTime,
};

/// A bucket's own settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub created: DateTime<Utc>,
    /// What it deletes by itself.
    #[serde(default)]
    pub rules: Vec<Lifecycle>,
    /// That it keeps every version, and for how long nobody may delete one.
    #[serde(default)]
    pub versions: Option<Versions>,
}

/// A bucket: its settings, and an index of everything in it.
#[derive(Debug)]
pub(super) struct Bucket {
    pub settings: Settings,
    pub objects: BTreeMap<String, Object>,
    /// By key and upload id, the order in which S3 lists them.
    pub uploads: BTreeMap<(String, String), Upload>,
    /// In a bucket that keeps versions: all versions of each key, the oldest first.
    pub versions: BTreeMap<String, Vec<Version>>,
}

/// The sender's headers of an object, which are answered as they were sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Headers {
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_type: Option<String>,
    pub expires: Option<Timestamp>,
    pub metadata: HashMap<String, String>,
}

/// How the sender wants an object encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Encryption {
    pub algorithm: Option<String>,
    pub key: Option<String>,
    pub bucket_key: Option<bool>,
}

/// An object whose bytes are in the file `data`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Object {
    pub key: String,
    pub data: String,
    pub size: u64,
    pub e_tag: String,
    pub modified: DateTime<Utc>,
    pub sum: Sum,
    pub headers: Headers,
    pub encryption: Encryption,
    /// Which version it is, if versions are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How long nobody may delete it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
}

/// One version of a key: an object, or the marker that it was deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub key: String,
    pub id: String,
    /// Its position among the key's versions; the oldest is 1.
    pub turn: u64,
    pub at: DateTime<Utc>,
    pub object: Option<Object>,
}

/// A multipart upload that is neither complete nor aborted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    pub id: String,
    pub key: String,
    pub started: DateTime<Utc>,
    /// The checksum that its sender chose, and whether it is a composite one.
    pub checksum: Option<(Algorithm, bool)>,
    pub headers: Headers,
    pub encryption: Encryption,
    pub parts: BTreeMap<i32, Part>,
}

/// A part whose bytes are in the file `data`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub data: String,
    pub size: u64,
    pub e_tag: String,
    pub modified: DateTime<Utc>,
    pub sum: Sum,
}

impl Object {
    pub fn tag(&self) -> ETag {
        ETag::Strong(self.e_tag.clone())
    }
}

/// A time as `s3s` writes it.
pub(super) fn timestamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from(SystemTime::from(time))
}

/// A size in the form of S3's answers.
pub(super) fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Takes the headers that an object keeps from a request.
macro_rules! headers {
    ($input:expr) => {
        $crate::record::Headers {
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $crate::record::without_transfer($input.content_encoding.take()),
            content_language: $input.content_language.take(),
            content_type: $input.content_type.take(),
            expires: $input.expires.take(),
            metadata: $input.metadata.take().unwrap_or_default(),
        }
    };
}
pub(super) use headers;

/// Takes the requested encryption from a request.
macro_rules! encryption {
    ($input:expr) => {
        $crate::record::Encryption {
            algorithm: $input
                .server_side_encryption
                .take()
                .map(|algorithm| algorithm.as_str().to_owned()),
            key: $input.ssekms_key_id.take(),
            bucket_key: $input.bucket_key_enabled.take(),
        }
    };
}
pub(super) use encryption;

/// Puts the encryption into an answer; S3 encrypts with its own keys if nobody asked for others.
macro_rules! answer_encryption {
    ($output:expr, $encryption:expr) => {{
        let encryption: &$crate::record::Encryption = $encryption;
        let algorithm = encryption
            .algorithm
            .clone()
            .unwrap_or_else(|| "AES256".to_owned());
        $output.server_side_encryption = Some(algorithm.into());
        $output.ssekms_key_id.clone_from(&encryption.key);
        $output.bucket_key_enabled = encryption.bucket_key;
    }};
}
pub(super) use answer_encryption;

/// `aws-chunked` says how a body travelled, not how it is encoded.
pub(super) fn without_transfer(encoding: Option<String>) -> Option<String> {
    let encoding = encoding?;
    let kept: Vec<_> = encoding
        .split(',')
        .map(str::trim)
        .filter(|token| !token.is_empty() && *token != "aws-chunked")
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}
