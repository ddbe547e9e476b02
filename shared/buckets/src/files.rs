//! The intake bucket: partners' files until they are read, what could not be read, and the reports.

mod folder;
mod index;
mod kept;
mod layout;
mod listing;
mod naming;
mod scrub;
mod unread;

pub use folder::Folder;
pub use kept::{Kept, KeptKind, KeptObject, KeptPages, QUARANTINED, Why, goes_on};
pub use naming::{NamedRow, RowsNaming};
pub use scrub::{Mentioned, Scrubbed};
pub use unread::{Unread, UnreadPages};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::http::Response;
use chrono::{DateTime, Utc};
use custodian_aws::{StorageError, failed};
use folder::Kind;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// One file that a partner has dropped: this object, not a later one under the same key.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// The folder that it is in.
    pub folder: Folder,
    /// Its key. It is the partner's own, so it is shown to nobody.
    pub key: String,
    /// Its `ETag`, without quotes.
    pub etag: String,
}

impl std::fmt::Debug for File {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "File({}, {})", self.folder.as_str(), self.id())
    }
}

/// A file that is being read.
#[derive(Debug)]
pub struct Opened {
    /// Its bytes, from the requested position on.
    pub body: ByteStream,
    /// When it was dropped.
    pub dropped_at: DateTime<Utc>,
    /// How many bytes it has from its beginning.
    pub size: u64,
    /// The name given by the person who brought it back, to find its report by.
    pub errand: Option<String>,
    /// When it was dropped first, if it was brought back from quarantine.
    pub first_dropped_at: Option<DateTime<Utc>>,
}

/// The name of a file's errand in its metadata.
pub const ERRAND: &str = "errand";

/// The errand in an object's metadata. A partner may write anything there, so it is 32 hexadecimal
/// digits or `None`.
fn errand(metadata: Option<&HashMap<String, String>>) -> Option<String> {
    let errand = metadata?.get(ERRAND)?;
    let is_sound = errand.len() == 32
        && errand
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_sound.then(|| errand.clone())
}

/// Our own objects in the bucket, beside partners' files. This spells every key of ours; none
/// contains a partner's file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// How far a file is read.
    Progress,
    /// Makes another invocation continue.
    Handover,
    /// The result of a file.
    Report,
    /// The rows that could not be read, from this byte of the file on.
    Rows(u64),
    /// What came before the first row: with it, corrected rows are a file again.
    Header,
    /// A file that could not be read at all.
    Whole,
}

impl Beside {
    /// The key of this object beside a file.
    #[must_use]
    pub fn key(self, of: impl Into<Folder>, id: &str) -> String {
        let folder = of.into();
        let name = folder.as_str();
        match self {
            Self::Progress => format!("progress/{name}/{id}.json"),
            Self::Handover => format!("handover/{name}/{id}"),
            Self::Report => format!("reports/{name}/{id}.json"),
            Self::Rows(byte) => format!("{}{byte:010}.jsonl", quarantine(folder, id)),
            Self::Header => format!("{}header", quarantine(folder, id)),
            Self::Whole => format!("{}file", quarantine(folder, id)),
        }
    }
}

impl File {
    /// The file under a partner's key, in a source's folder or anywhere else; `None` if the key is
    /// one of ours.
    #[must_use]
    pub fn dropped(key: &str, etag: &str) -> Option<Self> {
        if folder::own(key).is_some() {
            return None;
        }
        Some(Self {
            folder: Folder::dropped(key),
            key: key.to_owned(),
            etag: etag.trim_matches('"').to_owned(),
        })
    }

    /// Its name in our own keys and reports: a digest of its key and its `ETag`.
    #[must_use]
    pub fn id(&self) -> String {
        digest(&[self.key.as_bytes(), self.etag.as_bytes()])
    }
}

/// The name of something in our own keys, which must not say what it is.
fn digest(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            digest.update([0]);
        }
        digest.update(part);
    }
    hex::encode(&digest.finalize()[..8])
}

/// Whether an object is a folder that somebody made in the console: a name, and nothing in it.
#[must_use]
pub fn is_folder(key: &str, size: u64) -> bool {
    key.ends_with('/') && size == 0
}

/// The folder and the id in the key of a handover.
#[must_use]
pub fn handed_over(key: &str) -> Option<(Folder, &str)> {
    folder::own(key)
        .filter(|(kind, ..)| *kind == Kind::Handover)
        .map(|(_, folder, id)| (folder, id))
}

