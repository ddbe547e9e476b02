//! What says that something waits to be attested.

use crate::keys::{self, CLICK_UNATTESTED, Key, UNATTESTED};
use crate::{Item, n, number, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_dynamo::{Condition, Pages, Table, Write, random, set};

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

/// That these items of a partition are written and wait to be attested: a part of the transaction
/// that writes them.
pub(crate) fn mark(
    table: &Table,
    partition: &str,
    items: Vec<String>,
    now: DateTime<Utc>,
) -> Result<Write, StorageError> {
    const OPERATION: &str = "mark what is to be attested";
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
