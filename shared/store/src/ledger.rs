//! The ledger: one chain of blocks, appended to, never changed.
//!
//! Whoever deletes puts a block in the same transaction, on condition that the chain still ends
//! where it was seen to end (`CHAIN`, `HEAD`): so two who write at once can't both follow the same
//! link. A day is closed by a certificate, which is a link of the same chain.

mod appending;
mod attesting;
mod closing;
mod forgetting;
mod strangers;
mod told;

pub(super) use attesting::ATTESTED_AT_ONCE;
pub use closing::{CLOSED_AT_ONCE, Closed};
pub use strangers::{Stranger, Strangers};
pub use told::LedgerEntries;

use crate::keys::{self, SK};
use crate::{Item, read, text};
use appending::{LedgeredWrite, Tells};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Entry, Head, Lies, Link, Tally};
use custodian_dynamo::{Condition, Pages, Table, Write};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Mutex;

pub(super) use forgetting::forget;

/// How many actions DynamoDB takes in one transaction
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const ACTIONS: usize = 100;
/// How many deletions go into one: beside them there are the block and the head.
const AT_ONCE: usize = ACTIONS - 2;

/// The table of the ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    table: Table,
    /// How the chain ended when it was last seen. It is held while a block is on its way, so that
    /// what runs in one process waits for its turn, and only other processes are ever in the way.
    head: Arc<Mutex<Option<Head>>>,
}

/// What lies on a day of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLink {
    /// Where.
    pub seat: Slot,
    /// What.
    pub lies: Lies,
}

/// Where something lies on a day of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Where the day's certificate belongs.
    Certificate,
    /// Where the block with this number belongs.
    Block(u64),
    /// Where nothing belongs.
    Stray,
}

impl Ledger {
    /// The ledger in the table called `name`.
    #[must_use]
    pub fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self {
            table: Table::new(client, name),
            head: Arc::default(),
        }
    }

    /// The table that it lies in.
    pub(crate) const fn table(&self) -> &Table {
        &self.table
    }

    /// Tells what TTL removed; what is told already stays as it is. Gives how much is new.
    ///
    /// # Errors
    /// [`StorageError`] if not all is known to be told; telling it again is telling it once.
    pub async fn append(
        &self,
        entries: Vec<Entry>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        const OPERATION: &str = "append to the ledger";
        let (mut seen, mut told) = (HashSet::new(), 0);
        let entries: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| seen.insert(entry.id.clone()))
            .collect();
        for some in entries.chunks(AT_ONCE) {
            let deeds = some.iter().map(|entry| self.marked(entry)).collect();
            told += self.append_block(OPERATION, deeds, now).await?;
        }
        Ok(told)
    }

    /// Lambda brings a removal again: a mark of its own says that it is told.
    fn marked(&self, entry: &Entry) -> LedgeredWrite {
        LedgeredWrite {
            write: Write::put(&self.table, keys::told(&entry.id), Item::new())
                .when(Condition::not_there()),
            tells: Tells::Gone(entry.clone()),
        }
    }

    /// What was deleted on a day (UTC), block by block.
    #[must_use]
    pub fn entries(&self, day: NaiveDate) -> LedgerEntries {
        LedgerEntries::new(self.clone(), day, Some(day))
    }

    /// What was deleted on a day (UTC) and since, block by block.
    ///
    /// What was removed at an instant is told on its day or later, so the day of an instant leaves
    /// nothing out.
    #[must_use]
    pub fn told_since(&self, day: NaiveDate) -> LedgerEntries {
        LedgerEntries::new(self.clone(), day, None)
    }

    /// How the chain ends; nothing before it begins.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn head(&self) -> Result<Option<Head>, StorageError> {
        const OPERATION: &str = "read the ledger's head";
        let head = self.table.get_any(OPERATION, keys::chain_head()).await?;
        head.map(|item| read(item).ok_or(StorageError::unreadable(OPERATION)))
            .transpose()
    }

    /// The link that closes a day; nothing if there is none, or what lies there is not what was
    /// written.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn certificate(&self, day: NaiveDate) -> Result<Option<Link>, StorageError> {
        let key = keys::day_certificate(day);
        let read = |item: Item| Some(lying(item));
        let mut pages = self
            .table
            .all("read a day's certificate", &key.partition, &key.sort, read);
        while let Some(page) = pages.next().await? {
            for it in page {
                if let (Slot::Certificate, Lies::Link(link)) = (it.seat, it.lies) {
                    return Ok(Some(link).filter(Link::is_whole));
                }
            }
        }
        Ok(None)
    }

    /// Everything that lies on a day, certificate first, then blocks by their numbers; in pages.
    #[must_use]
    pub fn lying(&self, day: NaiveDate) -> Pages<StoredLink> {
        self.table.all(
            "read a day of the ledger",
            &keys::ledger_day(day),
            "",
            |item| Some(lying(item)),
        )
    }

    /// Counts the blocks of a day; gives how many cannot be counted as well, because they are not
    /// what was written.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn tally(&self, day: NaiveDate) -> Result<(Tally, u64), StorageError> {
        let (mut tally, mut broken, mut pages) = (Tally::default(), 0, self.lying(day));
        while let Some(page) = pages.next().await? {
            for lying in page.iter().filter(|lying| lying.seat != Slot::Certificate) {
                match &lying.lies {
                    Lies::Link(link) if link.is_whole() => {
                        link.says().map_or_else(|| broken += 1, |it| tally.add(&it));
                    }
                    _ => broken += 1,
                }
            }
        }
        Ok((tally, broken))
    }
}

fn lying(item: Item) -> StoredLink {
    let sort = text(&item, SK);
    let block = sort
        .and_then(keys::block_number)
        .filter(|n| sort == Some(&keys::block(NaiveDate::MIN, *n).sort))
        .map(Slot::Block);
    let seat = if sort == Some(keys::CERTIFICATE) {
        Slot::Certificate
    } else {
        block.unwrap_or(Slot::Stray)
    };
    StoredLink {
        seat,
        lies: read(item).map_or(Lies::Unreadable, Lies::Link),
    }
}
