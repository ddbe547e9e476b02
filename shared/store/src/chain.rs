//! A chain of links in a table: the links, and the head (`CHAIN`, `HEAD`), which names the last.
//!
//! A transaction that appends a link also moves the head, on condition that the chain still ends
//! where it was seen to end. So two who write at once can't both follow the same link.

use crate::keys::{self, Key};
use crate::{n, read, s, to_item};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::{Cause, StorageError};
use custodian_domain::ledger::{Head, Link};
use custodian_domain::retention::ExpiresAt;
use custodian_dynamo::{Attempt, Condition, Reason, Table, Write, attempt, wait};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A chain in a table.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// The table.
    pub(crate) table: Table,
    /// How the chain ended when it was last seen. It is locked while a link is being written, so
    /// that writers in one process wait for their turn, and only other processes can be in the way.
    pub(crate) known: Arc<Mutex<Option<Head>>>,
    head: HeadWrite,
}

/// How the head moves: which right its writers need, and which they can do without.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HeadWrite {
    /// It is updated. Nobody can put another one in its place.
    Update,
    /// It is put again. Nobody can change an item.
    Put,
}

/// Links to append, by their keys, and until when they are kept.
pub(crate) struct Links {
    links: Vec<(Key, Link)>,
    ends: Option<ExpiresAt>,
}

impl Links {
    /// Links that are kept for good.
    pub(crate) const fn lasting(links: Vec<(Key, Link)>) -> Self {
        Self { links, ends: None }
    }
}

/// The result of a transaction.
pub(crate) enum Outcome {
    /// It went through.
    Appended,
    /// Nothing has changed.
    Refused(Refused),
}

/// Why nothing has changed.
pub(crate) struct Refused {
    /// For each write besides links and head, whether its condition was not met.
    pub(crate) writes: Vec<bool>,
    /// Whether another transaction, or a throttle, was in the way: wait before the next try. Who
    /// was told where the chain ends now tries again at once instead, or it would lose to the one
    /// who has just appended, and so knows it too, again and again.
    pub(crate) contended: bool,
}

impl Chain {
    pub(crate) fn new(table: Table, head: HeadWrite) -> Self {
        Self {
            table,
            known: Arc::default(),
            head,
        }
    }

    /// The end of the chain; `None` before it begins.
    pub(crate) async fn head(&self, operation: &'static str) -> Result<Option<Head>, StorageError> {
        let head = self.table.get_any(operation, keys::chain_head()).await?;
        head.map(|item| read(item).ok_or(StorageError::unreadable(operation)))
            .transpose()
    }

    /// Appends a link, whose body and whose other writes are made from its number and its day.
    /// Returns its number. Who follows the same link at the same time is followed.
    pub(crate) async fn append<T: Serialize>(
        &self,
        operation: &'static str,
        ends: Option<ExpiresAt>,
        now: DateTime<Utc>,
        body: impl Fn(u64, NaiveDate) -> T + Send,
        beside: impl Fn(u64, NaiveDate) -> Vec<Write> + Send,
    ) -> Result<u64, StorageError> {
        let mut tries = 0;
        loop {
            let mut known = self.known.lock().await;
            let before = match known.take() {
                Some(head) => Some(head),
                None => self.head(operation).await?,
            };
            let begun = before
                .clone()
                .unwrap_or_else(|| Head::begin(now.date_naive()));
            let (day, link, after) = begun
                .grow(now, &body)
                .ok_or(StorageError::unreadable(operation))?;
            let (n, writes) = (link.n, beside(link.n, day));
            let links = vec![(keys::block(day, n), link)];
            let links = Links { links, ends };
            let (outcome, head) = self
                .transact(operation, writes, links, before.as_ref(), &after)
                .await?;
            *known = head;
            drop(known);
            match outcome {
                Outcome::Appended => return Ok(n),
                Outcome::Refused(refused) if refused.contended => {
                    wait(operation, &mut tries).await?;
                }
                Outcome::Refused(_) => {}
            }
        }
    }

    /// Does everything and moves the head, if the chain still ends at `before`. Also returns how
    /// the chain ends now, if that is known.
    pub(crate) async fn transact(
        &self,
        operation: &'static str,
        mut writes: Vec<Write>,
        links: Links,
        before: Option<&Head>,
        after: &Head,
    ) -> Result<(Outcome, Option<Head>), StorageError> {
        let Links { links, ends } = links;
        let (others, linked) = (writes.len(), links.len());
        for (key, link) in &links {
            let link = to_item(operation, link)?;
            let put = Write::put(&self.table, key, link).when(Condition::not_there());
            writes.push(match ends {
                Some(ends) => put.ending(ends.epoch()),
                None => put,
            });
        }
        writes.push(self.moved(operation, before, after)?);
        let reasons = match attempt(operation, writes).await? {
            Attempt::Applied => return Ok((Outcome::Appended, Some(after.clone()))),
            Attempt::Cancelled(reasons) => reasons,
        };
        let refused: Vec<bool> = reasons
            .iter()
            .take(others)
            .map(Reason::is_refused)
            .collect();
        let moved = match reasons.get(others + linked) {
            Some(Reason::Refused(head)) => Some(head),
            _ => None,
        };
        if moved.is_none() && reasons.iter().skip(others).any(Reason::is_refused) {
            let behind = match self.head {
                HeadWrite::Update => "the ledger's head is behind its chain",
                HeadWrite::Put => "the audit trail's head is behind its chain",
            };
            return Err(StorageError::because(operation, behind));
        }
        let contended = moved.is_none() && reasons.contains(&Reason::Contended);
        if refused.len() < others || !(moved.is_some() || contended || refused.contains(&true)) {
            return Err(StorageError::new(operation, Cause::Cancelled));
        }
        // A failed condition of another write says nothing about the head, and then the head has
        // not moved.
        let known = match moved {
            Some(head) => head.clone().and_then(read),
            None => before.cloned().filter(|_| !contended),
        };
        let writes = refused;
        Ok((Outcome::Refused(Refused { writes, contended }), known))
    }

    /// Moves the head, if it is where it was seen.
    fn moved(
        &self,
        operation: &'static str,
        before: Option<&Head>,
        after: &Head,
    ) -> Result<Write, StorageError> {
        let seen = match before {
            None => Condition::not_there(),
            Some(head) => {
                let number = i64::try_from(head.n);
                let number = number.map_err(|_| StorageError::unreadable(operation))?;
                Condition::is("n", n(number)).and(Condition::is("hash", s(head.hash.as_str())))
            }
        };
        let (key, after) = (keys::chain_head(), to_item(operation, after)?);
        let head = match self.head {
            HeadWrite::Put => Write::put(&self.table, key, after),
            HeadWrite::Update => after
                .into_iter()
                .fold(Write::update(&self.table, key), |head, (name, value)| {
                    head.set(name, value)
                }),
        };
        Ok(head.when(seen).returning_refused())
    }
}
