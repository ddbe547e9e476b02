//! What says that something waits to be attested.

use crate::keys::{self, CLICK_UNATTESTED, Key, PK, SK, UNATTESTED};
use crate::table::{Pages, Table};
use crate::{Item, n, number, s, text};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;

/// The act that was the last to leave the mark: what tells it from the mark as it was before.
const ACT: &str = "act";
/// When the first did.
const SINCE: &str = "since";
/// The sort keys of what they wrote.
const ITEMS: &str = "items";

/// That something was written of a request and waits to be attested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The partition of what was written.
    pub partition: String,
    /// Since when it waits.
    pub since: DateTime<Utc>,
    act: String,
    items: Vec<String>,
}

/// What lies where marks belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A mark.
    Mark(Mark),
    /// Something that nobody here has put there.
    Unreadable,
}

impl Mark {
    /// Where what was written lies.
    pub fn items(&self) -> impl Iterator<Item = Key> + '_ {
        self.items
            .iter()
            .map(|sort| Key::new(&self.partition, sort))
    }

    /// That the first so many of its items are attested: then the mark goes, or they go from it,
    /// unless somebody has written since it was read.
    pub(super) fn done(
        &self,
        table: &str,
        attested: usize,
    ) -> Result<TransactWriteItem, StorageError> {
        let unreadable = |_| StorageError::unreadable("take a mark away");
        let key = keys::unattested(&self.partition);
        if self.items.len() <= attested {
            let delete = Delete::builder()
                .table_name(table)
                .key(PK, s(key.partition))
                .key(SK, s(key.sort));
            let delete = delete
                .condition_expression("#act = :act")
                .expression_attribute_names("#act", ACT)
                .expression_attribute_values(":act", s(&self.act));
            return Ok(TransactWriteItem::builder()
                .delete(delete.build().map_err(unreadable)?)
                .build());
        }
        let update = Update::builder()
            .table_name(table)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort));
        let update = update
            .condition_expression("#act = :act")
            .update_expression("DELETE #items :items")
            .expression_attribute_names("#act", ACT)
            .expression_attribute_names("#items", ITEMS)
            .expression_attribute_values(":act", s(&self.act))
            .expression_attribute_values(
                ":items",
                AttributeValue::Ss(self.items.iter().take(attested).cloned().collect()),
            );
        Ok(TransactWriteItem::builder()
            .update(update.build().map_err(unreadable)?)
            .build())
    }
}

/// That these items of a partition are written and wait to be attested: a part of the transaction
/// that writes them.
pub(crate) fn mark(
    table: &Table,
    partition: &str,
    items: Vec<String>,
    now: DateTime<Utc>,
) -> Result<TransactWriteItem, StorageError> {
    const OPERATION: &str = "mark what is to be attested";
    let mut act = [0; 16];
    getrandom::fill(&mut act).map_err(|_| StorageError {
        operation: OPERATION,
        code: "randomness".to_owned(),
    })?;
    let key = keys::unattested(partition);
    let update = Update::builder()
        .table_name(&table.name)
        .key(PK, s(key.partition))
        .key(SK, s(key.sort))
        .update_expression(
            "SET #act = :act, #since = if_not_exists(#since, :now) ADD #items :items",
        )
        .expression_attribute_names("#act", ACT)
        .expression_attribute_names("#since", SINCE)
        .expression_attribute_names("#items", ITEMS)
        .expression_attribute_values(":act", s(hex::encode(act)))
        .expression_attribute_values(":now", n(now.timestamp()))
        .expression_attribute_values(":items", AttributeValue::Ss(items))
        .build()
        .map_err(|_| StorageError::unreadable(OPERATION))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// Everything that waits, in pages.
pub(super) fn waiting(register: &Table) -> Pages<Waiting> {
    let of = |partition| {
        let read = |item: &Item| Some(read(item).map_or(Waiting::Unreadable, Waiting::Mark));
        register.all("look for what waits to be attested", partition, "", read)
    };
    of(UNATTESTED).and(of(CLICK_UNATTESTED))
}

/// A mark, if it is one, and lies where what it names has its mark.
pub(super) fn read(item: &Item) -> Option<Mark> {
    let (key, items) = (Key::of(item)?, item.get(ITEMS)?.as_ss().ok()?);
    keys::evidence_of(&key.sort).filter(|_| keys::unattested(&key.sort) == key)?;
    let since = DateTime::from_timestamp(number(item, SINCE)?, 0)?;
    Some(Mark {
        partition: key.sort,
        since,
        act: text(item, ACT)?.to_owned(),
        items: items.clone(),
    })
}
