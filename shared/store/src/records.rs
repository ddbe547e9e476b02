//! The table of records: what people told, and the links that lead to it.

mod deletion_candidate;
mod gone;
mod outline;
mod standing;
mod whole;
mod witness;

use crate::keys::{
    self, BY_DAY, CLOCK, CLOCK_ENDS, DAY, EXPIRES_AT, Key, PK, RETENTION_DUE_AT, SK,
};
use crate::ledger::Ledger;
use crate::table::{Pages, Table, retention};
use crate::{Item, n, s, text};
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Months, NaiveDate, Utc};
use custodian_aws::{StorageError, applied, failed};
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::ledger::Cause;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::{Holder, Record, RecordBody};
use custodian_domain::retention::{ExpiresAt, Retention};

pub use deletion_candidate::{DeletionCandidate, NEEDED, deletion_candidate};
pub use outline::Outline;
pub use standing::{HoldChange, RetentionView};
pub use whole::{StoredItem, Whole};
pub use witness::Witness;

/// TTL may be late: what is over lies there and is nothing.
const WHERE_NOTHING_IS: &str = "attribute_not_exists(pk) OR expires_at <= :now";

/// The table of records.
#[derive(Clone, Debug)]
pub struct Records(pub(crate) Table);

/// What became of a record that was to be kept.
#[derive(Debug)]
pub enum Kept {
    /// It is new.
    New,
    /// The same was kept before; this is the first.
    Before(Box<RecordBody>),
    /// Something else was kept before under the same id.
    Other,
    /// Another anonymous answer was kept before under the same reference.
    Another,
}

/// A link: whoever has the one key may be the subject with the other.
#[derive(Clone, Debug)]
pub struct Link {
    /// The subject that it leads to.
    pub to: SubjectKey,
    /// Until when it is kept.
    pub retention: Option<Retention>,
}

/// A link that was just written, and what lay there before.
#[derive(Debug)]
pub struct Written {
    key: Key,
    until: ExpiresAt,
    before: Option<Item>,
}

/// A record that lies in the table, with what its deletion needs.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// The record.
    pub record: Record,
    /// The same, as something that is to go.
    pub candidate: DeletionCandidate,
}