/// The folder and the id in the key of a report.
#[must_use]
pub fn reported(key: &str) -> Option<(Folder, &str)> {
    folder::own(key)
        .filter(|(kind, ..)| *kind == Kind::Report)
        .map(|(_, folder, id)| (folder, id))
}

/// The folder for what could not be read of a file; it ends with a slash.
#[must_use]
pub fn quarantine(of: impl Into<Folder>, id: &str) -> String {
    format!("{}{}/{id}/", folder::QUARANTINE, of.into().as_str())
}

/// What is written beside a file, as JSON.
///
/// # Errors
/// [`StorageError`] if it can't be written as JSON. Then the caller must not give up the file.
pub fn json<T: Serialize>(operation: &'static str, value: &T) -> Result<Vec<u8>, StorageError> {
    serde_json::to_vec(value)
        .map_err(|_| StorageError::because(operation, "cannot be written as JSON"))
}

/// The bucket.
#[derive(Clone, Debug)]
pub struct Files {
    client: Client,
    bucket: String,
    indexes: Option<index::Indexes>,
}

impl Files {
    /// The bucket named `name`, for programs that open everything in quarantine.
    #[must_use]
    pub const fn new(client: Client, bucket: String) -> Self {
        Self {
            client,
            bucket,
            indexes: None,
        }
    }

    /// Opens a file at a byte; `None` if it is no longer there, or was replaced.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn open(&self, file: &File, from: u64) -> Result<Option<Opened>, StorageError> {
        const OPERATION: &str = "open a file";
        let get = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(&file.key)
            .if_match(&file.etag);
        let get = if from > 0 {
            get.range(format!("bytes={from}-"))
        } else {
            get
        };
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if is_gone(&error) => return Ok(None),
            // It is already read to its end: S3 checks the condition on the `ETag` before the
            // range.
            Err(error) if from > 0 && has_status(&error, &[416]) => {
                let body = ByteStream::from_static(b"");
                return Ok(Some(Opened {
                    body,
                    dropped_at: DateTime::UNIX_EPOCH,
                    size: from,
                    errand: None,
                    first_dropped_at: None,
                }));
            }
            Err(error) => return Err(failed(OPERATION)(error)),
        };
        let dropped_at = object
            .last_modified()
            .and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos()));
        let length = object
            .content_length()
            .and_then(|length| u64::try_from(length).ok());
        let size = from + length.ok_or_else(|| StorageError::unreadable(OPERATION))?;
        let dropped_at = dropped_at.ok_or_else(|| StorageError::unreadable(OPERATION))?;
        let errand = errand(object.metadata());
        let first_dropped_at =
            kept::dropped_at(object.metadata(), None).filter(|first| *first <= dropped_at);
        Ok(Some(Opened {
            body: object.body,
            dropped_at,
            size,
            errand,
            first_dropped_at,
        }))
    }

    /// A small object beside a file, if it is there.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn read(
        &self,
        of: impl Into<Folder>,
        id: &str,
        what: Beside,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        const OPERATION: &str = "read an object beside a file";
        let get = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(what.key(of, id));
        match get.send().await {
            Ok(object) => {
                let read = object
                    .body
                    .collect()
                    .await
                    .map_err(|_| StorageError::unreadable(OPERATION))?;
                Ok(Some(read.to_vec()))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(failed(OPERATION)(error)),
        }
    }

    /// Puts a small object beside a file, replacing any earlier one.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be there.
    pub async fn write(
        &self,
        file: &File,
        what: Beside,
        content: Vec<u8>,
    ) -> Result<(), StorageError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(what.key(file.folder, &file.id()));
        let put = put.content_type("application/json").body(content.into());
        put.send()
            .await
            .map(drop)
            .map_err(failed("write beside a file"))
    }

    /// Puts a small object beside a file, unless there is one.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain that there is one.
    pub async fn write_first(
        &self,
        file: &File,
        what: Beside,
        content: Vec<u8>,
    ) -> Result<(), StorageError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(what.key(file.folder, &file.id()));
        match put
            .if_none_match("*")
            .content_type("application/json")
            .body(content.into())
            .send()
            .await
        {
            // 409: somebody else is putting it at this moment.
            Err(error) if !has_status(&error, &[409, 412]) => {
                Err(failed("write beside a file")(error))
            }
            _ => Ok(()),
        }
    }

    /// Deletes a file that is read, and its progress. A file that was dropped meanwhile under the
    /// same key stays.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn discard(&self, file: &File) -> Result<(), StorageError> {
        const OPERATION: &str = "discard a file";
        let delete = self
            .client
            .delete_object()
            .bucket(&self.bucket)
            .key(&file.key)
            .if_match(&file.etag);
        match delete.send().await {
            Ok(_) => {}
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(failed(OPERATION)(error)),
        }
        // Last: as long as these are there, another run finds what is left to do.
        let id = file.id();
        for what in [Beside::Progress, Beside::Handover] {
            let delete = self
                .client
                .delete_object()
                .bucket(&self.bucket)
                .key(what.key(file.folder, &id));
            delete.send().await.map_err(failed(OPERATION))?;
        }
        Ok(())
    }
}

