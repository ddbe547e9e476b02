//! Many items at once: what a batch leaves unprocessed is tried again, and what was never processed is an error.

use super::super::keys::{Key, PK, SK};
use super::super::{Item, StorageError, UNPROCESSED, failed, s};
use super::{Table, is_live};
use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};
use chrono::{DateTime, Utc};
use futures_util::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use std::time::Duration;

/// How many items DynamoDB reads at once
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const READ_AT_ONCE: usize = 100;
/// How many it writes at once
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>).
const WRITTEN_AT_ONCE: usize = 25;
/// How many batches are under way at a time.
const BATCHES: usize = 16;
/// How often a batch is tried; the waits between add up to about half a minute.
const TRIES: u32 = 12;

impl Table {
    /// The items with these keys that are live, in no order.
    pub(crate) async fn get_all(
        &self,
        operation: &'static str,
        keys: Vec<Key>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Item>, StorageError> {
        let batches: Vec<Vec<Item>> =
            keys.chunks(READ_AT_ONCE).map(|some| some.iter().map(address).collect()).collect();
        let read = stream::iter(batches).map(|batch| self.get_batch(operation, batch)).buffer_unordered(BATCHES);
        let items: Vec<Vec<Item>> = read.try_collect().await?;
        Ok(items.into_iter().flatten().filter(|item| is_live(item, now)).collect())
    }

    /// Puts things, whatever lay there; no two may have the same key. Each becomes an item when its batch is sent, so
    /// that never more of them are in memory than are under way.
    pub(crate) async fn put_all<T>(
        &self,
        operation: &'static str,
        things: &[&T],
        item: fn(&'static str, &T) -> Result<Item, StorageError>,
    ) -> Result<(), StorageError> {
        let put = |thing: &&T| {
            let put = PutRequest::builder().set_item(Some(item(operation, thing)?)).build();
            let put = put.map_err(|_| StorageError::unreadable(operation))?;
            Ok(WriteRequest::builder().put_request(put).build())
        };
        let mut under_way = FuturesUnordered::new();
        for some in things.chunks(WRITTEN_AT_ONCE) {
            if under_way.len() == BATCHES {
                under_way.try_next().await?;
            }
            under_way.push(self.write_batch(operation, some.iter().map(put).collect::<Result<_, StorageError>>()?));
        }
        under_way.try_collect().await
    }

    async fn get_batch(&self, operation: &'static str, mut keys: Vec<Item>) -> Result<Vec<Item>, StorageError> {
        let mut items = Vec::new();
        for attempt in 0..TRIES {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys.clone())).consistent_read(true).build();
            let wanted = wanted.map_err(|_| StorageError::unreadable(operation))?;
            let answer = self.client.batch_get_item().request_items(&self.name, wanted).send().await;
            let answer = match answer.map_err(failed(operation)) {
                Ok(answer) => answer,
                Err(error) if error.is_throttled() => {
                    wait(attempt).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            items.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
            let left = answer.unprocessed_keys.and_then(|mut left| left.remove(&self.name));
            keys = left.map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(items);
            }
            wait(attempt).await;
        }
        Err(unprocessed(operation))
    }

    async fn write_batch(&self, operation: &'static str, mut batch: Vec<WriteRequest>) -> Result<(), StorageError> {
        for attempt in 0..TRIES {
            let answer = self.client.batch_write_item().request_items(&self.name, batch.clone()).send().await;
            let left = match answer.map_err(failed(operation)) {
                Ok(answer) => answer.unprocessed_items,
                // A batch of which nothing fits is an error, and not one of which all is left.
                Err(error) if error.is_throttled() => {
                    wait(attempt).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            batch = left.and_then(|mut left| left.remove(&self.name)).unwrap_or_default();
            if batch.is_empty() {
                return Ok(());
            }
            wait(attempt).await;
        }
        Err(unprocessed(operation))
    }
}

fn address(key: &Key) -> Item {
    Item::from([(PK.to_owned(), s(&key.partition)), (SK.to_owned(), s(&key.sort))])
}

/// Twice as long each time, up to five seconds.
async fn wait(attempt: u32) {
    tokio::time::sleep(Duration::from_millis((20 << attempt).min(5_000))).await;
}

fn unprocessed(operation: &'static str) -> StorageError {
    StorageError { operation, code: UNPROCESSED.to_owned() }
}