impl Records {
    /// The records in the table called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Keeps a record with one conditional put: the same thing twice is the same item.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be kept.
    pub async fn keep(&self, record: &Record, now: DateTime<Utc>) -> Result<Kept, StorageError> {
        const OPERATION: &str = "keep a record";
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item(OPERATION, record)?))
            .condition_expression(WHERE_NOTHING_IS)
            .expression_attribute_values(":now", n(now.timestamp()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else {
            return Ok(Kept::New);
        };
        let before = error.as_service_error().and_then(|service| match service {
            aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(check) => check.item(),
            _ => None,
        });
        let Some(before) = before else {
            return Err(failed(OPERATION)(error));
        };
        let details: RecordBody = serde_dynamo::from_item(before.clone())
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        Ok(if details.submission != record.details.submission {
            Kept::Another
        } else if details.fingerprint == record.details.fingerprint {
            Kept::Before(Box::new(details))
        } else {
            Kept::Other
        })
    }

    /// Keeps new records in parallel batches; no two may be the same.
    ///
    /// # Errors
    /// [`StorageError`] if not all are known to be kept.
    pub async fn keep_all(&self, records: &[&Record]) -> Result<(), StorageError> {
        self.0.put_all("keep records", records, item).await
    }

    /// Puts a record where nothing live lies, or instead of this revision of it; gives whether that
    /// held.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn put_instead(
        &self,
        record: &Record,
        revision: Option<&Revision>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "put a record";
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item(OPERATION, record)?));
        let put = match revision {
            Some(revision) => put
                .condition_expression("revision = :revision")
                .expression_attribute_values(":revision", s(revision.as_str())),
            None => put
                .condition_expression(WHERE_NOTHING_IS)
                .expression_attribute_values(":now", n(now.timestamp())),
        };
        Ok(applied(OPERATION, put.send().await)?.is_some())
    }

    /// The live records with these keys, in no order.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn lying(
        &self,
        mut keys: Vec<Key>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredRecord>, StorageError> {
        const OPERATION: &str = "look for records";
        keys.sort();
        keys.dedup();
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let read = |item: &Item| {
            Some(StoredRecord {
                record: record(item)?,
                candidate: deletion_candidate(item)?,
            })
        };
        items
            .iter()
            .map(|item| read(item).ok_or(StorageError::unreadable(OPERATION)))
            .collect()
    }

    /// Where a record lies that was collected on a day, whoever holds it; the index follows the
    /// table within moments.
    ///
    /// # Errors
    /// [`StorageError`] if the index cannot be read.
    pub async fn placed(&self, day: NaiveDate, sort: &str) -> Result<Vec<Key>, StorageError> {
        self.0
            .placed(
                "look for a record by its day",
                BY_DAY,
                &keys::day(day, sort),
                sort,
                Key::of,
            )
            .await
    }

    /// Links a further key to a subject, until then at least: a link lasts as long as the last
    /// record that it serves. Gives what was written, or nothing where a link lasts as long
    /// already.
    ///
    /// Who cannot read what stands for the person lengthens a held link as one that is not; the
    /// sweep holds it again.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be linked.
    pub async fn link(
        &self,
        from: &SubjectKey,
        to: &SubjectKey,
        day: NaiveDate,
        retention: impl Into<Retention>,
    ) -> Result<Option<Written>, StorageError> {
        let (key, retention) = (keys::link(from, to), retention.into());
        let (until, end) = (
            retention.due(),
            if retention.is_held() {
                RETENTION_DUE_AT
            } else {
                EXPIRES_AT
            },
        );
        let item = Item::from([
            (DAY.to_owned(), s(keys::day(day, &key.sort))),
            (end.to_owned(), n(until.epoch())),
        ]);
        let condition = match retention {
            Retention::Until(_) => {
                "attribute_not_exists(pk) OR expires_at < :until OR retention_due_at < :until"
            }
            Retention::Held(_) => {
                "attribute_not_exists(pk) OR expires_at <= :until OR retention_due_at < :until"
            }
        };
        let written = self
            .put_link("link an identifier", &key, item, condition, until)
            .await?;
        Ok(written.map(|before| Written { key, until, before }))
    }

    /// Takes back a link whose record was not kept after all: what lay there lies there again, and
    /// where nothing did the link is over at `until`. If that is now it is over at once, for every
    /// reader, and TTL removes it.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be taken back.
    pub async fn take_back(&self, written: Written, until: ExpiresAt) -> Result<(), StorageError> {
        let over = || {
            // The day that the sweep looks at then, should TTL be late.
            let months = Months::new(Source::WebForm.retention_months());
            let day = until
                .instant()
                .date_naive()
                .checked_sub_months(months)
                .unwrap_or_default();
            let day = keys::day(day, &written.key.sort);
            Item::from([
                (DAY.to_owned(), s(day)),
                (EXPIRES_AT.to_owned(), n(until.epoch())),
            ])
        };
        let item = written.before.unwrap_or_else(over);
        let condition = "expires_at = :until OR retention_due_at = :until";
        self.put_link(
            "take back a link",
            &written.key,
            item,
            condition,
            written.until,
        )
        .await
        .map(drop)
    }

    /// Puts a link where the condition holds; gives what lay there before, or nothing where it did
    /// not hold.
    async fn put_link(
        &self,
        operation: &'static str,
        key: &Key,
        mut item: Item,
        condition: &str,
        until: ExpiresAt,
    ) -> Result<Option<Option<Item>>, StorageError> {
        item.extend([
            (PK.to_owned(), s(&key.partition)),
            (SK.to_owned(), s(&key.sort)),
        ]);
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .condition_expression(condition)
            .expression_attribute_values(":until", n(until.epoch()))
            .return_values(ReturnValue::AllOld);
        let put = applied(operation, put.send().await)?;
        Ok(put.map(|put| put.attributes.filter(|before| !before.is_empty())))
    }

    /// Every live record of a holder, in pages.
    #[must_use]
    pub fn about(&self, holder: &Holder, now: DateTime<Utc>) -> Pages<Record> {
        self.0.live(
            "read records",
            &keys::partition(holder),
            keys::RECORD,
            now,
            record,
        )
    }

    /// Where a key leads besides itself, in pages.
    #[must_use]
    pub fn links(&self, from: &SubjectKey, now: DateTime<Utc>) -> Pages<Link> {
        let read = |item: &Item| {
            let to = text(item, SK).and_then(keys::link_target)?;
            Some(Link {
                to,
                retention: retention(item),
            })
        };
        self.0
            .live("read links", from.as_str(), keys::LINK, now, read)
    }

    /// Everything that lies under a holder, over or not, for those who delete it.
    #[must_use]
    pub fn lying_under(&self, holder: &Holder) -> Pages<DeletionCandidate> {
        self.0
            .all(
                "read what is to go",
                &keys::partition(holder),
                "",
                deletion_candidate,
            )
            .showing(&deletion_candidate::READ)
    }

    /// What was collected on a day, in one of its shards, and should be gone at `now`; in pages.
    #[must_use]
    pub fn overdue(
        &self,
        day: NaiveDate,
        shard: u8,
        now: DateTime<Utc>,
    ) -> Pages<DeletionCandidate> {
        self.0.overdue(
            "look for what is overdue",
            keys::BY_DAY,
            &keys::day_shard(day, shard),
            now,
            deletion_candidate,
        )
    }

    /// Deletes things and tells the ledger, both or neither, and gives how many it deleted.
    ///
    /// What is no longer there is left out, and for [`Cause::Sweep`] what is no longer over: a
    /// second run finds nothing to delete and nothing to tell.
    ///
    /// # Errors
    /// [`StorageError`] if some of it is not known to be gone; another run finishes it.
    pub async fn forget(
        &self,
        candidate: Vec<DeletionCandidate>,
        ledger: &Ledger,
        cause: Cause,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        crate::ledger::forget(&self.0, candidate, ledger, cause, now).await
    }
}

/// A record as it is stored.
pub(super) fn item(operation: &'static str, record: &Record) -> Result<Item, StorageError> {
    let key = keys::record(&record.holder, record.details.source, &record.id);
    let mut item: Item =
        serde_dynamo::to_item(&record.details).map_err(|_| StorageError::unreadable(operation))?;
    let day = keys::day(record.details.collected_at.date_naive(), &key.sort);
    let mut set = |name: &str, value: String| drop(item.insert(name.to_owned(), s(value)));
    if let Some((clock, by)) = record.details.particulars.running() {
        set(CLOCK, clock.as_str().to_owned());
        set(CLOCK_ENDS, by.to_string());
    }
    set(DAY, day);
    set(PK, key.partition);
    set(SK, key.sort);
    Ok(item)
}

/// Reads a whole record.
pub(super) fn record(item: &Item) -> Option<Record> {
    let key = Key::of(item)?;
    let details: RecordBody = serde_dynamo::from_item(item.clone()).ok()?;
    Some(Record {
        holder: keys::holder(&key.partition)?,
        id: keys::record_id(&key.sort)?,
        details,
    })
}