/// Whether a file is gone, or was replaced (HTTP 404, 412).
fn is_gone<E>(error: &SdkError<E, Response>) -> bool {
    has_status(error, &[404, 412])
}

fn has_status<E>(error: &SdkError<E, Response>, wanted: &[u16]) -> bool {
    error
        .raw_response()
        .is_some_and(|response| wanted.contains(&response.status().as_u16()))
}

#[cfg(test)]
mod tests {
    use super::{Beside, File, Folder, handed_over, is_folder, reported};
    use custodian_domain::record::source::Source;

    #[test]
    fn a_file_is_known_by_its_folder_and_called_by_a_digest() {
        let file = File::dropped("telephone/Priya Nair.csv", "\"abc\"").unwrap();
        assert_eq!(
            (file.folder, file.etag.as_str()),
            (Folder::Of(Source::Telephone), "abc")
        );
        let key = Beside::Rows(17).key(file.folder, &file.id());
        assert!(key.starts_with("quarantine/telephone/") && key.ends_with("/0000000017.jsonl"));
        assert!(!key.contains("Priya") && !format!("{file:?}").contains("Priya"));
        assert_ne!(
            file.id(),
            File::dropped("telephone/Priya Nair.csv", "abd")
                .unwrap()
                .id()
        );
        assert_eq!(
            File::dropped("elsewhere/file", "abc").unwrap().folder,
            Folder::Unknown
        );
        assert_eq!(
            File::dropped(
                &Beside::Report.key(Source::Social, "0123456789abcdef"),
                "abc"
            ),
            None
        );
    }

    #[test]
    fn every_key_of_ours_is_known_as_ours() {
        for folder in [
            Folder::Of(Source::Telephone),
            Folder::Granicus,
            Folder::Unknown,
        ] {
            for what in [
                Beside::Progress,
                Beside::Handover,
                Beside::Report,
                Beside::Rows(0),
                Beside::Rows(u64::MAX),
                Beside::Header,
                Beside::Whole,
            ] {
                let key = what.key(folder, "0123456789abcdef");
                assert_eq!(File::dropped(&key, "abc"), None, "{key}");
            }
        }
    }

    #[test]
    fn a_handover_leads_back_to_its_file() {
        let key = Beside::Handover.key(Source::Social, "0123456789abcdef");
        assert_eq!(
            handed_over(&key),
            Some((Folder::Of(Source::Social), "0123456789abcdef"))
        );
        assert_eq!(handed_over("social/file"), None);
    }

    #[test]
    fn a_report_is_known_by_its_key() {
        let key = Beside::Report.key(Source::Telephone, "0123456789abcdef");
        assert_eq!(
            reported(&key),
            Some((Folder::Of(Source::Telephone), "0123456789abcdef"))
        );
        for key in [
            "reports/telephone",
            "reports/telephone/.json",
            "reports/fax/a.json",
            "reports/telephone/a",
        ] {
            assert_eq!(reported(key), None, "{key}");
        }
        assert_eq!(
            reported(&Beside::Progress.key(Source::Telephone, "0123456789abcdef")),
            None
        );
    }

    #[test]
    fn a_folder_has_a_name_and_nothing_in_it() {
        assert!(
            is_folder("telephone/", 0) && !is_folder("telephone/", 1) && !is_folder("telephone", 0)
        );
    }
}
