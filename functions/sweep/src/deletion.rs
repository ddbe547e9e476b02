//! Deletes what is overdue.

use crate::chore::Chore;
use crate::{AT_ONCE, Pass};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Cause, Entry};
use custodian_store::SHARDS;
use custodian_store::ledger::Ledger;
use custodian_store::records::{DeletionCandidate, Records};
use futures_util::stream::{self, StreamExt};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Deletes what is overdue.
#[derive(Debug)]
pub(crate) struct Deletion {
    pub(crate) records: Records,
    pub(crate) ledger: Ledger,
}

/// What was deleted so far, and how late the latest of it was.
#[derive(Debug, Default)]
pub(crate) struct Deleted {
    pub(crate) items: AtomicU64,
    pub(crate) lateness_seconds: AtomicI64,
}

#[async_trait]
impl Chore for Deletion {
    fn name(&self) -> &'static str {
        "deletion"
    }

    fn weight(&self) -> u32 {
        8
    }

    /// Deletes what is overdue on the days of the sweep. A failure on one day does not stop the
    /// others.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let days = pass.older.iter().chain(&pass.days);
        let shards: Vec<(NaiveDate, u8)> = days
            .flat_map(|day| (0..SHARDS).map(move |shard| (*day, shard)))
            .collect();
        let (deleted, now) = (&pass.deleted, pass.now);
        let mut shards = stream::iter(shards)
            .map(|(day, shard)| self.sweep(day, shard, deleted, now))
            .buffer_unordered(AT_ONCE);
        let mut failed = None;
        while let Some(shard) = shards.next().await {
            failed = failed.or(shard.err());
        }
        pass.through = failed.is_none();
        failed.map_or(Ok(()), Err)
    }
}

impl Deletion {
    /// Deletes what is overdue in one shard of one day.
    async fn sweep(
        &self,
        day: NaiveDate,
        shard: u8,
        deleted: &Deleted,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let mut pages = self.records.overdue(day, shard, now);
        while let Some(page) = pages.next().await? {
            let late = |candidate: &DeletionCandidate| {
                candidate.due.map_or(0, |due| Entry::lateness(due, now))
            };
            let lateness = page.iter().map(late).fold(0, i64::max);
            deleted
                .lateness_seconds
                .fetch_max(lateness, Ordering::Relaxed);
            let items = self
                .records
                .forget(page, &self.ledger, Cause::Sweep, now)
                .await?;
            deleted.items.fetch_add(items, Ordering::Relaxed);
        }
        Ok(())
    }
}
