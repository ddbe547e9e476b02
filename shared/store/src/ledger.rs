//! The ledger: one chain of blocks. It is appended to, never changed.
//!
//! A transaction that deletes also puts a block, a link of the `Chain`. A certificate closes a
//! day, and is a link of the same chain.

mod appending;
mod attesting;
mod closing;
mod entries;
mod foreign_items;
mod forgetting;

pub(super) use attesting::ATTESTED_AT_ONCE;
pub use closing::{CLOSED_AT_ONCE, Closed};
pub use entries::LedgerEntries;
pub use foreign_items::{ForeignItem, ForeignItems};

use crate::chain::{Chain, HeadWrite};
use crate::keys::{self, SK};
use crate::{Item, read, text};
use appending::{LedgeredWrite, Statement};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Block, ChainEnd, Entry, Head, Link, StoredContent, Tally};
use custodian_dynamo::{Condition, Pages, Table, Write};
use std::collections::HashSet;

pub(super) use forgetting::{forget, forget_when};

/// How many actions DynamoDB accepts in one transaction
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const ACTIONS: usize = 100;
/// How many deletions fit into one transaction: the block and the head are the other actions.
pub const DELETED_AT_ONCE: usize = ACTIONS - 2;

/// The table of the ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    chain: Chain,
}

/// An item on a day of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLink {
    /// Its place.
    pub slot: Slot,
    /// Its contents.
    pub content: StoredContent,
}

/// A place on a day of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The place of the day's certificate.
    Certificate,
    /// The place of the block with this number.
    Block(u64),
    /// A place where nothing belongs.
    Stray,
}

impl Ledger {
    /// The ledger in the table named `name`.
    #[must_use]
    pub fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self {
            chain: Chain::new(Table::new(client, name), HeadWrite::Update),
        }
    }

    /// The ledger's table.
    pub(crate) const fn table(&self) -> &Table {
        &self.chain.table
    }

    /// Records what TTL removed. What is recorded already stays as it is. Returns how much is new.
    ///
    /// # Errors
    /// [`StorageError`] unless all is certain to be recorded. Repeating it has no further effect.
    pub async fn append(
        &self,
        entries: Vec<Entry>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        const OPERATION: &str = "append to the ledger";
        let (mut seen, mut recorded) = (HashSet::new(), 0);
        let entries: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| seen.insert(entry.id.clone()))
            .collect();
        for some in entries.chunks(DELETED_AT_ONCE) {
            let deeds = some.iter().map(|entry| self.marked(entry)).collect();
            recorded += self.append_block(OPERATION, deeds, now).await?;
        }
        Ok(recorded)
    }

    /// Records how the audit trail ended, so that it can't be made anew from there on.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be recorded. A second time does no harm.
    pub async fn witness(&self, audit: &ChainEnd, now: DateTime<Utc>) -> Result<(), StorageError> {
        let block = |n, day| Block {
            n,
            day,
            at: now,
            entries: Vec::new(),
            attestations: Vec::new(),
            audit: Some(audit.clone()),
        };
        self.chain
            .append("witness the audit trail", None, now, block, |_, _| {
                Vec::new()
            })
            .await
            .map(drop)
    }

    /// Lambda may deliver a removal again, so each puts a mark that it is recorded.
    fn marked(&self, entry: &Entry) -> LedgeredWrite {
        LedgeredWrite {
            write: Write::put(self.table(), keys::recorded_removal(&entry.id), Item::new())
                .when(Condition::not_there()),
            statement: Statement::Gone(entry.clone()),
        }
    }

    /// What was deleted on a day (UTC), block by block.
    #[must_use]
    pub fn entries(&self, day: NaiveDate) -> LedgerEntries {
        LedgerEntries::new(self.clone(), day, Some(day))
    }

    /// What was deleted from a day (UTC) on, block by block.
    ///
    /// A removal is recorded on its day or later, so the day of an instant leaves nothing out.
    #[must_use]
    pub fn entries_since(&self, day: NaiveDate) -> LedgerEntries {
        LedgerEntries::new(self.clone(), day, None)
    }

    /// The end of the chain; `None` before it begins.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn head(&self) -> Result<Option<Head>, StorageError> {
        self.chain.head("read the ledger's head").await
    }

    /// Reads how the chain ends, unless that is known: so that who is about to append need not wait
    /// for it then.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn look(&self) -> Result<(), StorageError> {
        let mut known = self.chain.known.lock().await;
        if known.is_none() {
            *known = self.head().await?;
        }
        Ok(())
    }

    /// The link that closes a day; `None` if there is none, or if it was changed.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn certificate(&self, day: NaiveDate) -> Result<Option<Link>, StorageError> {
        let key = keys::day_certificate(day);
        let read = |item: Item| Some(stored(item));
        let mut pages =
            self.table()
                .all("read a day's certificate", &key.partition, &key.sort, read);
        while let Some(page) = pages.next().await? {
            for it in page {
                if let (Slot::Certificate, StoredContent::Link(link)) = (it.slot, it.content) {
                    return Ok(Some(link).filter(Link::is_whole));
                }
            }
        }
        Ok(None)
    }

    /// Everything that is stored on a day, certificate first, then blocks by their numbers; in
    /// pages.
    #[must_use]
    pub fn stored(&self, day: NaiveDate) -> Pages<StoredLink> {
        self.table().all(
            "read a day of the ledger",
            &keys::ledger_day(day),
            "",
            |item| Some(stored(item)),
        )
    }

    /// Counts the blocks of a day. Also returns how many were changed and cannot be counted.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn tally(&self, day: NaiveDate) -> Result<(Tally, u64), StorageError> {
        let (mut tally, mut broken, mut pages) = (Tally::default(), 0, self.stored(day));
        while let Some(page) = pages.next().await? {
            for stored in page
                .iter()
                .filter(|stored| stored.slot != Slot::Certificate)
            {
                match &stored.content {
                    StoredContent::Link(link) if link.is_whole() => {
                        link.says().map_or_else(|| broken += 1, |it| tally.add(&it));
                    }
                    _ => broken += 1,
                }
            }
        }
        Ok((tally, broken))
    }
}

fn stored(item: Item) -> StoredLink {
    let sort = text(&item, SK);
    let block = sort
        .and_then(keys::block_number)
        .filter(|n| sort == Some(&keys::block(NaiveDate::MIN, *n).sort))
        .map(Slot::Block);
    let slot = if sort == Some(keys::CERTIFICATE) {
        Slot::Certificate
    } else {
        block.unwrap_or(Slot::Stray)
    };
    StoredLink {
        slot,
        content: read(item).map_or(StoredContent::Unreadable, StoredContent::Link),
    }
}
