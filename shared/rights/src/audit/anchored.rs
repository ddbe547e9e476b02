//! The anchors outside the tables, compared with the chain.
//!
//! The version that was put first counts. If somebody puts another over it, or marks it as deleted,
//! the anchor is named. Anchors come in the order of the chain, so only one page of them is in
//! memory.

use super::Unverified;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_buckets::anchors::{Anchor, AnchorSlot, Anchors, DAYS, HEADS, KeyVersions, Versions};
use custodian_domain::ledger::Seen;
use custodian_store::ledger::Ledger;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::VecDeque;
use std::fmt;

/// How many anchors are read at a time.
const AT_ONCE: usize = 32;
/// How long a closed day may have no anchor: the sweep runs every hour.
const UNANCHORED: TimeDelta = TimeDelta::hours(3);
/// How far a clock may be ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// An anchor that the chain contradicts, or that was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} {fault}")]
pub struct Contradiction {
    /// The anchor's key, or where it should be.
    pub place: String,
    /// What is wrong.
    pub fault: AnchorFault,
}

/// What is wrong with an anchor, or with the chain according to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorFault {
    /// The chain has another link there.
    Differs,
    /// The chain begins later.
    BeforeFirst,
    /// The chain ends earlier.
    BehindEnd,
    /// A day that is closed has none.
    Missing,
    /// It is not written as an anchor is.
    Unreadable,
    /// It is marked as deleted.
    Deleted,
    /// Another version was put over it.
    Overwritten,
    /// It is not an anchor.
    Stray,
}

impl fmt::Display for AnchorFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Differs => "names another link than the chain has there: the chain was rebuilt",
            Self::BeforeFirst => "names a day before the chain begins: its beginning was removed",
            Self::BehindEnd => "names a link after the end of the chain: its end was cut off",
            Self::Missing => "is missing, and the day is closed",
            Self::Unreadable => "is not written as an anchor is",
            Self::Deleted => "matches, but is marked as deleted",
            Self::Overwritten => "matches, but has another version on top of it",
            Self::Stray => "has something that is not an anchor",
        })
    }
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many days have an anchor.
    pub days: u64,
    /// How many ends of the chain have an anchor.
    pub heads: u64,
}

/// The anchors that are not compared yet.
pub(super) struct Anchored<'a> {
    anchors: &'a Anchors,
    days: Coming<'a>,
    heads: Coming<'a>,
    now: DateTime<Utc>,
    compared: Compared,
}

impl<'a> Anchored<'a> {
    pub(super) fn of(anchors: &'a Anchors, now: DateTime<Utc>) -> Self {
        let coming = |folder| Coming {
            anchors,
            versions: anchors.versions(folder),
            ready: VecDeque::new(),
        };
        Self {
            anchors,
            days: coming(DAYS),
            heads: coming(HEADS),
            now,
            compared: Compared::default(),
        }
    }

    /// Without a chain there may be no anchors.
    pub(super) async fn expect_no_anchors(mut self) -> Result<(), Unverified> {
        for coming in [&mut self.days, &mut self.heads] {
            if let Some(stored) = coming.next_one().await? {
                return Err(stored.but(AnchorFault::BehindEnd).into());
            }
        }
        Ok(())
    }

    /// There may be no anchor before the first day.
    pub(super) async fn begins_with(&mut self, first: NaiveDate) -> Result<(), Unverified> {
        for coming in [&mut self.days, &mut self.heads] {
            if let Some(stored) = coming.next_one().await?
                && stored.slot.day < first
            {
                return Err(stored.but(AnchorFault::BeforeFirst).into());
            }
        }
        Ok(())
    }

    /// Compares links, in the chain's order.
    pub(super) async fn compare(&mut self, links: &[Seen]) -> Result<(), Unverified> {
        for link in links {
            if let Some(stored) = self.heads.next_one().await?
                && stored.n().is_none_or(|n| n <= link.n)
            {
                stored.agrees_with(link)?;
                self.heads.ready.pop_front();
                self.compared.heads += 1;
            }
            if let Some((day, closed_at)) = link.closes {
                self.compare_day(link, day, closed_at).await?;
            }
        }
        Ok(())
    }

