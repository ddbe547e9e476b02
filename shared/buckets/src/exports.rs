//! The bucket of packages.

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use custodian_aws::{StorageError, failed};
use custodian_domain::rights::package::{File, RequestId};
use std::time::Duration;

/// How much of an object is in memory while it is written: the smallest part that S3 accepts
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const PART: usize = 5 * 1024 * 1024;
/// Room for a part and for the piece that fills it, so that the buffer does not grow by doubling.
const ROOM: usize = PART + 64 * 1024;

/// The `cache-control` of every object: no computer keeps a copy unnoticed.
const NEVER_CACHED: &str = "no-store";
const READ: &str = "read a package";
/// How long a link is valid that is signed only to see where it would lead.
const SECOND: Duration = Duration::from_secs(1);

/// The bucket.
#[derive(Clone, Debug)]
pub struct Exports {
    client: Client,
    bucket: String,
}

/// The key of a package's object, which spells every key of the bucket. It names the request,
/// cannot be guessed, and says nothing of the person.
#[must_use]
pub fn key(file: File, request: &RequestId, random: &str) -> String {
    format!("{}{random}/{}", prefix(request), file.name(request))
}

fn prefix(request: &RequestId) -> String {
    format!("{}/", request.as_str())
}

impl Exports {
    /// The bucket named `name`.
    #[must_use]
    pub const fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Begins an object that is written piece by piece. It exists only once it is finished.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not accept it.
    pub async fn begin(&self, file: File, key: String) -> Result<Upload, StorageError> {
        let created = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(&key)
            .content_type(file.content_type())
            .cache_control(NEVER_CACHED)
            .send()
            .await
            .map_err(failed("begin a package"))?;
        let id = created
            .upload_id
            .ok_or_else(|| StorageError::unreadable("begin a package"))?;
        Ok(Upload {
            exports: self.clone(),
            key,
            id,
            parts: Vec::new(),
            waiting: Vec::with_capacity(ROOM),
        })
    }

    /// A link to an object that works for `valid`, or less if this function's credentials end
    /// earlier.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be signed.
    pub async fn link(&self, key: &str, valid: Duration) -> Result<String, StorageError> {
        const OPERATION: &str = "sign a link";
        let config =
            PresigningConfig::expires_in(valid).map_err(|_| StorageError::unreadable(OPERATION))?;
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        // A key ends in the file's name, which has letters, digits, hyphens, underscores and one
        // dot.
        let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
        let get = get.response_content_disposition(format!("attachment; filename=\"{name}\""));
        let get = get.response_cache_control(NEVER_CACHED);
        let signed = get.presigned(config).await.map_err(failed(OPERATION))?;
        Ok(signed.uri().to_owned())
    }

    /// The beginning of every link to an object, `https://` and a name: a page may lead nowhere
    /// else.
    ///
    /// # Errors
    /// [`StorageError`] if no link can be signed.
    pub async fn origin(&self) -> Result<String, StorageError> {
        let link = self.link("-", SECOND).await?;
        let rest = link
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|end| link.len() - rest.len() + end));
        let origin = rest.and_then(|end| link.get(..end)).map(str::to_owned);
        origin.ok_or_else(|| StorageError::unreadable("sign a link"))
    }

    /// An object, line by line.
    ///
    /// # Errors
    /// [`StorageError`] if it is not there, or S3 does not answer.
    pub async fn lines(&self, key: &str) -> Result<Lines, StorageError> {
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        let object = get.send().await.map_err(failed(READ))?;
        Ok(Lines {
            body: object.body,
            waiting: Vec::new(),
            searched: 0,
            is_over: false,
        })
    }

    /// Deletes everything that was ever made, or half made, for a request.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn discard(&self, request: &RequestId) -> Result<(), StorageError> {
        self.discard_others(request, &[]).await
    }

    /// The same, but for the objects with these keys.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn discard_others(
        &self,
        request: &RequestId,
        kept: &[&str],
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "discard a package";
        let prefix = prefix(request);
        loop {
            let list = self
                .client
                .list_multipart_uploads()
                .bucket(&self.bucket)
                .prefix(&prefix);
            let uploads = list.send().await.map_err(failed(OPERATION))?.uploads;
            for upload in uploads.iter().flatten() {
                let abort = self.client.abort_multipart_upload().bucket(&self.bucket);
                let abort = abort
                    .set_key(upload.key.clone())
                    .set_upload_id(upload.upload_id.clone());
                // An upload that is gone by now counts as aborted.
                let aborted =
                    abort
                        .send()
                        .await
                        .map(drop)
                        .or_else(|error| match error.as_service_error() {
                            Some(gone) if gone.is_no_such_upload() => Ok(()),
                            _ => Err(failed(OPERATION)(error)),
                        });
                aborted?;
            }
            let list = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(&prefix);
            let objects = list.send().await.map_err(failed(OPERATION))?.contents;
            let is_gone = |key: &Option<String>| {
                let key = key.as_deref();
                key.is_none_or(|key| !kept.contains(&key))
            };
            let objects: Vec<_> = objects
                .into_iter()
                .flatten()
                .filter(|object| is_gone(&object.key))
                .collect();
            for object in &objects {
                let delete = self
                    .client
                    .delete_object()
                    .bucket(&self.bucket)
                    .set_key(object.key.clone());
                delete.send().await.map_err(failed(OPERATION))?;
            }
            if uploads.is_none_or(|it| it.is_empty()) && objects.is_empty() {
                return Ok(());
            }
        }
    }
}

