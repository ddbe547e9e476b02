//! Queries of Records by the index by day.

use crate::keys::{self, BY_DAY, Key, RETENTION_DUE_AT};
use crate::n;
use crate::records::Records;
use crate::retention::is_reportable;
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::retention::ExpiresAt;
use custodian_dynamo::{Condition, EXPIRES_AT, Pages, Query, Read, Shown};

/// The items whose sort key begins like that of `from`, in its partition of the index.
fn like(from: Key) -> Query {
    Query::of(from.partition)
        .beginning(from.sort)
        .within(BY_DAY)
}

impl Records {
    /// The items of a day's shard that are over at `now`.
    pub(crate) fn overdue_in<T>(
        &self,
        operation: &'static str,
        (day, shard): (NaiveDate, u8),
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        self.ending_in(operation, (day, shard), Condition::over(now), read)
    }

    /// The items of a day's shard that are over at this very second, or would be without a hold.
    pub(crate) fn due_in<T>(
        &self,
        operation: &'static str,
        (day, shard): (NaiveDate, u8),
        due: ExpiresAt,
        read: Read<T>,
    ) -> Pages<T> {
        let ends = Condition::is(EXPIRES_AT, n(due.epoch()));
        let would_end = Condition::is(RETENTION_DUE_AT, n(due.epoch()));
        self.ending_in(operation, (day, shard), ends.or(would_end), read)
    }

    fn ending_in<T>(
        &self,
        operation: &'static str,
        (day, shard): (NaiveDate, u8),
        when: Condition,
        read: Read<T>,
    ) -> Pages<T> {
        let query = Query::of(keys::day_shard(day, shard))
            .within(BY_DAY)
            .only(when);
        self.0.query(operation, query, Shown::All, read)
    }

    /// The items that were collected on a day with this sort key, over or not, under any holder.
    pub(crate) async fn of_day<T>(
        &self,
        operation: &'static str,
        day: NaiveDate,
        sort: &str,
        read: Read<T>,
    ) -> Result<Vec<T>, StorageError> {
        let query = Query::of(keys::day(day, sort)).at(sort).within(BY_DAY);
        self.0.query(operation, query, Shown::All, read).all().await
    }

    /// The items in the index like `from` that statistics may use at `now`.
    pub(crate) fn reportable_like<T>(
        &self,
        operation: &'static str,
        from: Key,
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        let shown = Shown::Where(is_reportable, now);
        self.0.query(operation, like(from), shown, read)
    }

    /// The live items in the index like `from` that have this attribute.
    pub(crate) fn live_with<T>(
        &self,
        operation: &'static str,
        from: Key,
        attribute: &str,
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        let query = like(from).only(Condition::has(attribute));
        self.0.query(operation, query, Shown::LiveAt(now), read)
    }

    /// The items of a day's shard from the first of these sort keys to the last, over or not, in
    /// order.
    pub(crate) fn between<T>(
        &self,
        operation: &'static str,
        (day, shard): (NaiveDate, u8),
        (first, last): (String, String),
        read: Read<T>,
    ) -> Pages<T> {
        let query = Query::of(keys::day_shard(day, shard))
            .between(first, last)
            .within(BY_DAY);
        self.0.query(operation, query, Shown::All, read)
    }

    /// The live items of a day's shard from the first of these sort keys to the last that have this
    /// attribute, in order.
    pub(crate) fn live_between<T>(
        &self,
        operation: &'static str,
        ((day, shard), (first, last)): ((NaiveDate, u8), (String, String)),
        attribute: &str,
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        let query = Query::of(keys::day_shard(day, shard))
            .between(first, last)
            .within(BY_DAY)
            .only(Condition::has(attribute));
        self.0.query(operation, query, Shown::LiveAt(now), read)
    }

    /// Whether the index has an item like `from`, over or not.
    pub(crate) async fn has_like(
        &self,
        operation: &'static str,
        from: Key,
    ) -> Result<bool, StorageError> {
        self.0.has_any(operation, like(from)).await
    }
}
