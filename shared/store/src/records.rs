//! The table of records: what people told the council, and the links that lead to it.

mod deletion_candidate;
mod gone;
mod outline;
mod retention_view;
mod summary;
mod whole;
mod witness;

use crate::keys::{
    self, BY_DAY, CLOCK, CLOCK_ENDS, DAY, EXPIRES_AT, Key, PK, RETENTION_DUE_AT, SK,
};
use crate::ledger::Ledger;
use crate::retention::retention;
use crate::{Item, from_item, n, read, s, text, to_item};
use chrono::{DateTime, Months, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::ledger::Cause;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::SourceDetails;
use custodian_domain::record::{Holder, Record, RecordBody};
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_dynamo::{Condition, Outcome, Pages, Protection, Returning, Table, Write, to_value};

pub use deletion_candidate::{DeletionCandidate, NEEDED, deletion_candidate};
pub use outline::Outline;
pub use retention_view::{HoldChange, RetentionView};
pub use summary::RecordSummary;
pub use whole::StoredItem;
pub use witness::Witness;

/// The table of records.
#[derive(Clone, Debug)]
pub struct Records(pub(crate) Table);

/// The result of storing a record.
#[derive(Debug)]
pub enum Kept {
    /// It is new.
    New,
    /// The same was stored before; this is the first.
    Before(Box<RecordBody>),
    /// Something else was stored before under the same id.
    Other,
    /// Another anonymous answer was stored before under the same reference.
    Another,
}

/// A link: the person with the one key may be the subject with the other.
#[derive(Clone, Debug)]
pub struct Link {
    /// The subject that it leads to.
    pub to: SubjectKey,
    /// Until when it is kept.
    pub retention: Option<Retention>,
}

/// A link that was just written, and the item that was there before.
#[derive(Debug)]
pub struct Written {
    key: Key,
    until: ExpiresAt,
    before: Option<Item>,
}

/// The attribute of what was corrected in a record.
pub(crate) const RECTIFICATION: &str = "rectification";

/// A record in the table, with what its deletion needs.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// The record.
    pub record: Record,
    /// The same, as a candidate for deletion.
    pub candidate: DeletionCandidate,
}

