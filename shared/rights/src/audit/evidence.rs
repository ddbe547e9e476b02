//! Checks whether requests, holds and restrictions are in the Register as the ledger's chain
//! attests them.
//!
//! It goes through the chain to its end and then through the whole Register, once. It holds some
//! hundred bytes for each item, of [`AT_ONCE`] items at most. If there are more, it goes through
//! both again for each part of them.

mod doubt;

pub use doubt::{Doubt, Unproven, What, Whose, Wrong};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::signed::Signed;
use custodian_domain::ledger::{Attestation, Block, Broken, ChainFault, Hash, Head, StoredContent};
use custodian_store::evidence::{Register, StoredEvidence, Waiting};
use custodian_store::ledger::{Ledger, Slot};
use std::collections::HashMap;

/// For how many items at a time it holds what the chain says.
pub const AT_ONCE: usize = 100_000;
/// How long something may wait to be attested: the sweep runs every hour.
const WAITS: TimeDelta = TimeDelta::days(1);
/// For how long after the first attestation functions of an earlier version may still have been
/// running.
const BEGINS_WITHIN: TimeDelta = TimeDelta::hours(1);
/// How often an apparent fault is checked again because others have written meanwhile.
const LOOKS: u32 = 5;

/// The result if everything is as it is attested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    /// Since when writes are attested; `None` before anything was.
    pub since: Option<DateTime<Utc>>,
    /// How many items are there as they are attested.
    pub attested: u64,
    /// How many items were written and are not yet attested as they are.
    pub waiting: u64,
    /// How many items are older than the first attestation.
    pub older: u64,
    /// How many answers of processors were checked again and found correctly signed.
    pub signed: u64,
}

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The current time.
    pub now: DateTime<Utc>,
    /// Skips what was attested, or written, before this day of the ledger: for people who know what
    /// happened to it.
    pub from: Option<NaiveDate>,
    /// For how many items at a time it holds what the chain says.
    pub at_once: usize,
}

impl Scope {
    /// Everything.
    #[must_use]
    pub const fn all(now: DateTime<Utc>) -> Self {
        Self {
            now,
            from: None,
            at_once: AT_ONCE,
        }
    }
}

/// Checks whether everything in the Register that should be attested is as attested, and nothing
/// else is there. [`audit`](super::audit) verifies the chain itself.
///
/// # Errors
/// [`Unproven::Doubt`] names the first thing that is wrong: among attested items, in the chain's
/// order.
pub async fn prove(ledger: &Ledger, register: &Register, scope: Scope) -> Result<Proven, Unproven> {
    match look_at_all(ledger, register, scope).await {
        Err(Unproven::Doubt(doubt)) => Err(named(register, *doubt).await?.into()),
        outcome => outcome,
    }
}

/// The same doubt with the request's id, if anything of the request is left.
async fn named(register: &Register, doubt: Doubt) -> Result<Box<Doubt>, StorageError> {
    if let Whose::Digest(digest) = &doubt.whose {
        let mut pages = register.everything();
        while let Some(page) = pages.next().await? {
            if let Some(stored) = page
                .into_iter()
                .find(|stored| stored.attested.request == *digest)
            {
                return Ok(Box::new(Doubt {
                    whose: Whose::Request(stored.request),
                    ..doubt
                }));
            }
        }
    }
    Ok(Box::new(doubt))
}