/// The lines of an object. Memory holds one of them, and what S3 sends at once.
#[derive(Debug)]
pub struct Lines {
    body: ByteStream,
    waiting: Vec<u8>,
    /// How much of what waits has no end of a line.
    searched: usize,
    is_over: bool,
}

impl Lines {
    /// The next line, without its end; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if the rest does not arrive.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, StorageError> {
        loop {
            let mut rest = self.waiting.iter().skip(self.searched);
            if let Some(end) = rest.position(|byte| *byte == b'\n') {
                let after = self.waiting.split_off(self.searched + end + 1);
                let mut line = std::mem::replace(&mut self.waiting, after);
                line.pop();
                self.searched = 0;
                return Ok(Some(line));
            }
            self.searched = self.waiting.len();
            if self.is_over {
                let last = std::mem::take(&mut self.waiting);
                self.searched = 0;
                return Ok(Some(last).filter(|last| !last.is_empty()));
            }
            match self.body.next().await {
                Some(bytes) => {
                    let bytes = bytes.map_err(|_| StorageError::unreadable(READ))?;
                    self.waiting.extend_from_slice(&bytes);
                }
                None => self.is_over = true,
            }
        }
    }
}

/// An object that is being written.
#[derive(Debug)]
pub struct Upload {
    exports: Exports,
    key: String,
    id: String,
    parts: Vec<CompletedPart>,
    waiting: Vec<u8>,
}

impl Upload {
    /// Adds bytes, which are in memory only until they make a part.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not accept a part.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PART {
            self.send_part().await
        } else {
            Ok(())
        }
    }

    /// Finishes the object: it exists from now on.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be there.
    pub async fn finish(mut self) -> Result<(), StorageError> {
        if !self.waiting.is_empty() || self.parts.is_empty() {
            self.send_part().await?;
        }
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(self.parts))
            .build();
        let complete = self
            .exports
            .client
            .complete_multipart_upload()
            .bucket(&self.exports.bucket);
        let complete = complete
            .key(self.key)
            .upload_id(self.id)
            .multipart_upload(parts);
        complete
            .send()
            .await
            .map(drop)
            .map_err(failed("finish a package"))
    }

    async fn send_part(&mut self) -> Result<(), StorageError> {
        let number = i32::try_from(self.parts.len() + 1).unwrap_or(i32::MAX);
        let body = std::mem::replace(&mut self.waiting, Vec::with_capacity(ROOM));
        let sent = self
            .exports
            .client
            .upload_part()
            .bucket(&self.exports.bucket)
            .key(&self.key)
            .upload_id(&self.id)
            .part_number(number)
            .body(ByteStream::from(body))
            .send()
            .await
            .map_err(failed("write a package"))?;
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .set_checksum_crc64_nvme(sent.checksum_crc64_nvme);
        self.parts.push(part.build());
        Ok(())
    }
}
