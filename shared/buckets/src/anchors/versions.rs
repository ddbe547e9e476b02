//! Everything in the bucket, with everything that was ever there.

use crate::paging::next_page;
use aws_sdk_s3::operation::list_object_versions::builders::ListObjectVersionsFluentBuilder;
use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectVersion};
use custodian_aws::{StorageError, failed};
use std::collections::BTreeMap;

const OPERATION: &str = "list anchors";

/// What is stored under a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyVersions {
    /// The key.
    pub key: String,
    /// The version that was put first, and its size in bytes; `None` if there is none.
    pub oldest: Option<(String, i64)>,
    /// How many versions there are.
    pub versions: u64,
    /// How often it was marked as deleted.
    pub markers: u64,
}

/// Keys with all their versions, in pages.
#[derive(Debug)]
pub struct Versions {
    list: Option<ListObjectVersionsFluentBuilder>,
    /// The last key of a page; the next page may have more of it.
    open: Option<KeyVersions>,
}

impl Versions {
    pub(super) const fn of(list: ListObjectVersionsFluentBuilder) -> Self {
        Self {
            list: Some(list),
            open: None,
        }
    }

    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer, or does not say where the list goes on.
    pub async fn next(&mut self) -> Result<Option<Vec<KeyVersions>>, StorageError> {
        // Kept until the answer is there: a list that broke off must not look like one that ended.
        let Some(list) = &self.list else {
            return Ok(None);
        };
        let page = list.clone().send().await.map_err(failed(OPERATION))?;
        let next = next_page(OPERATION, page.is_truncated, page.next_key_marker)?;
        self.list = next.map(|key| {
            list.clone()
                .key_marker(key)
                .set_version_id_marker(page.next_version_id_marker)
        });
        let mut keys = BTreeMap::new();
        if let Some(open) = self.open.take() {
            keys.insert(open.key.clone(), open);
        }
        add(
            &mut keys,
            page.versions.into_iter().flatten(),
            page.delete_markers.into_iter().flatten(),
        )?;
        if self.list.is_some() {
            self.open = keys.pop_last().map(|(_, kept)| kept);
        }
        Ok(Some(keys.into_values().collect()))
    }
}

/// The latest version of each key comes first.
fn add(
    keys: &mut BTreeMap<String, KeyVersions>,
    versions: impl Iterator<Item = ObjectVersion>,
    markers: impl Iterator<Item = DeleteMarkerEntry>,
) -> Result<(), StorageError> {
    for marker in markers {
        at(keys, marker.key)?.markers += 1;
    }
    for version in versions {
        let kept = at(keys, version.key)?;
        kept.versions += 1;
        kept.oldest = version.version_id.zip(version.size);
    }
    Ok(())
}

fn at(
    keys: &mut BTreeMap<String, KeyVersions>,
    key: Option<String>,
) -> Result<&mut KeyVersions, StorageError> {
    let key = key.ok_or(StorageError::unreadable(OPERATION))?;
    Ok(keys.entry(key.clone()).or_insert_with(|| KeyVersions {
        key,
        ..KeyVersions::default()
    }))
}
