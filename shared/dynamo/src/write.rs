//! One change of one item, and what has to be true for it.

use crate::condition::Condition;
use crate::expression::Expression;
use crate::item::{Item, n};
use crate::key::PrimaryKey;
use crate::table::Table;
use crate::transaction::transact;
use crate::{AttributeValue, EXPIRES_AT};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use custodian_aws::{StorageError, failed};

/// One change of one item: sent by itself, or as part of a transaction.
#[derive(Clone, Debug)]
#[must_use = "a write does nothing until it is sent"]
pub struct Write {
    table: Table,
    key: PrimaryKey,
    change: Change,
    when: Option<Condition>,
    returning: Option<Returning>,
    returning_refused: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Put(Item),
    Update(Vec<Step>),
    Delete,
    /// Only what has to be true.
    Check,
}

/// A step of an update: which attribute, and what becomes of it.
#[derive(Clone, Debug)]
struct Step(String, How);

#[derive(Clone, Debug)]
enum How {
    Set(AttributeValue),
    SetOnce(AttributeValue),
    Append(AttributeValue),
    Increase(i64),
    Copy(String),
    Remove,
    Add(AttributeValue),
    TakeOut(AttributeValue),
}

/// What a write gives when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returning {
    /// The item as it was before.
    Old,
    /// The item as it is now.
    New,
    /// The attributes that changed, as they are now.
    Changed,
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was made; with the item, if the write asked for it and there is one.
    Applied(Option<Item>),
    /// Its condition did not hold; with the item as it is, if the write asked for it and there is
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
    /// Puts an item, instead of whatever lies there.
    pub fn put(table: &Table, key: impl Into<PrimaryKey>, item: Item) -> Self {
        Self::new(table, key.into(), Change::Put(item))
    }

    /// Changes an item, or begins one.
    pub fn update(table: &Table, key: impl Into<PrimaryKey>) -> Self {
        Self::new(table, key.into(), Change::Update(Vec::new()))
    }

    /// Deletes an item, if it is there.
    pub fn delete(table: &Table, key: impl Into<PrimaryKey>) -> Self {
        Self::new(table, key.into(), Change::Delete)
    }

    /// Changes nothing, and stops its transaction where this is not true.
    pub fn check(table: &Table, key: impl Into<PrimaryKey>, condition: Condition) -> Self {
        Self::new(table, key.into(), Change::Check).when(condition)
    }

    fn new(table: &Table, key: PrimaryKey, change: Change) -> Self {
        Self {
            table: table.clone(),
            key,
            change,
            when: None,
            returning: None,
            returning_refused: false,
        }
    }

    /// Sets an attribute.
    pub fn set(self, path: impl Into<String>, value: AttributeValue) -> Self {
        self.step(path, How::Set(value))
    }

    /// Sets an attribute that is not there yet; one that is stays.
    pub fn set_once(self, path: impl Into<String>, value: AttributeValue) -> Self {
        self.step(path, How::SetOnce(value))
    }

    /// Appends one thing to a list, or begins it.
    pub fn append(self, path: impl Into<String>, value: AttributeValue) -> Self {
        self.step(path, How::Append(value))
    }

    /// Increases a number that is there.
    pub fn increase(self, path: impl Into<String>, by: i64) -> Self {
        self.step(path, How::Increase(by))
    }

    /// Sets an attribute to what another one is.
    pub fn copy(self, path: impl Into<String>, from: impl Into<String>) -> Self {
        self.step(path, How::Copy(from.into()))
    }

    /// Takes an attribute away.
    pub fn remove(self, path: impl Into<String>) -> Self {
        self.step(path, How::Remove)
    }

    /// Takes attributes away.
    pub fn remove_all(self, paths: &[&str]) -> Self {
        paths.iter().fold(self, |write, path| write.remove(*path))
    }

    /// Adds to a number, which begins at 0, or to a set, which begins empty. The attribute is one at
    /// the top of the item.
    pub fn add(self, attribute: impl Into<String>, value: AttributeValue) -> Self {
        self.step(attribute, How::Add(value))
    }

    /// Takes out of a set, which goes with its last. The attribute is one at the top of the item.
    pub fn take_out(self, attribute: impl Into<String>, value: AttributeValue) -> Self {
        self.step(attribute, How::TakeOut(value))
    }

    /// Gives the item an end, epoch seconds.
    pub fn ending(mut self, epoch: i64) -> Self {
        if let Change::Put(item) = &mut self.change {
            item.insert(EXPIRES_AT.to_owned(), n(epoch));
            return self;
        }
        self.set(EXPIRES_AT, n(epoch))
    }

    /// Is made only where this is true; together with what was said before.
    pub fn when(self, condition: Condition) -> Self {
        let when = match self.when {
            Some(before) => before.and(condition),
            None => condition,
        };
        Self {
            when: Some(when),
            ..self
        }
    }

    /// Gives this when it is made by itself.
    pub fn returning(self, what: Returning) -> Self {
        Self {
            returning: Some(what),
            ..self
        }
    }

    /// Gives the item as it is where its condition does not hold.
    pub fn returning_refused(self) -> Self {
        Self {
            returning_refused: true,
            ..self
        }
    }

    fn step(mut self, path: impl Into<String>, how: How) -> Self {
        if let Change::Update(steps) = &mut self.change {
            steps.push(Step(path.into(), how));
        }
        self
    }

    /// Makes the change by itself.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be made, for any reason but its condition.
    pub async fn send(self, operation: &'static str) -> Result<Outcome, StorageError> {
        // On the heap: each of the SDK's calls is kilobytes, and callers hold many of them.
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
        // Each of the three calls has a type of its own for the same parts.
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
                match sent {
                    Ok(put) => Ok(applied(put.attributes)),
                    Err(error) => match error.as_service_error() {
                        Some(PutItemError::ConditionalCheckFailedException(check)) => {
                            Ok(Outcome::Refused(check.item().cloned()))
                        }
                        _ => Err(failed(operation)(error)),
                    },
                }
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
                match sent {
                    Ok(update) => Ok(applied(update.attributes)),
                    Err(error) => match error.as_service_error() {
                        Some(UpdateItemError::ConditionalCheckFailedException(check)) => {
                            Ok(Outcome::Refused(check.item().cloned()))
                        }
                        _ => Err(failed(operation)(error)),
                    },
                }
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
                match sent {
                    Ok(delete) => Ok(applied(delete.attributes)),
                    Err(error) => match error.as_service_error() {
                        Some(DeleteItemError::ConditionalCheckFailedException(check)) => {
                            Ok(Outcome::Refused(check.item().cloned()))
                        }
                        _ => Err(failed(operation)(error)),
                    },
                }
            }
        }
    }

    pub(crate) const fn table(&self) -> &Table {
        &self.table
    }

    /// The change as part of a transaction.
    pub(crate) fn action(self) -> Result<TransactWriteItem, BuildError> {
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

fn applied(item: Option<Item>) -> Outcome {
    Outcome::Applied(item.filter(|item| !item.is_empty()))
}

/// The steps of an update as an expression.
fn written(steps: Vec<Step>, expression: &mut Expression) -> String {
    let [mut set, mut remove, mut add, mut take_out] = [const { Vec::new() }; 4];
    for Step(path, how) in steps {
        let name = expression.name(&path);
        match how {
            How::Set(value) => set.push(format!("{name} = {}", expression.value(value))),
            How::SetOnce(value) => {
                let value = expression.value(value);
                set.push(format!("{name} = if_not_exists({name}, {value})"));
            }
            How::Append(value) => {
                let none = expression.value(AttributeValue::L(Vec::new()));
                let more = expression.value(AttributeValue::L(vec![value]));
                set.push(format!(
                    "{name} = list_append(if_not_exists({name}, {none}), {more})"
                ));
            }
            How::Increase(by) => {
                let by = expression.value(n(by));
                set.push(format!("{name} = {name} + {by}"));
            }
            How::Copy(from) => set.push(format!("{name} = {}", expression.name(&from))),
            How::Remove => remove.push(name),
            How::Add(value) => add.push(format!("{name} {}", expression.value(value))),
            How::TakeOut(value) => take_out.push(format!("{name} {}", expression.value(value))),
        }
    }
    let clauses = [
        ("SET", set),
        ("REMOVE", remove),
        ("ADD", add),
        ("DELETE", take_out),
    ];
    let clauses = clauses
        .iter()
        .filter(|(_, parts)| !parts.is_empty())
        .map(|(word, parts)| format!("{word} {}", parts.join(", ")));
    clauses.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Expression, How, Step, written};
    use crate::item::{n, s, set};

    #[test]
    fn the_steps_of_an_update_are_written_clause_by_clause() {
        let step = |path: &str, how| Step(path.to_owned(), how);
        let steps = vec![
            step("state", How::Set(s("done"))),
            step("holders", How::Remove),
            step("since", How::SetOnce(n(1))),
            step("fetched", How::Append(n(2))),
            step("release.report", How::Increase(1)),
            step("retention_due_at", How::Copy("expires_at".to_owned())),
            step("sealed", How::Remove),
            step("count", How::Add(n(1))),
            step("items", How::TakeOut(set(["a".to_owned()]))),
        ];
        let mut expression = Expression::default();
        assert_eq!(
            written(steps, &mut expression),
            "SET #n0 = :v0, #n2 = if_not_exists(#n2, :v1), \
             #n3 = list_append(if_not_exists(#n3, :v2), :v3), #n4.#n5 = #n4.#n5 + :v4, \
             #n6 = expires_at REMOVE #n1, #n7 ADD #n8 :v5 DELETE #n9 :v6"
        );
        assert_eq!(expression.names().unwrap()["#n5"], "report");
    }
}
