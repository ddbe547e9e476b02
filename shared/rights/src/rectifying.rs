//! Corrects a record, or has a statement stand beside it (Article 16 UK GDPR). What was wrong is
//! then stored nowhere: not in the record, not under the holder that a wrong identifier led to, in
//! no link, and in no package.

use crate::erasure_scope::ErasureScope;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::ledger::Cause;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::{Holder, Record, RecordBody};
use custodian_domain::retention::INVOCATION;
use custodian_domain::rights::constraint::Effect;
use custodian_domain::rights::package::RequestId;
use custodian_store::Key;
use custodian_store::effects::Effects;
use custodian_store::ledger::Ledger;
use custodian_store::packages::{Packages, State};
use custodian_store::records::{Records, StoredRecord, Witness};
use custodian_store::suppressions::Suppressions;
use std::collections::BTreeSet;

/// Corrects records.
#[derive(Clone, Debug)]
pub struct Rectifying {
    /// The table of records.
    pub records: Records,
    /// Who must not be stored again.
    pub suppressions: Suppressions,
    /// Records what is deleted.
    pub ledger: Ledger,
    /// Packages with copies of the records.
    pub packages: Packages,
    /// Makes subject keys of identifiers.
    pub keys: SubjectKeys,
}

/// Why a record is not corrected.
#[derive(Debug, thiserror::Error)]
pub enum NotRectified {
    /// None of the person's records has this reference.
    #[error("none of the person's records has this reference")]
    NotThere,
    /// Two of them have it.
    #[error("two of the person's records have this reference: give fewer identifiers")]
    NotOne,
    /// The record is on hold.
    #[error(
        "the record is on hold, and nothing of what it says now would be kept: lift the hold first, or attach a statement"
    )]
    Held,
    /// Somebody with one of its identifiers was erased since.
    #[error(
        "the person, or whoever the new identifier leads to, was erased since this was collected"
    )]
    Erased,
    /// It would leave the holder that a restriction covers.
    #[error(
        "a restriction covers the record, and not whoever the new identifier leads to: restrict that identifier too, then correct"
    )]
    Restricted,
    /// Somebody else wrote it in between.
    #[error("the record was changed by somebody else meanwhile: look at it again")]
    Changed,
    /// A package with the old value is just being made.
    #[error(
        "a package that may say what the record said before is being made: give the same order again in 15 minutes, or withdraw the package: {0}"
    )]
    BeingPackaged(String),
    /// `DynamoDB` does not answer.
    #[error("not done, give the same order again: {0}")]
    Storage(#[from] StorageError),
}

/// A record that an order names: one copy, or two if an earlier run was interrupted while it moved
/// the record.
#[derive(Clone, Debug)]
pub struct NamedRecord {
    copies: Vec<StoredRecord>,
    /// Under whom it was looked for.
    searched: Vec<Holder>,
    /// What it says: of two copies, whatever was corrected last.
    pub details: RecordBody,
}

/// How a record should be.
#[derive(Debug)]
pub struct RecordChange {
    /// What it should say.
    pub wanted: RecordBody,
    /// Whether something of what it says now is lost.
    pub loses: bool,
    /// When that was ordered first: packages from before that are ended.
    pub since: DateTime<Utc>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rectified {
    /// Whose the record is now.
    pub holder: Holder,
    /// Whether that is somebody else than before.
    pub moved: bool,
    /// How many links, which led from a wrong identifier, are deleted.
    pub links: u64,
    /// The packages that are ended: the sweep deletes them within the hour.
    pub packages: BTreeSet<RequestId>,
}

impl NamedRecord {
    /// Whose it is.
    #[must_use]
    pub fn holders(&self) -> Vec<Holder> {
        let holders = self.copies.iter().map(|copy| copy.record.holder.clone());
        holders.collect()
    }

