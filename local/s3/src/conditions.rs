//! If-Match and its siblings.

use super::record::{Object, timestamp};
use http::{HeaderMap, HeaderValue, header};
use s3s::{
    S3Result,
    dto::{ETagCondition, Timestamp},
    s3_error,
};

/// The conditions of a read.
pub(super) struct Reading<'a> {
    pub matching: Option<&'a ETagCondition>,
    pub none_match: Option<&'a ETagCondition>,
    pub modified_since: Option<&'a Timestamp>,
    pub unmodified_since: Option<&'a Timestamp>,
}

impl Reading<'_> {
    /// Whether `object` may be read; an entity tag counts before a date (RFC 9110, 13.2.2).
    pub fn check(&self, object: &Object) -> S3Result<()> {
        if self.stale(object) {
            return Err(s3_error!(PreconditionFailed));
        }
        if self.known(object) {
            let mut error = s3_error!(NotModified);
            let mut headers = HeaderMap::new();
            if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", object.e_tag)) {
                headers.insert(header::ETAG, tag);
            }
            error.set_headers(headers);
            return Err(error);
        }
        Ok(())
    }

    /// The same for the source of a copy: both answers are a failed condition.
    pub fn check_source(&self, object: &Object) -> S3Result<()> {
        if self.stale(object) || self.known(object) {
            Err(s3_error!(PreconditionFailed))
        } else {
            Ok(())
        }
    }

    fn stale(&self, object: &Object) -> bool {
        match (self.matching, self.unmodified_since) {
            (Some(condition), _) => !matches(condition, object),
            (None, Some(since)) => timestamp(object.modified) > *since,
            (None, None) => false,
        }
    }

    fn known(&self, object: &Object) -> bool {
        match (self.none_match, self.modified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(since)) => timestamp(object.modified) <= *since,
            (None, None) => false,
        }
    }
}

/// Whether a write may replace `existing`, or create a missing object.
pub(super) fn check_write(
    existing: Option<&Object>,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    match if_none_match {
        Some(ETagCondition::ETag(_)) => {
            return Err(s3_error!(
                NotImplemented,
                "A write's If-None-Match is * or absent."
            ));
        }
        Some(ETagCondition::Any) if existing.is_some() => {
            return Err(s3_error!(PreconditionFailed));
        }
        _ => {}
    }
    match (if_match, existing) {
        (Some(_), None) => Err(s3_error!(NoSuchKey)),
        (Some(condition), Some(object)) if !matches(condition, object) => {
            Err(s3_error!(PreconditionFailed))
        }
        _ => Ok(()),
    }
}

fn matches(condition: &ETagCondition, object: &Object) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(tag) => tag.value() == object.e_tag,
    }
}
