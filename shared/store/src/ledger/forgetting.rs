//! The deletion that tells the ledger in the same breath.

use super::appending::{LedgeredWrite, Tells};
use super::{AT_ONCE, Ledger};
use crate::keys::{PK, SK};
use crate::records::DeletionCandidate;
use crate::table::Table;
use crate::{n, s};
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::Cause;

const OPERATION: &str = "delete and tell the ledger";

/// Deletes from `records` and appends to the ledger, in transactions of [`AT_ONCE`].
pub(crate) async fn forget(
    records: &Table,
    candidate: Vec<DeletionCandidate>,
    ledger: &Ledger,
    cause: Cause,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let mut forgotten = 0;
    for some in candidate.chunks(AT_ONCE) {
        let deeds = some
            .iter()
            .map(|candidate| deed(records, candidate, cause, now))
            .collect::<Result<_, _>>()?;
        forgotten += ledger.append_block(OPERATION, deeds, now).await?;
    }
    Ok(forgotten)
}

fn deed(
    records: &Table,
    candidate: &DeletionCandidate,
    cause: Cause,
    now: DateTime<Utc>,
) -> Result<LedgeredWrite, StorageError> {
    let key = &candidate.key;
    let delete = Delete::builder()
        .table_name(&records.name)
        .key(PK, s(&key.partition))
        .key(SK, s(&key.sort));
    let delete = match cause {
        Cause::Erasure | Cause::Correction | Cause::Restore => {
            delete.condition_expression("attribute_exists(pk)")
        }
        Cause::Retention | Cause::Sweep => delete
            .condition_expression("expires_at <= :now")
            .expression_attribute_values(":now", n(now.timestamp())),
    };
    let delete = delete
        .build()
        .map_err(|_| StorageError::unreadable(OPERATION))?;
    let tells = Tells::Gone(candidate.entry(cause, now));
    Ok(LedgeredWrite {
        action: TransactWriteItem::builder().delete(delete).build(),
        tells,
    })
}
