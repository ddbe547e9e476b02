//! The audit trail: a chain of attempts and results in a table of its own, where nothing is changed
//! or deleted. Each day has a partition; the entries of a request are found by pointers.
//!
//! The Register has a pointer to every look at a person's data (`crate::looks`). An erasure
//! deletes those; the entries stay.

use crate::chain::{Chain, HeadWrite};
use crate::keys::{self, EXPIRES_AT, SK};
use crate::looks::{Look, Looks};
use crate::{Item, number, read, text};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::audit_trail::{Attempt, AttemptResult, AuditEntry, Audited};
use custodian_domain::ledger::{ChainEnd, Link};
use custodian_domain::record::Holder;
use custodian_domain::retention::{ExpiresAt, periods};
use custodian_domain::rights::package::RequestId;
use custodian_dynamo::{Pages, Table, Write, transact};

/// How many pointers one transaction puts besides the link, the head and the request's pointer, of
/// the hundred actions that DynamoDB accepts.
const POINTERS: usize = 97;

/// The audit trail's table, and the looks in the Register.
#[derive(Clone, Debug)]
pub struct AuditLog {
    chain: Chain,
    looks: Looks,
}

impl AuditLog {
    /// The audit trail in the table named `name`, with its pointers in the Register.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, name: &str, register: &str) -> Self {
        Self {
            chain: Chain::new(Table::new(client.clone(), name.to_owned()), HeadWrite::Put),
            looks: Looks::new(client, register),
        }
    }

    /// Writes down an attempt, before anything is read for it. Returns the number of its link.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be written: then nothing may be read.
    pub async fn attempt(
        &self,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let request = attempt.request.as_ref();
        let what = Audited::Attempt(attempt.clone());
        self.append("note an attempt", what, request, Vec::new(), now)
            .await
    }

    /// Writes down what came of an attempt, before anybody is shown it, with a pointer for each
    /// person whose data was looked at, and until when that data is kept.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be written: then nothing may be shown.
    pub async fn result(
        &self,
        attempt: &Attempt,
        result: &AttemptResult,
        people: &[(Holder, DateTime<Utc>)],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "note the result of an attempt";
        let request = attempt.request.as_ref().or(result.request.as_ref());
        let look = Look {
            at: now,
            order: attempt.order.clone(),
            request: request.cloned(),
        };
        let mut pointers: Vec<Write> = people
            .iter()
            .map(|(holder, until)| self.looks.pointer(holder, result.attempt, &look, *until))
            .collect();
        // An order about more people than a transaction has room for: their pointers come first,
        // because without them nobody may be shown anything.
        while pointers.len() > POINTERS {
            let some = pointers.split_off(pointers.len() - POINTERS);
            transact(OPERATION, some).await?;
        }
        let what = Audited::Result(result.clone());
        self.append(OPERATION, what, request, pointers, now)
            .await
            .map(drop)
    }

    /// The entries of a day (UTC), over or not, in pages: for who verifies them.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Pages<StoredEntry> {
        let partition = keys::ledger_day(day);
        self.chain
            .table
            .all("read a day of the audit trail", &partition, "", |item| {
                Some(stored(&item))
            })
    }

    /// The entries of a day (UTC), in pages.
    #[must_use]
    pub fn live_on(&self, day: NaiveDate, now: DateTime<Utc>) -> Pages<StoredEntry> {
        let (partition, read) = (keys::ledger_day(day), |item: Item| Some(stored(&item)));
        self.chain
            .table
            .live("read a day of the audit trail", &partition, "", now, read)
    }

    /// At most `limit` entries of a day (UTC), from the one after the number `after` on. One that
    /// was changed is left out: `verify` finds it.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn of_day(
        &self,
        day: NaiveDate,
        after: u64,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<EntryPage, StorageError> {
        const OPERATION: &str = "read a day of the audit trail";
        let (partition, read) = (keys::ledger_day(day), |item: Item| Some(stored(&item)));
        let mut pages = self.chain.table.live(OPERATION, &partition, "", now, read);
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await? {
            let page = page.iter().filter_map(StoredEntry::entry);
            entries.extend(page.filter(|entry| entry.n > after));
            if entries.len() > limit {
                break;
            }
        }
        Ok(EntryPage::cut(entries, limit))
    }

    /// The same of the entries about a request.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn about(
        &self,
        request: &RequestId,
        after: u64,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<EntryPage, StorageError> {
        const OPERATION: &str = "read the audit trail of a request";
        let key = |item: Item| text(&item, SK).and_then(keys::audited_entry);
        let partition = keys::audited_of(request);
        let mut pages = self.chain.table.live(OPERATION, &partition, "", now, key);
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await? {
            for key in page.into_iter().filter(|(n, _)| *n > after) {
                let key = keys::block(key.1, key.0);
                let item = self.chain.table.get_any(OPERATION, &key).await?;
                entries.extend(item.and_then(|item| stored(&item).entry()));
                if entries.len() > limit {
                    return Ok(EntryPage::cut(entries, limit));
                }
            }
        }
        Ok(EntryPage::cut(entries, limit))
    }

    /// The end of the trail; `None` before it begins.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn end(&self) -> Result<Option<ChainEnd>, StorageError> {
        let head = self.chain.head("read the audit trail's head").await?;
        Ok(head.and_then(|head| head.end()))
    }

    /// The same, if the entry is there that it names; `None` if that is over and gone.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read, or the head names another end.
    pub async fn proven_end(&self, now: DateTime<Utc>) -> Result<Option<ChainEnd>, StorageError> {
        const OPERATION: &str = "read the audit trail's end";
        let Some(head) = self.chain.head(OPERATION).await? else {
            return Ok(None);
        };
        let key = keys::block(head.day, head.n);
        let item = self.chain.table.get_any(OPERATION, &key).await?;
        let entry = item.map(|item| stored(&item));
        let is_it = |link: &Link| link.is_whole() && link.hash == head.hash;
        match entry.and_then(|entry| entry.link) {
            Some(link) if is_it(&link) => Ok(head.end()),
            None if ends(head.day.and_time(NaiveTime::MIN).and_utc()).has_passed(now) => Ok(None),
            _ => Err(StorageError::because(OPERATION, "its head names no entry")),
        }
    }

    /// The first and the last day (UTC) that have entries; `None` before it begins.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn days(&self) -> Result<Option<(NaiveDate, NaiveDate)>, StorageError> {
        let head = self.chain.head("read the audit trail's head").await?;
        Ok(head.map(|head| (head.first, head.day)))
    }

    /// Points from a request to an entry.
    fn of_request(
        &self,
        request: &RequestId,
        day: NaiveDate,
        number: u64,
        now: DateTime<Utc>,
    ) -> Write {
        let key = keys::audited(request, day, number);
        Write::put(&self.chain.table, key, Item::new()).ending(ends(now).epoch())
    }

    async fn append(
        &self,
        operation: &'static str,
        what: Audited,
        request: Option<&RequestId>,
        more: Vec<Write>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let entry = |n, day| AuditEntry {
            n,
            day,
            at: now,
            what: what.clone(),
        };
        let beside = |n, day| {
            let pointer = request.map(|request| self.of_request(request, day, n, now));
            more.iter().cloned().chain(pointer).collect()
        };
        self.chain
            .append(operation, Some(ends(now)), now, entry, beside)
            .await
    }
}

