//! Requests in the Register: the plan, the approval, the events, the certificate.

mod adopting;
mod approval;
mod events;
mod request;

pub use adopting::Former;
pub use approval::Approval;
pub use events::ASKED_TO_CONFIRM;
pub(super) use events::Events;
pub use request::{Event, Request, Stage, Terms};

use crate::keys::{self, CERTIFICATE, Key, META, SK};
use crate::suppressions::Suppressions;
use crate::tasks::Tasks;
use crate::{Item, s, text, to_item, word};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::staff;
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::record::Holder;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::erasure::Certificate;
use custodian_domain::rights::package::RequestId;
use custodian_dynamo::{Condition, Pages, Table, Write, read, transact};

/// How many holders one request can be about. Each is three actions of the transaction that
/// approves it, of the hundred that DynamoDB accepts
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
pub const HOLDERS: usize = 25;

/// How many further writes fit beside the approval of a request about so many holders: it is
/// itself, its event with a mark, three writes for each task, two for each holder, and a count.
#[must_use]
pub const fn beside_at_most(holders: usize) -> usize {
    const ACTIONS: usize = 100;
    let own = 4 + 3 * Place::ALL.len() + 2 * holders;
    ACTIONS.saturating_sub(own)
}

/// The state of a request.
const STAGE: &str = "stage";

/// The requests in the Register.
#[derive(Clone, Debug)]
pub struct Requests {
    table: Table,
    events: Events,
    tasks: Tasks,
    suppressions: Suppressions,
}

