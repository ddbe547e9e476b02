//! Whether a chain is unbroken, and which is the first wrong link.

use super::block::Block;
use super::certificate::{DayCertificate, Figures, Tally};
use super::chain::{Head, Link};
use super::hash::Hash;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The first wrong link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("link {n} of {day}: {fault}")]
pub struct Broken {
    /// The day where it is, or should be.
    pub day: NaiveDate,
    /// Its number.
    pub n: u64,
    /// What is wrong.
    pub fault: ChainFault,
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainFault {
    /// It is not there.
    Missing,
    /// It is not an item that Custodian writes, or not in that spelling.
    Unreadable,
    /// It is in the place of another.
    Misplaced,
    /// It follows another link than the one before it.
    Unlinked,
    /// Its hash does not match its contents.
    Changed,
    /// The day is closed and has no certificate.
    Uncertified,
    /// The day is not closed and has a certificate.
    Premature,
    /// The certificate's figures differ from those of the day's blocks.
    Miscounted,
    /// The certificate does not follow that of the day before.
    OutOfTurn,
    /// It is not the certificate that was noted elsewhere.
    Replaced,
    /// It comes after the end of the chain.
    Beyond,
    /// The head names another end of the chain.
    HeadDiffers,
}

impl fmt::Display for ChainFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "is missing",
            Self::Unreadable => "cannot be read, or is not spelt as Custodian spells it",
            Self::Misplaced => "is stored where another link belongs",
            Self::Unlinked => {
                "does not follow the link before it: one of the two is not what was written"
            }
            Self::Changed => "its hash does not match its contents",
            Self::Uncertified => "the day is closed and its certificate is missing",
            Self::Premature => "the day is not closed and has a certificate",
            Self::Miscounted => "the certificate's counts differ from the day's blocks",
            Self::OutOfTurn => "the certificate does not follow that of the day before",
            Self::Replaced => "is not the certificate that was noted",
            Self::Beyond => "is after the end of the chain",
            Self::HeadDiffers => "the head of the chain names another end",
        })
    }
}

/// What is stored where a link belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredContent {
    /// Nothing.
    Nothing,
    /// Something that is not a link.
    Unreadable,
    /// A link.
    Link(Link),
}

/// The hash of a day's certificate, noted outside the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The day.
    pub day: NaiveDate,
    /// The hash of its certificate.
    pub hash: Hash,
}

/// A link that is right, in the chain's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub n: u64,
    /// Its hash.
    pub hash: Hash,
    /// The day that it closes, and when it did, if it is a certificate.
    pub closes: Option<(NaiveDate, DateTime<Utc>)>,
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many links there are.
    pub links: u64,
    /// How many deletions they record.
    pub entries: u64,
    /// How many days are closed.
    pub days: u64,
    /// The last of them.
    pub closed: Option<NaiveDate>,
    /// The hash of its certificate: note it outside the ledger.
    pub certificate: Hash,
    /// How much was overdue, over all certificates: 0, or the promise was broken.
    pub overdue: u64,
}

/// Goes through a chain, day by day and link by link, holding only one day's counts.
///
/// A day's certificate is stored on its day, and comes in the chain when the day was closed,
/// perhaps after blocks of later days. So it waits here for its turn.
#[derive(Debug)]
pub struct Verification {
    head: Head,
    witness: Option<Witness>,
    day: NaiveDate,
    tally: Tally,
    next: u64,
    previous: Hash,
    waiting: BTreeMap<u64, Waiting>,
    /// What comes after the end: named last, because it comes last.
    beyond: Option<Broken>,
    found: Verified,
    seen: Vec<Seen>,
}

#[derive(Debug)]
struct Waiting {
    day: NaiveDate,
    link: Link,
    figures: Figures,
}

impl Verification {
    /// Begins with a chain that ends at this head.
    #[must_use]
    pub fn of(head: Head, witness: Option<Witness>) -> Self {
        let found = Verified {
            links: 0,
            entries: 0,
            days: 0,
            closed: None,
            certificate: Hash::of_nothing(),
            overdue: 0,
        };
        let (previous, waiting) = (Hash::of_nothing(), BTreeMap::new());
        Self {
            day: head.first,
            head,
            witness,
            tally: Tally::default(),
            next: 1,
            previous,
            waiting,
            beyond: None,
            found,
            seen: Vec::new(),
        }
    }

    /// Begins a day.
    pub fn begin(&mut self, day: NaiveDate) {
        self.day = day;
        self.tally = Tally::default();
    }

    /// The links that were found right since the last call.
    pub fn seen(&mut self) -> Vec<Seen> {
        std::mem::take(&mut self.seen)
    }

    /// Checks what is stored on the day where block `n` belongs; blocks come in the order of their
    /// numbers. Returns the block, unless it comes after the end.
    ///
    /// # Errors
    /// [`Broken`] names the first wrong link.
    pub fn block(&mut self, n: u64, lies: &StoredContent) -> Result<Option<Block>, Broken> {
        let day = self.day;
        let broken = |fault| Broken { day, n, fault };
        if n < self.next {
            return Err(broken(ChainFault::Misplaced));
        }
        if n > self.head.n {
            self.beyond.get_or_insert(broken(ChainFault::Beyond));
            return Ok(None);
        }
        self.catch_up(n)?;
        let StoredContent::Link(link) = lies else {
            return Err(broken(ChainFault::Unreadable));
        };
        self.follows(day, n, link)?;
        let block: Block = link.says().ok_or(broken(ChainFault::Unreadable))?;
        if (block.n, block.day) != (n, day) {
            return Err(broken(ChainFault::Misplaced));
        }
        self.tally.add(&block);
        self.found.entries += block.entries.len() as u64;
        self.seen.push(Seen {
            n,
            hash: link.hash.clone(),
            closes: None,
        });
        Ok(Some(block))
    }