async fn look_at_all(
    ledger: &Ledger,
    register: &Register,
    scope: Scope,
) -> Result<Proven, Unproven> {
    let (mut parts, mut part, mut proven) = (1, 0, Proven::default());
    while part < parts {
        let looking = Looking {
            ledger,
            register,
            scope,
            part: Part {
                which: part,
                of: parts,
            },
        };
        let Some(found) = looking.look().await? else {
            (parts, part, proven) = (parts * 2, 0, Proven::default());
            continue;
        };
        proven.since = found.since;
        proven.attested += found.attested;
        proven.waiting += found.waiting;
        proven.older += found.older;
        proven.signed += found.signed;
        part += 1;
    }
    let mut pages = register.waiting();
    while let Some(page) = pages.next().await? {
        for waiting in page {
            let (whose, wrong) = match waiting {
                Waiting::Mark(mark) if scope.now - mark.since <= WAITS => continue,
                Waiting::Mark(mark) => (
                    mark.request().map_or(Whose::Nobody, Whose::Request),
                    Wrong::Late,
                ),
                Waiting::Unreadable => (Whose::Nobody, Wrong::Unreadable),
            };
            return Err(Box::new(Doubt {
                what: What::Mark,
                whose,
                wrong,
                n: None,
            })
            .into());
        }
    }
    Ok(proven)
}

/// A share of the items (one in this many), chosen by the digest of the key.
#[derive(Clone, Copy, Debug)]
struct Part {
    which: u32,
    of: u32,
}

/// What the chain says of an item.
#[derive(Clone, Debug)]
struct Known {
    attested: Attestation,
    n: u64,
    /// Whether it was found in the Register.
    seen: bool,
}

/// What the chain says about the items of a part, up to a head.
struct ChainEvidence {
    known: HashMap<String, Known>,
    since: Option<DateTime<Utc>>,
    head: u64,
}

struct Looking<'a> {
    ledger: &'a Ledger,
    register: &'a Register,
    scope: Scope,
    part: Part,
}

