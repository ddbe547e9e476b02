//! Closes past days of the ledger, each with a certificate.

use crate::chore::Chore;
use crate::{AT_ONCE, Pass, days};
use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Figures, Head, Left};
use custodian_store::SHARDS;
use custodian_store::ledger::{CLOSED_AT_ONCE, Ledger};
use custodian_store::records::Records;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeMap;
use std::time::Duration;

/// How far the oldest record is looked for, from the first day on that may have one: only what
/// expires next matters.
const LOOK_AHEAD: Days = Days::new(62);
/// How often an apparent remainder is counted: the index follows the table within moments.
const COUNTS: u32 = 4;
/// How long a past day waits for deletions that belong to it. After that its certificate says that
/// they were not made.
const WAITS: TimeDelta = TimeDelta::hours(6);
/// How often in a row others may write to the chain in between before this gives up; the next hour
/// continues.
const TRIES: u32 = 200;

/// Closes days of the ledger.
#[derive(Debug)]
pub(crate) struct Closing {
    pub(crate) ledger: Ledger,
    pub(crate) records: Records,
}

#[async_trait]
impl Chore for Closing {
    fn name(&self) -> &'static str {
        "closing"
    }

    fn weight(&self) -> u32 {
        4
    }

    /// A day is closed when it is known what is left of it.
    fn can_run(&self, pass: &Pass) -> bool {
        pass.constraints_known
    }

    /// Closes every day before today that is not closed, in order. If the sweep has not finished
    /// deleting, a day waits for that, but not without limit.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let (now, through) = (pass.now, pass.through);
        let held = pass.report.standings.settled.past_their_date;
        let (looked_at, closed) = (&pass.days, &mut pass.report.closed_days);
        let today = now.date_naive();
        let mut chain = self.ledger.begun(now).await?;
        if chain.open() >= today || (!through && now - end_of(chain.open(), now) < WAITS) {
            return Ok(());
        }
        let still_there = self
            .still_there(looked_at, held, if through { COUNTS } else { 1 }, now)
            .await?;
        let (mut counted, mut lost) = (BTreeMap::new(), 0);
        while chain.open() < today {
            let days = self.to_close(&chain, today, &mut counted).await?;
            let mut certified = Vec::new();
            for (day, figures) in days {
                let overdue = if still_there.overdue == 0 {
                    0
                } else {
                    self.overdue(looked_at, end_of(day, now)).await?
                };
                certified.push((
                    figures,
                    Left {
                        overdue,
                        ..still_there.clone()
                    },
                ));
            }
            let done = self.ledger.close(&chain, &certified, now).await?;
            let count = done.as_ref().map_or(0, Vec::len);
            *closed += count;
            lost = if count == 0 { lost + 1 } else { 0 };
            if lost == TRIES {
                return Err(StorageError::because(
                    "close a day of the ledger",
                    "others write it at the same time",
                ));
            }
            for (it, (figures, left)) in done.iter().flatten().zip(&certified) {
                let certificate = format!("{}={}", it.day, it.certificate.as_str());
                let (overdue, count) = (left.overdue, figures.deleted);
                tracing::info!(
                    outcome = "day_closed",
                    certificate,
                    count,
                    overdue,
                    held = left.held,
                    "sweep"
                );
            }
            chain = self.ledger.begun(now).await?;
        }
        Ok(())
    }
}

impl Closing {
    /// The next days to close, with the figures of their blocks. After the last day with a block
    /// there is nothing to count. One at a time: a day may have many pages.
    async fn to_close(
        &self,
        head: &Head,
        today: NaiveDate,
        counted: &mut BTreeMap<NaiveDate, Figures>,
    ) -> Result<Vec<(NaiveDate, Figures)>, StorageError> {
        let mut days = Vec::new();
        for day in head
            .open()
            .iter_days()
            .take_while(|day| *day < today)
            .take(CLOSED_AT_ONCE)
        {
            let figures = match counted.get(&day) {
                _ if day > head.day => Figures::default(),
                Some(figures) => figures.clone(),
                None => self.count(day).await?,
            };
            if day < head.day {
                // Nothing is added to it any more, even if others write meanwhile.
                counted.insert(day, figures.clone());
            }
            days.push((day, figures));
        }
        counted.retain(|day, _| *day >= head.open());
        Ok(days)
    }

    async fn count(&self, day: NaiveDate) -> Result<Figures, StorageError> {
        let (tally, broken) = self.ledger.tally(day).await?;
        if broken > 0 {
            // A changed block cannot be repaired, only reported; the chain has to continue.
            tracing::error!(outcome = "broken_block", count = broken, "sweep");
        }
        Ok(tally.figures())
    }

    /// What is still stored that should not be, and the oldest of what may be.
    async fn still_there(
        &self,
        looked_at: &[NaiveDate],
        held: u64,
        counts: u32,
        now: DateTime<Utc>,
    ) -> Result<Left, StorageError> {
        let mut overdue = self.overdue(looked_at, now).await?;
        for count in 1..counts {
            if overdue > 0 {
                tokio::time::sleep(Duration::from_millis(100 << (2 * count))).await;
                overdue = self.overdue(looked_at, now).await?;
            }
        }
        let first = days::first_not_known_empty(now);
        let last = first.checked_add_days(LOOK_AHEAD).unwrap_or(first);
        let looked = first.iter_days().take_while(move |day| *day < last);
        let mut looked = stream::iter(looked)
            .map(|day| self.look_at(day))
            .buffered(AT_ONCE);
        let mut oldest = None;
        while let Some((day, has)) = looked.try_next().await? {
            if has {
                oldest = Some(day);
                break;
            }
        }
        let oldest_month = oldest.map(|day| day.format("%Y-%m").to_string());
        Ok(Left {
            overdue,
            held,
            none_before: Some(oldest.unwrap_or(last)),
            oldest_month,
        })
    }

    async fn look_at(&self, day: NaiveDate) -> Result<(NaiveDate, bool), StorageError> {
        Ok((day, self.records.has_records(day).await?))
    }

    /// How much of these days was over at `then` and is still stored.
    async fn overdue(&self, days: &[NaiveDate], then: DateTime<Utc>) -> Result<u64, StorageError> {
        let shards = days
            .iter()
            .copied()
            .flat_map(|day| (0..SHARDS).map(move |shard| (day, shard)));
        let mut counts = stream::iter(shards)
            .map(|(day, shard)| self.overdue_on(day, shard, then))
            .buffer_unordered(AT_ONCE);
        let mut sum = 0;
        while let Some(count) = counts.try_next().await? {
            sum += count;
        }
        Ok(sum)
    }

    async fn overdue_on(
        &self,
        day: NaiveDate,
        shard: u8,
        then: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let (mut count, mut pages) = (0, self.records.overdue(day, shard, then));
        while let Some(page) = pages.next().await? {
            count += u64::try_from(page.len()).unwrap_or(u64::MAX);
        }
        Ok(count)
    }
}

/// The last second of a day, or now if that comes first.
fn end_of(day: NaiveDate, now: DateTime<Utc>) -> DateTime<Utc> {
    let next = day
        .succ_opt()
        .map_or(now, |next| next.and_time(NaiveTime::MIN).and_utc());
    (next - Duration::from_secs(1)).min(now)
}