    /// Whether it is stored under this holder, and nowhere else.
    fn is_only_under(&self, holder: &Holder) -> bool {
        self.copies.iter().all(|copy| copy.record.holder == *holder)
    }
}

impl Rectifying {
    /// The record of these holders with this reference.
    ///
    /// # Errors
    /// [`NotRectified`] if there is none, or are two.
    pub async fn find(
        &self,
        holders: &[Holder],
        reference: &Reference,
        now: DateTime<Utc>,
    ) -> Result<NamedRecord, NotRectified> {
        let mut keys = Vec::new();
        for holder in holders {
            let mut pages = self.records.summaries(holder, now);
            while let Some(page) = pages.next().await? {
                let named = page.into_iter().filter(|one| one.reference == *reference);
                keys.extend(named.map(|one| one.key));
            }
        }
        let mut copies = self.records.live(keys, now).await?;
        copies.sort_by_key(|copy| copy.record.details.rectification.last());
        let (Some(first), Some(last)) = (copies.first(), copies.last()) else {
            return Err(NotRectified::NotThere);
        };
        let id = &first.record.id;
        if copies.iter().any(|copy| copy.record.id != *id) {
            return Err(NotRectified::NotOne);
        }
        let latest = last.record.details.clone();
        let merged = copies.iter().fold(latest, |merged, copy| {
            merged.corrected(&copy.record.details)
        });
        Ok(NamedRecord {
            copies,
            searched: holders.to_vec(),
            details: merged,
        })
    }

    /// Stores the record as it should be, wherever it belongs then, and nowhere else. A second time
    /// completes what was interrupted, and changes nothing else.
    ///
    /// # Errors
    /// [`NotRectified`] unless all of it is certain to be done.
    pub async fn store(
        &self,
        named: &NamedRecord,
        change: &RecordChange,
        now: DateTime<Utc>,
    ) -> Result<Rectified, NotRectified> {
        let record = self.placed(named, change, now).await?;
        let moves = !named.is_only_under(&record.holder);
        let since = if moves || change.wanted != named.details {
            now
        } else {
            change.since
        };
        let mut holders: BTreeSet<Holder> = named.searched.iter().cloned().collect();
        holders.extend(named.holders());
        holders.insert(record.holder.clone());
        // One that is being made stops the order before anything is changed.
        let mut packages = self.end_packages(&holders, since, now).await?;
        if moves {
            let (of, until) = (record.details.source, record.details.retention.due());
            self.suppressions
                .note_move((of, &record.id), &record.holder, until, now)
                .await?;
        }
        // Whoever is erased from here on is seen in between, or at the end.
        let epoch = self.suppressions.epoch(now).await?;
        let record = self.placed(named, change, now).await?;
        // Links from wrong identifiers are known by the record as it was, and so go first.
        let links = self.replace_links(named, &record, now).await?;
        let put = self.put(named, &record, now).await;
        if let Err(NotRectified::Changed) = put {
            self.relink(named, &record, now).await?;
        }
        put?;
        if self.suppressions.epoch(now).await? != epoch {
            self.give_way(named, &record, now).await?;
        }
        packages.extend(self.end_packages(&holders, since, now).await?);
        Ok(Rectified {
            holder: record.holder,
            moved: moves,
            links,
            packages,
        })
    }

