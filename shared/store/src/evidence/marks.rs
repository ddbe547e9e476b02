//! Marks: that something waits to be attested.

use crate::keys::{self, CLICK_UNATTESTED, Key, UNATTESTED};
use crate::{Item, n, number, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_dynamo::{Condition, Pages, Table, Write, random, set};

/// The last act that left the mark; it tells the mark from an earlier one.
const ACT: &str = "act";
/// When the first act did.
const SINCE: &str = "since";
/// The sort keys of what the acts wrote.
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

/// What is stored where marks belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A mark.
    Mark(Mark),
    /// Something that Custodian did not put there.
    Unreadable,
}

impl Mark {
    /// The keys of what was written.
    pub fn items(&self) -> impl Iterator<Item = Key> + '_ {
        self.items
            .iter()
            .map(|sort| Key::new(&self.partition, sort))
    }

    /// Removes the first `attested` items from the mark, or the whole mark, unless somebody has
    /// written since it was read.
    pub(super) fn done(&self, table: &Table, attested: usize) -> Write {
        let key = keys::unattested(&self.partition);
        let unchanged = Condition::is(ACT, s(&self.act));
        if self.items.len() <= attested {
            return Write::delete(table, key).when(unchanged);
        }
        let done = set(self.items.iter().take(attested).cloned());
        Write::update(table, key)
            .take_out(ITEMS, done)
            .when(unchanged)
    }
}

/// A mark that these items of a partition are written and wait to be attested: part of the
/// transaction that writes them.
pub(crate) fn mark(
    table: &Table,
    partition: &str,
    items: Vec<String>,
    now: DateTime<Utc>,
) -> Result<Write, StorageError> {
    const OPERATION: &str = "mark items to attest";
    let act = hex::encode(random(OPERATION)?);
    Ok(Write::update(table, keys::unattested(partition))
        .set(ACT, s(act))
        .set_once(SINCE, n(now.timestamp()))
        .add(ITEMS, set(items)))
}

/// Everything that waits, in pages.
pub(super) fn waiting(register: &Table) -> Pages<Waiting> {
    let of = |partition| {
        let read = |item: Item| Some(read(&item).map_or(Waiting::Unreadable, Waiting::Mark));
        register.all("look for items to attest", partition, "", read)
    };
    of(UNATTESTED).and(of(CLICK_UNATTESTED))
}

/// A mark, if it is one, and is in the place of its items' marks.
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
