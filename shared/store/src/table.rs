//! A table, and the one place that decides what has expired: nothing that is over leaves this
//! module as live.

mod batch;
pub(crate) mod transaction;

use crate::keys::{EXPIRES_AT, Key, PK, RESTRICTED, RETENTION_DUE_AT, SK};
use crate::{Item, n, number, s};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use chrono::{DateTime, Utc};
use custodian_aws::{StorageError, failed};
use custodian_domain::retention::{ExpiresAt, Retention};

/// One table of single-table layout: `pk`, `sk`, and `expires_at` on what has an end.
#[derive(Clone, Debug)]
pub struct Table {
    /// The client that all calls go through.
    pub(crate) client: Client,
    /// The table's name.
    pub(crate) name: String,
}

/// Whether an item is to be seen at `now`: what has an end is over at its very second, whatever TTL
/// has done.
fn is_live(item: &Item, now: DateTime<Utc>) -> bool {
    match item.get(EXPIRES_AT) {
        None => true,
        // An end that cannot be read is no end that can be kept to: such an item is not shown to
        // anybody.
        Some(_) => end(item).is_some_and(|end| !end.has_passed(now)),
    }
}

/// Whether a statistic, or a list of comments, may tell of an item at `now`: what is restricted is
/// stored only, and what a hold keeps beyond its date is kept for what the hold is for, and nothing
/// else.
fn is_told(item: &Item, now: DateTime<Utc>) -> bool {
    let in_time = retention(item).is_some_and(|retention| !retention.due().has_passed(now));
    in_time && is_live(item, now) && !item.contains_key(RESTRICTED)
}

/// When an item is over.
fn end(item: &Item) -> Option<ExpiresAt> {
    time(item, EXPIRES_AT)
}

/// Until when an item is kept, if it has an end or a hold has taken it.
pub(crate) fn retention(item: &Item) -> Option<Retention> {
    end(item)
        .map(Retention::Until)
        .or_else(|| time(item, RETENTION_DUE_AT).map(Retention::Held))
}

fn time(item: &Item, name: &str) -> Option<ExpiresAt> {
    number(item, name).and_then(|epoch| ExpiresAt::try_from(epoch).ok())
}

impl Table {
    /// The table called `name`.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Everything live in a partition whose sort key begins with `prefix`, in pages of `read`.
    pub(crate) fn live<T>(
        &self,
        operation: &'static str,
        partition: &str,
        prefix: &str,
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        Pages {
            shown: Shown::LiveAt(now),
            ..self.all(operation, partition, prefix, read)
        }
    }

    /// Everything that lies in a partition, over or not: for those who delete it.
    pub(crate) fn all<T>(
        &self,
        operation: &'static str,
        partition: &str,
        prefix: &str,
        read: Read<T>,
    ) -> Pages<T> {
        let mut query = self.query(partition).consistent_read(true);
        if !prefix.is_empty() {
            query = query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", s(prefix));
        }
        Pages {
            query: Some(query),
            then: None,
            shown: Shown::All,
            operation,
            read,
        }
    }

    /// What lies in a partition of an index and is over at `now`: for the sweep.
    pub(crate) fn overdue<T>(
        &self,
        operation: &'static str,
        index: &str,
        partition: &str,
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        let query = self
            .query(partition)
            .index_name(index)
            .key_condition_expression("#day = :pk")
            .expression_attribute_names("#day", crate::keys::DAY)
            .filter_expression("expires_at <= :now")
            .expression_attribute_values(":now", n(now.timestamp()));
        Pages {
            query: Some(query),
            then: None,
            shown: Shown::All,
            operation,
            read,
        }
    }

    /// Where that lies on an index's partition which is over at this very second, or would be if
    /// nothing held it.
    pub(crate) fn due_at<T>(
        &self,
        operation: &'static str,
        index: &str,
        partition: &str,
        due: ExpiresAt,
        read: Read<T>,
    ) -> Pages<T> {
        let query = self
            .query(partition)
            .index_name(index)
            .key_condition_expression("#day = :pk")
            .expression_attribute_names("#day", crate::keys::DAY)
            .filter_expression("expires_at = :due OR retention_due_at = :due")
            .expression_attribute_values(":due", n(due.epoch()));
        Pages {
            query: Some(query),
            then: None,
            shown: Shown::All,
            operation,
            read,
        }
    }