impl Records {
    /// The records in the table named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Stores a record with one conditional put: the same record twice is the same item.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn keep(&self, record: &Record, now: DateTime<Utc>) -> Result<Kept, StorageError> {
        const OPERATION: &str = "keep a record";
        let keep = self
            .put(OPERATION, record)?
            .when(Condition::free(now))
            .returning_refused();
        let before = match keep.send(OPERATION).await? {
            Outcome::Applied(_) => return Ok(Kept::New),
            Outcome::Refused(before) => before,
        };
        let before = before.ok_or(StorageError::unreadable(OPERATION))?;
        let details: RecordBody = from_item(OPERATION, before)?;
        Ok(if details.submission != record.details.submission {
            Kept::Another
        } else if details.fingerprint == record.details.fingerprint
            || !details.rectification.corrected.is_empty()
        {
            // What was corrected since has no fingerprint of what was sent.
            Kept::Before(Box::new(details))
        } else {
            Kept::Other
        })
    }

    /// Stores new records in parallel batches; no two may be the same.
    ///
    /// # Errors
    /// [`StorageError`] unless all are certain to be stored.
    pub async fn keep_all(&self, records: &[&Record]) -> Result<(), StorageError> {
        self.0.put_all("keep records", records, item).await
    }

    /// Puts a record where there is no live one, or replaces the one that was read there. Returns
    /// whether the condition was met: what a source sends, what the council corrects, and holds
    /// and restrictions, overwrite each other only after they were read.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn put_instead(
        &self,
        record: &Record,
        before: Option<&RecordBody>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "put a record";
        let put = self.put(OPERATION, record)?.when(match before {
            Some(before) => unchanged(OPERATION, before)?,
            None => Condition::free(now),
        });
        Ok(put.send(OPERATION).await?.is_applied())
    }

    fn put(&self, operation: &'static str, record: &Record) -> Result<Write, StorageError> {
        Ok(Write::put(&self.0, key(record), body(operation, record)?))
    }

    /// The live records with these keys, in no order.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn live(
        &self,
        mut keys: Vec<Key>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredRecord>, StorageError> {
        const OPERATION: &str = "look for records";
        keys.sort();
        keys.dedup();
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let read = |item: Item| {
            let candidate = deletion_candidate(&item)?;
            Some(StoredRecord {
                record: record(item)?,
                candidate,
            })
        };
        items
            .into_iter()
            .map(|item| read(item).ok_or(StorageError::unreadable(OPERATION)))
            .collect()
    }

    /// The keys of a record that was collected on a day, under any holder. The index follows the
    /// table within moments.
    ///
    /// # Errors
    /// [`StorageError`] if the index cannot be read.
    pub async fn placed(&self, day: NaiveDate, sort: &str) -> Result<Vec<Key>, StorageError> {
        self.of_day("look for a record by its day", day, sort, |item| {
            Key::of(&item)
        })
        .await
    }

    /// Links a further key to a subject, at least until then: a link lasts as long as the last
    /// record that it serves. Returns what was written, or `None` if a link lasts as long already.
    ///
    /// A function that cannot read holds lengthens a held link like any other; the sweep holds it
    /// again.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be linked.
    pub async fn link(
        &self,
        from: &SubjectKey,
        to: &SubjectKey,
        day: NaiveDate,
        retention: impl Into<Retention>,
    ) -> Result<Option<Written>, StorageError> {
        let (key, retention) = (keys::link(from, to), retention.into());
        let until = retention.due();
        let longer = |attribute| Condition::below(attribute, n(until.epoch()));
        // A link that ends in the same second is held instead.
        let (attribute, shorter) = match retention {
            Retention::Until(_) => (EXPIRES_AT, longer(EXPIRES_AT)),
            Retention::Held(_) => (
                RETENTION_DUE_AT,
                Condition::at_most(EXPIRES_AT, n(until.epoch())),
            ),
        };
        let condition = Condition::not_there()
            .or(shorter)
            .or(longer(RETENTION_DUE_AT));
        let item = Item::from([
            (DAY.to_owned(), s(keys::day(day, &key.sort))),
            (attribute.to_owned(), n(until.epoch())),
        ]);
        let written = Write::put(&self.0, &key, item)
            .when(condition)
            .returning(Returning::Old);
        Ok(match written.send("link an identifier").await? {
            Outcome::Applied(before) => Some(Written { key, until, before }),
            Outcome::Refused(_) => None,
        })
    }

    /// Takes back a link whose record was not stored after all. The earlier item is put back. If
    /// there was none, the link is over at `until`. If that is now, it is over at once for every
    /// reader, and TTL removes it.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be taken back.
    pub async fn take_back(&self, written: Written, until: ExpiresAt) -> Result<(), StorageError> {
        let over = || {
            // The day that the sweep checks then, if TTL is late.
            let months = Months::new(Source::WebForm.retention_months());
            let ends = until.instant().date_naive();
            let day = ends.checked_sub_months(months).unwrap_or(ends);
            let day = keys::day(day, &written.key.sort);
            Item::from([
                (DAY.to_owned(), s(day)),
                (EXPIRES_AT.to_owned(), n(until.epoch())),
            ])
        };
        let item = written.before.unwrap_or_else(over);
        let is_ours = |attribute| Condition::is(attribute, n(written.until.epoch()));
        let back = Write::put(&self.0, &written.key, item)
            .when(is_ours(EXPIRES_AT).or(is_ours(RETENTION_DUE_AT)));
        back.send("take back a link").await.map(drop)
    }

    /// The protection of this table, compared with that of the ledger; `days` is how far back it
    /// should be possible to restore it.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn protection(&self, ledger: &Ledger, days: i32) -> Result<Protection, StorageError> {
        self.0.protection(BY_DAY, ledger.table(), days).await
    }

    /// Adds what a restore leaves out to this table. Returns its protection then. Encryption and
    /// index have to be requested when it is restored.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be added.
    pub async fn protect(&self, ledger: &Ledger, days: i32) -> Result<Protection, StorageError> {
        self.0.protect(BY_DAY, ledger.table(), days).await
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

    /// The further keys that a key leads to, in pages.
    #[must_use]
    pub fn links(&self, from: &SubjectKey, now: DateTime<Utc>) -> Pages<Link> {
        let read = |item: Item| {
            let to = text(&item, SK).and_then(keys::link_target)?;
            Some(Link {
                to,
                retention: retention(&item),
            })
        };
        self.0
            .live("read links", from.as_str(), keys::LINK, now, read)
    }

    /// Every item under a holder, over or not, for callers that delete them.
    #[must_use]
    pub fn candidates_under(&self, holder: &Holder) -> Pages<DeletionCandidate> {
        self.0
            .all(
                "read items to delete",
                &keys::partition(holder),
                "",
                |item| deletion_candidate(&item),
            )
            .showing(&deletion_candidate::READ)
    }

    /// What was collected on a day, in one of its shards, and should be deleted at `now`; in pages.
    #[must_use]
    pub fn overdue(
        &self,
        day: NaiveDate,
        shard: u8,
        now: DateTime<Utc>,
    ) -> Pages<DeletionCandidate> {
        self.overdue_in("look for overdue items", (day, shard), now, |item| {
            deletion_candidate(&item)
        })
    }

    /// Deletes items and writes to the ledger, both or neither. Returns how many it deleted.
    ///
    /// Items that are no longer there are left out, and for [`Cause::Sweep`] also those that are no
    /// longer over. So a second run finds nothing to delete and nothing to record.
    ///
    /// # Errors
    /// [`StorageError`] unless all of it is certain to be gone; another run finishes it.
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

impl Records {
    /// Deletes a record that is as it was read, and writes to the ledger, both or neither. Returns
    /// whether it did.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn forget_unchanged(
        &self,
        stored: &StoredRecord,
        ledger: &Ledger,
        cause: Cause,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let condition = unchanged("delete a record", &stored.record.details)?;
        let one = (&stored.candidate, condition);
        crate::ledger::forget_when(&self.0, one, ledger, cause, now).await
    }
}

