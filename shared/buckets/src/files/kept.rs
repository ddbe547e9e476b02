//! What is in quarantine: rows, files and messages that could not be read, and since when.

use super::folder::{self, Folder, Kind};
use super::listing::{Listed, Listing};
use super::{Beside, ERRAND, File, Files, digest, is_gone};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{MetadataDirective, TaggingDirective};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use custodian_aws::{StorageError, failed};
use custodian_domain::record::source::Source;
use custodian_domain::retention::periods;
use percent_encoding::percent_decode_str;
use std::collections::HashMap;
use std::time::Duration;

/// How long a row may be in quarantine. The bucket's lifecycle begins again when other rows of its
/// object are taken out.
pub const QUARANTINED: TimeDelta = periods::QUARANTINE;
/// When the contents were dropped, as epoch seconds, in an object's metadata.
const DROPPED_AT: &str = "dropped-at";
/// Why a file, or a message, was kept whole: the rule and the field, percent-encoded, in its
/// metadata.
const RULE: &str = "rule";
const FIELD: &str = "field";

/// How long copying a file may take; the largest has five gigabytes.
const COPYING: Duration = Duration::from_mins(10);

/// Why something is kept whole: names and constants, never what was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// The rule that it breaks; `None` where the object does not say.
    pub rule: Option<String>,
    /// The field, or `None` if it is the whole.
    pub field: Option<String>,
}

/// What an object in quarantine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptKind {
    /// Rows, one JSON object a line.
    Rows,
    /// What came before the first row of their file.
    Header,
    /// A file or a message, whole.
    Whole,
}

/// An object in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The folder that its file was dropped in.
    pub folder: Folder,
    /// The name of the import, or of the message.
    pub import: String,
    /// What it is.
    pub kind: KeptKind,
    /// How many bytes it has.
    pub size: u64,
    /// The day on which the bucket's lifecycle deletes it.
    pub goes_on: NaiveDate,
    /// Its key, which is one of ours and says nothing.
    pub key: String,
}

/// An object in quarantine that is being read.
#[derive(Debug)]
pub struct KeptObject {
    /// Its bytes.
    pub body: ByteStream,
    /// Why it is kept; rows each say it themselves.
    pub why: Why,
    /// When its contents were dropped.
    pub dropped_at: DateTime<Utc>,
}

/// The objects in quarantine, a page at a time.
#[derive(Debug)]
pub struct KeptPages {
    files: Files,
    listing: Listing,
}

impl KeptPages {
    /// The next page, or `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Kept>>, StorageError> {
        let page = self.listing.next(&self.files).await?;
        Ok(page.map(|objects| objects.iter().filter_map(Kept::of).collect()))
    }
}

impl Kept {
    /// The object of a listing; `None` if we did not put it there.
    pub(super) fn of(object: &Listed) -> Option<Self> {
        let (kind, folder, import) = folder::own(&object.key)?;
        let kind = match kind {
            Kind::Rows => KeptKind::Rows,
            Kind::Header => KeptKind::Header,
            Kind::Whole => KeptKind::Whole,
            Kind::Progress | Kind::Handover | Kind::Report | Kind::Index => return None,
        };
        let (import, key, goes_on) = (
            import.to_owned(),
            object.key.clone(),
            goes_on(object.put_at),
        );
        Some(Self {
            folder,
            import,
            kind,
            size: object.size,
            goes_on,
            key,
        })
    }
}

/// The day, in UTC, on which the lifecycle deletes what was put into quarantine then: at the first
/// midnight after 14 days (Amazon S3 User Guide, "Lifecycle rules based on an object's age").
#[must_use]
pub fn goes_on(put_at: DateTime<Utc>) -> NaiveDate {
    let over = (put_at + QUARANTINED).date_naive();
    over.checked_add_days(Days::new(1)).unwrap_or(over)
}

