//! Objects: put, get, head, delete and copy.

use super::{
    Store,
    body::{Announced, Outgoing, Received, receive},
    checksum::{Algorithm, answer_sum, stated},
    conditions::{Reading, check_write},
    created::How,
    record::{
        Encryption, Headers, Object, answer_encryption, encryption, headers, signed, timestamp,
    },
    versions::{Gone, NO_VERSION},
};
use s3s::{
    S3Error, S3Request, S3Result,
    dto::{
        CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
        DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition,
        Error, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
        MetadataDirective, ObjectIdentifier, PutObjectInput, PutObjectOutput, StreamingBlob,
    },
    s3_error,
};

/// The most metadata that S3 stores of an object, in bytes.
const MOST_METADATA: usize = 2048;

/// What is stored about an object beside its bytes, and how it was created.
struct About {
    how: How,
    headers: Headers,
    encryption: Encryption,
}

impl Store {
    pub(super) async fn put_object(
        &self,
        mut request: S3Request<PutObjectInput>,
    ) -> S3Result<PutObjectOutput> {
        let trailer = Announced::trailer(&request.headers)?;
        let trailers = request.trailing_headers.take();
        let mut input = request.input;
        refuse_unless_plain!(input);
        if input.write_offset_bytes.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "Appending is for directory buckets."
            ));
        }
        let (headers, encryption) = (headers!(input), encryption!(input));
        check_metadata(&headers)?;
        // Before the body is read: a body of gigabytes for a missing bucket is not waited for.
        self.with(&input.bucket, |_| Ok(()))?;
        let announced = Announced {
            length: input.content_length,
            md5: input.content_md5.take(),
            sum: stated!(input),
            trailer,
            trailers,
            otherwise: input
                .checksum_algorithm
                .map(|name| Algorithm::named(name.as_str()))
                .transpose()?,
        };
        let received = receive(&self.disk.tmp(), input.body.take(), announced).await?;
        let conditions = (input.if_match.as_ref(), input.if_none_match.as_ref());
        let about = About {
            how: How::Put,
            headers,
            encryption,
        };
        let object = self.keep(&input.bucket, input.key, received, about, conditions)?;
        let mut output = PutObjectOutput {
            e_tag: Some(object.tag()),
            version_id: object.version.clone(),
            ..Default::default()
        };
        output.checksum_type = Some(object.sum.kind());
        answer_sum!(output, &object.sum);
        answer_encryption!(output, &object.encryption);
        Ok(output)
    }

    /// Makes an object from a body that has arrived whole.
    fn keep(
        &self,
        bucket_name: &str,
        key: String,
        received: Received,
        About {
            how,
            headers,
            encryption,
        }: About,
        (if_match, if_none_match): (Option<&ETagCondition>, Option<&ETagCondition>),
    ) -> S3Result<Object> {
        self.with(bucket_name, |bucket| {
            check_write(bucket.objects.get(&key), if_match, if_none_match)?;
            let object = Object {
                e_tag: received.e_tag(),
                size: received.size,
                sum: received.sum,
                data: self
                    .disk
                    .adopt(bucket_name, received.file)
                    .map_err(S3Error::internal_error)?,
                modified: self.now(),
                key,
                headers,
                encryption,
                version: None,
                lock: None,
            };
            self.install(bucket_name, bucket, object, how)
        })
    }

    pub(super) async fn get_object(&self, input: GetObjectInput) -> S3Result<GetObjectOutput> {
        if input.part_number.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "Parts can't be read by their numbers."
            ));
        }
        // Opened under the lock: an open file stays readable whatever happens to the object.
        let (object, file) = self.with(&input.bucket, |bucket| {
            let object = bucket.find(&input.key, input.version_id.as_deref())?;
            reading!(input).check(object)?;
            let file = std::fs::File::open(self.disk.data(&input.bucket, &object.data));
            Ok((object.clone(), file.map_err(S3Error::internal_error)?))
        })?;
        let range = input
            .range
            .map(|range| range.check(object.size))
            .transpose()?;
        let (first, length) = range.as_ref().map_or((0, object.size), |range| {
            (range.start, range.end - range.start)
        });
        let body = Outgoing::open(file, first, length)
            .await
            .map_err(S3Error::internal_error)?;
        let mut output = GetObjectOutput {
            body: Some(StreamingBlob::new(body)),
            ..Default::default()
        };
        describe!(output, object);
        output.content_length = Some(signed(length));
        output.content_range = range
            .as_ref()
            .map(|range| format!("bytes {}-{}/{}", range.start, range.end - 1, object.size));
        // A checksum covers the whole object, and so says nothing about a range.
        if input.checksum_mode.is_some() && range.is_none() {
            answer_sum!(output, &object.sum);
            output.checksum_type = Some(object.sum.kind());
        }
        Ok(output)
    }

    pub(super) fn head_object(&self, input: &HeadObjectInput) -> S3Result<HeadObjectOutput> {
        if input.part_number.is_some() || input.range.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "Only whole objects are described."
            ));
        }
        let object = self.with(&input.bucket, |bucket| {
            bucket
                .find(&input.key, input.version_id.as_deref())
                .cloned()
        })?;
        reading!(input).check(&object)?;
        let mut output = HeadObjectOutput {
            content_length: Some(signed(object.size)),
            ..Default::default()
        };
        if input.checksum_mode.is_some() {
            answer_sum!(output, &object.sum);
            output.checksum_type = Some(object.sum.kind());
        }
        describe!(output, object);
        Ok(output)
    }

    pub(super) fn delete_object(&self, input: &DeleteObjectInput) -> S3Result<DeleteObjectOutput> {
        let version = input.version_id.as_deref();
        let bypass = input.bypass_governance_retention.unwrap_or_default();
        let gone = self.remove(
            &input.bucket,
            &input.key,
            version,
            bypass,
            input.if_match.as_ref(),
        )?;
        Ok(DeleteObjectOutput {
            delete_marker: gone.marker.then_some(true),
            version_id: gone.version,
            request_charged: None,
        })
    }

    pub(super) fn delete_objects(
        &self,
        input: DeleteObjectsInput,
    ) -> S3Result<DeleteObjectsOutput> {
        if input.delete.objects.is_empty() || input.delete.objects.len() > 1000 {
            return Err(s3_error!(MalformedXML));
        }
        self.with(&input.bucket, |_| Ok(()))?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for ObjectIdentifier {
            key,
            version_id,
            e_tag,
            ..
        } in input.delete.objects
        {
            let condition = e_tag.map(ETagCondition::ETag);
            let bypass = input.bypass_governance_retention.unwrap_or_default();
            match self.remove(
                &input.bucket,
                &key,
                version_id.as_deref(),
                bypass,
                condition.as_ref(),
            ) {
                Ok(gone) => deleted.push(DeletedObject {
                    key: Some(key),
                    delete_marker: gone.marker.then_some(true),
                    delete_marker_version_id: gone.version.clone().filter(|_| gone.marker),
                    version_id,
                }),
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    message: error.message().map(str::to_owned),
                    key: Some(key),
                    ..Default::default()
                }),
            }
        }
        let quiet = input.delete.quiet.unwrap_or_default();
        Ok(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: (!errors.is_empty()).then_some(errors),
            request_charged: None,
        })
    }

    /// Removes an object; a missing one counts as removed.
    fn remove(
        &self,
        name: &str,
        key: &str,
        version: Option<&str>,
        bypass: bool,
        if_match: Option<&ETagCondition>,
    ) -> S3Result<Gone> {
        self.with(name, |bucket| {
            if if_match.is_some() {
                check_write(bucket.objects.get(key), if_match, None)?;
            }
            if bucket.settings.versions.is_some() {
                return match version {
                    Some(version) => self.remove_version(name, bucket, key, version, bypass),
                    None => self.add_marker(name, bucket, key),
                };
            }
            if version.is_some_and(|version| version != NO_VERSION) {
                return Err(s3_error!(NoSuchVersion));
            }
            let Some(object) = bucket.objects.get(key) else {
                return Ok(Gone::default());
            };
            self.disk
                .remove_object(name, object)
                .map_err(S3Error::internal_error)?;
            bucket.objects.remove(key);
            Ok(Gone::default())
        })
    }

    pub(super) async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<CopyObjectOutput> {
        if ["if-match", "if-none-match"]
            .iter()
            .any(|condition| request.headers.contains_key(*condition))
        {
            return Err(s3_error!(
                NotImplemented,
                "Only the source of a copy has conditions."
            ));
        }
        let mut input = request.input;
        refuse_unless_plain!(input);
        let CopySource::Bucket {
            bucket,
            key,
            version_id,
        } = &input.copy_source
        else {
            return Err(s3_error!(NotImplemented, "There are no access points."));
        };
        self.with(&input.bucket, |_| Ok(()))?;
        let (source, file) = self.with(bucket, |index| {
            let object = index.find(key, version_id.as_deref())?;
            let conditions = Reading {
                matching: input.copy_source_if_match.as_ref(),
                none_match: input.copy_source_if_none_match.as_ref(),
                modified_since: input.copy_source_if_modified_since.as_ref(),
                unmodified_since: input.copy_source_if_unmodified_since.as_ref(),
            };
            conditions.check_source(object)?;
            let file = std::fs::File::open(self.disk.data(bucket, &object.data));
            Ok((object.clone(), file.map_err(S3Error::internal_error)?))
        })?;
        let replace = input
            .metadata_directive
            .as_ref()
            .is_some_and(|it| it.as_str() == MetadataDirective::REPLACE);
        let itself = **bucket == input.bucket && **key == input.key;
        let asked = encryption!(input);
        if itself && !replace && asked.algorithm.is_none() {
            return Err(s3_error!(
                InvalidRequest,
                "A copy onto itself has to change something."
            ));
        }
        let headers = if replace {
            headers!(input)
        } else {
            source.headers
        };
        check_metadata(&headers)?;
        let otherwise = input
            .checksum_algorithm
            .take()
            .map(|name| Algorithm::named(name.as_str()))
            .transpose()?;
        let body = Outgoing::open(file, 0, source.size)
            .await
            .map_err(S3Error::internal_error)?;
        let announced = Announced {
            otherwise: otherwise.or(Some(source.sum.algorithm)),
            ..Announced::default()
        };
        let received = receive(&self.disk.tmp(), Some(StreamingBlob::new(body)), announced).await?;
        let about = About {
            how: How::Copy,
            headers,
            encryption: asked,
        };
        let object = self.keep(&input.bucket, input.key, received, about, (None, None))?;
        let mut result = CopyObjectResult {
            e_tag: Some(object.tag()),
            last_modified: Some(timestamp(object.modified)),
            checksum_type: Some(object.sum.kind()),
            ..Default::default()
        };
        answer_sum!(result, &object.sum);
        let version_id = object.version.clone();
        let mut output = CopyObjectOutput {
            copy_object_result: Some(result),
            version_id,
            ..Default::default()
        };
        answer_encryption!(output, &object.encryption);
        Ok(output)
    }
}

