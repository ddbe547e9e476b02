//! Stores what sources send: nothing is lost, nothing is doubled, and nobody who was erased comes
//! back.

mod case;
mod change;
mod decision;
mod known;

use case::Case;
use change::{Change, Link, Put};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::ledger::Cause;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_record::SourceRecord;
use custodian_domain::record::{Record, RecordBody, RecordId};
use custodian_store::Key;
use custodian_store::ledger::Ledger;
use custodian_store::records::{Records, StoredRecord};
use custodian_store::suppressions::{Epoch, Suppressions};
use decision::Decision;
use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use known::Known;
use std::collections::HashSet;

/// How many single calls are under way at a time.
const AT_ONCE: usize = 16;
/// How many times it starts again because others wrote in between.
const TRIES: u32 = 5;

/// Stores what sources send.
#[derive(Clone, Debug)]
pub struct Intake {
    /// The table of records.
    pub records: Records,
    /// Who must not be stored again.
    pub suppressions: Suppressions,
    /// Records what is deleted.
    pub ledger: Ledger,
    /// Makes subject keys of identifiers.
    pub keys: SubjectKeys,
}

/// What happened to a record that a source sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IntakeOutcome {
    /// It is a new record.
    New,
    /// It was there already.
    Before,
    /// It corrected a record in its place.
    Corrected,
    /// It is another leg of a call that was there.
    Joined,
    /// The source withdrew it, and it was deleted.
    Forgotten,
    /// The source withdrew it. A hold keeps it until the hold is lifted.
    Held,
    /// The person was erased after it was collected, or the source has withdrawn it: it is not
    /// stored.
    Suppressed,
    /// It is not stored, because it would turn a record into another person's, at another time: its
    /// id was given twice, or rounded. A human has to look.
    OfAnother,
}

impl Intake {
    /// Stores what a source sends, in this order. Returns what happened to each. Sending it again
    /// changes nothing.
    ///
    /// An erasure that begins meanwhile wins: its suppression is seen before or after the writing.
    ///
    /// # Errors
    /// [`StorageError`] unless all of it is certain to be stored. Doing it again is safe.
    pub async fn take(
        &self,
        sent: Vec<SourceRecord>,
        now: DateTime<Utc>,
    ) -> Result<Vec<IntakeOutcome>, StorageError> {
        let mut outcomes = vec![IntakeOutcome::Before; sent.len()];
        let mut cases = case::of(sent, &self.keys);
        for _ in 0..TRIES {
            cases = self.attempt(cases, &mut outcomes, now).await?;
            if cases.is_empty() {
                return Ok(outcomes);
            }
        }
        Err(StorageError::because(
            "take in a record",
            "others write it at the same time",
        ))
    }

    /// Returns the cases in which somebody else wrote in between.
    async fn attempt(
        &self,
        mut cases: Vec<Case>,
        outcomes: &mut [IntakeOutcome],
        now: DateTime<Utc>,
    ) -> Result<Vec<Case>, StorageError> {
        let epoch = self.suppressions.epoch(now).await?;
        self.follow(&mut cases, &epoch, now).await?;
        let (known, stored) = try_join(self.known(&cases, now), self.stored(&cases, now)).await?;
        self.find(&mut cases, stored, now).await?;
        let decided: Vec<(Case, Change)> = cases
            .into_iter()
            .map(|case| {
                let decision = Decision {
                    case: &case,
                    known: &known,
                    keys: &self.keys,
                    now,
                };
                let change = decision.decide(outcomes);
                (case, change)
            })
            .collect();
        let again = self.carry_out(&decided, now).await?;
        let after = self.suppressions.epoch(now).await?;
        if after != epoch {
            self.give_way(&decided, outcomes, now).await?;
        }
        // What was corrected into another holder's meanwhile may have been put beside it.
        let has_moved = |case: &Case| {
            let mut ids = case.ids();
            ids.any(|id| after.has_moved(case.source, id) && !epoch.has_moved(case.source, id))
        };
        let lost = decided
            .into_iter()
            .enumerate()
            .filter(|(place, (case, _))| again.contains(place) || has_moved(case));
        Ok(lost.map(|(_, (case, _))| case).collect())
    }

