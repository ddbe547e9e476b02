//! The intake bucket: partners' files until they are read, what could not be read, and the reports.

mod scrub;

pub use scrub::{Mentioned, QUARANTINED, Scrubbed};

use super::{StorageError, failed};
use crate::domain::source::Source;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{MetadataDirective, TaggingDirective};
use aws_smithy_runtime_api::http::Response;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// One file that a partner has dropped: this object, and no later one under the same key.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// What its folder says it is of.
    pub source: Source,
    /// Its key: a partner's own, so it is told to nobody.
    pub key: String,
    /// Its `ETag`, without quotes.
    pub etag: String,
}

impl std::fmt::Debug for File {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "File({}, {})", self.source.as_str(), self.id())
    }
}

/// A file that is being read.
#[derive(Debug)]
pub struct Opened {
    /// Its bytes, from where it was asked for.
    pub body: ByteStream,
    /// When it was dropped.
    pub dropped_at: DateTime<Utc>,
    /// How many bytes it has from its beginning.
    pub size: u64,
}

/// What lies in the bucket beside partners' files. This spells every key of ours; none has a partner's file name in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// How far a file is read.
    Progress,
    /// The word to another invocation to go on.
    Handover,
    /// What became of a file.
    Report,
    /// The rows that could not be read, from this byte of the file on.
    Rows(u64),
    /// A file that could not be read at all.
    Whole,
}

impl Beside {
    /// The key of this object beside a file.
    #[must_use]
    pub fn key(self, of: Source, id: &str) -> String {
        let source = of.as_str();
        match self {
            Self::Progress => format!("progress/{source}/{id}.json"),
            Self::Handover => format!("handover/{source}/{id}"),
            Self::Report => format!("reports/{source}/{id}.json"),
            Self::Rows(line) => format!("{}{line:010}.jsonl", quarantine(of, id)),
            Self::Whole => format!("{}file", quarantine(of, id)),
        }
    }
}

impl File {
    /// The file behind a key of a partner's, `{source}/{file}`.
    #[must_use]
    pub fn dropped(key: &str, etag: &str) -> Option<Self> {
        let (source, name) = key.split_once('/')?;
        let source = Source::named(source).filter(|_| !name.is_empty())?;
        Some(Self { source, key: key.to_owned(), etag: etag.trim_matches('"').to_owned() })
    }

    /// What it is called in keys and reports of ours: a digest of its key and its `ETag`.
    #[must_use]
    pub fn id(&self) -> String {
        let digest = Sha256::new().chain_update(&self.key).chain_update([0]).chain_update(&self.etag).finalize();
        hex::encode(&digest[..8])
    }
}

/// The source and the id behind the key of a handover.
#[must_use]
pub fn handed_over(key: &str) -> Option<(Source, &str)> {
    let (source, id) = key.strip_prefix("handover/")?.split_once('/')?;
    Some((Source::named(source)?, id))
}

/// The source and the id behind the key of a report.
#[must_use]
pub fn reported(key: &str) -> Option<(Source, &str)> {
    let (source, id) = key.strip_prefix("reports/")?.strip_suffix(".json")?.split_once('/')?;
    Some((Source::named(source)?, id)).filter(|_| !id.is_empty())
}

/// The folder in which what could not be read of a file lies; it ends with a slash.
#[must_use]
pub fn quarantine(source: Source, id: &str) -> String {
    format!("quarantine/{}/{id}/", source.as_str())
}

/// The bucket.
#[derive(Clone, Debug)]
pub struct Files {
    client: Client,
    bucket: String,
}

