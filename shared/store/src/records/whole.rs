//! A whole table, item by item as it lies there: for a restore, which takes over what it does not
//! read.

use super::standing::shelved;
use super::{Records, RetentionView, record};
use crate::keys::Key;
use crate::retention::retention;
use crate::{Item, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Record;
use custodian_dynamo::Pages;

/// An item as it lies in the table.
#[derive(Clone)]
pub struct StoredItem(Item);

impl StoredItem {
    /// Where it lies; nothing if that cannot be read.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        Key::of(&self.0)
    }

    /// The same, as far as it says what stands for it; nothing if it cannot be read.
    #[must_use]
    pub fn shelved(&self) -> Option<RetentionView> {
        shelved(&self.0)
    }

    /// The record that it is; nothing if it cannot be read as one.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        record(self.0.clone())
    }

    /// Whether this is a later word on the same than the other.
    #[must_use]
    pub fn is_later_than(&self, other: &Self) -> bool {
        let due = |it: &Self| retention(&it.0).map(|it| it.due().epoch());
        match (text(&self.0, "revision"), text(&other.0, "revision")) {
            (None, None) => due(self) > due(other),
            (this, other) => this > other,
        }
    }
}

impl std::fmt::Debug for StoredItem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("StoredItem(..)")
    }
}

impl Records {
    /// Everything that lies in the table, whatever its time.
    #[must_use]
    pub fn whole(&self) -> Pages<StoredItem> {
        let read = |item| Some(StoredItem(item));
        self.0.scan("read a whole table", None, read)
    }

    /// Those of these keys that are there and not over.
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

    /// Puts an item as it lay in another table.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read, or is not known to be there.
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