    /// The record with its holder, under what holds or restricts them.
    async fn placed(
        &self,
        named: &NamedRecord,
        change: &RecordChange,
        now: DateTime<Utc>,
    ) -> Result<Record, NotRectified> {
        let Some(copy) = named.copies.first() else {
            return Err(NotRectified::NotThere);
        };
        let wanted = &change.wanted;
        let first = |body: &RecordBody| body.contact.identifiers().into_iter().next();
        let mut copies = named.copies.iter();
        let stays = copies.find(|copy| first(&copy.record.details) == first(wanted));
        // Under an older version of the secret it stays where it is.
        let holder = stays.map_or_else(
            || wanted.holder(&self.keys),
            |copy| copy.record.holder.clone(),
        );
        let mut holders = named.holders();
        holders.push(holder.clone());
        let (suppressed, effects) = self.suppressions.among(holders.clone(), [], now).await?;
        let erased = |holder| suppressed.covers(holder, wanted, wanted.collected_at);
        if holders.iter().any(erased) {
            return Err(NotRectified::Erased);
        }
        // What was ordered counts, whether it has reached the record yet or not.
        let mut before = Effect::default();
        for copy in &named.copies {
            let ordered = effect(&effects, &copy.record.holder)?;
            before = before.and(ordered).and(copy.record.details.effect());
        }
        let moves = !named.is_only_under(&holder);
        if before.held && (change.loses || moves) {
            return Err(NotRectified::Held);
        }
        let there = effect(&effects, &holder)?;
        if moves && before.restricted && !there.restricted {
            return Err(NotRectified::Restricted);
        }
        Ok(Record {
            holder,
            id: copy.record.id.clone(),
            details: wanted.clone().under(there),
        })
    }

    /// Puts the record where it belongs, then deletes it where it does not.
    async fn put(
        &self,
        named: &NamedRecord,
        record: &Record,
        now: DateTime<Utc>,
    ) -> Result<(), NotRectified> {
        let key = Key::record(&record.holder, record.details.source, &record.id);
        let (here, elsewhere): (Vec<_>, Vec<_>) = named
            .copies
            .iter()
            .partition(|copy| copy.candidate.key == key);
        let put = match here.first().map(|copy| &copy.record.details) {
            Some(before) if *before == record.details => true,
            Some(before) => self.records.put_instead(record, Some(before), now).await?,
            None => self.put_or_join(&key, record, now).await?,
        };
        if !put {
            return Err(NotRectified::Changed);
        }
        for copy in elsewhere {
            let cause = Cause::Correction;
            let ledger = &self.ledger;
            if self
                .records
                .forget_unchanged(copy, ledger, cause, now)
                .await?
            {
                continue;
            }
            // Its source, a hold or a restriction came in between, or somebody else has deleted it.
            let there = self
                .records
                .live(vec![copy.candidate.key.clone()], now)
                .await?;
            if there.is_empty() {
                continue;
            }
            let ours = self.records.live(vec![key.clone()], now).await?;
            let ours = ours
                .iter()
                .filter(|stored| here.is_empty() && stored.record.details == record.details);
            for stored in ours {
                self.records
                    .forget_unchanged(stored, ledger, cause, now)
                    .await?;
            }
            return Err(NotRectified::Changed);
        }
        Ok(())
    }

    /// Puts a record at a new place. What is there already is the same record, which an earlier run
    /// has put, or its source.
    async fn put_or_join(
        &self,
        key: &Key,
        record: &Record,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        if self.records.put_instead(record, None, now).await? {
            return Ok(true);
        }
        let there = self.records.live(vec![key.clone()], now).await?;
        let Some(there) = there.first().map(|stored| &stored.record.details) else {
            return Ok(false);
        };
        let joined = Record {
            details: there
                .corrected(&record.details)
                .under(record.details.effect()),
            ..record.clone()
        };
        self.records.put_instead(&joined, Some(there), now).await
    }

    /// Writes the links to where the record will be, and deletes those that led to it from
    /// identifiers that it will no longer name, unless another record of the same holder names
    /// them. Returns how many it deleted.
    async fn replace_links(
        &self,
        named: &NamedRecord,
        record: &Record,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        self.link(record).await?;
        let mut forgotten = 0;
        for copy in &named.copies {
            let lost = copy.record.lost_in(record);
            forgotten += self.unlink(copy, &copy.record, lost, now).await?;
        }
        Ok(forgotten)
    }

    /// The record was not changed after all: the links are as they were.
    async fn relink(
        &self,
        named: &NamedRecord,
        record: &Record,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for copy in &named.copies {
            self.link(&copy.record).await?;
            let lost = record.lost_in(&copy.record);
            self.unlink(copy, record, lost, now).await?;
        }
        Ok(())
    }