impl Looking<'_> {
    /// Checks a part; `None` if it is too large.
    async fn look(&self) -> Result<Option<Proven>, Unproven> {
        let mut looks = 0;
        loop {
            let Some(mut in_chain) = self.read_chain().await? else {
                return Ok(None);
            };
            looks += 1;
            match self.compare(&mut in_chain).await {
                // What was written after the chain was read may be attested by now.
                Err(Unproven::Doubt(_))
                    if looks < LOOKS && self.has_moved(in_chain.head).await? => {}
                compared => return compared.map(Some),
            }
        }
    }

    /// What the chain says, from its first day to its head; `None` if that is too much.
    async fn read_chain(&self) -> Result<Option<ChainEvidence>, Unproven> {
        let mut in_chain = ChainEvidence {
            known: HashMap::new(),
            since: None,
            head: 0,
        };
        let Some(head) = self.ledger.head().await? else {
            return Ok(Some(in_chain));
        };
        in_chain.head = head.n;
        let first = self
            .scope
            .from
            .map_or(head.first, |from| from.max(head.first));
        for day in first.iter_days().take_while(|day| *day <= head.day) {
            let mut pages = self.ledger.stored(day);
            while let Some(page) = pages.next().await? {
                for stored in page {
                    if let Slot::Block(n) = stored.slot
                        && n <= head.n
                    {
                        self.note(&mut in_chain, &block(&stored.content, &head, day, n)?)?;
                    }
                }
                if in_chain.known.len() > self.scope.at_once {
                    return Ok(None);
                }
            }
        }
        Ok(Some(in_chain))
    }

    /// A block's attestation replaces the earlier one, unless an item cannot change like that.
    fn note(&self, in_chain: &mut ChainEvidence, block: &Block) -> Result<(), Unproven> {
        for attested in &block.attestations {
            in_chain.since.get_or_insert(block.at);
            if !self.part.has(&attested.item) {
                continue;
            }
            let before = in_chain.known.remove(attested.item.as_str());
            // The id of something whose time was over may be used for something new.
            let before = before.filter(|before| !is_over(&before.attested, block.at));
            if before.is_some_and(|before| !before.attested.may_become(attested)) {
                let whose = Whose::Digest(attested.request.clone());
                let (what, wrong) = (What::Evidence(attested.kind), Wrong::Rewritten);
                return Err(Box::new(Doubt {
                    what,
                    whose,
                    wrong,
                    n: Some(block.n),
                })
                .into());
            }
            if !is_over(attested, self.scope.now) {
                let known = Known {
                    attested: attested.clone(),
                    n: block.n,
                    seen: false,
                };
                in_chain
                    .known
                    .insert(attested.item.as_str().to_owned(), known);
            }
        }
        Ok(())
    }

    /// Compares the Register with what the chain said.
    async fn compare(&self, in_chain: &mut ChainEvidence) -> Result<Proven, Unproven> {
        let mut proven = Proven {
            since: in_chain.since,
            ..Proven::default()
        };
        let mut first: Option<Doubt> = None;
        let mut doubt = |found: Doubt| {
            let place = |doubt: &Doubt| doubt.n.unwrap_or(u64::MAX);
            if first
                .as_ref()
                .is_none_or(|first| place(&found) < place(first))
            {
                first = Some(found);
            }
        };
        let mut pages = self.register.everything();
        while let Some(page) = pages.next().await? {
            for stored in page
                .iter()
                .filter(|stored| self.part.has(&stored.attested.item))
            {
                let known = in_chain.known.get_mut(stored.attested.item.as_str());
                let n = known.as_ref().map(|known| known.n);
                let is_same = known.is_some_and(|known| {
                    known.seen = true;
                    known.attested.hash == stored.attested.hash
                });
                // What is over is shown to nobody, and TTL removes it.
                let checked = stored.signed.as_ref().map(Signed::check);
                if let Some(Err(why)) = checked {
                    let (what, whose) = (
                        What::Evidence(stored.attested.kind),
                        Whose::Request(stored.request.clone()),
                    );
                    doubt(Doubt {
                        what,
                        whose,
                        wrong: Wrong::Unsigned(why),
                        n,
                    });
                } else if is_same {
                    proven.attested += 1;
                    proven.signed += u64::from(checked == Some(Ok(true)));
                } else if n.is_none() && is_over(&stored.attested, self.scope.now) {
                } else if self.register.is_waiting(stored).await? {
                    proven.waiting += 1;
                } else if n.is_none() && is_older(stored, in_chain.since) {
                    proven.older += 1;
                } else {
                    let wrong = if n.is_some() {
                        Wrong::Changed
                    } else {
                        Wrong::Unattested
                    };
                    let (what, whose) = (
                        What::Evidence(stored.attested.kind),
                        Whose::Request(stored.request.clone()),
                    );
                    doubt(Doubt {
                        what,
                        whose,
                        wrong,
                        n,
                    });
                }
            }
        }
        for known in in_chain.known.values().filter(|known| !known.seen) {
            let whose = Whose::Digest(known.attested.request.clone());
            let (what, wrong) = (What::Evidence(known.attested.kind), Wrong::Gone);
            doubt(Doubt {
                what,
                whose,
                wrong,
                n: Some(known.n),
            });
        }
        first.map_or(Ok(proven), |first| Err(Box::new(first).into()))
    }

    async fn has_moved(&self, head: u64) -> Result<bool, StorageError> {
        Ok(self.ledger.head().await?.is_some_and(|now| now.n > head))
    }
}

impl Part {
    /// Whether an item belongs to it.
    fn has(self, item: &Hash) -> bool {
        item.number() % self.of == self.which
    }
}

fn block(content: &StoredContent, head: &Head, day: NaiveDate, n: u64) -> Result<Block, Broken> {
    let in_chain = match content {
        StoredContent::Link(link) if link.is_whole() => link.says(),
        StoredContent::Link(_) | StoredContent::Nothing | StoredContent::Unreadable => None,
    };
    in_chain.ok_or(Broken {
        day: day.min(head.day),
        n,
        fault: ChainFault::Unreadable,
    })
}

fn is_over(attested: &Attestation, at: DateTime<Utc>) -> bool {
    attested.until.is_some_and(|until| until <= at.timestamp())
}

/// Whether something was written before anything was attested, or while functions of an earlier
/// version still ran.
fn is_older(stored: &StoredEvidence, since: Option<DateTime<Utc>>) -> bool {
    since.is_none_or(|since| {
        stored
            .written
            .is_some_and(|written| written < since + BEGINS_WITHIN)
    })
}