/// The key of a record.
fn key(record: &Record) -> Key {
    keys::record(&record.holder, record.details.source, &record.id)
}

/// A record as it is stored, with its key.
fn item(operation: &'static str, record: &Record) -> Result<Item, StorageError> {
    let Key { partition, sort } = key(record);
    let mut item = body(operation, record)?;
    item.extend([(PK.to_owned(), s(partition)), (SK.to_owned(), s(sort))]);
    Ok(item)
}

/// A record as it is stored, without its key.
fn body(operation: &'static str, record: &Record) -> Result<Item, StorageError> {
    let mut item = to_item(operation, &record.details)?;
    let sort = keys::record_sort(record.details.source, &record.id);
    let day = keys::day(record.details.collected_at.date_naive(), &sort);
    let mut set = |name: &str, value: String| drop(item.insert(name.to_owned(), s(value)));
    if let Some((clock, by)) = record.details.particulars.running() {
        set(CLOCK, clock.as_str().to_owned());
        set(CLOCK_ENDS, by.to_string());
    }
    set(DAY, day);
    Ok(item)
}

/// That a stored record is as it was when it was read: its revision, what was corrected in it, and
/// what holds or restricts it.
fn unchanged(operation: &'static str, before: &RecordBody) -> Result<Condition, StorageError> {
    let revision = before.revision.as_ref();
    let revision = revision.map_or_else(
        || Condition::lacks("revision"),
        |revision| Condition::is("revision", s(revision.as_str())),
    );
    let rectified = if before.rectification.is_empty() {
        Condition::lacks(RECTIFICATION)
    } else {
        Condition::is(RECTIFICATION, to_value(operation, &before.rectification)?)
    };
    let due = n(before.retention.due().epoch());
    let held = if before.retention.is_held() {
        Condition::is(RETENTION_DUE_AT, due)
    } else {
        Condition::is(EXPIRES_AT, due)
    };
    let restricted = if before.restricted {
        Condition::has(keys::RESTRICTED)
    } else {
        Condition::lacks(keys::RESTRICTED)
    };
    let condition = revision.and(rectified).and(held).and(restricted);
    Ok(match &before.particulars {
        // An older leg of a call joins it without another revision.
        SourceDetails::Telephone(_) => {
            let particulars = to_value(operation, &before.particulars)?;
            condition.and(Condition::is("particulars", particulars))
        }
        _ => condition,
    })
}

/// Reads a whole record.
fn record(item: Item) -> Option<Record> {
    let key = Key::of(&item)?;
    let details: RecordBody = read(item)?;
    Some(Record {
        holder: keys::holder(&key.partition)?,
        id: keys::record_id(&key.sort)?,
        details,
    })
}
