//! What a day's certificate says.

use super::block::Block;
use super::hash::Hash;
use super::{Cause, ItemKind};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The certificate of one day (UTC) of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCertificate {
    /// The number of its link.
    pub n: u64,
    /// The day.
    pub day: NaiveDate,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// The figures of the day's blocks.
    pub figures: Figures,
    /// What was still stored when it was closed.
    pub left: Left,
    /// The hash of the certificate of the day before.
    pub previous_certificate: Hash,
}

/// The figures of a day's blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How much was deleted.
    pub deleted: u64,
    /// The same by cause.
    pub by_cause: BTreeMap<Cause, u64>,
    /// The same by what it was.
    pub by_kind: BTreeMap<ItemKind, u64>,
    /// The records among them, by source.
    pub by_source: BTreeMap<String, u64>,
    /// How much was attested of requests, holds and restrictions.
    #[serde(default, skip_serializing_if = "crate::validation::is_zero")]
    pub attested: u64,
    /// How late things were deleted whose time was over; `None` if there were none.
    pub lateness: Option<Lateness>,
    /// How many blocks there are.
    pub blocks: u64,
    /// The number of the first.
    pub first_n: Option<u64>,
    /// The number of the last.
    pub last_n: Option<u64>,
}

/// How late things were deleted, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lateness {
    /// Half were deleted no later than this.
    pub p50: i64,
    /// Ninety-nine in a hundred were deleted no later than this.
    pub p99: i64,
    /// Nothing was deleted later than this.
    pub max: i64,
}

/// What was in Records when a day was closed, after a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// How much was over by the end of the day and not deleted: 0, or the promise is broken.
    pub overdue: u64,
    /// How much was past its date and on hold.
    pub held: u64,
    /// No record collected before this day was stored.
    pub none_before: Option<NaiveDate>,
    /// The month in which the oldest record was collected, `YYYY-MM`; `None` if it was not among
    /// those that expire next.
    pub oldest_month: Option<String>,
}

/// Counts the blocks of a day. Memory grows with the number of different latenesses, not of blocks.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    figures: Figures,
    seconds: BTreeMap<i64, u64>,
}

impl Tally {
    /// Counts one more block.
    pub fn add(&mut self, block: &Block) {
        let figures = &mut self.figures;
        figures.blocks += 1;
        figures.first_n.get_or_insert(block.n);
        figures.last_n = Some(block.n);
        figures.attested += block.attestations.len() as u64;
        for entry in &block.entries {
            figures.deleted += 1;
            *figures.by_cause.entry(entry.cause).or_default() += 1;
            *figures.by_kind.entry(entry.kind).or_default() += 1;
            if let Some(source) = entry.source {
                *figures
                    .by_source
                    .entry(source.as_str().to_owned())
                    .or_default() += 1;
            } else if entry.kind == ItemKind::Record {
                *figures.by_source.entry("unknown".to_owned()).or_default() += 1;
            }
            if entry.cause.is_time() {
                *self.seconds.entry(entry.lateness_seconds).or_default() += 1;
            }
        }
    }

    /// What was counted.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            lateness: self.lateness(),
            ..self.figures.clone()
        }
    }

    fn lateness(&self) -> Option<Lateness> {
        let max = *self.seconds.last_key_value()?.0;
        Some(Lateness {
            p50: self.no_later(50).unwrap_or(max),
            p99: self.no_later(99).unwrap_or(max),
            max,
        })
    }

    /// The seconds that this share (per cent) does not exceed: the nearest rank.
    fn no_later(&self, percent: u64) -> Option<i64> {
        let rank = (self.seconds.values().sum::<u64>() * percent).div_ceil(100);
        let mut counted = 0;
        self.seconds.iter().find_map(|(seconds, count)| {
            counted += count;
            (counted >= rank).then_some(*seconds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Lateness, Tally};
    use crate::ledger::{Block, Cause, Entry, EntryId, ItemKind};
    use crate::record::source::Source;
    use crate::retention::ExpiresAt;
    use chrono::{DateTime, Utc};
    use std::collections::BTreeMap;

    fn entry(cause: Cause, kind: ItemKind, lateness_seconds: i64) -> Entry {
        let removed = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let due = ExpiresAt::at(removed);
        let source = (kind == ItemKind::Record).then_some(Source::Telephone);
        let id = EntryId::of("partition", "sort", due);
        Entry {
            id,
            cause,
            kind,
            source,
            collected_month: None,
            due,
            removed,
            lateness_seconds,
        }
    }

    fn tally(blocks: impl IntoIterator<Item = (u64, Vec<Entry>)>) -> Tally {
        let at: DateTime<Utc> = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let mut tally = Tally::default();
        blocks.into_iter().for_each(|(n, entries)| {
            tally.add(&Block {
                n,
                day: at.date_naive(),
                at,
                entries,
                attestations: Vec::new(),
                audit: None,
            });
        });
        tally
    }

    #[test]
    fn lateness_is_told_by_nearest_rank_and_only_of_what_went_because_its_time_was_over() {
        let late = (1..=200)
            .map(|seconds| entry(Cause::Retention, ItemKind::Record, seconds))
            .collect();
        let asked = vec![
            entry(Cause::Erasure, ItemKind::Record, 9_999),
            entry(Cause::Restore, ItemKind::Record, 9_999),
        ];
        let figures = tally([(1, late), (2, asked)]).figures();
        assert_eq!(
            figures.lateness,
            Some(Lateness {
                p50: 100,
                p99: 198,
                max: 200
            })
        );
        let alone = tally([(1, vec![entry(Cause::Sweep, ItemKind::Record, 7)])]).figures();
        assert_eq!(
            alone.lateness,
            Some(Lateness {
                p50: 7,
                p99: 7,
                max: 7
            })
        );
        assert_eq!(
            tally([(1, vec![entry(Cause::Erasure, ItemKind::Record, 0)])])
                .figures()
                .lateness,
            None
        );
    }

    #[test]
    fn figures_count_by_cause_by_kind_and_records_by_source() {
        let first = vec![
            entry(Cause::Erasure, ItemKind::Record, 0),
            entry(Cause::Erasure, ItemKind::Link, 0),
        ];
        let figures = tally([
            (4, first),
            (7, vec![entry(Cause::Sweep, ItemKind::Record, 1)]),
        ])
        .figures();
        assert_eq!(
            (
                figures.deleted,
                figures.blocks,
                figures.first_n,
                figures.last_n
            ),
            (3, 2, Some(4), Some(7))
        );
        assert_eq!(
            figures.by_cause,
            BTreeMap::from([(Cause::Erasure, 2), (Cause::Sweep, 1)])
        );
        assert_eq!(
            figures.by_kind,
            BTreeMap::from([(ItemKind::Record, 2), (ItemKind::Link, 1)])
        );
        assert_eq!(
            figures.by_source,
            BTreeMap::from([("telephone".to_owned(), 2)])
        );
    }
}