impl Requests {
    /// The requests in the Register named `name`.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, name: &str) -> Self {
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
        self.table
            .find("read a request", itself(request), now)
            .await
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
        let key = Key::new(keys::request(request), CERTIFICATE);
        self.table.find("read a certificate", key, now).await
    }

    /// The events of a request, in pages, without what its person has said.
    #[must_use]
    pub fn events(&self, request: &RequestId, now: DateTime<Utc>) -> Pages<Event> {
        self.table.live(
            "read events",
            &keys::request(request),
            keys::EVENT,
            now,
            read,
        )
    }

    /// The requests about a holder that are not closed, in pages.
    #[must_use]
    pub fn open_about(&self, holder: &Holder, now: DateTime<Utc>) -> Pages<RequestId> {
        let read = |item: Item| text(&item, SK).and_then(keys::package_request);
        let live = |partition: &str| {
            self.table
                .live("read open requests", partition, keys::OPEN, now, read)
        };
        live(&keys::packages_of(holder)).and(live(&keys::clicks_of(holder)))
    }

    /// Enters a plan, or replaces the plan `before`, with the writes `beside` it. Returns whether that was still the stored one.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be entered.
    pub async fn plan(
        &self,
        id: &RequestId,
        request: &Request,
        before: Option<&Request>,
        beside: Vec<Write>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter a plan";
        let plan = self.put(OPERATION, id, request)?;
        let mut writes = vec![match before {
            None => plan.when(Condition::not_there()),
            Some(before) => plan.when(still_planned(&before.hash)),
        }];
        let no_longer = before.into_iter().flat_map(|before| &before.holders);
        for holder in no_longer.filter(|partition| !request.holders.contains(partition)) {
            writes.push(self.no_longer_open(id, holder));
        }
        for holder in &request.holders {
            writes.push(self.is_open(id, holder, request.end()));
        }
        let event = Event::by(&request.planned_by, "planned", request.planned_at);
        writes.extend(self.events.next(id, &event, &[META]).await?);
        writes.extend(beside);
        transact(OPERATION, writes).await
    }

    /// Stores that what has not begun must not begin. Returns whether there was anything to stop.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn stop(
        &self,
        id: &RequestId,
        by: &str,
        beside: Vec<Write>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let mut writes = vec![self.approved(id).set_once("stopped_by", s(by))];
        let event = Event::by(by, "stopped", now);
        writes.extend(self.events.next(id, &event, &[META]).await?);
        writes.extend(beside);
        transact("stop a request", writes).await
    }

    /// Stores an event.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn happened(
        &self,
        id: &RequestId,
        what: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let event = self.happening(id, what, by, now).await?;
        transact("remember what happened", event.into())
            .await
            .map(drop)
    }

    /// Every event of a request, in order, including what its person has said.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn history(
        &self,
        id: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, StorageError> {
        let mut events = self.events(id, now).all().await?;
        let mut pages = self.events.statements(id, now);
        while let Some(page) = pages.next().await? {
            for statement in page {
                // Within one second, the person's answer comes after the question.
                let came_before = |event: &Event| {
                    event.at < statement.at
                        || (event.at == statement.at && event.what == ASKED_TO_CONFIRM)
                };
                let place = events
                    .iter()
                    .rposition(came_before)
                    .map_or(0, |place| place + 1);
                events.insert(place, statement);
            }
        }
        Ok(events)
    }

    /// Stores who asked for something, unless `events` say that they asked for it before on the
    /// same day: somebody who asks every minute is not stored every minute.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
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

    /// The same as [`Requests::happened`], as part of a transaction.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be written.
    pub(super) async fn happening(
        &self,
        id: &RequestId,
        what: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<[Write; 2], StorageError> {
        self.events.next(id, &Event::by(by, what, now), &[]).await
    }

    /// That the person of a request has confirmed an address: part of the transaction in which they
    /// do.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be written.
    pub(super) fn confirmed(
        &self,
        id: &RequestId,
        at: DateTime<Utc>,
    ) -> Result<[Write; 2], StorageError> {
        self.events.confirmed(id, at)
    }

    /// Closes a request: files its certificate, removes what starts its tasks, and drops whose data
    /// it was about. Closing it twice has the effect of once.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be closed.
    pub async fn close(
        &self,
        id: &RequestId,
        request: &Request,
        certificate: &Certificate,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "close a request";
        let closed = self
            .approved(id)
            .set(STAGE, word(Stage::Closed))
            .remove_all(&["holders", "sealed", "matched"]);
        let key = Key::new(keys::request(id), CERTIFICATE);
        let filed = Write::put(&self.table, key, to_item(OPERATION, certificate)?)
            .ending(request.end().epoch());
        let mut writes = vec![closed, filed];
        let event = Event {
            at: now,
            what: "closed".to_owned(),
            by: None,
        };
        writes.extend(self.events.next(id, &event, &[META, CERTIFICATE]).await?);
        for place in Place::ALL {
            writes.extend(self.tasks.close(id, place));
        }
        for holder in &request.holders {
            writes.push(self.no_longer_open(id, holder));
        }
        transact(OPERATION, writes).await.map(drop)
    }

    /// A change of a request that is approved and not closed.
    fn approved(&self, id: &RequestId) -> Write {
        Write::update(&self.table, itself(id)).when(Condition::is(STAGE, word(Stage::Approved)))
    }

    fn is_open(&self, id: &RequestId, holder: &Holder, end: ExpiresAt) -> Write {
        Write::put(&self.table, keys::open_request(holder, id), Item::new()).ending(end.epoch())
    }

    fn no_longer_open(&self, id: &RequestId, holder: &Holder) -> Write {
        Write::delete(&self.table, keys::open_request(holder, id))
    }

    fn put(
        &self,
        operation: &'static str,
        id: &RequestId,
        request: &Request,
    ) -> Result<Write, StorageError> {
        let item = to_item(operation, request)?;
        Ok(Write::put(&self.table, itself(id), item).ending(request.end().epoch()))
    }
}

/// The key of a request itself.
fn itself(id: &RequestId) -> Key {
    Key::new(keys::request(id), META)
}

/// The request is still planned, and its plan has this hash.
fn still_planned(hash: &str) -> Condition {
    Condition::is(STAGE, word(Stage::Planned)).and(Condition::is("hash", s(hash)))
}
