//! What happens to requests, in the order in which it happens.

use super::request::{EVIDENCE, Event};
use crate::domain::package::RequestId;
use crate::domain::retention::ExpiresAt;
use crate::storage::keys::{self, EXPIRES_AT, Key, PK, SK};
use crate::storage::table::Table;
use crate::storage::{Item, StorageError, failed, n, number, s};
use aws_sdk_dynamodb::types::{Put, ReturnValue, TransactWriteItem};
use chrono::SubsecRound;

/// How many things have happened to a request, or were about to.
const COUNT: &str = "count";

/// Enters what happens to requests.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Events(pub(in crate::storage) Table);

impl Events {
    /// Something that happens, as a part of the transaction in which it does. Its number is taken beforehand: it tells
    /// apart and in order what happens in one second. One that nothing comes of is missing, and nobody minds.
    pub(in crate::storage) async fn next(
        &self,
        request: &RequestId,
        event: &Event,
    ) -> Result<TransactWriteItem, StorageError> {
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
        let place = place.and_then(|place| u64::try_from(place).ok()).ok_or(StorageError::unreadable(OPERATION))?;
        self.put(request, place, event)
    }

    /// The first thing that happens to a request: a part of the transaction that enters it.
    pub(in crate::storage) fn first(
        &self,
        request: &RequestId,
        event: &Event,
    ) -> Result<TransactWriteItem, StorageError> {
        self.put(request, 0, event)
    }

    fn put(&self, request: &RequestId, place: u64, event: &Event) -> Result<TransactWriteItem, StorageError> {
        let unreadable = || StorageError::unreadable("enter what happens");
        let Key { partition, sort } = keys::event(request, place);
        // Of what happens within a second the number tells the order, and no fraction another one.
        let event = &Event { at: event.at.trunc_subsecs(0), ..event.clone() };
        let mut item: Item = serde_dynamo::to_item(event).map_err(|_| unreadable())?;
        item.extend([
            (PK.to_owned(), s(partition)),
            (SK.to_owned(), s(sort)),
            (EXPIRES_AT.to_owned(), n(end(event).epoch())),
        ]);
        let put = Put::builder().table_name(&self.0.name).set_item(Some(item)).build().map_err(|_| unreadable())?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

fn end(event: &Event) -> ExpiresAt {
    ExpiresAt::at(event.at.checked_add_months(EVIDENCE).unwrap_or(event.at))
}
