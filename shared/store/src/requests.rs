//! Requests in the Register: what was planned, what was approved, what happened, the certificate.

mod adopting;
mod approval;
mod events;
mod request;

pub use adopting::Former;
pub use approval::Approval;
pub use events::ASKED_TO_CONFIRM;
pub(super) use events::Events;
pub use request::{Event, Request, Stage, Terms};

use crate::keys::{self, CERTIFICATE, EXPIRES_AT, Key, META, PK, SK};
use crate::suppressions::Suppressions;
use crate::table::{Pages, Table};
use crate::tasks::Tasks;
use crate::{Item, n, s, text};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::staff;
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::record::Holder;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::erasure::Certificate;
use custodian_domain::rights::package::RequestId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many holders one request can be about: each is three actions of the transaction that
/// approves it, of the hundred that DynamoDB takes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
pub const HOLDERS: usize = 25;

/// The requests in the Register.
#[derive(Clone, Debug)]
pub struct Requests {
    table: Table,
    events: Events,
    tasks: Tasks,
    suppressions: Suppressions,
}

impl Requests {
    /// The requests in the Register called `name`.
    #[must_use]
    pub fn new(client: &aws_sdk_dynamodb::Client, name: &str) -> Self {
        let table = || Table::new(client.clone(), name.to_owned());
        let tasks = Tasks::new(client.clone(), name.to_owned());
        Self {
            table: table(),
            events: Events(table()),
            tasks,
            suppressions: Suppressions(table()),
        }
    }

