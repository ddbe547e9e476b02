//! Applies holds and restrictions: everything of a person is held, restricted or released, as the
//! Register says.
//!
//! This is done when one is placed or lifted, and again by every sweep, for what has arrived since
//! and for what broke off. It compares what is there with what should be and changes the
//! difference, so that any run finishes any other.

use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Cause, ItemKind};
use custodian_domain::record::Holder;
use custodian_domain::retention::INVOCATION;
use custodian_domain::rights::constraint::Effect;
use custodian_domain::rights::package::RequestId;
use custodian_store::constraints::{Constraints, Placed};
use custodian_store::effects::Effects;
use custodian_store::ledger::{DELETED_AT_ONCE, Ledger};
use custodian_store::packages::Packages;
use custodian_store::records::{DeletionCandidate, HoldChange, Records, RetentionView};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use std::collections::BTreeSet;

/// How many single calls are under way at a time.
const AT_ONCE: usize = 16;
const LOOK: &str = "look up a holder's constraints";

/// Applies holds and restrictions.
#[derive(Clone, Debug)]
pub struct HoldEnforcement {
    /// The holds and restrictions.
    pub constraints: Constraints,
    /// The records that they apply to.
    pub records: Records,
    /// Records what is deleted.
    pub ledger: Ledger,
    /// Packages with copies of the records.
    pub packages: Packages,
}

/// What was done, in items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Enforced {
    /// How many were held that were not.
    pub held: u64,
    /// How many have their end again.
    pub released: u64,
    /// How many records were restricted that were not before.
    pub restricted: u64,
    /// How many are no longer restricted.
    pub unrestricted: u64,
    /// How many were over once nothing held them, and are deleted.
    pub deleted: u64,
    /// How many records are held beyond their date.
    pub past_their_date: u64,
}

impl HoldEnforcement {
    /// Applies or lifts a request's hold or restriction, for every holder that it covers. `seen`
    /// are the holders who were handled in this run already, because of another request. What was
    /// done is added to `done` step by step, so that it is counted also if this is cut short.
    ///
    /// A function that wrote while it was placed or lifted may not have known. So it counts as
    /// settled, and a lifted one is closed, only by a run that began when none of those can still
    /// be writing.
    ///
    /// # Errors
    /// [`StorageError`] unless all of it is certain to be applied; another run finishes it.
    pub async fn reconcile(
        &self,
        request: &RequestId,
        placed: &Placed,
        seen: &mut BTreeSet<Holder>,
        done: &mut Enforced,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let lifted_at = placed
            .standing
            .lifted
            .as_ref()
            .map(|lifting| lifting.act.at);
        match lifted_at {
            Some(_) => self.constraints.uncover(request, placed).await?,
            None if !placed.settled => self.constraints.cover(request, placed).await?,
            None => {}
        }
        // Once it is settled, only what has arrived since can differ.
        let whole = lifted_at.is_some() || !placed.settled;
        for holder in &placed.holders {
            let is_first = seen.insert(holder.clone());
            if is_first || whole {
                let run = Run {
                    holder,
                    is_first,
                    whole,
                    lifting: lifted_at.is_some(),
                    now,
                };
                self.reconcile_holder(&run, done).await?;
            }
        }
        // Until then something may run that read the state before the change.
        if now >= lifted_at.unwrap_or(placed.standing.placed.at) + INVOCATION {
            match lifted_at {
                Some(lifted_at) => {
                    self.constraints
                        .close(request, placed, lifted_at, now)
                        .await?;
                }
                None if whole => self.constraints.settle(request, now).await?,
                None => {}
            }
        }
        Ok(())
    }

    async fn reconcile_holder(
        &self,
        run: &Run<'_>,
        done: &mut Enforced,
    ) -> Result<(), StorageError> {
        let Run {
            holder, whole, now, ..
        } = *run;
        let mut days = BTreeSet::new();
        let mut pages = self.records.retention_view(holder);
        while let Some(page) = pages.next().await? {
            // Read again for every page: something may be placed while much is being released.
            let effect = stands(
                &self
                    .constraints
                    .effects(std::slice::from_ref(holder), now)
                    .await?,
                holder,
            )?;
            let records = page
                .iter()
                .filter(|item| item.candidate.kind == ItemKind::Record);
            let moved = records.filter(|item| whole || item.change_to(effect, now).is_some());
            let new: BTreeSet<NaiveDate> = moved
                .map(|item| item.candidate.day)
                .filter(|day| days.insert(*day))
                .collect();
            // Links first: if this is interrupted, the record is still unchanged, and leads the
            // next run to its links.
            self.reconcile_links(run, effect, new, done).await?;
            self.reconcile_page(run, effect, page, done).await?;
        }
        Ok(())
    }

