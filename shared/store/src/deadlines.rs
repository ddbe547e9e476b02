//! Deadlines in the index by day: days without records, and complaints with a running deadline.

use crate::keys::{self, CLOCK, CLOCK_ENDS, Key, SHARDS, SK};
use crate::records::Records;
use crate::{Item, text};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_domain::rights::complaint_deadlines::ComplaintDeadline;
use custodian_dynamo::{Pages, from_value};
use serde::Serialize;

/// The running deadline of an open complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Running {
    /// The record's reference.
    pub reference: Reference,
    /// Which deadline runs.
    pub clock: ComplaintDeadline,
    /// Its last day, as a civil date in London.
    pub ends: NaiveDate,
    /// The service that the complaint is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

impl Records {
    /// Whether anything from a source that was collected on a day is stored, over or not.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn has_any(&self, source: Source, day: NaiveDate) -> Result<bool, StorageError> {
        self.begins(|shard| keys::collected(source, day, shard))
            .await
    }

    /// Whether any record that was collected on a day is stored, over or not.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn has_records(&self, day: NaiveDate) -> Result<bool, StorageError> {
        self.begins(|shard| Key::new(keys::day_shard(day, shard), keys::RECORD))
            .await
    }

    async fn begins(&self, from: impl Fn(u8) -> Key) -> Result<bool, StorageError> {
        for shard in 0..SHARDS {
            if self
                .has_like("look whether a day has records", from(shard))
                .await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The running deadlines of live complaints that were received on a day, in one of its shards;
    /// in pages.
    #[must_use]
    pub fn clocks(&self, day: NaiveDate, shard: u8, now: DateTime<Utc>) -> Pages<Running> {
        let from = keys::collected(Source::Complaints, day, shard);
        self.live_with("look for complaints", from, CLOCK_ENDS, now, |item| {
            running(&item)
        })
    }
}

impl Records {
    /// The keys of the live complaints with a running deadline that were received on a day, in one
    /// of its shards, whose sort keys come after this one; in order, in pages.
    #[must_use]
    pub fn open_complaints(
        &self,
        (day, shard): (NaiveDate, u8),
        after: Option<&str>,
        now: DateTime<Utc>,
    ) -> Pages<Key> {
        let collected = keys::collected(Source::Complaints, day, shard).sort;
        let (behind, _) = keys::records_after(after);
        let last = format!("{collected}~");
        let of = ((day, shard), (behind.max(collected), last));
        self.live_between("list open complaints", of, CLOCK_ENDS, now, |item| {
            Key::of(&item)
        })
    }
}

/// Reads a deadline from the index.
fn running(item: &Item) -> Option<Running> {
    let id = keys::record_id(text(item, SK)?)?;
    Some(Running {
        reference: Reference::of(&id),
        clock: from_value(item.get(CLOCK)?.clone())?,
        ends: text(item, CLOCK_ENDS)?.parse().ok()?,
        service: text(item, "service").map(str::to_owned),
    })
}
