//! Attests in the ledger's chain what was written of requests, holds and restrictions.
//!
//! A transaction that writes such an item leaves a mark with the item's key. A function that
//! attests it puts a block with the item's hash and removes the mark, both or neither. So
//! everything written is attested, or waits for it.

mod attested;
mod marks;
mod stored;

pub use marks::{Mark, Waiting};
pub use stored::{Register, StoredEvidence};

pub(super) use marks::mark;

use crate::Item;
use crate::keys::{self, Key};
use crate::ledger::{ATTESTED_AT_ONCE, Ledger};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::place::Place;
use custodian_domain::rights::breach::BreachId;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::CaseId;
use custodian_dynamo::{Pages, Table, Write};
use std::collections::{BTreeMap, BTreeSet};

/// Attests in the ledger what is in the Register.
#[derive(Clone, Debug)]
pub struct Evidence {
    register: Table,
    ledger: Ledger,
}

impl Evidence {
    /// The Register named `register`, attested in this ledger.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, register: String, ledger: Ledger) -> Self {
        Self {
            register: Table::new(client, register),
            ledger,
        }
    }

    /// Everything that waits to be attested, in pages.
    #[must_use]
    pub fn waiting(&self) -> Pages<Waiting> {
        marks::waiting(&self.register)
    }

    /// Attests what waits for these requests, for every place and for what their people said.
    /// Returns how many marks are gone.
    ///
    /// # Errors
    /// [`StorageError`] unless all is certain to be attested. Repeating it has no further effect.
    pub async fn attest(
        &self,
        requests: &[RequestId],
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let partitions = requests.iter().flat_map(|id| {
            let tasks = Place::ALL.into_iter().map(|place| keys::task(id, place));
            let case = CaseId::try_from(id.clone()).ok().map(|id| keys::case(&id));
            [keys::request(id), keys::statements(id)]
                .into_iter()
                .chain(tasks)
                .chain(case)
        });
        self.attest_partitions(partitions, now).await
    }

    /// Attests what waits for this case. Returns how many marks are gone.
    ///
    /// # Errors
    /// [`StorageError`] unless all is certain to be attested. Repeating it has no further effect.
    pub async fn attest_case(
        &self,
        case: &CaseId,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        self.attest_partitions([keys::case(case)].into_iter(), now)
            .await
    }

    /// Attests what waits for this breach, and for the requests that hold records for it. Returns how
    /// many marks are gone.
    ///
    /// # Errors
    /// [`StorageError`] unless all is certain to be attested. Repeating it has no further effect.
    pub async fn attest_breach(
        &self,
        breach: &BreachId,
        holds: &[RequestId],
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let holds = holds.iter().map(keys::request);
        let partitions = holds.chain([keys::breach(breach)]);
        self.attest_partitions(partitions, now).await
    }

    async fn attest_partitions(
        &self,
        partitions: impl Iterator<Item = String>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let marks = partitions.map(|partition| keys::unattested(&partition));
        let marks = self
            .register
            .get_all("look for items to attest", marks, now)
            .await?;
        self.attest_marked(marks.iter().filter_map(marks::read).collect(), now)
            .await
    }

    /// Attests what these marks name. Returns how many of them are gone. If somebody has written
    /// since, the mark stays.
    ///
    /// # Errors
    /// [`StorageError`] unless all is certain to be attested. Repeating it has no further effect.
    pub async fn attest_marked(
        &self,
        marks: Vec<Mark>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let keys: BTreeSet<Key> = marks.iter().flat_map(Mark::items).collect();
        let items = self
            .register
            .get_all("read items to attest", keys, now)
            .await?;
        let stored: BTreeMap<Key, Item> = items
            .into_iter()
            .filter_map(|item| Some((Key::of(&item)?, item)))
            .collect();
        let mut attested: Vec<(Write, Vec<_>)> = Vec::new();
        for mark in &marks {
            let mut found = Vec::new();
            for key in mark.items().take(ATTESTED_AT_ONCE) {
                if let Some(item) = stored.get(&key) {
                    found.extend(attested::attested(item));
                } else {
                    // Somebody has deleted it before it was attested.
                    tracing::error!(outcome = "evidence_missing", "evidence");
                }
            }
            attested.push((mark.done(&self.register, ATTESTED_AT_ONCE), found));
        }
        self.ledger.attest(attested, now).await
    }
}