    /// Writes the links that lead to a record.
    async fn link(&self, record: &Record) -> Result<(), StorageError> {
        let Some(to) = record.holder.subject() else {
            return Ok(());
        };
        let details = &record.details;
        let day = details.collected_at.date_naive();
        for from in details.contact.further_keys(&self.keys) {
            self.records.link(&from, to, day, details.retention).await?;
        }
        Ok(())
    }

    /// Deletes the links from these identifiers to a record's holder, unless another record of the
    /// same holder names them.
    async fn unlink(
        &self,
        copy: &StoredRecord,
        record: &Record,
        mut from: Vec<Identifier>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let Some(holder) = record.holder.subject() else {
            return Ok(0);
        };
        let this = &record.details;
        let is_this = |witness: &Witness| {
            witness.contact == this.contact
                && witness.source == this.source
                && witness.collected_at == this.collected_at
        };
        let (mut pages, mut seen) = (self.records.witnesses(holder, now), false);
        while !from.is_empty()
            && let Some(page) = pages.next().await?
        {
            for witness in page {
                if !seen && is_this(&witness) {
                    seen = true;
                    continue;
                }
                let named = witness.contact.identifiers();
                from.retain(|one| !named.contains(one));
            }
        }
        let candidates = ErasureScope::links_from(&from, &copy.candidate, holder, &self.keys);
        let cause = Cause::Correction;
        self.records
            .forget(candidates, &self.ledger, cause, now)
            .await
    }

    /// Somebody was erased while this was written: if it was theirs, or is, it is deleted, with
    /// the links to it.
    async fn give_way(
        &self,
        named: &NamedRecord,
        record: &Record,
        now: DateTime<Utc>,
    ) -> Result<(), NotRectified> {
        let Record {
            holder,
            id,
            details,
        } = record;
        let mut holders = named.holders();
        holders.push(holder.clone());
        let (suppressed, _) = self.suppressions.among(holders.clone(), [], now).await?;
        let erased = |holder| suppressed.covers(holder, details, details.collected_at);
        if !holders.iter().any(erased) {
            return Ok(());
        }
        let keys = vec![Key::record(holder, details.source, id)];
        for stored in self.records.live(keys, now).await? {
            let further = details.contact.identifiers().into_iter().skip(1).collect();
            self.unlink(&stored, record, further, now).await?;
            let gone = vec![stored.candidate];
            let cause = Cause::Erasure;
            self.records.forget(gone, &self.ledger, cause, now).await?;
        }
        Err(NotRectified::Erased)
    }

    /// Ends packages that may say what the record said before: nobody gets a link to them from now
    /// on, and the sweep deletes them.
    async fn end_packages(
        &self,
        holders: &BTreeSet<Holder>,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<BTreeSet<RequestId>, NotRectified> {
        let mut requests = BTreeSet::new();
        for holder in holders {
            let mut pages = self.packages.holding(holder);
            while let Some(page) = pages.next().await? {
                requests.extend(page);
            }
        }
        let (mut ended, mut started) = (BTreeSet::new(), Vec::new());
        for (request, package) in self.packages.find_all(requests, now).await? {
            // An export that had read the record may have been ordered that much later.
            if package.requested_at > since + INVOCATION {
                continue;
            }
            match package.state {
                State::Complete => {
                    self.packages.end(&request, now).await?;
                    ended.insert(request);
                }
                State::Started => started.push(String::from(request)),
                State::Expired | State::Erased | State::Withdrawn => {}
            }
        }
        if started.is_empty() {
            Ok(ended)
        } else {
            Err(NotRectified::BeingPackaged(started.join(", ")))
        }
    }
}

fn effect(effects: &Effects, holder: &Holder) -> Result<Effect, StorageError> {
    effects
        .of(holder)
        .ok_or_else(|| StorageError::unreadable("look what stands for a holder"))
}