    /// A request.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn find(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<Request>, StorageError> {
        self.read("read a request", request, META, now).await
    }

    /// The certificate of a request, once it is closed.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn certificate(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<Certificate>, StorageError> {
        self.read("read a certificate", request, CERTIFICATE, now)
            .await
    }

    /// What happened to a request, in pages; what its person has said is not among it.
    #[must_use]
    pub fn events(&self, request: &RequestId, now: DateTime<Utc>) -> Pages<Event> {
        let read = |item: &Item| serde_dynamo::from_item(item.clone()).ok();
        self.table.live(
            "read what happened",
            &keys::request(request),
            keys::EVENT,
            now,
            read,
        )
    }

    /// The requests about a holder that are not closed, in pages.
    #[must_use]
    pub fn open_about(&self, holder: &Holder, now: DateTime<Utc>) -> Pages<RequestId> {
        let read = |item: &Item| text(item, SK).and_then(keys::package_request);
        let live = |partition: &str| {
            self.table
                .live("read open requests", partition, keys::OPEN, now, read)
        };
        live(&keys::packages_of(holder)).and(live(&keys::clicks_of(holder)))
    }

    /// Enters a plan, or one instead of `before`, the plan that was there; gives whether that is
    /// what was there.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be entered.
    pub async fn plan(
        &self,
        id: &RequestId,
        request: &Request,
        before: Option<&Request>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter a plan";
        let put = self.item(Key::new(keys::request(id), META), request, request.end())?;
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(before) => put
                .condition_expression("stage = :planned AND #hash = :before")
                .expression_attribute_names("#hash", "hash")
                .expression_attribute_values(":planned", s("planned"))
                .expression_attribute_values(":before", s(&before.hash)),
        };
        let put = put
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let mut actions = vec![TransactWriteItem::builder().put(put).build()];
        let no_longer = before.into_iter().flat_map(|before| &before.holders);
        for holder in no_longer.filter(|partition| !request.holders.contains(partition)) {
            actions.push(self.no_longer_open(id, holder)?);
        }
        for holder in &request.holders {
            actions.push(self.is_open(id, holder, request.end())?);
        }
        let event = Event::by(&request.planned_by, "planned", request.planned_at);
        actions.extend(self.events.next(id, &event, &[META]).await?);
        self.table.transact(OPERATION, actions).await
    }

    /// Says that what has not begun is not to begin any more; gives whether there was anything to
    /// stop.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn stop(
        &self,
        id: &RequestId,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "stop a request";
        let stop = self
            .update(id)
            .condition_expression("stage = :approved")
            .update_expression("SET stopped_by = if_not_exists(stopped_by, :by)")
            .expression_attribute_values(":approved", s("approved"))
            .expression_attribute_values(":by", s(by))
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let stop = TransactWriteItem::builder().update(stop).build();
        let mut actions = vec![stop];
        actions.extend(
            self.events
                .next(id, &Event::by(by, "stopped", now), &[META])
                .await?,
        );
        self.table.transact(OPERATION, actions).await
    }

    /// Remembers that something happened.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be remembered.
    pub async fn happened(
        &self,
        id: &RequestId,
        what: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let event = self.happening(id, what, by, now).await?;
        self.table
            .transact("remember what happened", event.into())
            .await
            .map(drop)
    }

    /// Everything that happened to a request, in its order, with what its person has said.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn history(
        &self,
        id: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, StorageError> {
        let (mut pages, mut events) = (self.events(id, now), Vec::new());
        while let Some(page) = pages.next().await? {
            events.extend(page);
        }
        let mut pages = self.events.said(id, now);
        while let Some(page) = pages.next().await? {
            for said in page {
                // Of what happened in the same second, the person answers what they were asked.
                let came_before = |event: &Event| {
                    event.at < said.at || (event.at == said.at && event.what == ASKED_TO_CONFIRM)
                };
                let place = events
                    .iter()
                    .rposition(came_before)
                    .map_or(0, |place| place + 1);
                events.insert(place, said);
            }
        }
        Ok(events)
    }

    /// Remembers who asked for something, unless `events` say that they asked for it before on the
    /// same day: somebody who asks every minute is not written down every minute.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be remembered.
    pub async fn asked(
        &self,
        id: &RequestId,
        events: &[Event],
        what: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let is_known = |event: &Event| {
            let by_them = event
                .by
                .as_deref()
                .is_some_and(|one| staff::is_same(one, by));
            event.what == what && by_them && london::date(event.at) == london::date(now)
        };
        if events.iter().any(is_known) {
            Ok(())
        } else {
            self.happened(id, what, by, now).await
        }
    }

    /// The same as [`Requests::happened`], as a part of a transaction.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be written.
    pub(super) async fn happening(
        &self,
        id: &RequestId,
        what: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<[TransactWriteItem; 2], StorageError> {
        self.events.next(id, &Event::by(by, what, now), &[]).await
    }

    /// That the person of a request has confirmed an address: a part of the transaction in which
    /// they do.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be written.
    pub(super) fn confirmed(
        &self,
        id: &RequestId,
        at: DateTime<Utc>,
    ) -> Result<[TransactWriteItem; 2], StorageError> {
        self.events.confirmed(id, at)
    }

    /// Closes a request: its certificate is filed, nothing starts its tasks any more, and the
    /// Register forgets whose data it was. Closing it twice is closing it once.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be closed.
    pub async fn close(
        &self,
        id: &RequestId,
        request: &Request,
        certificate: &Certificate,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "close a request";
        let close = self
            .update(id)
            .condition_expression("stage = :approved")
            .update_expression("SET stage = :closed REMOVE holders, sealed, matched")
            .expression_attribute_values(":approved", s("approved"))
            .expression_attribute_values(":closed", s("closed"))
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let mut actions = vec![
            TransactWriteItem::builder().update(close).build(),
            self.put(
                Key::new(keys::request(id), CERTIFICATE),
                certificate,
                request.end(),
            )?,
        ];
        let event = Event {
            at: now,
            what: "closed".to_owned(),
            by: None,
        };
        actions.extend(self.events.next(id, &event, &[META, CERTIFICATE]).await?);
        for place in Place::ALL {
            actions.extend(self.tasks.close(id, place)?);
        }
        for holder in &request.holders {
            actions.push(self.no_longer_open(id, holder)?);
        }
        self.table.transact(OPERATION, actions).await.map(drop)
    }

    fn update(&self, id: &RequestId) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.table.name)
            .key(PK, s(keys::request(id)))
            .key(SK, s(META))
    }

    fn is_open(
        &self,
        id: &RequestId,
        holder: &Holder,
        end: ExpiresAt,
    ) -> Result<TransactWriteItem, StorageError> {
        self.put(
            keys::open_request(holder, id),
            &BTreeMap::<String, String>::new(),
            end,
        )
    }

    fn no_longer_open(
        &self,
        id: &RequestId,
        holder: &Holder,
    ) -> Result<TransactWriteItem, StorageError> {
        let key = keys::open_request(holder, id);
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort));
        let delete = delete
            .build()
            .map_err(|_| StorageError::unreadable("close a request"))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn put(
        &self,
        key: Key,
        content: &impl Serialize,
        end: ExpiresAt,
    ) -> Result<TransactWriteItem, StorageError> {
        let put = self.item(key, content, end)?.build();
        put.map(|put| TransactWriteItem::builder().put(put).build())
            .map_err(|_| StorageError::unreadable("enter a request"))
    }

    fn item(
        &self,
        key: Key,
        content: &impl Serialize,
        end: ExpiresAt,
    ) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder, StorageError> {
        let item =
            serde_dynamo::to_item(content).map_err(|_| StorageError::unreadable("enter a request"));
        let mut item: Item = item?;
        item.insert(PK.to_owned(), s(key.partition));
        item.insert(SK.to_owned(), s(key.sort));
        item.insert(EXPIRES_AT.to_owned(), n(end.epoch()));
        Ok(Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item)))
    }

    async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        operation: &'static str,
        request: &RequestId,
        sort: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<T>, StorageError> {
        let item = self
            .table
            .get(operation, &Key::new(keys::request(request), sort), now)
            .await?;
        item.map(|item| {
            serde_dynamo::from_item(item).map_err(|_| StorageError::unreadable(operation))
        })
        .transpose()
    }
}
