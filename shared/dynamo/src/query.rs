//! Which items a query requests.

use crate::condition::Condition;
use crate::expression::Expression;
use crate::item::{Item, s};
use crate::key::PK;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use chrono::{DateTime, Utc};

/// An index of a table: its name, and the attribute that is its partition key. Its sort key is that
/// of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The attribute that is its partition key.
    pub partition: &'static str,
}

/// The items of one partition that a query requests.
#[derive(Clone, Debug)]
pub struct Query {
    partition: String,
    index: Option<Index>,
    sort: Sort,
    only: Option<Condition>,
}

#[derive(Clone, Debug)]
enum Sort {
    Any,
    Begins(String),
    UpTo(String),
    Between(String, String),
    Is(String),
}

/// Which of the found items are shown.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// All, over or not.
    All,
    /// Those that are live at this time.
    LiveAt(DateTime<Utc>),
    /// Those for which this is true at this time.
    Where(fn(&Item, DateTime<Utc>) -> bool, DateTime<Utc>),
}

impl Query {
    /// Everything in a partition.
    pub fn of(partition: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            index: None,
            sort: Sort::Any,
            only: None,
        }
    }

    /// Only items whose sort key begins with this.
    #[must_use]
    pub fn beginning(self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        let sort = if prefix.is_empty() {
            Sort::Any
        } else {
            Sort::Begins(prefix)
        };
        Self { sort, ..self }
    }

    /// Only items whose sort key is at most this.
    #[must_use]
    pub fn up_to(self, last: impl Into<String>) -> Self {
        Self {
            sort: Sort::UpTo(last.into()),
            ..self
        }
    }

    /// Only items from the first of these sort keys to the last.
    #[must_use]
    pub fn between(self, first: impl Into<String>, last: impl Into<String>) -> Self {
        Self {
            sort: Sort::Between(first.into(), last.into()),
            ..self
        }
    }

    /// Only the item with this sort key.
    #[must_use]
    pub fn at(self, sort: impl Into<String>) -> Self {
        Self {
            sort: Sort::Is(sort.into()),
            ..self
        }
    }

    /// The partition is one of an index, which follows the table within moments.
    #[must_use]
    pub fn within(self, index: Index) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// Only items for which this is true.
    #[must_use]
    pub fn only(self, condition: Condition) -> Self {
        Self {
            only: Some(condition),
            ..self
        }
    }

    pub(crate) fn request(self, client: &Client, table: &str) -> QueryFluentBuilder {
        let mut expression = Expression::default();
        let attribute = self.index.map_or(PK, |index| index.partition);
        let of = format!(
            "{} = {}",
            expression.name(attribute),
            expression.value(s(self.partition))
        );
        let condition = match self.sort {
            Sort::Any => of,
            Sort::Begins(prefix) => {
                format!("{of} AND begins_with(sk, {})", expression.value(s(prefix)))
            }
            Sort::UpTo(last) => format!("{of} AND sk <= {}", expression.value(s(last))),
            Sort::Between(first, last) => {
                let (first, last) = (expression.value(s(first)), expression.value(s(last)));
                format!("{of} AND sk BETWEEN {first} AND {last}")
            }
            Sort::Is(sort) => format!("{of} AND sk = {}", expression.value(s(sort))),
        };
        let only = self.only.map(|only| only.write(&mut expression));
        client
            .query()
            .table_name(table)
            .set_index_name(self.index.map(|index| index.name.to_owned()))
            // An index has no consistent reads.
            .set_consistent_read(self.index.is_none().then_some(true))
            .key_condition_expression(condition)
            .set_filter_expression(only)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
    }
}