/// When an object's contents were dropped, according to its metadata; when it was put there, if
/// that says nothing.
pub(super) fn dropped_at(
    metadata: Option<&HashMap<String, String>>,
    put_at: Option<i64>,
) -> Option<DateTime<Utc>> {
    let dropped_at = metadata.and_then(|it| it.get(DROPPED_AT)?.parse().ok());
    DateTime::from_timestamp(dropped_at.or(put_at)?, 0)
}

/// Why an object is kept, according to its metadata.
pub(super) fn why(metadata: Option<&HashMap<String, String>>) -> Why {
    let read = |name: &str| {
        let text = percent_decode_str(metadata?.get(name)?)
            .decode_utf8()
            .ok()?;
        Some(text.into_owned()).filter(|text| !text.is_empty())
    };
    Why {
        rule: read(RULE),
        field: read(FIELD),
    }
}

fn metadata(dropped_at: DateTime<Utc>, why: Option<&Why>) -> HashMap<String, String> {
    let mut metadata = HashMap::from([(DROPPED_AT.to_owned(), dropped_at.timestamp().to_string())]);
    if let Some(Why { rule, field }) = why {
        let reasons = [(RULE, rule), (FIELD, field)].into_iter();
        metadata.extend(
            reasons.filter_map(|(name, it)| Some((name.to_owned(), percent_encoded(it.as_ref()?)))),
        );
    }
    metadata
}

impl Files {
    /// Everything in quarantine.
    #[must_use]
    pub fn kept(&self) -> KeptPages {
        KeptPages {
            files: self.clone(),
            listing: Listing::of("quarantine/"),
        }
    }