impl Files {
    /// The bucket called `name`.
    #[must_use]
    pub const fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Opens a file from a byte on; nothing if it is no longer there, or replaced by another.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn open(&self, file: &File, from: u64) -> Result<Option<Opened>, StorageError> {
        const OPERATION: &str = "open a file";
        let get = self.client.get_object().bucket(&self.bucket).key(&file.key).if_match(&file.etag);
        let get = if from > 0 { get.range(format!("bytes={from}-")) } else { get };
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if is_gone(&error) => return Ok(None),
            // It is read to its end already; the condition on the `ETag` is looked at before the range.
            Err(error) if from > 0 && has_status(&error, &[416]) => {
                let body = ByteStream::from_static(b"");
                return Ok(Some(Opened { body, dropped_at: DateTime::UNIX_EPOCH, size: from }));
            }
            Err(error) => return Err(failed(OPERATION)(error)),
        };
        let dropped_at = object.last_modified().and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos()));
        let size = from + object.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
        let dropped_at = dropped_at.ok_or_else(|| StorageError::unreadable(OPERATION))?;
        Ok(Some(Opened { body: object.body, dropped_at, size }))
    }

    /// A small object beside a file, if it is there.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn read(&self, source: Source, id: &str, what: Beside) -> Result<Option<Vec<u8>>, StorageError> {
        const OPERATION: &str = "read what lies beside a file";
        let get = self.client.get_object().bucket(&self.bucket).key(what.key(source, id));
        match get.send().await {
            Ok(object) => {
                let read = object.body.collect().await.map_err(|_| StorageError::unreadable(OPERATION))?;
                Ok(Some(read.to_vec()))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(failed(OPERATION)(error)),
        }
    }

    /// Puts a small object beside a file, whatever lay there.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be there.
    pub async fn write(&self, file: &File, what: Beside, content: Vec<u8>) -> Result<(), StorageError> {
        let put = self.client.put_object().bucket(&self.bucket).key(what.key(file.source, &file.id()));
        let put = put.content_type("application/json").body(content.into());
        put.send().await.map(drop).map_err(failed("write beside a file"))
    }

    /// Copies a file into quarantine.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be there.
    pub async fn quarantine(&self, file: &File) -> Result<(), StorageError> {
        let source = format!("{}/{}", self.bucket, percent_encoded(&file.key));
        let copy = self.client.copy_object().bucket(&self.bucket).key(Beside::Whole.key(file.source, &file.id()));
        let copy = copy.copy_source(source).copy_source_if_match(&file.etag);
        // The bytes, and nothing that a partner or a scanner wrote beside them.
        let copy = copy.metadata_directive(MetadataDirective::Replace).tagging_directive(TaggingDirective::Replace);
        copy.send().await.map(drop).map_err(failed("quarantine a file"))
    }

    /// Deletes a file that is read, and how far it was. One that was dropped meanwhile under the same key stays.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be gone.
    pub async fn discard(&self, file: &File) -> Result<(), StorageError> {
        const OPERATION: &str = "discard a file";
        let delete = self.client.delete_object().bucket(&self.bucket).key(&file.key).if_match(&file.etag);
        match delete.send().await {
            Ok(_) => {}
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(failed(OPERATION)(error)),
        }
        // Last: as long as they are there, another run finds what is left to do.
        let id = file.id();
        for what in [Beside::Progress, Beside::Handover] {
            let delete = self.client.delete_object().bucket(&self.bucket).key(what.key(file.source, &id));
            delete.send().await.map_err(failed(OPERATION))?;
        }
        Ok(())
    }
}

/// Whether a file is not there, or is another by now (HTTP 404, 412).
fn is_gone<E>(error: &SdkError<E, Response>) -> bool {
    has_status(error, &[404, 412])
}

fn has_status<E>(error: &SdkError<E, Response>, wanted: &[u16]) -> bool {
    error.raw_response().is_some_and(|response| wanted.contains(&response.status().as_u16()))
}

/// A key, as a header takes it.
fn percent_encoded(key: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(key, &KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Beside, File, handed_over, reported};
    use crate::domain::source::Source;

    #[test]
    fn a_file_is_known_by_its_folder_and_called_by_a_digest() {
        let file = File::dropped("telephone/Priya Nair.csv", "\"abc\"").unwrap();
        assert_eq!((file.source, file.etag.as_str()), (Source::Telephone, "abc"));
        let key = Beside::Rows(17).key(file.source, &file.id());
        assert!(key.starts_with("quarantine/telephone/") && key.ends_with("/0000000017.jsonl"));
        assert!(!key.contains("Priya") && !format!("{file:?}").contains("Priya"));
        assert_ne!(file.id(), File::dropped("telephone/Priya Nair.csv", "abd").unwrap().id());
        assert_eq!(File::dropped("elsewhere/file", "abc"), None);
        assert_eq!(File::dropped("telephone/", "abc"), None);
    }

    #[test]
    fn a_handover_leads_back_to_its_file() {
        let key = Beside::Handover.key(Source::Social, "0123456789abcdef");
        assert_eq!(handed_over(&key), Some((Source::Social, "0123456789abcdef")));
        assert_eq!(handed_over("social/file"), None);
    }

    #[test]
    fn a_report_is_known_by_its_key() {
        let key = Beside::Report.key(Source::Telephone, "0123456789abcdef");
        assert_eq!(reported(&key), Some((Source::Telephone, "0123456789abcdef")));
        for key in ["reports/telephone", "reports/telephone/.json", "reports/fax/a.json", "reports/telephone/a"] {
            assert_eq!(reported(key), None, "{key}");
        }
        assert_eq!(reported(&Beside::Progress.key(Source::Telephone, "0123456789abcdef")), None);
    }
}
