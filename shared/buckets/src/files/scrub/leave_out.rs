//! An object of the intake bucket without some of its rows.

use super::super::kept::QUARANTINED;
use super::super::{Files, has_status};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use aws_smithy_runtime_api::http::Response;
use chrono::{DateTime, Utc};
use custodian_aws::{Cause, StorageError, failed};
use custodian_domain::identity::mention::rows::Found;
use std::collections::HashMap;

/// How much of an object is in memory while it is written: the smallest part that S3 accepts
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const PART: usize = 5 * 1024 * 1024;
/// Since when the rows of an object are in quarantine, if it was written again: as epoch seconds,
/// in its metadata.
const SINCE: &str = "quarantined-at";
/// The operation that errors name.
const OPERATION: &str = "scrub quarantine";

/// Why an object could not be written again.
pub(super) enum Obstacle {
    /// Somebody else has written or deleted it meanwhile.
    Changed,
    Storage(StorageError),
}

impl From<StorageError> for Obstacle {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl Files {
    /// Writes an object again without the rows that were found, or deletes it if nothing else is in
    /// it.
    pub(super) async fn leave_out(
        &self,
        key: &str,
        object: &GetObjectOutput,
        found: &Found,
        now: DateTime<Utc>,
    ) -> Result<(), Obstacle> {
        let etag = object
            .e_tag()
            .ok_or_else(|| StorageError::unreadable(OPERATION))?;
        let written_before = object.metadata().and_then(|it| it.get(SINCE)?.parse().ok());
        let put = object
            .last_modified()
            .map(aws_sdk_s3::primitives::DateTime::secs);
        let since = written_before
            .or(put)
            .ok_or_else(|| StorageError::unreadable(OPERATION))?;
        let is_over =
            DateTime::from_timestamp(since, 0).is_none_or(|since| now - since >= QUARANTINED);
        if !found.others || is_over {
            let delete = self
                .client
                .delete_object()
                .bucket(&self.bucket)
                .key(key)
                .if_match(etag);
            return match delete.send().await {
                Ok(_) => Ok(()),
                Err(error) if has_status(&error, &[404]) => Ok(()),
                Err(error) => Err(obstacle(&error)),
            };
        }
        // The rest of its metadata stays.
        let mut metadata = object.metadata().map_or_else(HashMap::new, Clone::clone);
        metadata.insert(SINCE.to_owned(), since.to_string());
        let mut writing = Writing {
            files: self,
            key,
            etag,
            metadata,
            upload: None,
            waiting: Vec::new(),
        };
        let outcome = writing.copy(found).await;
        if let (Err(_), Some((id, _))) = (&outcome, &writing.upload) {
            // If this fails too, the next run removes what is left behind, or the lifecycle does
            // after a day.
            drop(self.abandon(key, id).await);
        }
        outcome
    }
}

/// An object that is written again; a large one in parts, so that memory holds only one of them.
struct Writing<'a> {
    files: &'a Files,
    key: &'a str,
    etag: &'a str,
    metadata: HashMap<String, String>,
    upload: Option<(String, Vec<CompletedPart>)>,
    waiting: Vec<u8>,
}

impl Writing<'_> {
    async fn copy(&mut self, found: &Found) -> Result<(), Obstacle> {
        let get = self
            .files
            .client
            .get_object()
            .bucket(&self.files.bucket)
            .key(self.key)
            .if_match(self.etag);
        let mut object = get.send().await.map_err(|error| obstacle(&error))?;
        let mut kept = Kept {
            at: 0,
            ranges: &found.ranges,
        };
        while let Some(bytes) = object.body.next().await {
            let bytes = bytes.map_err(|_| StorageError::unreadable(OPERATION))?;
            kept.of(&bytes, &mut self.waiting);
            if self.waiting.len() >= PART {
                self.send_part().await?;
            }
        }
        self.finish().await
    }

    async fn send_part(&mut self) -> Result<(), Obstacle> {
        let (client, bucket, key) = (&self.files.client, &self.files.bucket, self.key);
        if self.upload.is_none() {
            let create = client
                .create_multipart_upload()
                .bucket(bucket)
                .key(key)
                .set_metadata(Some(self.metadata.clone()));
            let created = create
                .content_type("application/json")
                .send()
                .await
                .map_err(failed(OPERATION))?;
            let id = created
                .upload_id
                .ok_or_else(|| StorageError::unreadable(OPERATION))?;
            self.upload = Some((id, Vec::new()));
        }
        let Some((id, parts)) = &mut self.upload else {
            return Ok(());
        };
        let number = i32::try_from(parts.len() + 1).unwrap_or(i32::MAX);
        let body = std::mem::take(&mut self.waiting).into();
        let part = client
            .upload_part()
            .bucket(bucket)
            .key(key)
            .upload_id(&*id)
            .part_number(number)
            .body(body);
        let sent = part.send().await.map_err(|error| obstacle(&error))?;
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .set_checksum_crc64_nvme(sent.checksum_crc64_nvme);
        parts.push(part.build());
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Obstacle> {
        let (client, bucket, key) = (&self.files.client, &self.files.bucket, self.key);
        if self.upload.is_none() {
            let body = std::mem::take(&mut self.waiting).into();
            let put = client
                .put_object()
                .bucket(bucket)
                .key(key)
                .if_match(self.etag)
                .set_metadata(Some(self.metadata.clone()));
            let put = put.content_type("application/json").body(body).send().await;
            return put.map(drop).map_err(|error| obstacle(&error));
        }
        if !self.waiting.is_empty() {
            self.send_part().await?;
        }
        let Some((id, parts)) = &mut self.upload else {
            return Ok(());
        };
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(std::mem::take(parts)))
            .build();
        let complete = self
            .files
            .client
            .complete_multipart_upload()
            .bucket(bucket)
            .key(key)
            .upload_id(&*id);
        let complete = complete
            .if_match(self.etag)
            .multipart_upload(parts)
            .send()
            .await;
        complete.map(drop).map_err(|error| obstacle(&error))
    }
}

/// The kept bytes of a stream of bytes.
struct Kept<'a> {
    at: u64,
    /// What is left out, in order, from here on.
    ranges: &'a [std::ops::Range<u64>],
}

impl Kept<'_> {
    fn of(&mut self, mut bytes: &[u8], kept: &mut Vec<u8>) {
        while let (Some(range), false) = (self.ranges.first(), bytes.is_empty()) {
            let until = |place: u64| {
                usize::try_from(place.saturating_sub(self.at))
                    .unwrap_or(usize::MAX)
                    .min(bytes.len())
            };
            let (before, within) = (until(range.start), until(range.end));
            kept.extend_from_slice(&bytes[..before]);
            bytes = &bytes[within..];
            self.at += within as u64;
            if self.at < range.end {
                return;
            }
            self.ranges = &self.ranges[1..];
        }
        kept.extend_from_slice(bytes);
        self.at += bytes.len() as u64;
    }
}

/// Somebody else was quicker (HTTP 404, 409, 412), or S3 does not answer.
fn obstacle<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> Obstacle {
    if has_status(error, &[404, 409, 412]) {
        return Obstacle::Changed;
    }
    let cause = error.code().map_or(Cause::Other("no answer"), Cause::from);
    Obstacle::Storage(StorageError::new(OPERATION, cause))
}
