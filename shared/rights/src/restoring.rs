//! A table that was restored from a backup: what has to be on it, and what must not be in it,
//! before anything reads it.
//!
//! A backup does not know what happened after it. So everything that was deleted since is deleted
//! again, holds and restrictions are applied again, and what was stored or corrected since is taken
//! over from the live table, if there is one.

mod redone;

use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Cause, EntryId, ItemKind};
use custodian_domain::record::{Holder, Record};
use custodian_domain::retention::INVOCATION;
use custodian_domain::rights::constraint::Effect;
use custodian_store::Key;
use custodian_store::Protection;
use custodian_store::effects::Effects;
use custodian_store::ledger::Ledger;
use custodian_store::records::{DeletionCandidate, HoldChange, Records, RetentionView, StoredItem};
use custodian_store::suppressions::{Suppressed, Suppressions};
use std::collections::{HashMap, HashSet};

pub use redone::Redone;
use redone::Why;

/// How many deletions are compared with the table at a time: some tens of megabytes.
const ENTRIES_AT_ONCE: usize = 250_000;
/// How many keys `BatchGetItem` accepts at a time.
const BATCH: usize = 100;

/// A restored table, and what is known about the time since.
#[derive(Clone, Debug)]
pub struct Restoring {
    /// The restored table.
    pub copy: Records,
    /// The table that it replaces, if that still exists and can be trusted.
    pub live: Option<Records>,
    /// What was deleted since.
    pub ledger: Ledger,
    /// Who was erased, what was withdrawn, and which holds and restrictions are in force.
    pub suppressions: Suppressions,
    /// The instant that was restored.
    pub since: DateTime<Utc>,
}

/// An item in the restored table.
struct RestoredItem {
    retention_view: RetentionView,
    record: Option<Record>,
    holder: Option<Holder>,
    /// Whom a link leads to.
    target: Option<Holder>,
}

impl Restoring {
    /// The protection of the restored table; `days` is how far back it should be possible to
    /// restore it.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be found out.
    pub async fn protection(&self, days: i32) -> Result<Protection, StorageError> {
        self.copy.protection(&self.ledger, days).await
    }

    /// Adds what a restore leaves out to the restored table. Returns its protection then.
    /// Encryption and index have to be requested when it is restored.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be added.
    pub async fn protect(&self, days: i32) -> Result<Protection, StorageError> {
        self.copy.protect(&self.ledger, days).await
    }

    /// Repeats what was done since, once through the whole table; `progress` is called after every
    /// page. What was done before is no longer there, so another run continues where this one broke
    /// off.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be done.
    pub async fn redo(
        &self,
        now: DateTime<Utc>,
        progress: &mut impl FnMut(&Redone),
    ) -> Result<Redone, StorageError> {
        let (mut redone, mut is_first) = (Redone::default(), true);
        // A function may have looked at the clock this long before its transaction.
        let from = self.since - INVOCATION;
        let mut entries_since = self.ledger.entries_since(from.date_naive());
        loop {
            let (mut gone, mut is_last) = (HashSet::new(), false);
            while gone.len() < ENTRIES_AT_ONCE && !is_last {
                match entries_since.next().await? {
                    Some(entries) => gone.extend(
                        entries
                            .into_iter()
                            .filter(|it| it.removed >= from)
                            .map(|it| it.id),
                    ),
                    None => is_last = true,
                }
            }
            if is_first || !gone.is_empty() {
                self.look_through(&gone, is_first, now, &mut redone, progress)
                    .await?;
            }
            if is_last {
                break;
            }
            is_first = false;
        }
        if let Some(live) = &self.live {
            self.take_over(live, now, &mut redone, progress).await?;
        }
        Ok(redone)
    }

    async fn look_through(
        &self,
        gone: &HashSet<EntryId>,
        whole: bool,
        now: DateTime<Utc>,
        redone: &mut Redone,
        progress: &mut impl FnMut(&Redone),
    ) -> Result<(), StorageError> {
        let mut scan = self.copy.whole();
        while let Some(items) = scan.next().await? {
            let stored: Option<Vec<RestoredItem>> = items.iter().map(read).collect();
            let stored = stored.ok_or_else(|| StorageError::unreadable("read a restored item"))?;
            redone.looked_at += if whole { stored.len() as u64 } else { 0 };
            let was_deleted = |it: &RestoredItem| {
                it.retention_view
                    .candidate
                    .due
                    .is_some_and(|due| gone.contains(&id(&it.retention_view, due)))
            };
            let deleted: Vec<Key> = stored
                .iter()
                .filter(|it| was_deleted(it))
                .map(|it| it.retention_view.candidate.key.clone())
                .collect();
            // What was deleted and stored again since is there, and stays.
            let back = self.lives(deleted, now).await?;
            let (suppressed, effects) = self.known(&stored, whole, now).await?;
            let (mut candidate, mut changes) = (Vec::new(), Vec::new());
            for it in stored {
                let kept_again = back.contains(&it.retention_view.candidate.key);
                let why = if was_deleted(&it) && !kept_again {
                    Some(Why::Deleted)
                } else if whole {
                    self.goes(&it, &suppressed, effect(&effects, &it)?, now)
                } else {
                    None
                };
                match why {
                    Some(why) => {
                        redone.count(why);
                        candidate.push(it.retention_view.candidate);
                    }
                    // As of the restored instant: a hold placed since keeps what would be over by
                    // now.
                    None if whole => {
                        let change = it
                            .retention_view
                            .change_to(effect(&effects, &it)?, self.since);
                        changes.extend(change.map(|change| (change, it.retention_view)));
                    }
                    None => {}
                }
            }
            let over = self.apply(changes, redone, now).await?;
            candidate.extend(over);
            self.forget(candidate, now).await?;
            progress(redone);
        }
        Ok(())
    }

