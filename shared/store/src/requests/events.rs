//! What happens to requests, in the order in which it happens.

use super::request::{EVIDENCE, Event};
use crate::evidence::mark;
use crate::keys::{self, EXPIRES_AT, Key, META, PK, SK};
use crate::table::{Pages, Table};
use crate::{Item, n, number, s, text};
use aws_sdk_dynamodb::types::{Put, ReturnValue, TransactWriteItem};
use chrono::{DateTime, SubsecRound, Utc};
use custodian_aws::{StorageError, failed};
use custodian_domain::identity::staff::THE_PERSON;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::package::RequestId;

/// How many things have happened to a request, or were about to.
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
    /// Something that happens, as a part of the transaction in which it does. Its number is taken
    /// beforehand: it tells apart and in order what happens in one second. One that nothing comes
    /// of is missing, and nobody minds.
    ///
    /// With it goes the mark that it waits to be attested, with `written`, the sort keys of what
    /// else of the request the transaction writes.
    pub(crate) async fn next(
        &self,
        request: &RequestId,
        event: &Event,
        written: &[&str],
    ) -> Result<[TransactWriteItem; 2], StorageError> {
        const OPERATION: &str = "count what happens";
        let counted = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(keys::request(request)))
            .key(SK, s(keys::EVENTS))
            .update_expression("SET #end = :end ADD #count :one")
            .expression_attribute_names("#end", EXPIRES_AT)
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":end", n(end(event).epoch()))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew);
        let counted = counted.send().await.map_err(failed(OPERATION))?;
        let place = counted.attributes().and_then(|item| number(item, COUNT));
        let place = place
            .and_then(|place| u64::try_from(place).ok())
            .ok_or(StorageError::unreadable(OPERATION))?;
        self.put(request, place, event, written)
    }

    /// The first thing that happens to a request: a part of the transaction that enters it.
    pub(crate) fn first(
        &self,
        request: &RequestId,
        event: &Event,
    ) -> Result<[TransactWriteItem; 2], StorageError> {
        self.put(request, 0, event, &[META])
    }

    /// That the person of a request has confirmed an address: a part of the transaction in which
    /// they do. It lies apart from what else happens, and says nothing else, whoever wrote it.
    pub(crate) fn confirmed(
        &self,
        request: &RequestId,
        at: DateTime<Utc>,
    ) -> Result<[TransactWriteItem; 2], StorageError> {
        const OPERATION: &str = "enter what a person said";
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| StorageError {
            operation: OPERATION,
            code: "randomness".to_owned(),
        })?;
        let at = at.trunc_subsecs(0);
        let event = Event::by(THE_PERSON, CONFIRMED, at);
        let (partition, sort) = (
            keys::said(request),
            format!("{}{}#{}", keys::EVENT, at.to_rfc3339(), hex::encode(random)),
        );
        let put = Put::builder()
            .table_name(&self.0.name)
            .item(PK, s(&partition))
            .item(SK, s(&sort))
            .item(AT, s(at.to_rfc3339()))
            .item(EXPIRES_AT, n(end(&event).epoch()));
        let put = put
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        Ok([
            TransactWriteItem::builder().put(put).build(),
            mark(&self.0, &partition, vec![sort], at)?,
        ])
    }

    /// What the person of a request has confirmed, in pages.
    pub(crate) fn said(&self, request: &RequestId, now: DateTime<Utc>) -> Pages<Event> {
        let read = |item: &Item| {
            Some(Event::by(
                THE_PERSON,
                CONFIRMED,
                text(item, AT)?.parse().ok()?,
            ))
        };
        self.0.live(
            "read what a person said",
            &keys::said(request),
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
    ) -> Result<[TransactWriteItem; 2], StorageError> {
        let unreadable = || StorageError::unreadable("enter what happens");
        let Key { partition, sort } = keys::event(request, place);
        let items = written
            .iter()
            .copied()
            .chain([sort.as_str()])
            .map(str::to_owned)
            .collect();
        let mark = mark(&self.0, &partition, items, event.at)?;
        // Of what happens within a second the number tells the order, and no fraction another one.
        let event = &Event {
            at: event.at.trunc_subsecs(0),
            ..event.clone()
        };
        let mut item: Item = serde_dynamo::to_item(event).map_err(|_| unreadable())?;
        item.extend([
            (PK.to_owned(), s(partition)),
            (SK.to_owned(), s(sort)),
            (EXPIRES_AT.to_owned(), n(end(event).epoch())),
        ]);
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .build()
            .map_err(|_| unreadable())?;
        Ok([TransactWriteItem::builder().put(put).build(), mark])
    }
}

fn end(event: &Event) -> ExpiresAt {
    ExpiresAt::at(event.at.checked_add_months(EVIDENCE).unwrap_or(event.at))
}
