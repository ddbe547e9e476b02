//! Finds the people whom a breach affects, by its query, without a list of them.
//!
//! The index by day leads from each day to the records that were collected on it, and from these to
//! whose they are. A person is met once: with the first of their affected records in the order of
//! the walk. So counts are exact, memory holds a page, and a walk that broke off goes on from a
//! position.

mod position;
mod seen_by;

pub(crate) use position::Position;

use crate::Error;
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_buckets::files::{Beside, Files};
use custodian_domain::audit_trail::PersonTags;
use custodian_domain::record::Holder;
use custodian_domain::record::source::Source;
use custodian_domain::rights::breach::{AffectedQuery, Imported};
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use custodian_store::Key;
use custodian_store::audit_log::AuditLog;
use custodian_store::breaches::day_shard;
use custodian_store::records::Records;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use std::collections::{BTreeSet, HashSet};

/// How many keys a page of the index has.
const PAGE: i32 = 500;
/// How many holders are looked at at a time.
const AT_ONCE: usize = 16;
/// What a page of the index costs: holders are looked at in parallel, pages one after the other.
const PAGE_COSTS: u32 = 8;
/// What one order does, in holders: a few seconds' work.
const LONG: u32 = 20_000;
/// What an order does at most that cannot be continued: it fits in its five minutes.
const TOO_LONG: u32 = 300_000;

/// Finds people.
#[derive(Debug)]
pub(crate) struct Finder {
    pub(crate) records: Records,
    pub(crate) log: AuditLog,
    pub(crate) tags: PersonTags,
    pub(crate) files: Files,
}

/// Somebody who is affected.
#[derive(Debug)]
pub(super) struct Affected {
    /// Whose the records are.
    pub(super) holder: Holder,
    /// The first of them, in the order of the walk.
    pub(super) first: Key,
    /// Where that is.
    pub(super) position: Position,
    /// How many there are.
    pub(super) records: u64,
    /// How they reached the council.
    pub(super) sources: BTreeSet<Source>,
    /// Until when the last of them is kept.
    pub(super) until: DateTime<Utc>,
}

/// A walk through the records.
pub(super) struct Walk<'a> {
    finder: &'a Finder,
    query: &'a AffectedQuery,
    /// The tags of those whom somebody looked at, if the query asks for that.
    seen: Option<HashSet<String>>,
    next: Option<Position>,
    last: NaiveDate,
    now: DateTime<Utc>,
    spent: u32,
}

/// What a query needs of the report of an import.
#[derive(Debug, Deserialize)]
struct Report {
    first_collected_at: Option<DateTime<Utc>>,
    last_collected_at: Option<DateTime<Utc>>,
}

impl Finder {
    /// The query of an order, if it has one. An import is looked up by its report.
    pub(super) async fn query(&self, order: Order<'_>) -> Result<Option<AffectedQuery>, Error> {
        const FIELD: &str = "query";
        let Some((mut query, import)) = order.affected_query(FIELD)? else {
            return Ok(None);
        };
        if let Some(import) = import {
            let imported = self.imported(&import).await?;
            query.import = Some(imported.ok_or_else(|| {
                let rule = "must name a report that is still there and has rows: give sources, from and to instead";
                Violation::new(format!("{FIELD}.import"), rule)
            })?);
        }
        Ok(Some(query))
    }

    /// What the report of an import says; `None` if there is none any more, or it has no rows.
    async fn imported(&self, import: &str) -> Result<Option<Imported>, StorageError> {
        for source in Source::ALL.into_iter().filter(|it| it.comes_in_files()) {
            let report = self.files.read(source, import, Beside::Report).await?;
            let Some(report) = report else { continue };
            let report: Report = serde_json::from_slice(&report)
                .map_err(|_| StorageError::unreadable("read the report of an import"))?;
            let span = report.first_collected_at.zip(report.last_collected_at);
            return Ok(span.map(|(first, last)| Imported {
                import: import.to_owned(),
                source,
                first,
                last,
            }));
        }
        Ok(None)
    }

