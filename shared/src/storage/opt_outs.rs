//! Who wants a list no longer: said in the Register, which outlasts an erasure, and in the person's profile.

use super::keys::{self, DAY, EXPIRES_AT, Key, PK, SK};
use super::table::Table;
use super::{Item, StorageError, failed, is_refused, n, s, text};
use crate::domain::subscription::{OptOut, Subscription};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use chrono::{DateTime, Utc};
use std::time::Duration;

const OPERATION: &str = "opt out of a list";
/// When it was said.
const SINCE: &str = "since";
/// In a profile: when each list was opted out of.
const OPTED_OUT: &str = "opted_out";
/// How often a transaction that met another is tried: two clicks of one person come close together.
const TRIES: u32 = 5;

/// The opt-outs in the Register and in profiles.
#[derive(Clone, Debug)]
pub struct OptOuts {
    register: Table,
    records: Table,
}

/// What became of an opt-out that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is new.
    First,
    /// It was said before; from now on it counts from when it was said last.
    Again,
}

/// Under which condition an opt-out is written.
#[derive(Clone, Copy)]
enum Whose {
    Somebody,
    /// Nobody is never there, so this never holds.
    Nobody,
}

impl OptOuts {
    /// The opt-outs in these tables.
    #[must_use]
    pub fn new(client: aws_sdk_dynamodb::Client, records: String, register: String) -> Self {
        Self { register: Table::new(client.clone(), register), records: Table::new(client, records) }
    }

    /// The opt-out that stands at `now`, if there is one.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn find(&self, of: &Subscription, now: DateTime<Utc>) -> Result<Option<OptOut>, StorageError> {
        const OPERATION: &str = "look for an opt-out";
        let Some(item) = self.register.get(OPERATION, &keys::opt_out(of), now).await? else { return Ok(None) };
        let since = text(&item, SINCE).and_then(|since| since.parse().ok());
        since.map(|since| Some(OptOut::at(since))).ok_or_else(|| StorageError::unreadable(OPERATION))
    }

    /// Remembers an opt-out, in the Register and in the profile at once.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be remembered; saying it again is safe.
    pub async fn say(&self, of: &Subscription, said: OptOut) -> Result<Said, StorageError> {
        let before = self.find(of, said.since()).await?;
        self.write(of, said, Whose::Somebody).await?;
        Ok(if before.is_some() { Said::Again } else { Said::First })
    }

    /// Makes the same calls for `nobody`, and leaves nothing behind.
    ///
    /// # Errors
    /// [`StorageError`] where [`OptOuts::say`] would have it.
    pub async fn pretend(&self, nobody: &Subscription, said: OptOut) -> Result<(), StorageError> {
        self.find(nobody, said.since()).await?;
        self.write(nobody, said, Whose::Nobody).await
    }

    async fn write(&self, of: &Subscription, said: OptOut, whose: Whose) -> Result<(), StorageError> {
        let actions = vec![self.opt_out(of, said, whose)?, self.profile(of, said)?];
        let mut tries = 0;
        loop {
            let transaction = self.register.client.transact_write_items().set_transact_items(Some(actions.clone()));
            let Err(error) = transaction.send().await else { return Ok(()) };
            // A later word stands already, or it is nobody's.
            if is_refused(&error) {
                return Ok(());
            }
            tries += 1;
            if tries == TRIES || !met_another(error.as_service_error()) {
                return Err(failed(OPERATION)(error));
            }
            tokio::time::sleep(Duration::from_millis(10 << tries)).await;
        }
    }

    fn opt_out(&self, of: &Subscription, said: OptOut, whose: Whose) -> Result<TransactWriteItem, StorageError> {
        // Texts of whole seconds in UTC sort by time.
        let item = Item::from([(SINCE.to_owned(), since(said)), (EXPIRES_AT.to_owned(), n(said.ends().epoch()))]);
        let condition = match whose {
            Whose::Somebody => "attribute_not_exists(pk) OR #since < :since",
            Whose::Nobody => "attribute_exists(pk) AND #since < :since",
        };
        let put = put(&self.register, keys::opt_out(of), item)
            .condition_expression(condition)
            .expression_attribute_names("#since", SINCE)
            .expression_attribute_values(":since", since(said));
        action(put)
    }

    /// What an access request is told; it goes with an erasure, as all that lies under the person does.
    fn profile(&self, of: &Subscription, said: OptOut) -> Result<TransactWriteItem, StorageError> {
        let key = keys::profile(&of.subject);
        let opted_out = Item::from([(of.list.as_str().to_owned(), since(said))]);
        let item = Item::from([
            (OPTED_OUT.to_owned(), AttributeValue::M(opted_out)),
            (DAY.to_owned(), s(keys::day(said.since().date_naive(), &key.sort))),
            (EXPIRES_AT.to_owned(), n(said.ends().epoch())),
        ]);
        action(put(&self.records, key, item))
    }
}

fn since(said: OptOut) -> AttributeValue {
    s(said.since().to_rfc3339())
}

fn put(table: &Table, key: Key, mut item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
    item.extend([(PK.to_owned(), s(key.partition)), (SK.to_owned(), s(key.sort))]);
    Put::builder().table_name(&table.name).set_item(Some(item))
}

fn action(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, StorageError> {
    let put = put.build().map_err(|_| StorageError::unreadable(OPERATION))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// Whether a transaction failed only because another was under way.
fn met_another(error: Option<&TransactWriteItemsError>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error else { return false };
    cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some("TransactionConflict"))
}
