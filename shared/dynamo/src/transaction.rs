//! Transactions: all or nothing, tried again if others are in the way.

use crate::expression::Expression;
use crate::item::Item;
use crate::write::{Change, Write, written};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use custodian_aws::{Cause, StorageError, failed};
use std::time::Duration;

/// How often a transaction is tried that others, or a throttle, get in the way of: half a minute at
/// most.
const TRIES: u32 = 120;
/// Reasons that may be gone when it is tried again.
const PASSING: [&str; 4] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
];

/// The result of one try.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt {
    /// All of it was done.
    Applied,
    /// Nothing was done; for each write, the reason.
    Cancelled(Vec<Reason>),
}

/// Why a write stopped its transaction, or that it did not.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It did not.
    Fine,
    /// Its condition was not met; with the item as it is, if the write asked for it.
    Refused(Option<Item>),
    /// Others, or a throttle, were in its way: that may be gone when it is tried again.
    Contended,
    /// It cannot be done.
    Impossible,
}

impl Reason {
    /// Whether its condition was not met.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

impl From<&CancellationReason> for Reason {
    fn from(reason: &CancellationReason) -> Self {
        match reason.code() {
            None | Some("None") => Self::Fine,
            Some("ConditionalCheckFailed") => Self::Refused(reason.item().cloned()),
            Some(code) if PASSING.contains(&code) => Self::Contended,
            Some(_) => Self::Impossible,
        }
    }
}

impl Write {
    /// The change as part of a transaction.
    fn action(self) -> Result<TransactWriteItem, BuildError> {
        let refused = self
            .returning_refused
            .then_some(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut expression = Expression::default();
        let when = self.when.map(|when| when.write(&mut expression));
        let action = TransactWriteItem::builder();
        Ok(match self.change {
            Change::Put(mut item) => {
                item.extend(self.key.attributes());
                let put = Put::builder()
                    .table_name(self.table.name)
                    .set_item(Some(item))
                    .set_condition_expression(when)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .set_return_values_on_condition_check_failure(refused);
                action.put(put.build()?)
            }
            Change::Update(steps) => {
                let steps = written(steps, &mut expression);
                let update = Update::builder()
                    .table_name(self.table.name)
                    .set_key(Some(self.key.item()))
                    .update_expression(steps)
                    .set_condition_expression(when)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .set_return_values_on_condition_check_failure(refused);
                action.update(update.build()?)
            }
            Change::Delete => {
                let delete = Delete::builder()
                    .table_name(self.table.name)
                    .set_key(Some(self.key.item()))
                    .set_condition_expression(when)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .set_return_values_on_condition_check_failure(refused);
                action.delete(delete.build()?)
            }
            Change::Check => {
                let check = ConditionCheck::builder()
                    .table_name(self.table.name)
                    .set_key(Some(self.key.item()))
                    .set_condition_expression(when)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .set_return_values_on_condition_check_failure(refused);
                action.condition_check(check.build()?)
            }
        }
        .build())
    }
}

/// Does all of it or nothing. Returns whether the conditions were met.
///
/// DynamoDB refuses a transaction if another one is using one of its items, and the SDK does not
/// try again then
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
///
/// # Errors
/// [`StorageError`] unless it is certain to be done, for any reason but a condition.
pub async fn transact(operation: &'static str, writes: Vec<Write>) -> Result<bool, StorageError> {
    let Some((client, actions)) = actions(operation, writes)? else {
        return Ok(true);
    };
    let mut tries = 0;
    loop {
        match Box::pin(send(operation, &client, actions.clone())).await? {
            Attempt::Applied => return Ok(true),
            Attempt::Cancelled(reasons) if reasons.iter().any(Reason::is_refused) => {
                return Ok(false);
            }
            Attempt::Cancelled(reasons) if !reasons.contains(&Reason::Contended) => {
                return Err(StorageError::new(operation, Cause::Cancelled));
            }
            Attempt::Cancelled(_) => wait(operation, &mut tries).await?,
        }
    }
}

/// Tries once to do all of it or nothing.
///
/// # Errors
/// [`StorageError`] if the result is unknown.
pub async fn attempt(operation: &'static str, writes: Vec<Write>) -> Result<Attempt, StorageError> {
    match actions(operation, writes)? {
        Some((client, actions)) => Box::pin(send(operation, &client, actions)).await,
        None => Ok(Attempt::Applied),
    }
}

/// The writes in the SDK's form, and their client; `None` if there are none.
fn actions(
    operation: &'static str,
    writes: Vec<Write>,
) -> Result<Option<(Client, Vec<TransactWriteItem>)>, StorageError> {
    let Some(first) = writes.first() else {
        return Ok(None);
    };
    let client = first.table().client.clone();
    let actions = writes.into_iter().map(Write::action);
    let actions = actions
        .collect::<Result<_, _>>()
        .map_err(|_| StorageError::new(operation, Cause::NotMade))?;
    Ok(Some((client, actions)))
}

async fn send(
    operation: &'static str,
    client: &Client,
    actions: Vec<TransactWriteItem>,
) -> Result<Attempt, StorageError> {
    let sent = client
        .transact_write_items()
        .set_transact_items(Some(actions))
        .send()
        .await;
    let Err(error) = sent else {
        return Ok(Attempt::Applied);
    };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons().iter();
            Ok(Attempt::Cancelled(reasons.map(Reason::from).collect()))
        }
        _ => Err(failed(operation)(error)),
    }
}

/// Waits a random time, longer after each try, so that callers that met do not meet again.
///
/// # Errors
/// [`StorageError`] after the last try.
pub async fn wait(operation: &'static str, tries: &mut u32) -> Result<(), StorageError> {
    *tries += 1;
    if *tries == TRIES {
        return Err(StorageError::because(
            operation,
            "others write it at the same time",
        ));
    }
    let most = (4_u32 << (*tries).min(7)).min(500);
    let random = getrandom::u32().unwrap_or(most);
    tokio::time::sleep(Duration::from_millis(u64::from(random % most))).await;
    Ok(())
}
