//! Who was erased and when, so that an import or a restore does not bring them back; and what a source has withdrawn.

use super::keys::{self, EXPIRES_AT, Key, PK, SK};
use super::table::Table;
use super::{Item, StorageError, failed, n, number, s, text};
use crate::domain::record::{Holder, RecordId};
use crate::domain::retention::ExpiresAt;
use crate::domain::source::Source;
use aws_sdk_dynamodb::error::SdkError;
use chrono::{DateTime, Months, Utc};
use std::collections::HashMap;

/// How long an entry is needed: nothing older is taken in, and no backup reaches back further.
const MONTHS: Months = Months::new(36);

/// The suppression entries in the Register.
#[derive(Clone, Debug)]
pub struct Suppressions(pub(crate) Table);

/// How many suppressions there have been: unchanged means that none was added in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(i64);

/// What is suppressed, and since when.
#[derive(Debug, Default)]
pub struct Suppressed(HashMap<String, DateTime<Utc>>);

impl Suppressed {
    /// When the holder was last erased.
    #[must_use]
    pub fn erased_at(&self, holder: &Holder) -> Option<DateTime<Utc>> {
        self.0.get(&keys::suppression(holder).partition).copied()
    }

    /// Whether the source has withdrawn the record.
    #[must_use]
    pub fn is_withdrawn(&self, source: Source, id: &RecordId) -> bool {
        self.0.contains_key(&keys::withdrawal(source, id).partition)
    }
}

impl Suppressions {
    /// The entries in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Suppresses everything of a holder that was collected up to `erased_at`; a later erasure stands.
    ///
    /// The epoch is counted up last. So whoever writes and then finds the epoch unchanged has written before whatever
    /// is deleted after this.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be suppressed.
    pub async fn add(&self, holder: &Holder, erased_at: DateTime<Utc>) -> Result<(), StorageError> {
        const OPERATION: &str = "suppress a holder";
        // Instants as UTC texts sort by time, whether or not they have fractions: `+` sorts before `.` and digits.
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(entry(keys::suppression(holder), erased_at)))
            .condition_expression("attribute_not_exists(pk) OR erased_at < :erased_at")
            .expression_attribute_values(":erased_at", s(erased_at.to_rfc3339()));
        match put.send().await {
            Ok(_) => {}
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {}
            Err(error) => return Err(failed(OPERATION)(error)),
        }
        let epoch = keys::suppression_epoch();
        let count = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(epoch.partition))
            .key(SK, s(epoch.sort))
            .update_expression("ADD #count :one")
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":one", n(1));
        count.send().await.map(drop).map_err(failed("count a suppression"))
    }

    /// Remembers that a source has withdrawn a record, so that an older file does not bring it back.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be remembered.
    pub async fn withdraw(&self, source: Source, id: &RecordId, now: DateTime<Utc>) -> Result<(), StorageError> {
        let key = keys::withdrawal(source, id);
        self.0.put("remember a withdrawal", &key, entry(key.clone(), now)).await
    }

    /// When the holder was last erased, if that still matters at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn erased_at(&self, holder: &Holder, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StorageError> {
        const OPERATION: &str = "look for a suppression";
        let Some(item) = self.0.get(OPERATION, &keys::suppression(holder), now).await? else { return Ok(None) };
        since(&item).map(Some).ok_or_else(|| StorageError::unreadable(OPERATION))
    }

    /// What of these is suppressed at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn among(
        &self,
        holders: impl IntoIterator<Item = Holder>,
        records: impl IntoIterator<Item = (Source, RecordId)>,
        now: DateTime<Utc>,
    ) -> Result<Suppressed, StorageError> {
        const OPERATION: &str = "look for suppressions";
        let mut keys: Vec<Key> = holders.into_iter().map(|holder| keys::suppression(&holder)).collect();
        keys.extend(records.into_iter().map(|(source, id)| keys::withdrawal(source, &id)));
        keys.sort_by(|one, other| one.partition.cmp(&other.partition));
        keys.dedup();
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let read = |item: &Item| Some((text(item, PK)?.to_owned(), since(item)?));
        let read = |item| read(item).ok_or_else(|| StorageError::unreadable(OPERATION));
        items.iter().map(read).collect::<Result<_, _>>().map(Suppressed)
    }

    /// How many suppressions there have been.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn epoch(&self, now: DateTime<Utc>) -> Result<Epoch, StorageError> {
        let item = self.0.get("count suppressions", &keys::suppression_epoch(), now).await?;
        Ok(Epoch(item.and_then(|item| number(&item, COUNT)).unwrap_or_default()))
    }
}

const COUNT: &str = "count";

fn entry(key: Key, since: DateTime<Utc>) -> Item {
    let end = since.checked_add_months(MONTHS).unwrap_or(since);
    Item::from([
        (PK.to_owned(), s(key.partition)),
        (SK.to_owned(), s(key.sort)),
        ("erased_at".to_owned(), s(since.to_rfc3339())),
        (EXPIRES_AT.to_owned(), n(ExpiresAt::at(end).epoch())),
    ])
}

fn since(item: &Item) -> Option<DateTime<Utc>> {
    text(item, "erased_at")?.parse().ok()
}
