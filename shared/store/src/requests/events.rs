//! Events of requests, in the order in which they happen.

use super::request::{EVIDENCE, Event};
use crate::evidence::mark;
use crate::keys::{self, Key, META};
use crate::{Item, n, number, s, text, to_item};
use chrono::{DateTime, SubsecRound, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::staff::THE_PERSON;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::package::RequestId;
use custodian_dynamo::{Pages, Returning, Table, Write, random};

/// How many events a request has, or was about to have.
const COUNT: &str = "count";
/// That the person of a request is asked by email whether an address is theirs.
pub const ASKED_TO_CONFIRM: &str = "asked to confirm an address";
/// When something was said.
const AT: &str = "at";
/// What the person of a request says by following a link.
const CONFIRMED: &str = "address confirmed";

/// Enters what happens to requests.
#[derive(Clone, Debug)]
pub(crate) struct Events(pub(crate) Table);

impl Events {
    /// An event, as part of the transaction in which it happens. Its number is taken beforehand, so
    /// that events within one second are told apart and in order. The number of a failed
    /// transaction is missing, which does no harm.
    ///
    /// It includes the mark that the event waits to be attested, with `written`, the sort keys of
    /// what else of the request the transaction writes.
    pub(crate) async fn next(
        &self,
        request: &RequestId,
        event: &Event,
        written: &[&str],
    ) -> Result<[Write; 2], StorageError> {
        const OPERATION: &str = "count events";
        let key = Key::new(keys::request(request), keys::EVENTS);
        let counted = Write::update(&self.0, key)
            .ending(end(event).epoch())
            .add(COUNT, n(1))
            .returning(Returning::Changed)
            .send(OPERATION)
            .await?
            .applied();
        let place = counted
            .and_then(|counted| u64::try_from(number(&counted, COUNT)?).ok())
            .ok_or(StorageError::unreadable(OPERATION))?;
        self.put(request, place, event, written)
    }

    /// The first event of a request: part of the transaction that enters it.
    pub(crate) fn first(
        &self,
        request: &RequestId,
        event: &Event,
    ) -> Result<[Write; 2], StorageError> {
        self.put(request, 0, event, &[META])
    }

    /// That the person of a request has confirmed an address: part of the transaction in which they
    /// do. It is stored apart from other events, and says nothing else, whoever wrote it.
    pub(crate) fn confirmed(
        &self,
        request: &RequestId,
        at: DateTime<Utc>,
    ) -> Result<[Write; 2], StorageError> {
        const OPERATION: &str = "enter what a person said";
        let random = random(OPERATION)?;
        let at = at.trunc_subsecs(0);
        let event = Event::by(THE_PERSON, CONFIRMED, at);
        let at_random = format!("{}{}#{}", keys::EVENT, at.to_rfc3339(), hex::encode(random));
        let key = Key::new(keys::statements(request), at_random);
        let item = Item::from([(AT.to_owned(), s(at.to_rfc3339()))]);
        Ok([
            Write::put(&self.0, &key, item).ending(end(&event).epoch()),
            mark(&self.0, &key.partition, vec![key.sort], at)?,
        ])
    }

    /// What the person of a request has confirmed, in pages.
    pub(crate) fn statements(&self, request: &RequestId, now: DateTime<Utc>) -> Pages<Event> {
        let read = |item: Item| {
            Some(Event::by(
                THE_PERSON,
                CONFIRMED,
                text(&item, AT)?.parse().ok()?,
            ))
        };
        self.0.live(
            "read what a person said",
            &keys::statements(request),
            keys::EVENT,
            now,
            read,
        )
    }

    fn put(
        &self,
        request: &RequestId,
        place: u64,
        event: &Event,
        written: &[&str],
    ) -> Result<[Write; 2], StorageError> {
        let key = keys::event(request, place);
        let items = written
            .iter()
            .copied()
            .chain([key.sort.as_str()])
            .map(str::to_owned)
            .collect();
        let mark = mark(&self.0, &key.partition, items, event.at)?;
        // Within a second the number gives the order, and no fraction another one.
        let event = &Event {
            at: event.at.trunc_subsecs(0),
            ..event.clone()
        };
        let item = to_item("enter an event", event)?;
        Ok([
            Write::put(&self.0, key, item).ending(end(event).epoch()),
            mark,
        ])
    }
}

fn end(event: &Event) -> ExpiresAt {
    ExpiresAt::at(event.at.checked_add_months(EVIDENCE).unwrap_or(event.at))
}