    /// A walk by a query, from its beginning or from behind a position.
    pub(super) async fn walk<'a>(
        &'a self,
        query: &'a AffectedQuery,
        from: Option<Position>,
        now: DateTime<Utc>,
    ) -> Result<Walk<'a>, Error> {
        let (first, last) = query.days(now);
        let seen = match &query.looked {
            Some(looked) => Some(self.seen_by(looked, now).await?),
            None => None,
        };
        let from = from.filter(|from| first <= from.day);
        let begin = (first <= last).then(|| Position::of(first));
        Ok(Walk {
            finder: self,
            query,
            seen,
            next: from.or(begin).filter(|it| it.day <= last),
            last,
            now,
            spent: 0,
        })
    }
}

impl Walk<'_> {
    /// The people of the next page of the index whom nobody has met before, in the order of the
    /// walk; none of a page may be. `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Affected>>, Error> {
        let Some(at) = self.next.clone() else {
            return Ok(None);
        };
        let records = &self.finder.records;
        let mut pages = records.collected_on((at.day, at.shard), at.after.as_deref(), PAGE);
        let keys = pages.next().await?.unwrap_or_default();
        self.next = match keys.last() {
            Some(last) if !pages.is_over() => Some(at.behind(&last.sort)),
            _ => at.next_shard().filter(|next| next.day <= self.last),
        };
        let (keys, holders) = self.candidates(keys)?;
        let looked_at = u32::try_from(holders.len()).unwrap_or(u32::MAX);
        self.spent = self
            .spent
            .saturating_add(PAGE_COSTS)
            .saturating_add(looked_at);
        let shard = day_shard(at.day, at.shard);
        let met = stream::iter(holders)
            .map(|holder| self.affected(holder))
            .buffer_unordered(AT_ONCE);
        let met: Vec<Option<(String, Affected)>> = met.try_collect().await?;
        // Whoever has an affected record before this page was met there.
        let here = met.into_iter().flatten();
        let here = here.filter(|(day, person)| *day == shard && keys.contains(&person.first));
        let mut here: Vec<Affected> = here
            .map(|(_, person)| Affected {
                position: at.behind(&person.first.sort),
                ..person
            })
            .collect();
        here.sort_by(|one, other| one.first.sort.cmp(&other.first.sort));
        Ok(Some(here))
    }

    /// Where the walk goes on; `None` if it is through.
    pub(super) const fn position(&self) -> Option<&Position> {
        self.next.as_ref()
    }

    /// Whether it has done what one order does.
    pub(super) const fn is_long(&self) -> bool {
        self.spent >= LONG
    }

    /// Whether it has done all that an order can do.
    pub(super) const fn is_too_long(&self) -> bool {
        self.spent >= TOO_LONG
    }

    /// The keys of a page that the query can be about, and whose they are.
    fn candidates(&self, keys: Vec<Key>) -> Result<(HashSet<Key>, HashSet<Holder>), Error> {
        let (mut wanted, mut holders) = (HashSet::new(), HashSet::new());
        let sources = &self.query.sources;
        for key in keys {
            let source = key.record_source();
            if !sources.is_empty() && source.is_none_or(|source| !sources.contains(&source)) {
                continue;
            }
            let holder = key.holder();
            let holder = holder.ok_or(StorageError::unreadable("list the records of a day"))?;
            let is_seen = |seen: &HashSet<String>| seen.contains(&self.finder.tags.of(&holder));
            if self.seen.as_ref().is_none_or(is_seen) {
                holders.insert(holder);
                wanted.insert(key);
            }
        }
        Ok((wanted, holders))
    }

    /// What of a holder is affected, with the day of the first of it; `None` if nothing is.
    async fn affected(&self, holder: Holder) -> Result<Option<(String, Affected)>, Error> {
        let mut pages = self.finder.records.affected(&holder, self.now);
        let mut found: Option<(String, Affected)> = None;
        while let Some(page) = pages.next().await? {
            for record in page {
                if !self.query.matches(&record.candidate) {
                    continue;
                }
                let until = record.retention.due().instant();
                let source = record.candidate.source;
                if let Some((day, person)) = &mut found {
                    person.records += 1;
                    person.sources.insert(source);
                    person.until = person.until.max(until);
                    if (&record.day, &record.key.sort) < (&*day, &person.first.sort) {
                        (*day, person.first) = (record.day, record.key);
                    }
                } else {
                    let person = Affected {
                        holder: holder.clone(),
                        first: record.key,
                        position: Position::of(self.last),
                        records: 1,
                        sources: [source].into(),
                        until,
                    };
                    found = Some((record.day, person));
                }
            }
        }
        Ok(found)
    }
}
