//! Items in the table that have to be deleted.

use crate::Item;
use crate::keys::{self, DAY, EXPIRES_AT, Key, PK, RETENTION_DUE_AT, SK};
use crate::retention::retention;
use crate::{flag, text};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::identity::contact::Contact;
use custodian_domain::ledger::{Cause, Entry, EntryId, ItemKind};
use custodian_domain::record::processor_copy::ProcessorCopy;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_dynamo::from_value;
use serde::de::DeserializeOwned;

/// What the ledger entry of a removed item needs, and all that is stored of one that nobody can
/// read: where it was and when it was over, and nothing that anybody told the council.
pub const NEEDED: [&str; 6] = [
    keys::PK,
    keys::SK,
    keys::DAY,
    "source",
    keys::EXPIRES_AT,
    keys::RETENTION_DUE_AT,
];

/// The attributes that [`candidate`] reads: nothing that anybody told the council.
pub(super) const READ: [&str; 11] = [
    PK,
    SK,
    DAY,
    EXPIRES_AT,
    RETENTION_DUE_AT,
    "source",
    "reference",
    "collected_at",
    "contact",
    "custody",
    "newsletter",
];

/// An item in the table that has to be deleted.
#[derive(Clone, Debug)]
pub struct DeletionCandidate {
    /// Its key.
    pub key: Key,
    /// Its kind.
    pub kind: ItemKind,
    /// How the record reached the council.
    pub source: Option<Source>,
    /// The reference of a record; the sweep's index does not have it.
    pub reference: Option<Reference>,
    /// The day in the index: collection, for a record.
    pub day: NaiveDate,
    /// When it is over, or would be without a hold.
    pub due: Option<ExpiresAt>,
    /// When a record was collected; the sweep's index does not have it.
    pub collected_at: Option<DateTime<Utc>>,
    /// How to reach the person; the sweep's index does not have it.
    pub contact: Contact,
    /// Which processors hold a copy; the sweep's index does not have it.
    pub custody: Vec<ProcessorCopy>,
    /// Whether the person asked for the newsletter; the sweep's index does not have it.
    pub newsletter: bool,
}

impl DeletionCandidate {
    /// The ledger entry of its deletion.
    #[must_use]
    pub fn entry(&self, cause: Cause, removed: DateTime<Utc>) -> Entry {
        let due = self.due.unwrap_or(ExpiresAt::at(removed));
        let month = (self.kind == ItemKind::Record).then(|| self.day.format("%Y-%m").to_string());
        Entry {
            id: EntryId::of(&self.key.partition, &self.key.sort, due),
            cause,
            kind: self.kind,
            source: self.source,
            collected_month: month,
            due,
            removed,
            lateness_seconds: Entry::lateness(due, removed),
        }
    }
}

/// Reads as much of an item as its deletion needs; an index has less than the table.
///
/// It also reads the old image in a stream record, which is how `expire` knows what TTL removed.
#[must_use]
pub fn deletion_candidate(item: &Item) -> Option<DeletionCandidate> {
    let key = Key::of(item)?;
    let day = text(item, DAY)?.split_once('#')?.0.parse().ok()?;
    let kind = keys::kind(&key.sort)?;
    let source = text(item, "source").map(Source::named);
    if (kind == ItemKind::Record) != source.is_some() {
        return None;
    }
    Some(DeletionCandidate {
        kind,
        day,
        source: source.flatten(),
        reference: text(item, "reference").and_then(|it| Reference::try_from(it.to_owned()).ok()),
        due: retention(item).map(Retention::due),
        collected_at: text(item, "collected_at").and_then(|instant| instant.parse().ok()),
        contact: part(item, "contact")?,
        custody: part(item, "custody")?,
        newsletter: flag(item, "newsletter"),
        key,
    })
}

/// A part of an item, empty if it is missing; `None` if it cannot be read.
pub(super) fn part<T: DeserializeOwned + Default>(item: &Item, name: &str) -> Option<T> {
    match item.get(name) {
        Some(value) => from_value(value.clone()),
        None => Some(T::default()),
    }
}
