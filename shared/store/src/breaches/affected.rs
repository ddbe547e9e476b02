//! Records as a breach's query sees them: by the day on which they were collected, and a holder's
//! own. Nothing of what anybody told the council is read.

use crate::keys::{self, DAY, EXPIRES_AT, Key, PK, RETENTION_DUE_AT, SK};
use crate::records::Records;
use crate::retention::retention;
use crate::{Item, flag, text};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::record::Holder;
use custodian_domain::record::processor_copy::{ProcessorCopy, copies};
use custodian_domain::record::source::Source;
use custodian_domain::retention::Retention;
use custodian_domain::rights::breach::Candidate;
use custodian_dynamo::{Pages, from_value};

/// The attributes that are read of a holder's records.
const READ: [&str; 10] = [
    PK,
    SK,
    DAY,
    EXPIRES_AT,
    RETENTION_DUE_AT,
    "source",
    "survey",
    "collected_at",
    "custody",
    "newsletter",
];

/// The partition of the index by day for one of a day's shards: a position in it sorts by this, then
/// by the record's sort key.
#[must_use]
pub fn day_shard(day: NaiveDate, shard: u8) -> String {
    keys::day_shard(day, shard)
}

/// A record, as far as a breach's query asks for it.
#[derive(Clone, Debug)]
pub struct AffectedRecord {
    /// Its key.
    pub key: Key,
    /// Its partition of the index by day.
    pub day: String,
    /// What the query asks for.
    pub candidate: Candidate,
    /// Until when it is kept.
    pub retention: Retention,
}

impl Records {
    /// The keys of the records that were collected on a day (UTC), in one of its shards, whose sort
    /// keys come after this one, over or not; in the order of their sort keys, in pages of so many
    /// at most. The index follows the table within moments: [`Records::affected`] tells what is
    /// there.
    #[must_use]
    pub fn collected_on(
        &self,
        (day, shard): (NaiveDate, u8),
        after: Option<&str>,
        at_most: i32,
    ) -> Pages<Key> {
        let (first, last) = keys::records_after(after);
        self.between(
            "list the records of a day",
            (day, shard),
            (first, last),
            |item| Key::of(&item),
        )
        .at_most(at_most)
    }

    /// A holder's live records, in pages.
    #[must_use]
    pub fn affected(&self, holder: &Holder, now: DateTime<Utc>) -> Pages<AffectedRecord> {
        let partition = keys::partition(holder);
        self.0
            .live(
                "look which records are affected",
                &partition,
                keys::RECORD,
                now,
                |item| affected(&item),
            )
            .showing(&READ)
    }
}

fn affected(item: &Item) -> Option<AffectedRecord> {
    let custody: Vec<ProcessorCopy> = match item.get("custody") {
        Some(custody) => from_value(custody.clone())?,
        None => Vec::new(),
    };
    let source = Source::named(text(item, "source")?)?;
    // Whoever had a copy counts, even if it is deleted by now.
    let ever = DateTime::UNIX_EPOCH;
    let copies = copies(source, &custody, flag(item, "newsletter"), ever);
    Some(AffectedRecord {
        key: Key::of(item)?,
        day: text(item, DAY)?.to_owned(),
        candidate: Candidate {
            source,
            survey: text(item, "survey").map(str::to_owned),
            collected_at: text(item, "collected_at")?.parse().ok()?,
            processors: copies.into_keys().collect(),
        },
        retention: retention(item)?,
    })
}
