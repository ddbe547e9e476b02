//! One change of one item, and its condition.

use crate::condition::Condition;
use crate::expression::Expression;
use crate::item::{Item, n};
use crate::key::PrimaryKey;
use crate::table::Table;
use crate::{AttributeValue, EXPIRES_AT};

/// One change of one item: sent by itself, or as part of a transaction.
#[derive(Clone, Debug)]
#[must_use = "a write does nothing until it is sent"]
pub struct Write {
    pub(crate) table: Table,
    pub(crate) key: PrimaryKey,
    pub(crate) change: Change,
    pub(crate) when: Option<Condition>,
    pub(crate) returning: Option<Returning>,
    pub(crate) returning_refused: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Change {
    Put(Item),
    Update(Vec<Step>),
    Delete,
    /// Only the condition.
    Check,
}

/// A step of an update: which attribute, and how it changes.
#[derive(Clone, Debug)]
pub(crate) struct Step(String, How);

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

/// What a write returns when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returning {
    /// The item as it was before.
    Old,
    /// The item as it is now.
    New,
    /// The attributes that changed, as they are now.
    Changed,
}

impl Write {
    /// Puts an item, replacing any earlier one.
    pub fn put(table: &Table, key: impl Into<PrimaryKey>, item: Item) -> Self {
        Self::new(table, key.into(), Change::Put(item))
    }

    /// Changes an item, or creates it.
    pub fn update(table: &Table, key: impl Into<PrimaryKey>) -> Self {
        Self::new(table, key.into(), Change::Update(Vec::new()))
    }

    /// Deletes an item, if it is there.
    pub fn delete(table: &Table, key: impl Into<PrimaryKey>) -> Self {
        Self::new(table, key.into(), Change::Delete)
    }

    /// Changes nothing, and stops its transaction if this is not true.
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

    /// Sets an attribute that is not there yet; an existing one stays.
    pub fn set_once(self, path: impl Into<String>, value: AttributeValue) -> Self {
        self.step(path, How::SetOnce(value))
    }

    /// Appends one value to a list, or creates the list.
    pub fn append(self, path: impl Into<String>, value: AttributeValue) -> Self {
        self.step(path, How::Append(value))
    }

    /// Increases an existing number.
    pub fn increase(self, path: impl Into<String>, by: i64) -> Self {
        self.step(path, How::Increase(by))
    }

    /// Copies an attribute to another.
    pub fn copy(self, path: impl Into<String>, from: impl Into<String>) -> Self {
        self.step(path, How::Copy(from.into()))
    }

    /// Removes an attribute.
    pub fn remove(self, path: impl Into<String>) -> Self {
        self.step(path, How::Remove)
    }

    /// Removes attributes.
    pub fn remove_all(self, paths: &[&str]) -> Self {
        paths.iter().fold(self, |write, path| write.remove(*path))
    }

    /// Adds to a number, which begins at 0, or to a set, which begins empty. The attribute is at
    /// the top level of the item.
    pub fn add(self, attribute: impl Into<String>, value: AttributeValue) -> Self {
        self.step(attribute, How::Add(value))
    }

    /// Removes values from a set; an empty set is removed. The attribute is at the top level of the
    /// item.
    pub fn take_out(self, attribute: impl Into<String>, value: AttributeValue) -> Self {
        self.step(attribute, How::TakeOut(value))
    }

    /// Sets the item's end, in epoch seconds.
    pub fn ending(mut self, epoch: i64) -> Self {
        if let Change::Put(item) = &mut self.change {
            item.insert(EXPIRES_AT.to_owned(), n(epoch));
            return self;
        }
        self.set(EXPIRES_AT, n(epoch))
    }

    /// Adds a condition to those given before: the write is made only if all are met.
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

    /// Returns this when it is made by itself.
    pub fn returning(self, what: Returning) -> Self {
        Self {
            returning: Some(what),
            ..self
        }
    }

    /// Returns the item as it is if its condition is not met.
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

    pub(crate) const fn table(&self) -> &Table {
        &self.table
    }
}

/// The steps of an update as an expression.
pub(crate) fn written(steps: Vec<Step>, expression: &mut Expression) -> String {
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
