//! Whether the ledger's chain is right, from its first day to its last, and whether it agrees with
//! its anchors outside the tables.
//!
//! Somebody who may write to the tables can make another consistent chain. It differs from the one
//! that was anchored.

mod anchored;
pub mod evidence;
mod sample;
pub mod trail;

pub use anchored::{AnchorFault, Compared, Contradiction};
pub use sample::Sample;

use anchored::Anchored;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_buckets::anchors::Anchors;
use custodian_domain::ledger::{
    Block, Broken, ChainEnd, ChainFault, Entry, EntryId, Head, StoredContent, Verification,
    Verified, Witness,
};
use custodian_store::ledger::{ForeignItem, Ledger, Slot};
use std::collections::HashSet;

/// How long after midnight a day may be open: the sweep waits six hours for deletions that belong
/// to it, and runs every hour.
const OPEN: TimeDelta = TimeDelta::hours(7);

/// How many removals marked as recorded are held at a time; some thirty bytes each.
const RECORDED_AT_ONCE: usize = 4_000_000;

/// Why a ledger is not verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// A link is wrong.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The chain differs from the one that was anchored.
    #[error(transparent)]
    Contradicted(#[from] Contradiction),
    /// The table has something that no function writes.
    #[error(transparent)]
    ForeignItem(#[from] ForeignItem),
    /// A day should be closed by now.
    #[error("{0} should be closed by now but is not")]
    Open(NaiveDate),
    /// It cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// The chain itself.
    pub chain: Verified,
    /// The anchors; `None` if they were not compared.
    pub anchored: Option<Compared>,
    /// How the audit trail ended, each time the ledger witnessed it, and on which day.
    pub trail: Vec<(NaiveDate, ChainEnd)>,
}

/// Verifies a ledger, against its anchors if they are given; with a witness, also that the chain
/// has this certificate. Passes on every entry of the chain.
///
/// # Errors
/// [`Unverified`] names the first thing that is wrong.
pub async fn audit(
    ledger: &Ledger,
    anchors: Option<&Anchors>,
    witness: Option<Witness>,
    now: DateTime<Utc>,
    mut each: impl FnMut(Entry) + Send,
) -> Result<Audited, Unverified> {
    let mut anchored = anchors.map(|anchors| Anchored::of(anchors, now));
    let Some(head) = ledger.head().await? else {
        if let Some(anchored) = anchored {
            anchored.expect_no_anchors().await?;
        }
        // A chain that has not begun has no day for any item, or it has lost its head.
        return Err(Broken {
            day: NaiveDate::MIN,
            n: 0,
            fault: ChainFault::Missing,
        }
        .into());
    };
    let last = last_day(&head);
    if let Some(anchored) = &mut anchored {
        anchored.begins_with(head.first).await?;
    }
    let (mut verification, mut trail) = (Verification::of(head.clone(), witness), Vec::new());
    let mut block = |block: Block| {
        trail.extend(block.audit.map(|end| (block.day, end)));
        block.entries.into_iter().for_each(&mut each);
    };
    for day in head.first.iter_days().take_while(|day| *day <= last) {
        let certificate = verify_day(
            ledger,
            &head,
            &mut verification,
            &mut anchored,
            day,
            &mut block,
        )
        .await?;
        verification.end(certificate)?;
    }
    verification.end_all()?;
    compare(&mut anchored, &mut verification).await?;
    let chain = verification.finish()?;
    let anchored = match anchored {
        None => None,
        Some(anchored) => Some(anchored.finish(ledger).await?),
    };
    look_for_foreign_items(ledger, &head, RECORDED_AT_ONCE).await?;
    if anchored.is_some() && head.open() < (now - OPEN).date_naive() {
        return Err(Unverified::Open(head.open()));
    }
    Ok(Audited {
        chain,
        anchored,
        trail,
    })
}

/// Compares the links that were found right, so that only one page of them waits.
async fn compare(
    anchored: &mut Option<Anchored<'_>>,
    verification: &mut Verification,
) -> Result<(), Unverified> {
    let seen = verification.seen();
    match anchored {
        Some(anchored) => anchored.compare(&seen).await,
        None => Ok(()),
    }
}

/// Verifies the blocks of a day. Returns what is stored where its certificate belongs.
async fn verify_day(
    ledger: &Ledger,
    head: &Head,
    verification: &mut Verification,
    anchored: &mut Option<Anchored<'_>>,
    day: NaiveDate,
    each: &mut (impl FnMut(Block) + Send),
) -> Result<StoredContent, Unverified> {
    verification.begin(day);
    let (mut certificate, mut pages) = (StoredContent::Nothing, ledger.stored(day));
    while let Some(page) = pages.next().await? {
        for stored in page {
            match stored.slot {
                // What was written after the head was read belongs to the next run.
                Slot::Block(n) if n > head.n && has_moved(ledger, head).await? => {}
                Slot::Certificate
                    if is_later(&stored.content, head) && has_moved(ledger, head).await? => {}
                Slot::Certificate => certificate = stored.content,
                Slot::Block(n) => {
                    let block = verification.block(n, &stored.content)?;
                    block.into_iter().for_each(&mut *each);
                }
                Slot::Stray => verification.stray()?,
            }
        }
        compare(anchored, verification).await?;
    }
    Ok(certificate)
}

/// The last day that may have items.
fn last_day(head: &Head) -> NaiveDate {
    head.day.max(head.closed.unwrap_or(head.first))
}

fn is_later(content: &StoredContent, head: &Head) -> bool {
    matches!(content, StoredContent::Link(link) if link.n > head.n)
}

async fn has_moved(ledger: &Ledger, head: &Head) -> Result<bool, StorageError> {
    Ok(ledger.head().await?.is_some_and(|now| now.n > head.n))
}

/// Searches the whole table for items that no function writes, and for removals marked as recorded
/// that no link records. If there are too many marks, it goes through everything again for each
/// part of them.
///
/// # Errors
/// [`Unverified::ForeignItem`] names the first one found.
pub async fn look_for_foreign_items(
    ledger: &Ledger,
    head: &Head,
    at_once: usize,
) -> Result<(), Unverified> {
    let (mut parts, mut part) = (1, 0);
    while part < parts {
        let Some(mut recorded) =
            marked_as_recorded(ledger, head, at_once, |id| id % parts == part).await?
        else {
            (parts, part) = (parts * 2, 0);
            continue;
        };
        // Each mark was put with its link, so every mark seen so far has one by now.
        let mut pages = ledger.entries_since(head.first);
        while !recorded.is_empty() {
            let Some(page) = pages.next().await? else {
                return Err(ForeignItem::Unrecorded.into());
            };
            for entry in page {
                recorded.remove(&entry.id.number());
            }
        }
        part += 1;
    }
    Ok(())
}

/// The removals of a part that are marked as recorded; `None` if there are too many.
async fn marked_as_recorded(
    ledger: &Ledger,
    head: &Head,
    at_once: usize,
    is_meant: impl Fn(u128) -> bool + Send,
) -> Result<Option<HashSet<u128>>, Unverified> {
    let last = last_day(head);
    let (mut recorded, mut pages) = (HashSet::new(), ledger.foreign_items(head.first, last));
    while let Some(page) = pages.next().await? {
        for stranger in page.foreign_items {
            // A day that has begun since belongs to the next run.
            let is_new = matches!(stranger, ForeignItem::OnDay(day) if day > last);
            if !(is_new && has_moved(ledger, head).await?) {
                return Err(stranger.into());
            }
        }
        recorded.extend(
            page.recorded
                .iter()
                .map(EntryId::number)
                .filter(|id| is_meant(*id)),
        );
        if recorded.len() > at_once {
            return Ok(None);
        }
    }
    Ok(Some(recorded))
}
