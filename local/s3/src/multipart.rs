//! Multipart uploads: an object in pieces, which does not exist until it is complete.

use super::{
    Store,
    body::{Announced, Received, Sink, receive},
    checksum::{Algorithm, answer_sum, stated},
    conditions::check_write,
    created::How,
    disk::random,
    listing::{page, spelled},
    objects::{check_metadata, refuse_unless_plain},
    parts::{algorithm_of, chosen, composite_sum, described, e_tag_of, kind_of},
    record::{Object, Part, Upload, answer_encryption, encryption, headers, signed, timestamp},
};
use s3s::{S3Error, S3Request, S3Result, dto, s3_error};
use std::{collections::BTreeMap, io};
use tokio::io::AsyncReadExt as _;

/// The most parts.
const MOST_PARTS: i32 = 10_000;
/// The size of one read while parts are joined.
const BUFFER: usize = 128 * 1024;

impl Store {
    pub(super) fn create_upload(
        &self,
        mut input: dto::CreateMultipartUploadInput,
    ) -> S3Result<dto::CreateMultipartUploadOutput> {
        refuse_unless_plain!(input);
        let (headers, encryption) = (headers!(input), encryption!(input));
        check_metadata(&headers)?;
        let full = input
            .checksum_type
            .map(|kind| kind.as_str() == dto::ChecksumType::FULL_OBJECT);
        let checksum = match input.checksum_algorithm {
            Some(name) => Some(chosen(Algorithm::named(name.as_str())?, full)?),
            None => None,
        };
        let upload = Upload {
            id: random().map_err(S3Error::internal_error)?,
            key: input.key.clone(),
            started: self.now(),
            checksum,
            headers,
            encryption,
            parts: BTreeMap::new(),
        };
        self.with(&input.bucket, |bucket| {
            self.disk
                .write_upload(&input.bucket, &upload)
                .map_err(S3Error::internal_error)?;
            bucket
                .uploads
                .insert((upload.key.clone(), upload.id.clone()), upload.clone());
            Ok(())
        })?;
        let mut output = dto::CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(upload.id),
            checksum_algorithm: algorithm_of(upload.checksum),
            checksum_type: kind_of(upload.checksum),
            ..Default::default()
        };
        answer_encryption!(output, &upload.encryption);
        Ok(output)
    }

    pub(super) async fn upload_part(
        &self,
        mut request: S3Request<dto::UploadPartInput>,
    ) -> S3Result<dto::UploadPartOutput> {
        let trailer = Announced::trailer(&request.headers)?;
        let trailers = request.trailing_headers.take();
        let mut input = request.input;
        if input.sse_customer_algorithm.is_some() {
            return Err(s3_error!(NotImplemented, "Customer keys are not there."));
        }
        if !(1..=MOST_PARTS).contains(&input.part_number) {
            return Err(s3_error!(
                InvalidArgument,
                "Part number must be an integer between 1 and 10000, inclusive"
            ));
        }
        let entry = (input.key, input.upload_id);
        let upload = self.with(&input.bucket, |bucket| bucket.upload(&entry).cloned())?;
        let sum = stated!(input);
        let given = sum.as_ref().map(|(algorithm, _)| *algorithm).or(trailer);
        let chosen = upload.checksum.map(|(algorithm, _)| algorithm);
        if let (Some(given), Some(chosen)) = (given, chosen)
            && given != chosen
        {
            return Err(s3_error!(
                InvalidRequest,
                "The part's checksum is not of the kind that the upload has."
            ));
        }
        let (length, md5) = (input.content_length, input.content_md5.take());
        let announced = Announced {
            length,
            md5,
            sum,
            trailer,
            trailers,
            otherwise: chosen,
        };
        let received = receive(&self.disk.tmp(), input.body.take(), announced).await?;
        let (e_tag, size, sum) = (received.e_tag(), received.size, received.sum);
        self.with(&input.bucket, |bucket| {
            // It may have been aborted, or completed, while the part was arriving.
            let upload = bucket.upload_mut(&entry)?;
            let data = self
                .disk
                .adopt(&input.bucket, received.file)
                .map_err(S3Error::internal_error)?;
            let part = Part {
                data,
                size,
                e_tag: e_tag.clone(),
                modified: self.now(),
                sum: sum.clone(),
            };
            let former = upload.parts.insert(input.part_number, part);
            self.disk
                .write_upload(&input.bucket, upload)
                .map_err(S3Error::internal_error)?;
            former
                .map_or(Ok(()), |former| {
                    self.disk.discard(&input.bucket, &former.data)
                })
                .map_err(S3Error::internal_error)
        })?;
        let mut output = dto::UploadPartOutput {
            e_tag: Some(dto::ETag::Strong(e_tag)),
            ..Default::default()
        };
        if given.is_some() || chosen.is_some() {
            answer_sum!(output, &sum);
        }
        answer_encryption!(output, &upload.encryption);
        Ok(output)
    }

    pub(super) async fn complete_upload(
        &self,
        input: dto::CompleteMultipartUploadInput,
    ) -> S3Result<dto::CompleteMultipartUploadOutput> {
        let entry = (input.key.clone(), input.upload_id.clone());
        let upload = self.with(&input.bucket, |bucket| bucket.upload(&entry).cloned())?;
        let listed = input
            .multipart_upload
            .as_ref()
            .and_then(|it| it.parts.as_deref())
            .unwrap_or_default();
        let parts = upload.check(listed)?;
        let size: u64 = parts.iter().map(|part| part.size).sum();
        if input
            .mpu_object_size
            .is_some_and(|announced| announced != signed(size))
        {
            return Err(s3_error!(
                InvalidRequest,
                "The object's size is not the one that was announced."
            ));
        }
        let (algorithm, composite) = upload.checksum.unwrap_or((Algorithm::Crc64nvme, false));
        let joined = self.join(&input.bucket, &parts, algorithm).await?;
        let sum = if composite {
            composite_sum(algorithm, &parts)?
        } else {
            joined.sum
        };
        if stated!(input).is_some_and(|(named, value)| named == algorithm && value != sum.value) {
            return Err(s3_error!(
                BadDigest,
                "The checksum you specified did not match the calculated checksum."
            ));
        }
        let e_tag = e_tag_of(&parts)?;
        let object = self.with(&input.bucket, |bucket| {
            let upload = bucket.upload(&entry)?.clone();
            check_write(
                bucket.objects.get(&upload.key),
                input.if_match.as_ref(),
                input.if_none_match.as_ref(),
            )?;
            let object = Object {
                key: upload.key.clone(),
                data: self
                    .disk
                    .adopt(&input.bucket, joined.file)
                    .map_err(S3Error::internal_error)?,
                size,
                e_tag,
                modified: self.now(),
                sum,
                headers: upload.headers.clone(),
                encryption: upload.encryption.clone(),
                version: None,
                lock: None,
            };
            let object =
                self.install(&input.bucket, bucket, object, How::CompleteMultipartUpload)?;
            bucket.uploads.remove(&entry);
            self.disk
                .remove_upload(&input.bucket, &upload)
                .map_err(S3Error::internal_error)?;
            Ok(object)
        })?;
        let mut output = dto::CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, spelled(&input.key, true))),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(object.tag()),
            checksum_type: Some(object.sum.kind()),
            version_id: object.version.clone(),
            ..Default::default()
        };
        answer_sum!(output, &object.sum);
        answer_encryption!(output, &object.encryption);
        Ok(output)
    }

    pub(super) fn abort_upload(&self, input: dto::AbortMultipartUploadInput) -> S3Result<()> {
        let entry = (input.key, input.upload_id);
        self.with(&input.bucket, |bucket| {
            self.disk
                .remove_upload(&input.bucket, bucket.upload(&entry)?)
                .map_err(S3Error::internal_error)?;
            bucket.uploads.remove(&entry);
            Ok(())
        })
    }

    pub(super) fn list_parts(&self, input: dto::ListPartsInput) -> S3Result<dto::ListPartsOutput> {
        let max_parts = page(input.max_parts)?;
        let limit = usize::try_from(max_parts).unwrap_or_default();
        let after = input.part_number_marker.unwrap_or_default();
        let entry = (input.key, input.upload_id);
        let upload = self.with(&input.bucket, |bucket| bucket.upload(&entry).cloned())?;
        let mut parts: Vec<_> = upload
            .parts
            .iter()
            .filter(|(number, _)| **number > after)
            .take(limit + 1)
            .map(described)
            .collect();
        let truncated = limit > 0 && parts.len() > limit;
        parts.truncate(limit);
        Ok(dto::ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(entry.0),
            upload_id: Some(entry.1),
            part_number_marker: Some(after),
            next_part_number_marker: parts.last().and_then(|part| part.part_number),
            max_parts: Some(max_parts),
            is_truncated: Some(truncated),
            checksum_algorithm: algorithm_of(upload.checksum),
            checksum_type: kind_of(upload.checksum),
            storage_class: Some(dto::StorageClass::from_static(dto::StorageClass::STANDARD)),
            parts: Some(parts),
            ..Default::default()
        })
    }

    pub(super) fn list_uploads(
        &self,
        input: dto::ListMultipartUploadsInput,
    ) -> S3Result<dto::ListMultipartUploadsOutput> {
        if input
            .delimiter
            .as_ref()
            .is_some_and(|delimiter| !delimiter.is_empty())
        {
            return Err(s3_error!(
                NotImplemented,
                "Uploads are not listed by delimiter."
            ));
        }
        let max_uploads = page(input.max_uploads)?;
        let limit = usize::try_from(max_uploads).unwrap_or_default();
        let url = input.encoding_type.is_some();
        let prefix = input.prefix.clone().unwrap_or_default();
        let (key_marker, id_marker) = (input.key_marker.clone(), input.upload_id_marker.clone());
        // Without an upload's id, all uploads of the marker's key are done.
        let behind = |(key, id): &(String, String)| match (&key_marker, &id_marker) {
            (Some(after), Some(after_id)) => (key, id) <= (after, after_id),
            (Some(after), None) => key <= after,
            (None, _) => false,
        };
        let mut found: Vec<Upload> = self.with(&input.bucket, |bucket| {
            let here = bucket
                .uploads
                .iter()
                .filter(|(entry, _)| entry.0.starts_with(&prefix) && !behind(entry));
            Ok(here
                .take(limit + 1)
                .map(|(_, upload)| upload.clone())
                .collect())
        })?;
        let truncated = limit > 0 && found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| truncated);
        Ok(dto::ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: Some(spelled(&prefix, url)),
            next_key_marker: last.map(|upload| spelled(&upload.key, url)),
            next_upload_id_marker: last.map(|upload| upload.id.clone()),
            key_marker: input.key_marker.map(|key| spelled(&key, url)),
            upload_id_marker: input.upload_id_marker,
            max_uploads: Some(max_uploads),
            is_truncated: Some(truncated),
            encoding_type: input.encoding_type,
            uploads: Some(found.into_iter().map(|upload| open(upload, url)).collect()),
            ..Default::default()
        })
    }

    /// Writes the bytes of `parts` into one file.
    async fn join(
        &self,
        bucket: &str,
        parts: &[&Part],
        algorithm: Algorithm,
    ) -> S3Result<Received> {
        let joined = async {
            let mut sink = Sink::create(&self.disk.tmp(), algorithm)?;
            let mut buffer = vec![0; BUFFER];
            for part in parts {
                let mut file = tokio::fs::File::open(self.disk.data(bucket, &part.data)).await?;
                loop {
                    let read = file.read(&mut buffer).await?;
                    if read == 0 {
                        break;
                    }
                    sink.write(buffer.get(..read).unwrap_or_default()).await?;
                }
            }
            sink.finish().await
        };
        joined.await.map_err(|error| match error.kind() {
            // Aborted meanwhile.
            io::ErrorKind::NotFound => s3_error!(NoSuchUpload),
            _ => S3Error::internal_error(error),
        })
    }
}

/// An upload in a list.
fn open(upload: Upload, url: bool) -> dto::MultipartUpload {
    dto::MultipartUpload {
        key: Some(spelled(&upload.key, url)),
        upload_id: Some(upload.id),
        initiated: Some(timestamp(upload.started)),
        checksum_algorithm: algorithm_of(upload.checksum),
        checksum_type: kind_of(upload.checksum),
        storage_class: Some(dto::StorageClass::from_static(dto::StorageClass::STANDARD)),
        ..Default::default()
    }
}