    /// What lies on an index's partition with this sort key, over or not.
    pub(crate) async fn placed<T>(
        &self,
        operation: &'static str,
        index: &str,
        partition: &str,
        sort: &str,
        read: Read<T>,
    ) -> Result<Vec<T>, StorageError> {
        let query = self
            .query(partition)
            .index_name(index)
            .key_condition_expression("#day = :pk AND sk = :sk")
            .expression_attribute_names("#day", crate::keys::DAY)
            .expression_attribute_values(":sk", s(sort));
        let mut pages = Pages {
            query: Some(query),
            then: None,
            shown: Shown::All,
            operation,
            read,
        };
        let mut placed = Vec::new();
        while let Some(page) = pages.next().await? {
            placed.extend(page);
        }
        Ok(placed)
    }

    /// What may be told at `now` of what lies on an index's partition with a sort key that begins
    /// like that of `from`.
    pub(crate) fn told<T>(
        &self,
        operation: &'static str,
        index: &str,
        from: &Key,
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        let query = Some(self.beginning_like(index, from));
        Pages {
            query,
            then: None,
            shown: Shown::ToldAt(now),
            operation,
            read,
        }
    }

    /// What is live on an index's partition, has a sort key that begins like that of `from`, and
    /// has this attribute.
    pub(crate) fn having<T>(
        &self,
        operation: &'static str,
        index: &str,
        from: &Key,
        attribute: &str,
        now: DateTime<Utc>,
        read: Read<T>,
    ) -> Pages<T> {
        let query = self
            .beginning_like(index, from)
            .filter_expression("attribute_exists(#attribute)")
            .expression_attribute_names("#attribute", attribute);
        Pages {
            query: Some(query),
            then: None,
            shown: Shown::LiveAt(now),
            operation,
            read,
        }
    }

    /// Whether anything lies on an index's partition, over or not, with a sort key that begins like
    /// that of `from`.
    pub(crate) async fn has_any(
        &self,
        operation: &'static str,
        index: &str,
        from: &Key,
    ) -> Result<bool, StorageError> {
        let found = self
            .beginning_like(index, from)
            .limit(1)
            .send()
            .await
            .map_err(failed(operation))?;
        Ok(!found.items().is_empty())
    }

    fn beginning_like(&self, index: &str, from: &Key) -> QueryFluentBuilder {
        self.query(&from.partition)
            .index_name(index)
            .key_condition_expression("#day = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_names("#day", crate::keys::DAY)
            .expression_attribute_values(":prefix", s(&from.sort))
    }

    /// Everything in a partition that sorts up to `last`, over or not.
    pub(crate) fn up_to<T>(
        &self,
        operation: &'static str,
        partition: &str,
        last: &str,
        read: Read<T>,
    ) -> Pages<T> {
        let query = self
            .query(partition)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk <= :last")
            .expression_attribute_values(":last", s(last));
        Pages {
            query: Some(query),
            then: None,
            shown: Shown::All,
            operation,
            read,
        }
    }

    /// One item, if it is live.
    pub(crate) async fn get(
        &self,
        operation: &'static str,
        key: &Key,
        now: DateTime<Utc>,
    ) -> Result<Option<Item>, StorageError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .key(PK, s(&key.partition))
            .key(SK, s(&key.sort))
            .consistent_read(true)
            .send()
            .await
            .map_err(failed(operation))?;
        Ok(answer.item.filter(|item| is_live(item, now)))
    }

    /// These attributes of an item, over or not. It is asked for as a query: a policy can say which
    /// attributes that may tell.
    pub(crate) async fn peek(
        &self,
        operation: &'static str,
        key: &Key,
        attributes: &[&str],
    ) -> Result<Option<Item>, StorageError> {
        let query = self
            .query(&key.partition)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk = :sk")
            .expression_attribute_values(":sk", s(&key.sort))
            .projection_expression(attributes.join(", "));
        let page = query.send().await.map_err(failed(operation))?;
        Ok(page.items.unwrap_or_default().into_iter().next())
    }

    /// Puts an item, whatever lay there.
    pub(crate) async fn put(
        &self,
        operation: &'static str,
        key: &Key,
        mut item: Item,
    ) -> Result<(), StorageError> {
        item.extend([
            (PK.to_owned(), s(&key.partition)),
            (SK.to_owned(), s(&key.sort)),
        ]);
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .send()
            .await
            .map(drop)
            .map_err(failed(operation))
    }

    /// Deletes an item, if it is there.
    pub(crate) async fn delete(
        &self,
        operation: &'static str,
        key: &Key,
    ) -> Result<(), StorageError> {
        self.client
            .delete_item()
            .table_name(&self.name)
            .key(PK, s(&key.partition))
            .key(SK, s(&key.sort))
            .send()
            .await
            .map(drop)
            .map_err(failed(operation))
    }

