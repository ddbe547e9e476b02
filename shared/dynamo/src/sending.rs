//! A write by itself: one call, applied or refused.

use crate::condition::Condition;
use crate::expression::Expression;
use crate::item::Item;
use crate::key::PrimaryKey;
use crate::table::Table;
use crate::transaction::transact;
use crate::write::{Change, Returning, Write, written};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use custodian_aws::{StorageError, failed};

/// The result of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was made; with the item, if the write asked for it and there is one.
    Applied(Option<Item>),
    /// Its condition was not met; with the item as it is, if the write asked for it and there is
    /// one.
    Refused(Option<Item>),
}

impl Outcome {
    /// Whether it was made.
    #[must_use]
    pub const fn is_applied(&self) -> bool {
        matches!(self, Self::Applied(_))
    }

    /// The item that a write asked for, if it was made and there is one.
    #[must_use]
    pub fn applied(self) -> Option<Item> {
        match self {
            Self::Applied(item) => item,
            Self::Refused(_) => None,
        }
    }
}

impl Write {
    /// Makes the change by itself.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be made, for any reason but its condition.
    pub async fn send(self, operation: &'static str) -> Result<Outcome, StorageError> {
        // On the heap: each call of the SDK is kilobytes, and callers hold many of them.
        Box::pin(self.sent(operation)).await
    }

    async fn sent(self, operation: &'static str) -> Result<Outcome, StorageError> {
        let client = self.table.client.clone();
        let refused = self
            .returning_refused
            .then_some(ReturnValuesOnConditionCheckFailure::AllOld);
        let returned = self.returning.map(|what| match what {
            Returning::Old => ReturnValue::AllOld,
            Returning::New => ReturnValue::AllNew,
            Returning::Changed => ReturnValue::UpdatedNew,
        });
        let mut expression = Expression::default();
        let mut write = |when: Option<Condition>| when.map(|when| when.write(&mut expression));
        // Each of the three calls has its own type for the same parts.
        match self.change {
            Change::Check => {
                let held = transact(operation, vec![self]).await?;
                Ok(if held {
                    Outcome::Applied(None)
                } else {
                    Outcome::Refused(None)
                })
            }
            Change::Put(mut item) => {
                item.extend(self.key.attributes());
                let when = write(self.when);
                let sent = client
                    .put_item()
                    .table_name(self.table.name)
                    .set_item(Some(item))
                    .set_condition_expression(when)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .set_return_values(returned)
                    .set_return_values_on_condition_check_failure(refused)
                    .send()
                    .await;
                let refusal = |error: &PutItemError| match error {
                    PutItemError::ConditionalCheckFailedException(check) => {
                        Some(check.item().cloned())
                    }
                    _ => None,
                };
                outcome(operation, sent.map(|put| put.attributes), refusal)
            }
            Change::Update(steps) => {
                let when = write(self.when);
                let steps = written(steps, &mut expression);
                let sent = client
                    .update_item()
                    .table_name(self.table.name)
                    .set_key(Some(self.key.item()))
                    .update_expression(steps)
                    .set_condition_expression(when)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .set_return_values(returned)
                    .set_return_values_on_condition_check_failure(refused)
                    .send()
                    .await;
                let refusal = |error: &UpdateItemError| match error {
                    UpdateItemError::ConditionalCheckFailedException(check) => {
                        Some(check.item().cloned())
                    }
                    _ => None,
                };
                outcome(operation, sent.map(|update| update.attributes), refusal)
            }
            Change::Delete => {
                let when = write(self.when);
                let sent = client
                    .delete_item()
                    .table_name(self.table.name)
                    .set_key(Some(self.key.item()))
                    .set_condition_expression(when)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .set_return_values(returned)
                    .set_return_values_on_condition_check_failure(refused)
                    .send()
                    .await;
                let refusal = |error: &DeleteItemError| match error {
                    DeleteItemError::ConditionalCheckFailedException(check) => {
                        Some(check.item().cloned())
                    }
                    _ => None,
                };
                outcome(operation, sent.map(|delete| delete.attributes), refusal)
            }
        }
    }
}

impl Table {
    /// Puts an item, replacing any earlier one.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be put.
    pub async fn put(
        &self,
        operation: &'static str,
        key: impl Into<PrimaryKey>,
        item: Item,
    ) -> Result<(), StorageError> {
        Write::put(self, key, item).send(operation).await.map(drop)
    }

    /// Deletes an item, if it is there.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn delete(
        &self,
        operation: &'static str,
        key: impl Into<PrimaryKey>,
    ) -> Result<(), StorageError> {
        Write::delete(self, key).send(operation).await.map(drop)
    }
}

/// What became of a call; `refusal` knows the error that says that the condition did not hold.
fn outcome<E: ProvideErrorMetadata, R>(
    operation: &'static str,
    sent: Result<Option<Item>, SdkError<E, R>>,
    refusal: impl Fn(&E) -> Option<Option<Item>>,
) -> Result<Outcome, StorageError> {
    match sent {
        Ok(item) => Ok(Outcome::Applied(item.filter(|item| !item.is_empty()))),
        Err(error) => match error.as_service_error().and_then(refusal) {
            Some(item) => Ok(Outcome::Refused(item)),
            None => Err(failed(operation)(error)),
        },
    }
}