    /// The links to a holder that serve records of these days.
    async fn reconcile_links(
        &self,
        run: &Run<'_>,
        effect: Effect,
        days: BTreeSet<NaiveDate>,
        done: &mut Enforced,
    ) -> Result<(), StorageError> {
        let Some(subject) = run.holder.subject() else {
            return Ok(());
        };
        let looked = stream::iter(days)
            .map(|day| self.records.links_to(subject, day))
            .buffer_unordered(AT_ONCE);
        let links: Vec<RetentionView> = looked.try_concat().await?;
        let from = |link: &RetentionView| {
            link.candidate
                .key
                .holder()
                .ok_or_else(|| StorageError::unreadable(LOOK))
        };
        let from: Vec<Holder> = links.iter().map(from).collect::<Result<_, _>>()?;
        let effects = self.constraints.effects(&from, run.now).await?;
        let links = links
            .into_iter()
            .zip(&from)
            .map(|(link, from)| Ok((effect.and(stands(&effects, from)?), link)));
        self.carry_out(run, links.collect::<Result<_, StorageError>>()?, done)
            .await
    }

    async fn reconcile_page(
        &self,
        run: &Run<'_>,
        own: Effect,
        page: Vec<RetentionView>,
        done: &mut Enforced,
    ) -> Result<(), StorageError> {
        let target = |item: &RetentionView| item.candidate.key.link_target().map(Holder::Subject);
        let targets: Vec<Holder> = page.iter().filter_map(target).collect();
        let effects = if targets.is_empty() {
            Effects::default()
        } else {
            self.constraints.effects(&targets, run.now).await?
        };
        // A link is held for the person it leads to as well.
        let effect = |item: &RetentionView| {
            target(item).map_or(Ok(own), |to| Ok(own.and(stands(&effects, &to)?)))
        };
        let items = page.into_iter().map(|item| Ok((effect(&item)?, item)));
        self.carry_out(run, items.collect::<Result<_, StorageError>>()?, done)
            .await
    }

    /// Changes items. What is then over is deleted at once.
    async fn carry_out(
        &self,
        run: &Run<'_>,
        items: Vec<(Effect, RetentionView)>,
        done: &mut Enforced,
    ) -> Result<(), StorageError> {
        let Run {
            holder,
            is_first,
            lifting,
            now,
            ..
        } = *run;
        let (mut changes, mut over) = (Vec::new(), Vec::new());
        for (effect, item) in items {
            let is_held = effect.held && item.candidate.kind == ItemKind::Record;
            // A holder who is handled for a second request is not counted again.
            if is_first && is_held && !item.is_over(now) {
                done.past_their_date += u64::from(item.is_past_its_date(now));
            }
            match item.change_to(effect, now) {
                Some(change) => changes.push((change, item)),
                // An interrupted run has given it its end back.
                None if lifting && !effect.held && item.is_over(now) => over.push(item.candidate),
                None => {}
            }
        }
        let turned = stream::iter(changes)
            .map(|(change, item)| self.apply(change, item, now))
            .buffer_unordered(AT_ONCE);
        let mut turned = std::pin::pin!(turned);
        while let Some((change, item)) = turned.try_next().await? {
            let Some(change) = change else { continue };
            done.count(change);
            if change.releases() && item.is_past_its_date(now) {
                over.push(item.candidate);
            }
        }
        self.forget(holder, over, done, now).await
    }

    async fn apply(
        &self,
        change: HoldChange,
        item: RetentionView,
        now: DateTime<Utc>,
    ) -> Result<(Option<HoldChange>, RetentionView), StorageError> {
        let turned = self.records.apply(&item, change, now).await?;
        Ok((turned.then_some(change), item))
    }

    /// Packages first: once the records are deleted, no other run would know that packages hold
    /// copies of them.
    async fn forget(
        &self,
        holder: &Holder,
        mut over: Vec<DeletionCandidate>,
        done: &mut Enforced,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if over.is_empty() {
            return Ok(());
        }
        let mut pages = self.packages.holding(holder);
        while let Some(page) = pages.next().await? {
            for request in page {
                self.packages.end(&request, now).await?;
            }
        }
        // Each transaction is counted as soon as it is done.
        while !over.is_empty() {
            let later = over.split_off(over.len().min(DELETED_AT_ONCE));
            done.deleted += self
                .records
                .forget(over, &self.ledger, Cause::Retention, now)
                .await?;
            over = later;
        }
        Ok(())
    }
}

/// One holder, whose items are reconciled.
struct Run<'a> {
    holder: &'a Holder,
    /// Whether nobody has looked at this holder in the same run, because of another request.
    is_first: bool,
    /// Whether all items are looked at, not only those that differ.
    whole: bool,
    /// Whether a hold or a restriction was lifted.
    lifting: bool,
    now: DateTime<Utc>,
}

impl Enforced {
    fn count(&mut self, change: HoldChange) {
        let HoldChange { hold, restrict } = change;
        self.held += u64::from(hold == Some(true));
        self.released += u64::from(hold == Some(false));
        self.restricted += u64::from(restrict == Some(true));
        self.unrestricted += u64::from(restrict == Some(false));
    }
}

/// What applies to a holder who was looked up. For a holder whom nobody looked up it is unknown,
/// which must not count as free.
fn stands(effects: &Effects, holder: &Holder) -> Result<Effect, StorageError> {
    effects
        .of(holder)
        .ok_or_else(|| StorageError::unreadable(LOOK))
}