    /// Adds whose records were corrected into another holder's to who may have them.
    async fn follow(
        &self,
        cases: &mut [Case],
        epoch: &Epoch,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if !epoch.has_any_moved() {
            return Ok(());
        }
        let of = |case: &Case| -> Vec<(Source, RecordId)> {
            let ids = case.ids().filter(|id| epoch.has_moved(case.source, id));
            ids.map(|id| (case.source, id.clone())).collect()
        };
        let moved = self
            .suppressions
            .moved_to(cases.iter().flat_map(of), now)
            .await?;
        for case in cases {
            let source = case.source;
            let to = case.ids().find_map(|id| moved.get(&(source, id.clone())));
            let to = to.cloned();
            case.follow(to);
        }
        Ok(())
    }

    /// Who was erased, what was withdrawn, and what is held or restricted.
    async fn known(&self, cases: &[Case], now: DateTime<Utc>) -> Result<Known, StorageError> {
        let holders = cases.iter().flat_map(Case::erasable).collect();
        // Only a network's posts are withdrawn.
        let withdrawable = cases.iter().filter(|case| case.source == Source::Social);
        let records = withdrawable.map(|case| (case.source, case.id.clone()));
        let (suppressed, effects) = self.suppressions.among(holders, records, now).await?;
        Ok(Known {
            suppressed,
            effects,
        })
    }

