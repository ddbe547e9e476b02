//! How far a file is read: where another invocation continues.

use crate::report::Report;
use crate::rows::{Header, Position};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_aws::StorageError;
use custodian_buckets::files::{self, File};
use custodian_domain::record::revision::ArrivalTime;
use serde::{Deserialize, Serialize};

/// How far a file is read, at a row's boundary, and the results up to there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    key: String,
    etag: String,
    /// When it arrived, according to S3; `None` without a notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<ArrivalTime>,
    /// How many bytes the file has.
    pub size: u64,
    #[serde(flatten)]
    pub position: Position,
    /// The layout of a CSV.
    #[serde(flatten)]
    pub header: Header,
    /// What comes before the first row of a CSV, byte for byte: with it, bad rows are a file again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_first_row: Option<Bytes>,
    pub report: Report,
}

impl Checkpoint {
    /// The beginning of a file.
    pub fn start(file: &File, arrived: Option<ArrivalTime>) -> Self {
        Self {
            key: file.key.clone(),
            etag: file.etag.clone(),
            arrived,
            size: 0,
            position: Position { offset: 0, line: 1 },
            header: Header::default(),
            before_first_row: None,
            report: Report::new(file.id(), file.folder),
        }
    }

    /// Reads back what was written; `None` if it can't be read.
    pub fn parse(saved: &[u8]) -> Option<Self> {
        serde_json::from_slice(saved).ok()
    }

    /// As it is written.
    ///
    /// # Errors
    /// [`StorageError`] if it can't be written.
    pub fn to_json(&self) -> Result<Vec<u8>, StorageError> {
        files::json("remember how far a file is read", self)
    }

    /// The file that it is about.
    pub fn file(&self) -> File {
        File {
            folder: self.report.source,
            key: self.key.clone(),
            etag: self.etag.clone(),
        }
    }
}

/// Bytes of a file: in JSON a text if they are UTF-8, or else `{"base64": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Bytes(pub Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Other { base64: Base64 },
}

/// Bytes in base64.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Base64(Vec<u8>);

impl From<Bytes> for Written {
    fn from(Bytes(bytes): Bytes) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(other) => Self::Other {
                base64: Base64(other.into_bytes()),
            },
        }
    }
}

impl From<Written> for Bytes {
    fn from(written: Written) -> Self {
        Self(match written {
            Written::Text(text) => text.into_bytes(),
            Written::Other { base64 } => base64.0,
        })
    }
}

impl From<Base64> for String {
    fn from(Base64(bytes): Base64) -> Self {
        STANDARD.encode(bytes)
    }
}

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Checkpoint, File, Header};
    use proptest::prelude::*;

    #[test]
    fn how_a_file_is_written_is_remembered_and_one_of_an_earlier_version_has_commas() {
        let mut checkpoint = Checkpoint::start(&File::dropped("social/file", "e").unwrap(), None);
        for separator in [';', ','] {
            checkpoint.header = Header {
                names: vec!["post_id".to_owned(), "text".to_owned()],
                separator,
            };
            let saved = checkpoint.to_json().unwrap();
            assert_eq!(Checkpoint::parse(&saved).unwrap().header, checkpoint.header);
            assert_eq!(
                String::from_utf8(saved).unwrap().contains("separator"),
                separator == ';'
            );
        }
    }

    #[test]
    fn what_an_earlier_version_remembered_of_the_beginning_is_read() {
        assert_eq!(
            serde_json::from_str::<Bytes>("\"a,b\\r\\n\"").unwrap(),
            Bytes(b"a,b\r\n".to_vec())
        );
        assert!(serde_json::from_str::<Bytes>("{\"base64\": \"*\"}").is_err());
    }

    proptest! {
        #[test]
        fn the_beginning_is_remembered_to_the_byte(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut checkpoint = Checkpoint::start(&File::dropped("social/file", "e").unwrap(), None);
            checkpoint.before_first_row = Some(Bytes(bytes));
            let parsed = Checkpoint::parse(&checkpoint.to_json().unwrap()).unwrap();
            prop_assert_eq!(parsed.before_first_row, checkpoint.before_first_row);
        }
    }
}