    /// Opens an object in quarantine; `None` if it is no longer there.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn open_kept(&self, kept: &Kept) -> Result<Option<KeptObject>, StorageError> {
        const OPERATION: &str = "open an object in quarantine";
        let object = match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(&kept.key)
            .send()
            .await
        {
            Ok(object) => object,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(failed(OPERATION)(error)),
        };
        let put_at = object
            .last_modified()
            .map(aws_sdk_s3::primitives::DateTime::secs);
        let dropped_at = dropped_at(object.metadata(), put_at)
            .ok_or_else(|| StorageError::unreadable(OPERATION))?;
        Ok(Some(KeptObject {
            why: why(object.metadata()),
            dropped_at,
            body: object.body,
        }))
    }

    /// Deletes an object in quarantine.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn delete_kept(&self, kept: &Kept) -> Result<(), StorageError> {
        let delete = self
            .client
            .delete_object()
            .bucket(&self.bucket)
            .key(&kept.key);
        delete
            .send()
            .await
            .map_err(failed("delete an object in quarantine"))?;
        self.drop_index(&kept.key).await
    }

    /// Drops a file for a source again, with the time at which it was first dropped. Returns the
    /// file that `import` reads. Its report has the errand, 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be there.
    pub async fn bring_back(
        &self,
        source: Source,
        import: &str,
        content: Vec<u8>,
        (errand, dropped_at): (&str, DateTime<Utc>),
    ) -> Result<File, StorageError> {
        const OPERATION: &str = "bring a file back";
        let key = format!("{}/brought-back-{import}", source.as_str());
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .body(content.into());
        let put = put
            .metadata(DROPPED_AT, dropped_at.timestamp().to_string())
            .metadata(ERRAND, errand);
        let put = put.send().await.map_err(failed(OPERATION))?;
        let file = put.e_tag().and_then(|etag| File::dropped(&key, etag));
        file.ok_or_else(|| StorageError::unreadable(OPERATION))
    }

    /// Stores rows of a file that was dropped then, or its header, replacing earlier ones.
    ///
    /// # Errors
    /// [`StorageError`] unless they are certain to be there.
    pub async fn keep(
        &self,
        file: &File,
        what: Beside,
        content: Vec<u8>,
        dropped_at: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let key = what.key(file.folder, &file.id());
        let index = self.index_of_bytes(&key, &content);
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .set_metadata(Some(metadata(dropped_at, None)));
        let put = put
            .content_type("application/octet-stream")
            .body(content.into());
        let put = put
            .send()
            .await
            .map_err(failed("store an unreadable object"))?;
        self.keep_index(&key, put.e_tag(), index).await;
        Ok(())
    }

    /// Copies a file that was dropped then into quarantine, byte for byte, and makes its index if
    /// there is time.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be there.
    pub async fn quarantine(
        &self,
        file: &File,
        why: &Why,
        dropped_at: DateTime<Utc>,
        time: Duration,
    ) -> Result<(), StorageError> {
        let key = Beside::Whole.key(file.folder, &file.id());
        let source = format!("{}/{}", self.bucket, percent_encoded(&file.key));
        let copy = self.client.copy_object().bucket(&self.bucket).key(&key);
        let copy = copy.copy_source(source).copy_source_if_match(&file.etag);
        // The bytes only, and nothing that a partner or a scanner wrote beside them.
        let copy = copy
            .metadata_directive(MetadataDirective::Replace)
            .tagging_directive(TaggingDirective::Replace);
        let copy = copy.set_metadata(Some(metadata(dropped_at, Some(why))));
        // S3 answers when the last byte is copied.
        let patient = TimeoutConfig::builder()
            .operation_attempt_timeout(COPYING)
            .operation_timeout(COPYING);
        let patient = aws_sdk_s3::config::Builder::new()
            .timeout_config(patient.read_timeout(COPYING).build());
        let copied = copy.customize().config_override(patient).send().await;
        copied.map_err(failed("quarantine a file"))?;
        self.index_within(&key, time).await;
        Ok(())
    }

    /// Stores a refused message of Granicus, byte for byte. The same message again is the same
    /// object. Returns its name.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be there. Then the sender has to send it again.
    pub async fn keep_message(
        &self,
        message: &str,
        body: &[u8],
        why: &Why,
        now: DateTime<Utc>,
    ) -> Result<String, StorageError> {
        let id = digest(&[message.as_bytes(), body]);
        let key = Beside::Whole.key(Folder::Granicus, &id);
        let put = self.client.put_object().bucket(&self.bucket).key(&key);
        let put = put
            .set_metadata(Some(metadata(now, Some(why))))
            .body(body.to_vec().into());
        let put = put.send().await.map_err(failed("keep a message"))?;
        self.keep_index(&key, put.e_tag(), self.index_of_bytes(&key, body))
            .await;
        Ok(id)
    }
}

/// A text in a form that a header accepts; the slashes of a key stay.
fn percent_encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: AsciiSet = NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(text, &KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Why, dropped_at, goes_on, metadata, why};
    use chrono::{DateTime, Utc};

    fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    #[test]
    fn what_is_kept_goes_at_the_first_midnight_after_fourteen_days() {
        assert_eq!(
            goes_on(at("2026-11-23T10:00:00Z")).to_string(),
            "2026-12-08"
        );
        assert_eq!(
            goes_on(at("2026-11-23T00:00:00Z")).to_string(),
            "2026-12-08"
        );
    }

    #[test]
    fn why_something_is_kept_comes_back_from_its_metadata() {
        let reason = Why {
            rule: Some("missing_column".to_owned()),
            field: Some("Survey.Q1 Zufriedenheit – ü".to_owned()),
        };
        let (dropped, later) = (
            at("2026-11-23T10:00:00Z"),
            at("2026-11-24T10:00:00Z").timestamp(),
        );
        let metadata = metadata(dropped, Some(&reason));
        assert!(metadata.values().all(|value| value.is_ascii()));
        assert_eq!(
            (
                why(Some(&metadata)),
                dropped_at(Some(&metadata), Some(later))
            ),
            (reason, Some(dropped))
        );
        assert_eq!(why(None), Why::default());
        assert_eq!(
            dropped_at(None, Some(later)),
            Some(at("2026-11-24T10:00:00Z"))
        );
    }
}
