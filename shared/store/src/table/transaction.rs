//! Transactions: all or nothing, tried again where others are in the way.

use super::Table;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use custodian_aws::{StorageError, failed};
use std::time::Duration;

/// How often a transaction is tried in whose way others, or a throttle, are: half a minute at most.
const TRIES: u32 = 120;
/// What may be gone when it is tried again.
const PASSING: [&str; 4] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
];

impl Table {
    /// Does all of it or nothing; gives whether the conditions held.
    ///
    /// DynamoDB refuses a transaction of which another one has an item just then, and the SDK does
    /// not try that again
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
    pub(crate) async fn transact(
        &self,
        operation: &'static str,
        actions: Vec<TransactWriteItem>,
    ) -> Result<bool, StorageError> {
        let mut tries = 0;
        loop {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(actions.clone()))
                .send()
                .await;
            let Err(error) = sent else { return Ok(true) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(failed(operation)(error));
            };
            let reasons = cancelled.cancellation_reasons();
            if reasons.iter().any(is_refused) {
                return Ok(false);
            }
            if !reasons.iter().any(is_passing) {
                return Err(failed(operation)(error));
            }
            wait(operation, &mut tries).await?;
        }
    }
}

/// Whether an action's condition did not hold.
pub(crate) fn is_refused(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// Whether others, or a throttle, were in an action's way.
pub(crate) fn is_passing(reason: &CancellationReason) -> bool {
    reason.code().is_some_and(|code| PASSING.contains(&code))
}

/// Waits a random while, longer each time: those who met do not meet again.
pub(crate) async fn wait(operation: &'static str, tries: &mut u32) -> Result<(), StorageError> {
    *tries += 1;
    if *tries == TRIES {
        return Err(StorageError {
            operation,
            code: "others write it at the same time".to_owned(),
        });
    }
    let most = (4_u32 << (*tries).min(7)).min(500);
    let random = getrandom::u32().unwrap_or(most);
    tokio::time::sleep(Duration::from_millis(u64::from(random % most))).await;
    Ok(())
}
