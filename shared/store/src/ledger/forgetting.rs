//! Deletes records and writes to the ledger in the same transaction.

use super::appending::{LedgeredWrite, Statement};
use super::{DELETED_AT_ONCE, Ledger};
use crate::records::DeletionCandidate;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::Cause;
use custodian_dynamo::{Condition, Table, Write};

const OPERATION: &str = "delete records and append to the ledger";

/// Deletes from `records` and appends to the ledger, in transactions of [`DELETED_AT_ONCE`].
pub(crate) async fn forget(
    records: &Table,
    candidate: Vec<DeletionCandidate>,
    ledger: &Ledger,
    cause: Cause,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let mut forgotten = 0;
    for some in candidate.chunks(DELETED_AT_ONCE) {
        let deeds = some
            .iter()
            .map(|candidate| deed(records, candidate, condition(cause, now), cause, now))
            .collect();
        forgotten += ledger.append_block(OPERATION, deeds, now).await?;
    }
    Ok(forgotten)
}

/// Deletes one item on a condition, and appends to the ledger. Returns whether it was met.
pub(crate) async fn forget_when(
    records: &Table,
    (candidate, condition): (&DeletionCandidate, Condition),
    ledger: &Ledger,
    cause: Cause,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let deed = deed(records, candidate, condition, cause, now);
    Ok(ledger.append_block(OPERATION, vec![deed], now).await? == 1)
}

fn condition(cause: Cause, now: DateTime<Utc>) -> Condition {
    match cause {
        Cause::Erasure | Cause::Correction | Cause::Restore => Condition::there(),
        Cause::Retention | Cause::Sweep => Condition::over(now),
    }
}

fn deed(
    records: &Table,
    candidate: &DeletionCandidate,
    condition: Condition,
    cause: Cause,
    now: DateTime<Utc>,
) -> LedgeredWrite {
    LedgeredWrite {
        write: Write::delete(records, &candidate.key).when(condition),
        statement: Statement::Gone(candidate.entry(cause, now)),
    }
}
