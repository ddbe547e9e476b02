//! Whether the ledger's chain holds, from its first day to its last, and whether what was told of
//! it outside of the tables says the same.
//!
//! Whoever may write the tables can make a chain that holds. It is another than the one that was
//! anchored.

pub mod evidence;
mod outside;
mod sample;

pub use outside::{Compared, Contradiction, Fault as AnchorFault};
pub use sample::Sample;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_buckets::anchors::Anchors;
use custodian_domain::ledger::{
    Broken, ChainFault, Entry, EntryId, Head, Lies, Verification, Verified, Witness,
};
use custodian_store::ledger::{Ledger, Slot, Stranger};
use outside::Outside;
use std::collections::HashSet;

/// How long after midnight a day may be open: the sweep lets it wait six hours for what should have
/// gone on it, and comes by every hour.
const OPEN: TimeDelta = TimeDelta::hours(7);

/// How many removals are remembered at a time of which something says that they are told; some
/// thirty bytes each.
const TOLD_AT_ONCE: usize = 4_000_000;

/// Why a ledger is not verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// A link does not hold.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The chain is not the one that was anchored.
    #[error(transparent)]
    Contradicted(#[from] Contradiction),
    /// Something lies in the table that nobody writes.
    #[error(transparent)]
    Stranger(#[from] Stranger),
    /// A day should be closed by now.
    #[error("{0} should be closed by now, and is not")]
    Open(NaiveDate),
    /// It cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Of the chain itself.
    pub chain: Verified,
    /// Of what was told outside; nothing where nothing was asked.
    pub outside: Option<Compared>,
}

/// Verifies a ledger, against its anchors if they are given; with a witness, also that this
/// certificate is in it. Hands on every entry of the chain.
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
    let mut outside = anchors.map(|anchors| Outside::of(anchors, now));
    let Some(head) = ledger.head().await? else {
        if let Some(outside) = outside {
            outside.nothing_was_told().await?;
        }
        // A chain that has not begun has no day that anything could lie on, or it has lost its
        // head.
        return Err(Broken {
            day: NaiveDate::MIN,
            n: 0,
            fault: ChainFault::Missing,
        }
        .into());
    };
    let last = last_day(&head);
    if let Some(outside) = &mut outside {
        outside.begins_with(head.first).await?;
    }
    let mut verification = Verification::of(head.clone(), witness);
    for day in head.first.iter_days().take_while(|day| *day <= last) {
        let certificate = verify_day(
            ledger,
            &head,
            &mut verification,
            &mut outside,
            day,
            &mut each,
        )
        .await?;
        verification.end(certificate)?;
    }
    verification.end_all()?;
    compare(&mut outside, &mut verification).await?;
    let chain = verification.finish()?;
    let outside = match outside {
        None => None,
        Some(outside) => Some(outside.finish(ledger).await?),
    };
    look_for_strangers(ledger, &head, TOLD_AT_ONCE).await?;
    if outside.is_some() && head.open() < (now - OPEN).date_naive() {
        return Err(Unverified::Open(head.open()));
    }
    Ok(Audited { chain, outside })
}

/// Compares the links that were found to hold, so that no more than a page of them waits.
async fn compare(
    outside: &mut Option<Outside<'_>>,
    verification: &mut Verification,
) -> Result<(), Unverified> {
    let seen = verification.seen();
    match outside {
        Some(outside) => outside.compare(&seen).await,
        None => Ok(()),
    }
}

/// Verifies the blocks of a day, and gives what lies where its certificate belongs.
async fn verify_day(
    ledger: &Ledger,
    head: &Head,
    verification: &mut Verification,
    outside: &mut Option<Outside<'_>>,
    day: NaiveDate,
    each: &mut (impl FnMut(Entry) + Send),
) -> Result<Lies, Unverified> {
    verification.begin(day);
    let (mut certificate, mut pages) = (Lies::Nothing, ledger.lying(day));
    while let Some(page) = pages.next().await? {
        for lying in page {
            match lying.seat {
                // What was written after the head was read is the next run's.
                Slot::Block(n) if n > head.n && has_moved(ledger, head).await? => {}
                Slot::Certificate
                    if is_later(&lying.lies, head) && has_moved(ledger, head).await? => {}
                Slot::Certificate => certificate = lying.lies,
                Slot::Block(n) => {
                    let block = verification.block(n, &lying.lies)?;
                    block
                        .into_iter()
                        .flat_map(|block| block.entries)
                        .for_each(&mut *each);
                }
                Slot::Stray => verification.stray()?,
            }
        }
        compare(outside, verification).await?;
    }
    Ok(certificate)
}

/// The last day that something may lie on.
fn last_day(head: &Head) -> NaiveDate {
    head.day.max(head.closed.unwrap_or(head.first))
}

fn is_later(lies: &Lies, head: &Head) -> bool {
    matches!(lies, Lies::Link(link) if link.n > head.n)
}

async fn has_moved(ledger: &Ledger, head: &Head) -> Result<bool, StorageError> {
    Ok(ledger.head().await?.is_some_and(|now| now.n > head.n))
}

/// Looks through the whole table for what nobody writes there, and for what says of a removal that
/// it is told, and no link tells of it. Where more than so many are said to be told, it goes
/// through everything again for each part of them.
///
/// # Errors
/// [`Unverified::Stranger`] names the first that was found.
pub async fn look_for_strangers(
    ledger: &Ledger,
    head: &Head,
    at_once: usize,
) -> Result<(), Unverified> {
    let (mut parts, mut part) = (1, 0);
    while part < parts {
        let Some(mut told) =
            said_to_be_told(ledger, head, at_once, |id| id % parts == part).await?
        else {
            (parts, part) = (parts * 2, 0);
            continue;
        };
        // Each was put with its link, so what was seen has one by now.
        let mut pages = ledger.told_since(head.first);
        while !told.is_empty() {
            let Some(page) = pages.next().await? else {
                return Err(Stranger::Untold.into());
            };
            for entry in page {
                told.remove(&entry.id.number());
            }
        }
        part += 1;
    }
    Ok(())
}

/// The removals of a part that are said to be told; nothing where they are too many.
async fn said_to_be_told(
    ledger: &Ledger,
    head: &Head,
    at_once: usize,
    is_meant: impl Fn(u128) -> bool + Send,
) -> Result<Option<HashSet<u128>>, Unverified> {
    let last = last_day(head);
    let (mut told, mut pages) = (HashSet::new(), ledger.strangers(head.first, last));
    while let Some(page) = pages.next().await? {
        for stranger in page.strangers {
            // A day that has begun since is the next run's.
            let is_new = matches!(stranger, Stranger::OnDay(day) if day > last);
            if !(is_new && has_moved(ledger, head).await?) {
                return Err(stranger.into());
            }
        }
        told.extend(
            page.told
                .iter()
                .map(EntryId::number)
                .filter(|id| is_meant(*id)),
        );
        if told.len() > at_once {
            return Ok(None);
        }
    }
    Ok(Some(told))
}
