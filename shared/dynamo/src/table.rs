//! A table and its reads.

use crate::condition::Condition;
use crate::item::{Item, from_item, s};
use crate::key::{PK, PrimaryKey, SK};
use crate::live::is_live;
use crate::pages::{Pages, Read, Request, showing};
use crate::query::{Query, Shown};
use aws_sdk_dynamodb::Client;
use chrono::{DateTime, Utc};
use custodian_aws::{StorageError, failed};
use serde::de::DeserializeOwned;

/// One table of single-table layout: `pk`, `sk`, and `expires_at` on items with an end.
#[derive(Clone, Debug)]
pub struct Table {
    /// The client that all calls go through.
    pub(crate) client: Client,
    /// The table's name.
    pub(crate) name: String,
}

impl Table {
    /// The table named `name`.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// The items of a query, in pages of `read`.
    pub fn query<T>(
        &self,
        operation: &'static str,
        query: Query,
        shown: Shown,
        read: Read<T>,
    ) -> Pages<T> {
        let request = query.request(&self.client, &self.name);
        Pages::new(operation, Request::Query(request), shown, read)
    }

    /// Every live item in a partition whose sort key begins with `prefix`, in pages of `read`.
    pub fn live<T>(
        &self,
        operation: &'static str,
        partition: &str,
        prefix: &str,
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        let query = Query::of(partition).beginning(prefix);
        self.query(operation, query, Shown::LiveAt(now), read)
    }

    /// Every item in a partition, over or not: for callers that delete them.
    pub fn all<T>(
        &self,
        operation: &'static str,
        partition: &str,
        prefix: &str,
        read: Read<T>,
    ) -> Pages<T> {
        let query = Query::of(partition).beginning(prefix);
        self.query(operation, query, Shown::All, read)
    }

    /// The whole table, over or not, or the items that meet a condition; in pages of `read`.
    pub fn scan<T>(
        &self,
        operation: &'static str,
        only: Option<Condition>,
        read: Read<T>,
    ) -> Pages<T> {
        let mut expression = crate::expression::Expression::default();
        let only = only.map(|only| only.write(&mut expression));
        let scan = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .set_filter_expression(only)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values());
        Pages::new(operation, Request::Scan(scan), Shown::All, read)
    }

    /// Whether a query finds anything, over or not.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer.
    pub async fn has_any(
        &self,
        operation: &'static str,
        query: Query,
    ) -> Result<bool, StorageError> {
        let request = query.request(&self.client, &self.name).limit(1);
        let found = request.send().await.map_err(failed(operation))?;
        Ok(!found.items().is_empty())
    }

    /// One item, if it is live.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer.
    pub async fn get(
        &self,
        operation: &'static str,
        key: impl Into<PrimaryKey>,
        now: DateTime<Utc>,
    ) -> Result<Option<Item>, StorageError> {
        let item = self.get_any(operation, key).await?;
        Ok(item.filter(|item| is_live(item, now)))
    }

    /// One item, over or not.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer.
    pub async fn get_any(
        &self,
        operation: &'static str,
        key: impl Into<PrimaryKey>,
    ) -> Result<Option<Item>, StorageError> {
        let PrimaryKey { partition, sort } = key.into();
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .key(PK, s(partition))
            .key(SK, s(sort))
            .consistent_read(true)
            .send()
            .await
            .map_err(failed(operation))?;
        Ok(answer.item)
    }

    /// One item as a value, if it is live.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer, or the item cannot be read.
    pub async fn find<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        key: impl Into<PrimaryKey>,
        now: DateTime<Utc>,
    ) -> Result<Option<T>, StorageError> {
        let item = self.get(operation, key, now).await?;
        item.map(|item| from_item(operation, item)).transpose()
    }

    /// These attributes of an item, over or not. It is read by a query, because a policy can limit
    /// the attributes of a query.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer.
    pub async fn peek(
        &self,
        operation: &'static str,
        key: impl Into<PrimaryKey>,
        attributes: &[&str],
    ) -> Result<Option<Item>, StorageError> {
        let PrimaryKey { partition, sort } = key.into();
        let query = Query::of(partition).at(sort);
        let query = showing(query.request(&self.client, &self.name), attributes);
        let page = query.send().await.map_err(failed(operation))?;
        Ok(page.items.into_iter().flatten().next())
    }
}
