//! Whether a deletion in the ledger was made.

use super::Records;
use crate::keys::{self, Key, SHARDS};
use crate::retention::retention;
use chrono::{Datelike, Months, NaiveDate};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Entry, EntryId};
use custodian_domain::record::source::Source;
use custodian_domain::retention::{ExpiresAt, Retention};

impl Records {
    /// Whether a record is there although the ledger records its deletion: one with the same key,
    /// and the same end.
    ///
    /// An entry has only a digest of the key. So the digests of everything in the index with its
    /// day and end are compared; what matches is read in the table itself.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn still_has(&self, entry: &Entry) -> Result<bool, StorageError> {
        const OPERATION: &str = "look for deleted records";
        for day in days(entry) {
            for shard in 0..SHARDS {
                let mut pages =
                    self.due_in(OPERATION, (day, shard), entry.due, |item| Key::of(&item));
                while let Some(page) = pages.next().await? {
                    for key in page {
                        let id = EntryId::of(&key.partition, &key.sort, entry.due);
                        if id == entry.id && self.is_due(OPERATION, &key, entry.due).await? {
                            return Ok(true);
                        }
                    }
                }
            }
        }
        Ok(false)
    }

    async fn is_due(
        &self,
        operation: &'static str,
        key: &Key,
        due: ExpiresAt,
    ) -> Result<bool, StorageError> {
        let item = self
            .0
            .peek(
                operation,
                key,
                &[keys::PK, keys::EXPIRES_AT, keys::RETENTION_DUE_AT],
            )
            .await?;
        Ok(item.is_some_and(|item| retention(&item).map(Retention::due) == Some(due)))
    }
}

/// The days on which something due then may have been collected: by the period of its source, or in
/// its month.
fn days(entry: &Entry) -> Vec<NaiveDate> {
    let Some(first) = entry
        .collected_month
        .as_ref()
        .and_then(|month| format!("{month}-01").parse::<NaiveDate>().ok())
    else {
        return Vec::new();
    };
    let month: Vec<NaiveDate> = first
        .iter_days()
        .take_while(|day| day.month() == first.month())
        .collect();
    let due = entry.due.instant().date_naive();
    let ends = |day: &NaiveDate, source: Source| {
        let end = day.checked_add_months(Months::new(source.retention_months()));
        end.is_some_and(|end| end == due)
    };
    let likely: Vec<NaiveDate> = month
        .iter()
        .copied()
        .filter(|day| entry.source.is_some_and(|source| ends(day, source)))
        .collect();
    if likely.is_empty() { month } else { likely }
}
