//! The ledger: appended to, never changed; and the deletion that tells it in the same breath.

use super::keys::{self, Key, PK, SK};
use super::records::Doomed;
use super::table::{Pages, Table};
use super::{Item, StorageError, failed, n, s};
use crate::domain::ledger::{Cause, Entry};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Delete, Put, TransactWriteItem};
use chrono::{DateTime, NaiveDate, Utc};
use std::time::Duration;

/// How many deletions go into one transaction: each is two of the hundred actions that DynamoDB takes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const AT_ONCE: usize = 50;
/// How often a transaction that met another, or a throttle, is tried.
const TRIES: u32 = 8;
const OPERATION: &str = "delete and tell the ledger";

/// The table of the ledger.
#[derive(Clone, Debug)]
pub struct Ledger(Table);

impl Ledger {
    /// The ledger in the table called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Appends an entry; one that is there already stays as it is.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be there.
    pub async fn append(&self, entry: &Entry) -> Result<(), StorageError> {
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(item(entry)?));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed("append to the ledger")(error)),
        }
    }

    /// What was deleted on a day (UTC), in pages.
    #[must_use]
    pub fn entries(&self, day: NaiveDate) -> Pages<Entry> {
        let read = |item: &Item| serde_dynamo::from_item(item.clone()).ok();
        self.0.all("read the ledger", &keys::ledger_day(day), keys::ENTRY, read)
    }
}

fn item(entry: &Entry) -> Result<Item, StorageError> {
    let mut item: Item = serde_dynamo::to_item(entry).map_err(|_| StorageError::unreadable(OPERATION))?;
    item.insert(PK.to_owned(), s(keys::ledger_day(entry.removed.date_naive())));
    item.insert(SK.to_owned(), s(format!("{}{}", keys::ENTRY, entry.id.as_str())));
    Ok(item)
}

/// Deletes from `records` and appends to the ledger, in transactions of fifty.
pub(super) async fn forget(
    records: &Table,
    doomed: Vec<Doomed>,
    ledger: &Ledger,
    cause: Cause,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let mut forgotten = 0;
    for some in doomed.chunks(AT_ONCE) {
        forgotten += Transaction { records, ledger: &ledger.0, cause, now }.forget(some).await?;
    }
    Ok(forgotten)
}

struct Transaction<'a> {
    records: &'a Table,
    ledger: &'a Table,
    cause: Cause,
    now: DateTime<Utc>,
}

/// A deletion that is still to be made, and whether the ledger knows of it already.
struct Pending<'a> {
    doomed: &'a Doomed,
    told: bool,
}

impl Transaction<'_> {
    /// Deletes what is still there; each refusal takes something out or is waited for, so this ends.
    async fn forget(&self, doomed: &[Doomed]) -> Result<u64, StorageError> {
        let mut pending: Vec<Pending<'_>> = doomed.iter().map(|doomed| Pending { doomed, told: false }).collect();
        let mut waits = 0;
        while !pending.is_empty() {
            let actions = pending.iter().map(|one| self.actions(one)).collect::<Result<Vec<_>, _>>()?;
            let send = self.records.client.transact_write_items().set_transact_items(Some(actions.concat())).send();
            let Err(error) = send.await else { return Ok(u64::try_from(pending.len()).unwrap_or_default()) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
            else {
                return Err(failed(OPERATION)(error));
            };
            let refused = refusals(&pending, cancelled.cancellation_reasons());
            if !refused.iter().any(|refused| refused.item || refused.entry) {
                waits += 1;
                if waits == TRIES {
                    return Err(failed(OPERATION)(error));
                }
                tokio::time::sleep(Duration::from_millis(10 << waits)).await;
            }
            let kept = pending.into_iter().zip(refused).filter(|(_, refused)| !refused.item);
            pending = kept.map(|(one, refused)| Pending { told: one.told || refused.entry, ..one }).collect();
        }
        Ok(0)
    }

    fn actions(&self, one: &Pending<'_>) -> Result<Vec<TransactWriteItem>, StorageError> {
        let mut actions = vec![TransactWriteItem::builder().delete(self.delete(&one.doomed.key)?).build()];
        if !one.told {
            let put = Put::builder()
                .table_name(&self.ledger.name)
                .set_item(Some(item(&one.doomed.entry(self.cause, self.now))?))
                .condition_expression("attribute_not_exists(pk)")
                .build()
                .map_err(|_| StorageError::unreadable(OPERATION))?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        Ok(actions)
    }

    fn delete(&self, key: &Key) -> Result<Delete, StorageError> {
        let delete = Delete::builder().table_name(&self.records.name).key(PK, s(&key.partition)).key(SK, s(&key.sort));
        let delete = match self.cause {
            Cause::Erasure | Cause::Correction => delete.condition_expression("attribute_exists(pk)"),
            Cause::Retention | Cause::Sweep => delete
                .condition_expression("expires_at <= :now")
                .expression_attribute_values(":now", n(self.now.timestamp())),
        };
        delete.build().map_err(|_| StorageError::unreadable(OPERATION))
    }
}

#[derive(Clone, Copy, Default)]
struct Refused {
    item: bool,
    entry: bool,
}

/// Whose conditions did not hold: the reasons come in the order of the actions.
fn refusals(pending: &[Pending<'_>], reasons: &[CancellationReason]) -> Vec<Refused> {
    let mut reasons = reasons.iter().map(|reason| reason.code() == Some("ConditionalCheckFailed"));
    let mut next = || reasons.next().unwrap_or_default();
    pending.iter().map(|one| Refused { item: next(), entry: !one.told && next() }).collect()
}
