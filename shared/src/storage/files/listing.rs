//! The objects of the bucket below a prefix, a page at a time.

use super::Files;
use crate::storage::{StorageError, failed};
use aws_sdk_s3::types::Object;
use chrono::{DateTime, Utc};

/// A listing, and how far it was read.
#[derive(Debug)]
pub(super) struct Listing {
    prefix: String,
    /// Where the next page begins.
    token: Option<String>,
    is_over: bool,
}

impl Listing {
    /// Everything below a prefix; everything of the bucket below the empty one.
    pub(super) fn of(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), token: None, is_over: false }
    }

    pub(super) async fn next(&mut self, files: &Files) -> Result<Option<Vec<Object>>, StorageError> {
        if self.is_over {
            return Ok(None);
        }
        let list = files.client.list_objects_v2().bucket(&files.bucket).prefix(&self.prefix);
        let page = list.set_continuation_token(self.token.take()).send().await.map_err(failed("list files"))?;
        (self.is_over, self.token) = (page.next_continuation_token.is_none(), page.next_continuation_token);
        Ok(Some(page.contents.unwrap_or_default()))
    }
}

/// When an object was put, in whole seconds.
pub(super) fn put_at(object: &Object) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(object.last_modified()?.secs(), 0)
}

/// How many bytes an object has.
pub(super) fn size(object: &Object) -> u64 {
    object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default()
}
