//! A whole table, item by item as it is stored: for a restore, which takes over items without
//! reading them.

use super::deletion_candidate::part;
use super::retention_view::retention_view;
use super::{RECTIFICATION, Records, RetentionView, record};
use crate::keys::Key;
use crate::retention::retention;
use crate::{Item, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Record;
use custodian_domain::record::rectification::Rectification;
use custodian_dynamo::Pages;

/// An item as it is stored in the table.
#[derive(Clone)]
pub struct StoredItem(Item);

impl StoredItem {
    /// Its key; `None` if that cannot be read.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        Key::of(&self.0)
    }

    /// The same, with its hold and restriction only; `None` if it cannot be read.
    #[must_use]
    pub fn retention_view(&self) -> Option<RetentionView> {
        retention_view(&self.0)
    }

    /// The item as a record; `None` if it cannot be read as one.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        record(self.0.clone())
    }

    /// Whether this is a later version of the other.
    #[must_use]
    pub fn is_later_than(&self, other: &Self) -> bool {
        let due = |it: &Self| retention(&it.0).map(|it| it.due().epoch());
        let rectified = |it: &Self| {
            let rectification: Option<Rectification> = part(&it.0, RECTIFICATION);
            rectification.and_then(|it| it.last())
        };
        match (text(&self.0, "revision"), text(&other.0, "revision")) {
            (None, None) => (rectified(self), due(self)) > (rectified(other), due(other)),
            (this, that) => (this, rectified(self)) > (that, rectified(other)),
        }
    }
}

impl std::fmt::Debug for StoredItem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("StoredItem(..)")
    }
}

impl Records {
    /// Every item in the table, over or not.
    #[must_use]
    pub fn whole(&self) -> Pages<StoredItem> {
        let read = |item| Some(StoredItem(item));
        self.0.scan("read a whole table", None, read)
    }

    /// The items with these keys that exist and are not over.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn stored(
        &self,
        operation: &'static str,
        keys: Vec<Key>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredItem>, StorageError> {
        Ok(self
            .0
            .get_all(operation, keys, now)
            .await?
            .into_iter()
            .map(StoredItem)
            .collect())
    }

    /// Puts an item as it was in another table.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read, or unless it is certain to be there.
    pub async fn put_stored(
        &self,
        operation: &'static str,
        item: StoredItem,
    ) -> Result<(), StorageError> {
        let key = item
            .key()
            .ok_or_else(|| StorageError::unreadable(operation))?;
        self.0.put(operation, key, item.0).await
    }
}
