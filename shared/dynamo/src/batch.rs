//! Many items at once. Items that a batch leaves unprocessed are tried again; if they are never
//! processed, that is an error.

use crate::item::Item;
use crate::key::PrimaryKey;
use crate::live::is_live;
use crate::table::Table;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};
use chrono::{DateTime, Utc};
use custodian_aws::{Cause, StorageError, failed};
use futures_util::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use std::time::Duration;
use tokio::time::Instant;

/// How many items DynamoDB reads at once
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const READ_AT_ONCE: usize = 100;
/// How many it writes at once
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>).
const WRITTEN_AT_ONCE: usize = 25;
/// How many batches are in progress at a time.
const BATCHES: usize = 16;
/// How long a batch is tried at most. A function with less patience for a call gives a batch up
/// sooner.
const LONGEST: Duration = Duration::from_secs(30);

impl Table {
    /// The live items with these keys, in no order; no key may be there twice.
    ///
    /// # Errors
    /// [`StorageError`] if not all are read.
    pub async fn get_all(
        &self,
        operation: &'static str,
        keys: impl IntoIterator<Item = impl Into<PrimaryKey>>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Item>, StorageError> {
        let keys: Vec<Item> = keys.into_iter().map(|key| key.into().item()).collect();
        let batches: Vec<Vec<Item>> = keys.chunks(READ_AT_ONCE).map(<[_]>::to_vec).collect();
        let read = stream::iter(batches)
            .map(|batch| self.get_batch(operation, batch))
            .buffer_unordered(BATCHES);
        let items: Vec<Vec<Item>> = read.try_collect().await?;
        Ok(items
            .into_iter()
            .flatten()
            .filter(|item| is_live(item, now))
            .collect())
    }

    /// Puts values, replacing earlier items; no two may have the same key. Each becomes an item
    /// when its batch is sent, so that memory holds only those in progress.
    ///
    /// # Errors
    /// [`StorageError`] unless all are certain to be put.
    pub async fn put_all<T>(
        &self,
        operation: &'static str,
        things: &[&T],
        item: fn(&'static str, &T) -> Result<Item, StorageError>,
    ) -> Result<(), StorageError> {
        let put = |thing: &&T| {
            let put = PutRequest::builder()
                .set_item(Some(item(operation, thing)?))
                .build();
            let put = put.map_err(|_| StorageError::unreadable(operation))?;
            Ok(WriteRequest::builder().put_request(put).build())
        };
        let mut under_way = FuturesUnordered::new();
        for some in things.chunks(WRITTEN_AT_ONCE) {
            if under_way.len() == BATCHES {
                under_way.try_next().await?;
            }
            under_way.push(self.write_batch(
                operation,
                some.iter().map(put).collect::<Result<_, StorageError>>()?,
            ));
        }
        under_way.try_collect().await
    }

    async fn get_batch(
        &self,
        operation: &'static str,
        mut keys: Vec<Item>,
    ) -> Result<Vec<Item>, StorageError> {
        let (mut items, mut trying) = (Vec::new(), Trying::begin(self));
        loop {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys.clone()))
                .consistent_read(true)
                .build();
            let wanted = wanted.map_err(|_| StorageError::unreadable(operation))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.name, wanted)
                .send()
                .await;
            let answer = match answer.map_err(failed(operation)) {
                Ok(answer) => answer,
                Err(error) => {
                    trying.after(error).await?;
                    continue;
                }
            };
            items.extend(
                answer
                    .responses
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, items)| items),
            );
            let left = answer
                .unprocessed_keys
                .and_then(|mut left| left.remove(&self.name));
            keys = match left {
                Some(left) if !left.keys.is_empty() => left.keys,
                _ => return Ok(items),
            };
            trying.after(unprocessed(operation)).await?;
        }
    }

    async fn write_batch(
        &self,
        operation: &'static str,
        mut batch: Vec<WriteRequest>,
    ) -> Result<(), StorageError> {
        let mut trying = Trying::begin(self);
        loop {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.name, batch.clone())
                .send()
                .await;
            let left = match answer.map_err(failed(operation)) {
                Ok(answer) => answer.unprocessed_items,
                // If nothing of a batch fits, that is an error, not a batch that is left whole.
                Err(error) => {
                    trying.after(error).await?;
                    continue;
                }
            };
            batch = match left.and_then(|mut left| left.remove(&self.name)) {
                Some(left) if !left.is_empty() => left,
                _ => return Ok(()),
            };
            trying.after(unprocessed(operation)).await?;
        }
    }
}

/// A batch that is tried until its time is over.
struct Trying {
    until: Instant,
    waits: u32,
}

impl Trying {
    fn begin(table: &Table) -> Self {
        let patience = table
            .client
            .config()
            .timeout_config()
            .and_then(TimeoutConfig::operation_timeout);
        Self {
            until: Instant::now() + patience.map_or(LONGEST, |patience| patience.min(LONGEST)),
            waits: 0,
        }
    }

    /// Waits a random time, longer after each try, so that callers that were refused together do
    /// not return together.
    ///
    /// # Errors
    /// The error, if trying again does not help or the time is over.
    async fn after(&mut self, error: StorageError) -> Result<(), StorageError> {
        let most = (20_u32 << self.waits.min(8)).min(5_000);
        let wait = most / 2 + getrandom::u32().unwrap_or(most) % (most / 2 + 1);
        let wait = Duration::from_millis(wait.into());
        if !error.is_passing() || Instant::now() + wait > self.until {
            return Err(error);
        }
        self.waits += 1;
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

fn unprocessed(operation: &'static str) -> StorageError {
    StorageError::new(operation, Cause::Unprocessed)
}

#[cfg(test)]
mod tests {
    use super::{Cause, Instant, LONGEST, StorageError, Trying, unprocessed};
    use std::time::Duration;

    #[tokio::test]
    async fn a_batch_is_tried_with_growing_waits_until_its_time_is_over() {
        let (begun, longest) = (Instant::now(), Duration::from_millis(700));
        let mut trying = Trying {
            until: begun + longest,
            waits: 0,
        };
        while trying.after(unprocessed("try")).await.is_ok() {}
        // Waits of at most 20, 40, 80, 160, 320 ms, each at least half of it.
        assert!((4..9).contains(&trying.waits), "{}", trying.waits);
    }

    #[tokio::test]
    async fn what_does_not_pass_by_itself_is_not_tried_again() {
        let mut trying = Trying {
            until: Instant::now() + LONGEST,
            waits: 0,
        };
        for (code, passes) in [
            ("ProvisionedThroughputExceededException", true),
            ("ThrottlingException", true),
            ("RequestLimitExceeded", true),
            ("InternalServerError", true),
            ("ValidationException", false),
            ("AccessDeniedException", false),
        ] {
            let error = StorageError::new("try", Cause::from(code));
            assert_eq!(trying.after(error).await.is_ok(), passes, "{code}");
        }
        for (cause, passes) in [(Cause::Timeout, true), (Cause::NoConnection, false)] {
            let error = StorageError::new("try", cause);
            assert_eq!(trying.after(error).await.is_ok(), passes);
        }
    }
}
