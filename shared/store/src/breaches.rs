//! The register of breaches: their events, and the lists of what is open and closed.
//!
//! The events are the truth, as in the register of requests. Nothing here says who is affected.

mod affected;
mod breach_list;

pub use affected::{AffectedRecord, day_shard};
pub use breach_list::{BreachNote, BreachPage, BreachesWithin, PAGE};

use crate::evidence::mark;
use crate::keys::{self, META, SK};
use crate::{Item, n, text, to_item};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::breach::{Breach, BreachEntry, BreachId};
use custodian_dynamo::{Condition, Table, Write, read, transact};
use serde::{Deserialize, Serialize};

/// How many events a breach has.
const REVISION: &str = "revision";

/// The breaches in the Register.
#[derive(Clone, Debug)]
pub struct Breaches {
    table: Table,
}

/// The item of a breach itself.
#[derive(Debug, Serialize, Deserialize)]
struct Itself {
    revision: usize,
}

/// An item of a breach's partition.
enum Part {
    Itself(Itself),
    Event(Box<BreachEntry>),
}

impl Breaches {
    /// The breaches in the Register named `name`.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, name: &str) -> Self {
        Self {
            table: Table::new(client.clone(), name.to_owned()),
        }
    }

    /// A breach, with all its events.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read, or is not what this module writes.
    pub async fn find(
        &self,
        id: &BreachId,
        now: DateTime<Utc>,
    ) -> Result<Option<Breach>, StorageError> {
        const OPERATION: &str = "read a breach";
        let parts = self.table.live(OPERATION, &keys::breach(id), "", now, part);
        let (mut itself, mut entries) = (None, Vec::new());
        for part in parts.all().await? {
            match part {
                Part::Itself(it) => itself = Some(it),
                Part::Event(entry) => entries.push(*entry),
            }
        }
        let Some(itself) = itself else {
            return Ok(None);
        };
        let is_whole = itself.revision == entries.len();
        let breach = is_whole.then(|| Breach::of(id.clone(), entries)).flatten();
        let breach = breach.ok_or(StorageError::unreadable(OPERATION))?;
        Ok(Some(breach))
    }

    /// Stores what was entered into a breach since it was read (`None` if it is new), and lists it
    /// anew, together with what is `beside` it. With its closing everything of it gets its end.
    /// Returns whether nobody else has entered anything meanwhile, and what is beside it held.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn store(
        &self,
        (before, breach): (Option<&Breach>, &Breach),
        beside: Vec<Write>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter what happened to a breach";
        let (id, end) = (breach.id(), breach.ends());
        let ending = |write: Write| match end {
            Some(end) => write.ending(ExpiresAt::at(end).epoch()),
            None => write,
        };
        let itself = Itself {
            revision: breach.revision(),
        };
        let put = Write::put(
            &self.table,
            keys::breach_itself(id),
            to_item(OPERATION, &itself)?,
        );
        let mut writes = vec![ending(put).when(match before {
            None => Condition::free(now),
            Some(before) => is_at(before)?,
        })];
        writes.extend(beside);
        let from = before.map_or(0, Breach::revision);
        let mut written = Vec::new();
        for (place, entry) in breach.entries().iter().enumerate() {
            let key = keys::breach_event(id, place);
            let sort = key.sort.clone();
            if from <= place {
                let event = Write::put(&self.table, key, to_item(OPERATION, entry)?);
                writes.push(ending(event).when(Condition::free(now)));
            } else if end.is_some() {
                let event = Write::update(&self.table, key).when(Condition::there());
                writes.push(ending(event));
            } else {
                continue;
            }
            written.push(sort);
        }
        if !written.is_empty() {
            writes.push(mark(&self.table, &keys::breach(id), written, now)?);
        }
        let note = BreachNote::of(breach);
        let place = note.key();
        let listed = before.map(|before| BreachNote::of(before).key());
        if let Some(listed) = listed.filter(|listed| *listed != place) {
            writes.push(Write::delete(&self.table, listed));
        }
        let listed = Write::put(&self.table, place, to_item(OPERATION, &note)?);
        writes.push(ending(listed));
        transact(OPERATION, writes).await
    }
}

/// That a breach has as many events as it had when it was read.
fn is_at(breach: &Breach) -> Result<Condition, StorageError> {
    let revision = i64::try_from(breach.revision());
    let revision =
        revision.map_err(|_| StorageError::unreadable("count the events of a breach"))?;
    Ok(Condition::is(REVISION, n(revision)))
}

fn part(item: Item) -> Option<Part> {
    if text(&item, SK)? == META {
        read(item).map(Part::Itself)
    } else {
        read(item).map(Box::new).map(Part::Event)
    }
}
