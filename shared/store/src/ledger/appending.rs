//! Appends a link together with what it records, in one transaction.

use super::Ledger;
use crate::keys::{self, Key};
use crate::{n, read, s, to_item};
use chrono::{DateTime, Utc};
use custodian_aws::{Cause, StorageError};
use custodian_domain::ledger::{Attestation, Entry, Head, Link};
use custodian_dynamo::{Attempt, Condition, Reason, Write, attempt, wait};

/// An action and its record, both or neither. It is left out if the action's condition is not met.
pub(super) struct LedgeredWrite {
    pub(super) write: Write,
    pub(super) statement: Statement,
}

/// What a block records of an action.
pub(super) enum Statement {
    /// That something was deleted.
    Gone(Entry),
    /// What is in the Register.
    Attested(Vec<Attestation>),
}

/// The result of a transaction.
pub(super) enum Outcome {
    /// It went through.
    Appended,
    /// Nothing has changed.
    Refused(Refused),
}

/// Why nothing has changed.
pub(super) struct Refused {
    /// For each action besides links and head, whether its condition was not met.
    pub(super) actions: Vec<bool>,
    /// Whether another transaction, or a throttle, was in the way: wait before the next try. Who
    /// was told where the chain ends now tries again at once instead, or it would lose to the one
    /// who has just appended, and so knows it too, again and again.
    pub(super) contended: bool,
}

impl Ledger {
    /// Does what it can of `deeds` and appends a block about them. Returns how many it did.
    pub(super) async fn append_block(
        &self,
        operation: &'static str,
        mut deeds: Vec<LedgeredWrite>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let mut tries = 0;
        while !deeds.is_empty() {
            let refused = match self.attempt(operation, &deeds, now).await? {
                Outcome::Appended => return Ok(deeds.len() as u64),
                Outcome::Refused(refused) => refused,
            };
            if refused.contended {
                wait(operation, &mut tries).await?;
            }
            let done = deeds.into_iter().zip(refused.actions);
            deeds = done
                .filter(|(_, refused)| !refused)
                .map(|(deed, _)| deed)
                .collect();
        }
        Ok(0)
    }

    async fn attempt(
        &self,
        operation: &'static str,
        deeds: &[LedgeredWrite],
        now: DateTime<Utc>,
    ) -> Result<Outcome, StorageError> {
        // Held until the answer is there: others who wait here then know how the chain ends.
        let mut known = self.head.lock().await;
        let before = match known.take() {
            Some(head) => Some(head),
            None => self.head().await?,
        };
        let begun = before
            .clone()
            .unwrap_or_else(|| Head::begin(now.date_naive()));
        let (mut entries, mut attestations) = (Vec::new(), Vec::new());
        for deed in deeds {
            match &deed.statement {
                Statement::Gone(entry) => entries.push(entry.clone()),
                Statement::Attested(some) => attestations.extend_from_slice(some),
            }
        }
        let (day, link, after) = begun
            .append(entries, attestations, now)
            .ok_or(StorageError::unreadable(operation))?;
        let writes = deeds.iter().map(|deed| deed.write.clone()).collect();
        let links = vec![(keys::block(day, link.n), link)];
        let (outcome, head) = self
            .transact(operation, writes, links, before.as_ref(), &after)
            .await?;
        *known = head;
        Ok(outcome)
    }

    /// Does everything and moves the head, if the chain still ends at `before`. Also returns how
    /// the chain ends now, if that is known.
    pub(super) async fn transact(
        &self,
        operation: &'static str,
        mut writes: Vec<Write>,
        links: Vec<(Key, Link)>,
        before: Option<&Head>,
        after: &Head,
    ) -> Result<(Outcome, Option<Head>), StorageError> {
        let (deeds, linked) = (writes.len(), links.len());
        for (key, link) in &links {
            let link = to_item(operation, link)?;
            writes.push(Write::put(self.table(), key, link).when(Condition::not_there()));
        }
        writes.push(self.moved(operation, before, after)?);
        let reasons = match attempt(operation, writes).await? {
            Attempt::Applied => return Ok((Outcome::Appended, Some(after.clone()))),
            Attempt::Cancelled(reasons) => reasons,
        };
        let refused: Vec<bool> = reasons.iter().take(deeds).map(Reason::is_refused).collect();
        let moved = match reasons.get(deeds + linked) {
            Some(Reason::Refused(head)) => Some(head),
            _ => None,
        };
        if moved.is_none() && reasons.iter().skip(deeds).any(Reason::is_refused) {
            return Err(StorageError::because(
                operation,
                "the ledger's head is behind its chain",
            ));
        }
        let contended = moved.is_none() && reasons.contains(&Reason::Contended);
        if refused.len() < deeds || !(moved.is_some() || contended || refused.contains(&true)) {
            return Err(StorageError::new(operation, Cause::Cancelled));
        }
        // A failed condition of another action says nothing about the head, and then the head has
        // not moved.
        let known = match moved {
            Some(head) => head.clone().and_then(read),
            None => before.cloned().filter(|_| !contended),
        };
        Ok((
            Outcome::Refused(Refused {
                actions: refused,
                contended,
            }),
            known,
        ))
    }

    /// Moves the head, if it is where it was seen.
    fn moved(
        &self,
        operation: &'static str,
        before: Option<&Head>,
        after: &Head,
    ) -> Result<Write, StorageError> {
        let head = Write::update(self.table(), keys::chain_head());
        let moved = to_item(operation, after)?
            .into_iter()
            .fold(head, |head, (name, value)| head.set(name, value));
        let seen = match before {
            None => Condition::not_there(),
            Some(head) => {
                let number = i64::try_from(head.n);
                let number = number.map_err(|_| StorageError::unreadable(operation))?;
                Condition::is("n", n(number)).and(Condition::is("hash", s(head.hash.as_str())))
            }
        };
        Ok(moved.when(seen).returning_refused())
    }
}