    /// The stored records of the cases under the holders that their rows name.
    async fn stored(
        &self,
        cases: &[Case],
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredRecord>, StorageError> {
        self.records
            .live(cases.iter().flat_map(Case::candidates).collect(), now)
            .await
    }

    /// Reads each case's stored records: those under the holders that its rows name, and those on
    /// its day in the index, under any holder.
    async fn find(
        &self,
        cases: &mut [Case],
        stored: Vec<StoredRecord>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for case in cases.iter_mut() {
            case.stored.clear();
        }
        case::assign(cases, stored);
        // A call keeps its number, and a million of them are not looked up one by one. Everything
        // else is looked up even if it was found: an interrupted run that moved a record has left
        // it in both places.
        let movable = |case: &&Case| case.source != Source::Telephone;
        let days: Vec<(NaiveDate, String)> =
            cases.iter().filter(movable).flat_map(Case::days).collect();
        let looked = stream::iter(days)
            .map(|(day, sort)| self.placed(day, sort))
            .buffer_unordered(AT_ONCE);
        let keys: Vec<Vec<Key>> = looked.try_collect().await?;
        let known: HashSet<Key> = cases
            .iter()
            .flat_map(|case| &case.stored)
            .map(|stored| stored.candidate.key.clone())
            .collect();
        let elsewhere = keys
            .into_iter()
            .flatten()
            .filter(|key| !known.contains(key))
            .collect();
        case::assign(cases, self.records.live(elsewhere, now).await?);
        Ok(())
    }

    /// Withdrawals are stored first, links come before records, and moved records are deleted last:
    /// wherever it is interrupted, the next run finds it. Returns the places of those whose records
    /// somebody else wrote in between.
    async fn carry_out(
        &self,
        decided: &[(Case, Change)],
        now: DateTime<Utc>,
    ) -> Result<Vec<usize>, StorageError> {
        let withdrawn = decided.iter().filter(|(_, change)| change.withdrawn);
        for (case, _) in withdrawn {
            self.suppressions
                .withdraw(case.source, &case.id, now)
                .await?;
        }
        let puts: Vec<(usize, &Put)> = decided
            .iter()
            .enumerate()
            .filter_map(|(place, (_, change))| Some((place, change.put.as_ref()?)))
            .collect();
        let links: Vec<Link> = puts.iter().flat_map(|(_, put)| put.links()).collect();
        let linked = stream::iter(links)
            .map(|link| self.link(link))
            .buffer_unordered(AT_ONCE);
        linked.try_collect::<()>().await?;
        let again = self.put(&puts, now).await?;
        for cause in [Cause::Correction, Cause::Erasure] {
            let kept = decided
                .iter()
                .enumerate()
                .filter(|(place, _)| !again.contains(place));
            let gone = kept.flat_map(|(_, (_, change))| change.forget.iter());
            let gone = gone
                .filter(|(_, why)| *why == cause)
                .map(|(candidate, _)| candidate.clone())
                .collect();
            self.records.forget(gone, &self.ledger, cause, now).await?;
        }
        Ok(again)
    }

    /// Many new records go in batches. A correction, or a record that comes alone, is put only if
    /// nobody else wrote it since it was read.
    async fn put(
        &self,
        puts: &[(usize, &Put)],
        now: DateTime<Utc>,
    ) -> Result<Vec<usize>, StorageError> {
        let (many, single): (Vec<_>, Vec<_>) = puts
            .iter()
            .copied()
            .partition(|(_, put)| puts.len() > 1 && put.instead_of.is_none());
        let many: Vec<&Record> = many.iter().map(|(_, put)| &put.record).collect();
        self.records.keep_all(&many).await?;
        let single: Vec<(usize, Record, Option<RecordBody>)> = single
            .into_iter()
            .map(|(place, put)| (place, put.record.clone(), put.instead_of.clone()))
            .collect();
        let put = stream::iter(single)
            .map(|(place, record, instead_of)| self.put_single(place, record, instead_of, now))
            .buffer_unordered(AT_ONCE);
        let again: Vec<Option<usize>> = put.try_collect().await?;
        Ok(again.into_iter().flatten().collect())
    }

    /// Returns the place of what somebody else wrote in between.
    async fn put_single(
        &self,
        place: usize,
        record: Record,
        instead_of: Option<RecordBody>,
        now: DateTime<Utc>,
    ) -> Result<Option<usize>, StorageError> {
        let put = self
            .records
            .put_instead(&record, instead_of.as_ref(), now)
            .await?;
        Ok((!put).then_some(place))
    }

    async fn placed(&self, day: NaiveDate, sort: String) -> Result<Vec<Key>, StorageError> {
        self.records.placed(day, &sort).await
    }

    async fn link(&self, link: Link) -> Result<(), StorageError> {
        self.records
            .link(&link.from, &link.to, link.day, link.retention)
            .await
            .map(drop)
    }

    /// Somebody was erased while this was written: their data is deleted again.
    async fn give_way(
        &self,
        decided: &[(Case, Change)],
        outcomes: &mut [IntakeOutcome],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let put: Vec<&(Case, Change)> = decided
            .iter()
            .filter(|(_, change)| change.put.is_some())
            .collect();
        let holders = put
            .iter()
            .flat_map(|(case, _)| case.holders.iter().cloned())
            .collect();
        let (suppressed, _) = self.suppressions.among(holders, [], now).await?;
        let mut gone = Vec::new();
        for (case, change) in put {
            let Some(put) = &change.put else { continue };
            let Record {
                holder, details, ..
            } = &put.record;
            if suppressed.covers(holder, details, details.collected_at) {
                gone.extend(put.links().into_iter().map(Link::candidate));
                gone.extend(
                    self.records
                        .live(vec![put.key()], now)
                        .await?
                        .into_iter()
                        .map(|stored| stored.candidate),
                );
                case.sent
                    .iter()
                    .for_each(|row| outcomes[row.place] = IntakeOutcome::Suppressed);
            }
        }
        self.records
            .forget(gone, &self.ledger, Cause::Erasure, now)
            .await
            .map(drop)
    }
}
