//! Who was erased and when, so that an import or a restore does not bring them back; and what a source has withdrawn.

use super::keys::{self, EXPIRES_AT, Key, PK, SK};
use super::standings::{Effects, distinct};
use super::table::Table;
use super::{Item, StorageError, failed, n, number, s, text};
use crate::domain::exclusion::Exclusion;
use crate::domain::record::{Details, Holder, RecordId};
use crate::domain::reference::Reference;
use crate::domain::retention::ExpiresAt;
use crate::domain::source::Source;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
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

/// That a holder was erased, or a record withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// When: what was collected up to then is suppressed.
    pub erased_at: DateTime<Utc>,
    /// What the erasure left, and so is not suppressed.
    pub except: Vec<Exclusion>,
}

impl Suppression {
    /// Whether it suppresses this record.
    #[must_use]
    pub fn covers(&self, source: Source, reference: &Reference, collected_at: DateTime<Utc>) -> bool {
        collected_at <= self.erased_at && !self.except.iter().any(|left| left.covers(source, reference, collected_at))
    }
}

/// What is suppressed, and since when.
#[derive(Debug, Default)]
pub struct Suppressed(HashMap<String, Suppression>);

impl Suppressed {
    /// What is suppressed of a holder.
    #[must_use]
    pub fn of(&self, holder: &Holder) -> Option<&Suppression> {
        self.0.get(&keys::suppression(holder).partition)
    }

    /// Whether the holder was erased after this was collected.
    #[must_use]
    pub fn covers(&self, holder: &Holder, details: &Details, collected_at: DateTime<Utc>) -> bool {
        let suppression = self.0.get(&keys::suppression(holder).partition);
        suppression.is_some_and(|it| it.covers(details.source, &details.reference, collected_at))
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

    /// Suppresses everything of a holder that was collected up to `erased_at`, but for what the erasure leaves: a part of
    /// the transaction that approves it. It does not hold where the holder was erased later than that.
    pub(super) fn entry(
        &self,
        holder: &Holder,
        erased_at: DateTime<Utc>,
        except: &[Exclusion],
    ) -> Result<TransactWriteItem, StorageError> {
        const OPERATION: &str = "suppress a holder";
        let mut entry = entry(keys::suppression(holder), erased_at);
        if !except.is_empty() {
            let except = serde_dynamo::to_attribute_value(except).map_err(|_| StorageError::unreadable(OPERATION))?;
            entry.insert(EXCEPT.to_owned(), except);
        }
        // Instants as UTC texts sort by time, whether or not they have fractions: `+` sorts before `.` and digits.
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(entry))
            .condition_expression("attribute_not_exists(pk) OR erased_at <= :erased_at")
            .expression_attribute_values(":erased_at", s(erased_at.to_rfc3339()))
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Counts the epoch up, in the same transaction. So whoever writes and then finds the epoch unchanged has written
    /// before whatever is deleted after this.
    pub(super) fn counted(&self) -> Result<TransactWriteItem, StorageError> {
        let epoch = keys::suppression_epoch();
        let count = Update::builder()
            .table_name(&self.0.name)
            .key(PK, s(epoch.partition))
            .key(SK, s(epoch.sort))
            .update_expression("ADD #count :one")
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":one", n(1))
            .build()
            .map_err(|_| StorageError::unreadable("count a suppression"))?;
        Ok(TransactWriteItem::builder().update(count).build())
    }

    /// Takes back that a holder was erased then: the erasure was stopped before anything went.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be taken back.
    pub async fn lift(&self, holder: &Holder, erased_at: DateTime<Utc>) -> Result<(), StorageError> {
        let key = keys::suppression(holder);
        let delete = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort))
            .condition_expression("erased_at = :erased_at")
            .expression_attribute_values(":erased_at", s(erased_at.to_rfc3339()));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed("take back a suppression")(error)),
        }
    }

    /// Remembers that a source has withdrawn a record, so that an older file does not bring it back.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be remembered.
    pub async fn withdraw(&self, source: Source, id: &RecordId, now: DateTime<Utc>) -> Result<(), StorageError> {
        let key = keys::withdrawal(source, id);
        self.0.put("remember a withdrawal", &key, entry(key.clone(), now)).await
    }

    /// That the holder was erased, if that still matters at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn of(&self, holder: &Holder, now: DateTime<Utc>) -> Result<Option<Suppression>, StorageError> {
        const OPERATION: &str = "look for a suppression";
        let Some(item) = self.0.get(OPERATION, &keys::suppression(holder), now).await? else { return Ok(None) };
        read(&item).map(Some).ok_or_else(|| StorageError::unreadable(OPERATION))
    }

    /// What of these is suppressed at `now`, and what stands for these holders.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn among(
        &self,
        holders: Vec<Holder>,
        records: impl IntoIterator<Item = (Source, RecordId)>,
        now: DateTime<Utc>,
    ) -> Result<(Suppressed, Effects), StorageError> {
        const OPERATION: &str = "look for suppressions";
        let of_holder = |holder: &Holder| [keys::suppression(holder), keys::standing_of(holder)];
        let of_record = |(source, id): (Source, RecordId)| keys::withdrawal(source, &id);
        let keys = distinct(holders.iter().flat_map(of_holder).chain(records.into_iter().map(of_record)));
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let standing = |item: &&Item| text(item, PK).is_some_and(|pk| pk.starts_with(keys::STANDING_OF));
        let (standings, suppressions): (Vec<&Item>, Vec<&Item>) = items.iter().partition(standing);
        let entry = |item: &Item| Some((text(item, PK)?.to_owned(), read(item)?));
        let entry = |item| entry(item).ok_or_else(|| StorageError::unreadable(OPERATION));
        let suppressed = suppressions.into_iter().map(entry).collect::<Result<_, _>>().map(Suppressed)?;
        Ok((suppressed, Effects::read(&holders, standings)))
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
const EXCEPT: &str = "except";

fn entry(key: Key, since: DateTime<Utc>) -> Item {
    let end = since.checked_add_months(MONTHS).unwrap_or(since);
    Item::from([
        (PK.to_owned(), s(key.partition)),
        (SK.to_owned(), s(key.sort)),
        ("erased_at".to_owned(), s(since.to_rfc3339())),
        (EXPIRES_AT.to_owned(), n(ExpiresAt::at(end).epoch())),
    ])
}

fn read(item: &Item) -> Option<Suppression> {
    let except = item.get(EXCEPT).cloned().map(serde_dynamo::from_attribute_value).transpose();
    Some(Suppression { erased_at: text(item, "erased_at")?.parse().ok()?, except: except.ok()?.unwrap_or_default() })
}