    /// Why an item is deleted again, other than by the ledger.
    fn goes(
        &self,
        stored: &RestoredItem,
        suppressed: &Suppressed,
        effect: Effect,
        now: DateTime<Utc>,
    ) -> Option<Why> {
        let is_kept = effect.held && !stored.retention_view.is_over(self.since);
        if stored.retention_view.is_over(now) && !is_kept {
            return Some(Why::Expired);
        }
        if let Some(Record {
            holder,
            id,
            details,
        }) = &stored.record
        {
            if suppressed.covers(holder, details, details.collected_at) {
                return Some(Why::Erased);
            }
            return suppressed
                .is_withdrawn(details.source, id)
                .then_some(Why::Withdrawn);
        }
        let about = stored.target.as_ref().or(stored.holder.as_ref())?;
        let erased = suppressed
            .of(about)
            .filter(|it| it.erased_at >= self.since - INVOCATION)?;
        // Where an erasure has left records, it has left the links to them.
        let is_left = stored.retention_view.candidate.kind == ItemKind::Link
            && erased.leaves_something_of(stored.retention_view.candidate.day);
        (!is_left).then_some(Why::Erased)
    }

    async fn known(
        &self,
        stored: &[RestoredItem],
        whole: bool,
        now: DateTime<Utc>,
    ) -> Result<(Suppressed, Effects), StorageError> {
        if !whole {
            return Ok(Default::default());
        }
        let holders = stored
            .iter()
            .flat_map(|it| it.holder.iter().chain(&it.target))
            .cloned()
            .collect();
        let records = stored.iter().filter_map(|it| it.record.as_ref());
        let records = records.map(|record| (record.details.source, record.id.clone()));
        self.suppressions.among(holders, records, now).await
    }

    /// Which of these keys are in the live table.
    async fn lives(
        &self,
        keys: Vec<Key>,
        now: DateTime<Utc>,
    ) -> Result<HashSet<Key>, StorageError> {
        let Some(live) = &self.live else {
            return Ok(HashSet::new());
        };
        let mut found = HashSet::new();
        for some in keys.chunks(BATCH) {
            let items = live
                .stored("look into the live table", some.to_vec(), now)
                .await?;
            found.extend(items.iter().filter_map(StoredItem::key));
        }
        Ok(found)
    }

    /// Corrects holds and restrictions on items. Returns what is over once nothing holds it.
    async fn apply(
        &self,
        changes: Vec<(HoldChange, RetentionView)>,
        redone: &mut Redone,
        now: DateTime<Utc>,
    ) -> Result<Vec<DeletionCandidate>, StorageError> {
        let mut over = Vec::new();
        for (change, retention_view) in changes {
            redone.turned += u64::from(self.copy.apply(&retention_view, change, self.since).await?);
            if change.releases() && retention_view.is_past_its_date(now) {
                over.push(retention_view.candidate);
            }
        }
        Ok(over)
    }

    async fn forget(
        &self,
        candidate: Vec<DeletionCandidate>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if candidate.is_empty() {
            return Ok(());
        }
        self.copy
            .forget(candidate, &self.ledger, Cause::Restore, now)
            .await
            .map(drop)
    }

    /// Takes over what was stored or corrected since, and links that were renewed since.
    async fn take_over(
        &self,
        live: &Records,
        now: DateTime<Utc>,
        redone: &mut Redone,
        progress: &mut impl FnMut(&Redone),
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "take over from the live table";
        let mut scan = live.whole();
        while let Some(items) = scan.next().await? {
            for some in items.chunks(BATCH) {
                let keys = some.iter().filter_map(StoredItem::key).collect();
                let there = self.copy.stored(OPERATION, keys, now).await?;
                let there: HashMap<Key, StoredItem> = there
                    .into_iter()
                    .filter_map(|item| Some((item.key()?, item)))
                    .collect();
                for item in some {
                    let (key, retention_view) = item
                        .key()
                        .zip(item.retention_view())
                        .ok_or(StorageError::unreadable(OPERATION))?;
                    let is_new = there
                        .get(&key)
                        .is_none_or(|before| item.is_later_than(before));
                    if is_new && !retention_view.is_over(now) {
                        self.copy.put_stored(OPERATION, item.clone()).await?;
                        redone.taken_over += 1;
                    }
                }
            }
            progress(redone);
        }
        Ok(())
    }
}

fn id(retention_view: &RetentionView, due: custodian_domain::retention::ExpiresAt) -> EntryId {
    EntryId::of(
        &retention_view.candidate.key.partition,
        &retention_view.candidate.key.sort,
        due,
    )
}

/// What applies to an item: to its holder, and to whom a link leads to.
fn effect(effects: &Effects, stored: &RestoredItem) -> Result<Effect, StorageError> {
    let looked_up = |holder| {
        effects
            .of(holder)
            .ok_or_else(|| StorageError::unreadable("look up an item's constraints"))
    };
    let mut stands = Effect::default();
    for holder in stored.holder.iter().chain(&stored.target) {
        stands = stands.and(looked_up(holder)?);
    }
    Ok(stands)
}

fn read(item: &StoredItem) -> Option<RestoredItem> {
    let retention_view = item.retention_view()?;
    let key = &retention_view.candidate.key;
    let record = match retention_view.candidate.kind {
        ItemKind::Record => Some(item.record()?),
        ItemKind::Link | ItemKind::Profile => None,
    };
    let (holder, target) = (key.holder(), key.link_target().map(Holder::Subject));
    Some(RestoredItem {
        retention_view,
        record,
        holder,
        target,
    })
}