/// Some entries, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Whether there are more.
    pub more: bool,
}

impl EntryPage {
    fn cut(mut entries: Vec<AuditEntry>, limit: usize) -> Self {
        let more = entries.len() > limit;
        entries.truncate(limit);
        Self { entries, more }
    }
}

/// An item on a day of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The number that its key names; `None` if the key is not one of an entry.
    pub n: Option<u64>,
    /// The link; `None` if the item is not one.
    pub link: Option<Link>,
    /// When TTL deletes it, epoch seconds.
    ends: Option<i64>,
}

impl StoredEntry {
    /// What it says, if it is as it was written, and is kept for as long as it has to be.
    #[must_use]
    pub fn entry(&self) -> Option<AuditEntry> {
        let entry: AuditEntry = self.link.as_ref().filter(|link| link.is_whole())?.says()?;
        let is_kept = |entry: &AuditEntry| self.ends == Some(ends(entry.at).epoch());
        Some(entry).filter(|entry| Some(entry.n) == self.n && is_kept(entry))
    }
}

fn stored(item: &Item) -> StoredEntry {
    StoredEntry {
        n: text(item, SK).and_then(keys::block_number),
        link: read(item.clone()),
        ends: number(item, EXPIRES_AT),
    }
}

/// Until when what is written at `now` is kept.
fn ends(now: DateTime<Utc>) -> ExpiresAt {
    ExpiresAt::at(now.checked_add_months(periods::EVIDENCE).unwrap_or(now))
}