    fn query(&self, partition: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(partition))
    }
}

/// Makes of an item what a reader wants; `None` is what cannot be read.
pub(crate) type Read<T> = fn(&Item) -> Option<T>;

/// A list, page by page: never more in memory than one page of DynamoDB (1 MB).
#[derive(Debug)]
pub struct Pages<T> {
    query: Option<QueryFluentBuilder>,
    /// What is asked after it.
    then: Option<Box<QueryFluentBuilder>>,
    shown: Shown,
    operation: &'static str,
    read: Read<T>,
}

#[derive(Debug)]
enum Shown {
    All,
    LiveAt(DateTime<Utc>),
    ToldAt(DateTime<Utc>),
}

impl<T> Pages<T> {
    /// The same list of a partition, from behind this sort key on.
    pub(crate) fn behind(self, partition: &str, sort: &str) -> Self {
        self.narrowed(|query| {
            query
                .exclusive_start_key(PK, s(partition))
                .exclusive_start_key(SK, s(sort))
        })
    }

    /// The same list, of each item these attributes and no others.
    pub(crate) fn showing(self, attributes: &[&str]) -> Self {
        let names = (0..attributes.len())
            .map(|place| format!("#shown{place}"))
            .collect::<Vec<_>>()
            .join(", ");
        self.narrowed(|query| {
            let shown = attributes.iter().enumerate();
            shown.fold(
                query.projection_expression(names),
                |query, (place, attribute)| {
                    query.expression_attribute_names(format!("#shown{place}"), *attribute)
                },
            )
        })
    }

    /// The same list, and after it another.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            then: other.query.map(Box::new),
            ..self
        }
    }

    fn narrowed(self, how: impl FnOnce(QueryFluentBuilder) -> QueryFluentBuilder) -> Self {
        Self {
            query: self.query.map(how),
            ..self
        }
    }

    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer, or an item cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, StorageError> {
        // Kept until it is answered: a list that broke off must not look like one that ended.
        let Some(query) = &self.query else {
            return Ok(None);
        };
        let page = query.clone().send().await.map_err(failed(self.operation))?;
        let rest = page
            .last_evaluated_key
            .map(|key| query.clone().set_exclusive_start_key(Some(key)));
        self.query = rest.or_else(|| self.then.take().map(|then| *then));
        let shown = |item: &&Item| match self.shown {
            Shown::All => true,
            Shown::LiveAt(now) => is_live(item, now),
            Shown::ToldAt(now) => is_told(item, now),
        };
        let items = page.items.unwrap_or_default();
        let read = |item| (self.read)(item).ok_or(StorageError::unreadable(self.operation));
        items
            .iter()
            .filter(shown)
            .map(read)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, is_live, is_told, n, retention, s};
    use aws_sdk_dynamodb::types::AttributeValue;
    use chrono::{DateTime, TimeDelta};
    use custodian_domain::retention::{ExpiresAt, Retention};

    #[test]
    fn an_item_is_live_up_to_the_second_before_its_end() {
        let end = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let item = Item::from([("expires_at".to_owned(), n(end.timestamp()))]);
        assert!(is_live(&item, end - TimeDelta::seconds(1)));
        assert!(!is_live(&item, end));
        assert!(is_live(&Item::new(), end));
    }

    #[test]
    fn what_is_held_lives_on_and_is_not_told_beyond_its_date() {
        let due = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let held = Item::from([("retention_due_at".to_owned(), n(due.timestamp()))]);
        assert_eq!(retention(&held), Some(Retention::Held(ExpiresAt::at(due))));
        let before = due - TimeDelta::seconds(1);
        assert!(is_live(&held, before) && is_told(&held, before));
        assert!(is_live(&held, due) && !is_told(&held, due));
    }

    #[test]
    fn what_is_restricted_lives_and_is_not_told() {
        let end = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let mut item = Item::from([("expires_at".to_owned(), n(end.timestamp()))]);
        let before = end - TimeDelta::seconds(1);
        assert!(is_told(&item, before) && !is_told(&item, end));
        item.insert("restricted".to_owned(), AttributeValue::Bool(true));
        assert!(is_live(&item, before) && !is_told(&item, before));
    }

    #[test]
    fn an_end_that_cannot_be_read_shows_nothing() {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        assert!(!is_live(
            &Item::from([("expires_at".to_owned(), s("2029-01-01"))]),
            now
        ));
    }
}
