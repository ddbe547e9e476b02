//! Lists of buckets and objects, in pages.

use super::{
    Store,
    record::{Bucket, Object, signed, timestamp},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use s3s::{S3Result, dto, s3_error};
use std::ops::Bound;

/// The most entries in one page.
const PAGE: i32 = 1000;

/// One entry of a list: an object, or a common prefix in place of many.
#[derive(Clone, Copy)]
enum Entry<'a> {
    Object(&'a Object),
    Prefix(&'a str),
}

impl Store {
    pub(super) fn list_buckets(&self) -> dto::ListBucketsOutput {
        let buckets = self.buckets();
        let list = buckets.iter().map(|(name, bucket)| dto::Bucket {
            name: Some(name.clone()),
            creation_date: Some(timestamp(bucket.settings.created)),
            bucket_region: None,
        });
        dto::ListBucketsOutput {
            buckets: Some(list.collect()),
            ..Default::default()
        }
    }

    pub(super) fn list_objects(
        &self,
        input: dto::ListObjectsV2Input,
    ) -> S3Result<dto::ListObjectsV2Output> {
        let max_keys = page(input.max_keys)?;
        let limit = usize::try_from(max_keys).unwrap_or_default();
        let after = match &input.continuation_token {
            Some(token) => Some(decode_token(token)?),
            None => input.start_after.clone(),
        };
        let url = input.encoding_type.is_some();
        let prefix = input.prefix.clone().unwrap_or_default();
        let delimiter = input
            .delimiter
            .clone()
            .filter(|delimiter| !delimiter.is_empty());
        self.with(&input.bucket, |bucket| {
            let mut entries =
                bucket.entries(&prefix, delimiter.as_deref(), after.as_deref(), limit + 1);
            let truncated = limit > 0 && entries.len() > limit;
            entries.truncate(limit);
            let next = entries
                .last()
                .filter(|_| truncated)
                .map(|entry| match entry {
                    Entry::Object(object) => encode_token(&object.key),
                    Entry::Prefix(prefix) => encode_token(prefix),
                });
            let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
            for entry in &entries {
                match entry {
                    Entry::Object(object) => contents.push(listed(object, url)),
                    Entry::Prefix(prefix) => {
                        common_prefixes.push(dto::CommonPrefix {
                            prefix: Some(spelled(prefix, url)),
                        });
                    }
                }
            }
            Ok(dto::ListObjectsV2Output {
                name: Some(input.bucket.clone()),
                prefix: Some(spelled(&prefix, url)),
                delimiter: delimiter.as_ref().map(|delimiter| spelled(delimiter, url)),
                start_after: input.start_after.as_ref().map(|start| spelled(start, url)),
                encoding_type: input.encoding_type,
                continuation_token: input.continuation_token,
                next_continuation_token: next,
                is_truncated: Some(truncated),
                max_keys: Some(max_keys),
                key_count: i32::try_from(entries.len()).ok(),
                contents: (!contents.is_empty()).then_some(contents),
                common_prefixes: (!common_prefixes.is_empty()).then_some(common_prefixes),
                request_charged: None,
            })
        })
    }
}

impl Bucket {
    /// At most `limit` entries under `prefix` that come after `after`, a key or a common prefix.
    fn entries<'a>(
        &'a self,
        prefix: &str,
        delimiter: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<Entry<'a>> {
        let group = |key: &'a str| {
            let delimiter = delimiter?;
            let at = key.get(prefix.len()..)?.find(delimiter)?;
            key.get(..prefix.len() + at + delimiter.len())
        };
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for (key, object) in self.objects.range::<str, _>((start, Bound::Unbounded)) {
            if !key.starts_with(prefix) || entries.len() == limit {
                break;
            }
            match group(key) {
                // The page before ended with this prefix.
                Some(group) if Some(group) == after => {}
                Some(group) if matches!(entries.last(), Some(Entry::Prefix(last)) if *last == group) =>
                    {}
                Some(group) => entries.push(Entry::Prefix(group)),
                None => entries.push(Entry::Object(object)),
            }
        }
        entries
    }
}

fn listed(object: &Object, url: bool) -> dto::Object {
    dto::Object {
        key: Some(spelled(&object.key, url)),
        e_tag: Some(object.tag()),
        last_modified: Some(timestamp(object.modified)),
        size: Some(signed(object.size)),
        storage_class: Some(dto::ObjectStorageClass::from_static(
            dto::ObjectStorageClass::STANDARD,
        )),
        checksum_algorithm: Some(vec![dto::ChecksumAlgorithm::from_static(
            object.sum.algorithm.name(),
        )]),
        checksum_type: Some(object.sum.kind()),
        ..Default::default()
    }
}

/// The size of the page that a request wants.
pub(super) fn page(asked: Option<i32>) -> S3Result<i32> {
    match asked {
        Some(asked) if asked < 0 => Err(s3_error!(
            InvalidArgument,
            "The size of a page can't be negative."
        )),
        asked => Ok(asked.unwrap_or(PAGE).min(PAGE)),
    }
}

/// A key as in `encoding-type=url` and S3's events: a slash stays, a space is a plus.
#[must_use]
pub fn spelled(key: &str, url: bool) -> String {
    if !url {
        return key.to_owned();
    }
    let segments: Vec<String> = key
        .split('/')
        .map(|segment| form_urlencoded::byte_serialize(segment.as_bytes()).collect())
        .collect();
    segments.join("/")
}

fn encode_token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

fn decode_token(token: &str) -> S3Result<String> {
    let last = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    last.ok_or_else(|| {
        s3_error!(
            InvalidArgument,
            "The continuation token provided is incorrect"
        )
    })
}