/// The conditions of a read request.
macro_rules! reading {
    ($input:expr) => {
        Reading {
            matching: $input.if_match.as_ref(),
            none_match: $input.if_none_match.as_ref(),
            modified_since: $input.if_modified_since.as_ref(),
            unmodified_since: $input.if_unmodified_since.as_ref(),
        }
    };
}
use reading;

/// Puts what is stored about an object into an answer.
macro_rules! describe {
    ($output:expr, $object:expr) => {{
        $output.accept_ranges = Some("bytes".to_owned());
        $output.e_tag = Some($object.tag());
        $output.last_modified = Some(timestamp($object.modified));
        answer_encryption!($output, &$object.encryption);
        $output.cache_control = $object.headers.cache_control;
        $output.content_disposition = $object.headers.content_disposition;
        $output.content_encoding = $object.headers.content_encoding;
        $output.content_language = $object.headers.content_language;
        $output.content_type = Some(
            $object
                .headers
                .content_type
                .unwrap_or_else(|| "binary/octet-stream".to_owned()),
        );
        $output.expires = $object.headers.expires;
        $output.metadata = Some($object.headers.metadata);
        $output.version_id = $object.version;
        $output.object_lock_mode = $object
            .lock
            .map(|lock| lock.mode.as_str().to_owned().into());
        $output.object_lock_retain_until_date = $object.lock.map(|lock| timestamp(lock.until));
    }};
}
use describe;

/// Refuses what would change the meaning of a write and is not implemented.
macro_rules! refuse_unless_plain {
    ($input:expr) => {
        if $input.sse_customer_algorithm.is_some()
            || $input.tagging.is_some()
            || $input.object_lock_mode.is_some()
            || $input.object_lock_legal_hold_status.is_some()
            || $input.website_redirect_location.is_some()
            || $input.grant_full_control.is_some()
            || $input.grant_read.is_some()
            || $input.grant_read_acp.is_some()
            || $input.grant_write_acp.is_some()
            || $input
                .acl
                .as_ref()
                .is_some_and(|acl| acl.as_str() != s3s::dto::ObjectCannedACL::PRIVATE)
        {
            return Err(s3s::s3_error!(
                NotImplemented,
                "Customer keys, tags, locks, redirects and ACLs are not there."
            ));
        }
    };
}
pub(super) use refuse_unless_plain;

pub(super) fn check_metadata(headers: &Headers) -> S3Result<()> {
    let size: usize = headers
        .metadata
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if size > MOST_METADATA {
        Err(s3_error!(MetadataTooLarge))
    } else {
        Ok(())
    }
}
