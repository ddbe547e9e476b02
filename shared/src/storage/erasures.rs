//! Erasures in the Register: what was approved, one task per place, the receipts, the certificate.

use super::keys::{self, EXPIRES_AT, Key, PK, SK};
use super::table::{Pages, Table};
use super::{Item, StorageError, failed, is_refused, n, s};
use crate::domain::erasure::{Certificate, Counts, Ground, Receipt};
use crate::domain::package::RequestId;
use crate::domain::place::Place;
use crate::domain::retention::ExpiresAt;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use chrono::{DateTime, Months, Utc};
use serde::{Deserialize, Serialize};

/// How long the evidence of an erasure is kept.
const EVIDENCE: Months = Months::new(72);

/// The erasures in the Register.
#[derive(Clone, Debug)]
pub struct Erasures(Table);

/// One erasure, as it was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// A digest of what was asked for, so that one request is not two different erasures.
    pub order: String,
    /// The ground.
    pub ground: Ground,
    /// Who approved it.
    pub approved_by: String,
    /// When.
    pub approved_at: DateTime<Utc>,
    /// Whose data goes, as partitions; nothing once it is gone.
    #[serde(default)]
    pub holders: Vec<String>,
}

/// One place's part of an erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The place.
    pub place: Place,
    /// What it held when the erasure was approved.
    pub held: Counts,
    /// Its receipt, once it has forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

impl Erasures {
    /// The erasures in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// The erasure of a request.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn find(&self, request: &RequestId, now: DateTime<Utc>) -> Result<Option<Erasure>, StorageError> {
        self.read("read an erasure", request, keys::META, now).await
    }

    /// The certificate of a request, once every place has forgotten.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn certificate(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<Certificate>, StorageError> {
        self.read("read a certificate", request, keys::CERTIFICATE, now).await
    }

    /// The tasks of a request, in pages.
    #[must_use]
    pub fn tasks(&self, request: &RequestId, now: DateTime<Utc>) -> Pages<Task> {
        let read = |item: &Item| serde_dynamo::from_item(item.clone()).ok();
        self.0.live("read tasks", &keys::request(request), keys::TASK, now, read)
    }

    /// Enters an erasure and its tasks, all or nothing; gives whether it is new.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be entered.
    pub async fn open(&self, request: &RequestId, erasure: &Erasure, tasks: &[Task]) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter an erasure";
        let end = end(erasure.approved_at);
        let mut actions = vec![self.put(request, keys::META, erasure, end)?];
        for task in tasks {
            actions.push(self.put(request, &task_key(task.place), task, end)?);
        }
        match self.0.client.transact_write_items().set_transact_items(Some(actions)).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(failed(OPERATION)(error)),
        }
    }

    /// Files a place's receipt; the first one stands.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be filed.
    pub async fn file(&self, request: &RequestId, receipt: &Receipt) -> Result<(), StorageError> {
        const OPERATION: &str = "file a receipt";
        let receipt_item =
            serde_dynamo::to_attribute_value(receipt).map_err(|_| StorageError::unreadable(OPERATION))?;
        self.0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(keys::request(request)))
            .key(SK, s(task_key(receipt.place)))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET receipt = if_not_exists(receipt, :receipt)")
            .expression_attribute_values(":receipt", receipt_item)
            .send()
            .await
            .map(drop)
            .map_err(failed(OPERATION))
    }

    /// Closes an erasure: its certificate is filed, and the Register forgets whose data it was.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be closed.
    pub async fn close(&self, request: &RequestId, certificate: &Certificate) -> Result<(), StorageError> {
        const OPERATION: &str = "close an erasure";
        let forget = Update::builder()
            .table_name(&self.0.name)
            .key(PK, s(keys::request(request)))
            .key(SK, s(keys::META))
            .condition_expression("attribute_exists(pk)")
            .update_expression("REMOVE holders")
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let actions = vec![
            self.put(request, keys::CERTIFICATE, certificate, end(certificate.approved_at))?,
            TransactWriteItem::builder().update(forget).build(),
        ];
        let send = self.0.client.transact_write_items().set_transact_items(Some(actions)).send();
        send.await.map(drop).map_err(failed(OPERATION))
    }

    async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        operation: &'static str,
        request: &RequestId,
        sort: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<T>, StorageError> {
        let item = self.0.get(operation, &Key::new(keys::request(request), sort), now).await?;
        item.map(|item| serde_dynamo::from_item(item).map_err(|_| StorageError::unreadable(operation))).transpose()
    }

    /// A put that leaves what is there already.
    fn put(
        &self,
        request: &RequestId,
        sort: &str,
        content: &impl Serialize,
        end: ExpiresAt,
    ) -> Result<TransactWriteItem, StorageError> {
        const OPERATION: &str = "enter an erasure";
        let mut item: Item = serde_dynamo::to_item(content).map_err(|_| StorageError::unreadable(OPERATION))?;
        item.insert(PK.to_owned(), s(keys::request(request)));
        item.insert(SK.to_owned(), s(sort));
        item.insert(EXPIRES_AT.to_owned(), n(end.epoch()));
        let put = Put::builder().table_name(&self.0.name).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build();
        put.map(|put| TransactWriteItem::builder().put(put).build()).map_err(|_| StorageError::unreadable(OPERATION))
    }
}

fn task_key(place: Place) -> String {
    format!("{}{}", keys::TASK, place.as_str())
}

fn end(approved_at: DateTime<Utc>) -> ExpiresAt {
    ExpiresAt::at(approved_at.checked_add_months(EVIDENCE).unwrap_or(approved_at))
}