    async fn compare_day(
        &mut self,
        link: &Seen,
        day: NaiveDate,
        closed_at: DateTime<Utc>,
    ) -> Result<(), Unverified> {
        let stored = self.days.next_one().await?;
        match stored {
            Some(stored) if stored.slot.day == day => {
                stored.agrees_with(link)?;
                self.days.ready.pop_front();
                self.compared.days += 1;
                Ok(())
            }
            None if (-AHEAD..UNANCHORED).contains(&(self.now - closed_at)) => Ok(()),
            _ => Err(Contradiction {
                place: format!("{DAYS}{day}"),
                fault: AnchorFault::Missing,
            }
            .into()),
        }
    }

    /// What is left was anchored after the chain was read, or the chain has lost it.
    pub(super) async fn finish(mut self, ledger: &Ledger) -> Result<Compared, Unverified> {
        if let Some(stored) = self.days.next_one().await? {
            let closed = ledger.head().await?.and_then(|now| now.closed);
            if closed.is_none_or(|closed| closed < stored.slot.day) {
                return Err(stored.but(AnchorFault::BehindEnd).into());
            }
        }
        if let Some(stored) = self.heads.next_one().await?
            && ledger.head().await?.map(|now| now.n) < stored.n()
        {
            return Err(stored.but(AnchorFault::BehindEnd).into());
        }
        let mut everything = self.anchors.versions("");
        while let Some(page) = everything.next().await? {
            if page
                .iter()
                .any(|key_versions| AnchorSlot::of(&key_versions.key).is_none())
            {
                return Err(stray().into());
            }
        }
        Ok(self.compared)
    }
}

/// Nothing of it is repeated: anybody may have put it.
fn stray() -> Contradiction {
    Contradiction {
        place: "the bucket".to_owned(),
        fault: AnchorFault::Stray,
    }
}

/// Anchors of a folder, in order.
struct Coming<'a> {
    anchors: &'a Anchors,
    versions: Versions,
    ready: VecDeque<StoredAnchor>,
}

impl Coming<'_> {
    /// The next one, which stays until it is taken.
    async fn next_one(&mut self) -> Result<Option<&StoredAnchor>, Unverified> {
        while self.ready.is_empty() {
            let Some(page) = self.versions.next().await? else {
                return Ok(None);
            };
            let anchors = self.anchors;
            let read = stream::iter(page)
                .map(|key_versions| StoredAnchor::read(anchors, key_versions))
                .buffered(AT_ONCE);
            self.ready = read.try_collect().await?;
        }
        Ok(self.ready.front())
    }
}

/// An anchor from the bucket.
struct StoredAnchor {
    slot: AnchorSlot,
    anchor: Option<Anchor>,
    key_versions: KeyVersions,
}

impl StoredAnchor {
    async fn read(anchors: &Anchors, key_versions: KeyVersions) -> Result<Self, Unverified> {
        let slot = AnchorSlot::of(&key_versions.key).ok_or_else(stray)?;
        let body: Result<_, StorageError> = anchors.read(&key_versions).await;
        let anchor = body?.and_then(|body| Anchor::read(&key_versions.key, &body));
        Ok(Self {
            slot,
            anchor,
            key_versions,
        })
    }

    fn n(&self) -> Option<u64> {
        self.slot.n
    }

    fn but(&self, fault: AnchorFault) -> Contradiction {
        Contradiction {
            place: self.key_versions.key.clone(),
            fault,
        }
    }

    fn agrees_with(&self, link: &Seen) -> Result<(), Contradiction> {
        let fault = match &self.anchor {
            None if self.key_versions.versions == 0 => Some(AnchorFault::Deleted),
            None => Some(AnchorFault::Unreadable),
            Some(anchor) if (anchor.n, &anchor.hash) != (link.n, &link.hash) => {
                Some(AnchorFault::Differs)
            }
            Some(_) if self.key_versions.markers > 0 => Some(AnchorFault::Deleted),
            Some(_) if self.key_versions.versions > 1 => Some(AnchorFault::Overwritten),
            Some(_) => None,
        };
        fault.map_or(Ok(()), |fault| Err(self.but(fault)))
    }
}
