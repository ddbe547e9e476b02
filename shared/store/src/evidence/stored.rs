//! Everything in the Register that should be attested, as it is stored: for verification.

use super::attested::{attested, written};
use super::marks::{self, Mark, Waiting};
use crate::keys;
use crate::{Item, read, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::signed::Signed;
use custodian_domain::ledger::{Attestation, Evidence};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::Task;
use custodian_dynamo::{Condition, Pages, Table};

/// The beginnings of partitions with evidence.
const PARTITIONS: [&str; 7] = [
    "REQUEST#",
    "CLICK#",
    "SAID#",
    "TASK#",
    "CLICKTASK#",
    keys::CASE,
    keys::BREACH,
];

/// An item of the Register that should be attested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvidence {
    /// Its attestation as it is stored.
    pub attested: Attestation,
    /// The request that it belongs to.
    pub request: RequestId,
    /// When it says that it was written.
    pub written: Option<DateTime<Utc>>,
    /// The processor's signed answer, in a receipt.
    pub signed: Option<Signed>,
    partition: String,
}

/// The Register, to compare it with the chain.
#[derive(Clone, Debug)]
pub struct Register(Table);

/// Everything that should be attested, page by page.
#[derive(Debug)]
pub struct Everything(Pages<Option<StoredEvidence>>);

impl Register {
    /// The Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Everything in it that should be attested, in no order.
    #[must_use]
    pub fn everything(&self) -> Everything {
        let evidence = Condition::begins(keys::PK, PARTITIONS.map(s));
        let read = |item| Some(stored(&item));
        Everything(
            self.0
                .scan("read everything that is attested", Some(evidence), read),
        )
    }

    /// Whether an item waits to be attested as it is stored.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn is_waiting(&self, stored: &StoredEvidence) -> Result<bool, StorageError> {
        let (key, now) = (keys::unattested(&stored.partition), DateTime::UNIX_EPOCH);
        Ok(self
            .0
            .get("look for items to attest", key, now)
            .await?
            .is_some())
    }

    /// Everything that waits to be attested, in pages.
    #[must_use]
    pub fn waiting(&self) -> Pages<Waiting> {
        marks::waiting(&self.0)
    }
}

impl Everything {
    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<StoredEvidence>>, StorageError> {
        let page = self.0.next().await?;
        Ok(page.map(|page| page.into_iter().flatten().collect()))
    }
}

impl Mark {
    /// The request that it belongs to.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        keys::evidence_of(&self.partition)
    }
}

fn stored(item: &Item) -> Option<StoredEvidence> {
    let attested = attested(item)?;
    let partition = text(item, keys::PK)?.to_owned();
    let request = keys::evidence_of(&partition)?;
    Some(StoredEvidence {
        written: written(attested.kind, item),
        signed: signed(attested.kind, item),
        attested,
        request,
        partition,
    })
}

fn signed(kind: Evidence, item: &Item) -> Option<Signed> {
    if kind != Evidence::Receipt {
        return None;
    }
    let task: Task = read(item.clone())?;
    task.receipt?.correspondence?.said.map(|signed| *signed)
}

impl StoredEvidence {
    /// Its partition.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }
}
