//! A whole table, item by item as it lies there: for a restore, which takes over what it does not
//! read.

use super::standing::shelved;
use super::{Records, RetentionView, record};
use crate::keys::Key;
use crate::table::retention;
use crate::{Item, text};
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use chrono::{DateTime, Utc};
use custodian_aws::{StorageError, failed};
use custodian_domain::record::Record;

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
        record(&self.0)
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

/// A whole table, a page at a time.
#[derive(Debug)]
pub struct Whole(Option<ScanFluentBuilder>);

impl Whole {
    /// The next page; nothing behind the last.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read; the same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<StoredItem>>, StorageError> {
        // Kept until it is answered: a table that broke off must not look like one that ended.
        let Some(scan) = &self.0 else { return Ok(None) };
        let page = scan
            .clone()
            .send()
            .await
            .map_err(failed("read a whole table"))?;
        self.0 = page
            .last_evaluated_key
            .map(|key| scan.clone().set_exclusive_start_key(Some(key)));
        Ok(Some(
            page.items
                .unwrap_or_default()
                .into_iter()
                .map(StoredItem)
                .collect(),
        ))
    }
}

impl Records {
    /// Everything that lies in the table, whatever its time.
    #[must_use]
    pub fn whole(&self) -> Whole {
        Whole(Some(
            self.0
                .client
                .scan()
                .table_name(&self.0.name)
                .consistent_read(true),
        ))
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
        self.0.put(operation, &key, item.0).await
    }
}
