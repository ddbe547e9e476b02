//! Appends a link together with what it records, in one transaction.

use super::Ledger;
use crate::chain::{Links, Outcome};
use crate::keys;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Attestation, Entry, Head};
use custodian_dynamo::{Write, wait};

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
            let done = deeds.into_iter().zip(refused.writes);
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
        let mut known = self.chain.known.lock().await;
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
        let links = Links::lasting(vec![(keys::block(day, link.n), link)]);
        let (outcome, head) = self
            .chain
            .transact(operation, writes, links, before.as_ref(), &after)
            .await?;
        *known = head;
        Ok(outcome)
    }
}
