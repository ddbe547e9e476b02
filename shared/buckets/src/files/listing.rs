//! The objects of the bucket below a prefix, a page at a time.

use super::Files;
use crate::paging::next_page;
use aws_sdk_s3::types::Object;
use chrono::{DateTime, Utc};
use custodian_aws::{StorageError, failed};

/// A listing, and how far it was read.
#[derive(Debug)]
pub(super) struct Listing {
    prefix: String,
    /// Where the next page begins.
    token: Option<String>,
    is_over: bool,
}

impl Listing {
    /// Everything below a prefix; the whole bucket for an empty one.
    pub(super) fn of(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            token: None,
            is_over: false,
        }
    }

    pub(super) async fn next(
        &mut self,
        files: &Files,
    ) -> Result<Option<Vec<Listed>>, StorageError> {
        const OPERATION: &str = "list files";
        if self.is_over {
            return Ok(None);
        }
        let list = files
            .client
            .list_objects_v2()
            .bucket(&files.bucket)
            .prefix(&self.prefix);
        let page = list
            .set_continuation_token(self.token.clone())
            .send()
            .await
            .map_err(failed(OPERATION))?;
        self.token = next_page(OPERATION, page.is_truncated, page.next_continuation_token)?;
        self.is_over = self.token.is_none();
        page.contents
            .into_iter()
            .flatten()
            .map(Listed::of)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// An object in a listing. S3 always gives all these fields. If one is missing, nobody knows what
/// is there, and the caller must not continue as if nothing were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its key.
    pub(super) key: String,
    /// Its `ETag`, with its quotes.
    pub(super) etag: String,
    /// How many bytes it has.
    pub(super) size: u64,
    /// When it was put, in whole seconds.
    pub(super) put_at: DateTime<Utc>,
}

impl Listed {
    fn of(object: Object) -> Result<Self, StorageError> {
        let size = object.size.and_then(|size| u64::try_from(size).ok());
        let put_at = object
            .last_modified
            .and_then(|at| DateTime::from_timestamp(at.secs(), 0));
        match (object.key, object.e_tag, size, put_at) {
            (Some(key), Some(etag), Some(size), Some(put_at)) => Ok(Self {
                key,
                etag,
                size,
                put_at,
            }),
            _ => Err(StorageError::unreadable("list files")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Listed;
    use aws_sdk_s3::primitives::DateTime;
    use aws_sdk_s3::types::Object;

    #[test]
    fn an_object_of_which_something_is_not_told_is_an_error_and_not_an_empty_one() {
        let whole = || {
            Object::builder()
                .key("telephone/")
                .e_tag("\"e\"")
                .size(7)
                .last_modified(DateTime::from_secs(9))
        };
        let listed = Listed::of(whole().build()).unwrap();
        assert_eq!((listed.size, listed.put_at.timestamp()), (7, 9));
        for missing in [
            whole().set_key(None),
            whole().set_e_tag(None),
            whole().set_size(None),
            whole().size(-1),
            whole().set_last_modified(None),
        ] {
            let missing = missing.build();
            assert!(Listed::of(missing).is_err());
        }
    }
}