    /// Something on the day is not a link.
    ///
    /// # Errors
    /// [`Broken`], always.
    pub const fn stray(&self) -> Result<(), Broken> {
        Err(Broken {
            day: self.day,
            n: self.next,
            fault: ChainFault::Misplaced,
        })
    }

    /// Ends a day with what is stored where its certificate belongs.
    ///
    /// # Errors
    /// [`Broken`] names the first wrong link.
    pub fn end(&mut self, certificate: StoredContent) -> Result<(), Broken> {
        let day = self.day;
        let is_closed = self.head.closed.is_some_and(|closed| day <= closed);
        let broken = |n, fault| Err(Broken { day, n, fault });
        let link = match (certificate, is_closed) {
            (StoredContent::Nothing, false) => return Ok(()),
            (StoredContent::Nothing, true) => return broken(self.next, ChainFault::Uncertified),
            (StoredContent::Link(link), false) => return broken(link.n, ChainFault::Premature),
            (StoredContent::Unreadable, _) => return broken(self.next, ChainFault::Unreadable),
            (StoredContent::Link(link), true) => link,
        };
        let n = link.n;
        if n < self.next || n > self.head.n {
            return broken(n, ChainFault::Misplaced);
        }
        let figures = self.tally.figures();
        if self
            .waiting
            .insert(n, Waiting { day, link, figures })
            .is_some()
        {
            return broken(n, ChainFault::Misplaced);
        }
        Ok(())
    }

    /// Ends the last day: what still waits has to be the end of the chain.
    ///
    /// # Errors
    /// [`Broken`] names the first wrong link.
    pub fn end_all(&mut self) -> Result<(), Broken> {
        self.catch_up(self.head.n + 1)
    }

    /// Ends after the last day. Returns what was found.
    ///
    /// # Errors
    /// [`Broken`] names the first wrong link.
    pub fn finish(mut self) -> Result<Verified, Broken> {
        self.end_all()?;
        let broken = |n, fault| Broken {
            day: self.head.day,
            n,
            fault,
        };
        let ends = (&self.found.closed, &self.found.certificate, &self.previous);
        if ends != (&self.head.closed, &self.head.certificate, &self.head.hash) {
            return Err(broken(self.head.n, ChainFault::HeadDiffers));
        }
        if let Some(beyond) = self.beyond {
            return Err(beyond);
        }
        match &self.witness {
            Some(witness) => Err(Broken {
                day: witness.day,
                n: self.next,
                fault: ChainFault::Uncertified,
            }),
            None => Ok(Verified {
                links: self.next - 1,
                ..self.found
            }),
        }
    }

    /// Up to link `n`, everything must be a certificate that waits.
    fn catch_up(&mut self, n: u64) -> Result<(), Broken> {
        while self.next < n {
            let next = self.next;
            let waiting = self.waiting.remove(&next);
            let waiting = waiting.ok_or(Broken {
                day: self.day,
                n: next,
                fault: ChainFault::Missing,
            })?;
            self.certificate(next, &waiting)?;
        }
        Ok(())
    }

    fn certificate(&mut self, n: u64, waiting: &Waiting) -> Result<(), Broken> {
        let Waiting { day, link, figures } = waiting;
        let broken = |fault| Broken {
            day: *day,
            n,
            fault,
        };
        self.follows(*day, n, link)?;
        let certificate: DayCertificate = link.says().ok_or(broken(ChainFault::Unreadable))?;
        let turn = self
            .found
            .closed
            .map_or(Some(self.head.first), |closed| closed.succ_opt());
        if (certificate.n, certificate.day) != (n, *day) {
            return Err(broken(ChainFault::Misplaced));
        }
        if turn != Some(*day) || certificate.previous_certificate != self.found.certificate {
            return Err(broken(ChainFault::OutOfTurn));
        }
        if certificate.figures != *figures {
            return Err(broken(ChainFault::Miscounted));
        }
        if let Some(witness) = self.witness.take_if(|witness| witness.day == *day)
            && witness.hash != link.hash
        {
            return Err(broken(ChainFault::Replaced));
        }
        self.found.closed = Some(*day);
        self.found.certificate = link.hash.clone();
        self.found.days += 1;
        self.found.overdue += certificate.left.overdue;
        self.seen.push(Seen {
            n,
            hash: link.hash.clone(),
            closes: Some((*day, certificate.closed_at)),
        });
        Ok(())
    }

    fn follows(&mut self, day: NaiveDate, n: u64, link: &Link) -> Result<(), Broken> {
        let broken = |fault| Err(Broken { day, n, fault });
        if link.n != n {
            return broken(ChainFault::Misplaced);
        }
        if link.previous != self.previous {
            return broken(ChainFault::Unlinked);
        }
        if !link.is_whole() {
            return broken(ChainFault::Changed);
        }
        self.previous = link.hash.clone();
        self.next += 1;
        Ok(())
    }
}
