//! The register of requests: cases, their events, and the lists of what is open and closed.
//!
//! The events are the truth. The item of the case itself has how many there are, so that of two
//! members of staff who write at the same time one is told, and how the case is listed, so that a
//! list is changed together with what it lists.

mod case_list;
mod case_note;

pub use case_list::{CasePage, LOOKED_THROUGH, PAGE, Wanted, Within};
pub use case_note::{CaseNote, ClosedNote};

use crate::evidence::mark;
use crate::keys::{self, META, SK};
use crate::{Item, n, text, to_item};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::calendar::Calendar;
use custodian_domain::rights::register::{Case, CaseEntry, CaseId};
use custodian_dynamo::{Condition, Table, Write, read, transact};
use serde::{Deserialize, Serialize};

const ENTER: &str = "enter what happened to a case";
/// How many events a case has.
const REVISION: &str = "revision";

/// The cases in the Register.
#[derive(Clone, Debug)]
pub struct Cases {
    table: Table,
}

/// A case as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCase {
    /// The case.
    pub case: Case,
    /// How its requests are listed, which a longer calendar can make wrong.
    listed: Vec<CaseNote>,
}

/// The item of a case itself.
#[derive(Debug, Serialize, Deserialize)]
struct Itself {
    revision: usize,
    listed: Vec<CaseNote>,
}

/// An item of a case's partition.
enum Part {
    Itself(Itself),
    Event(Box<CaseEntry>),
}

impl Cases {
    /// The cases in the Register named `name`.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, name: &str) -> Self {
        Self {
            table: Table::new(client.clone(), name.to_owned()),
        }
    }

    /// A case, with all its events.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read, or is not what this module writes.
    pub async fn find(
        &self,
        id: &CaseId,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredCase>, StorageError> {
        const OPERATION: &str = "read a case";
        let parts = self.table.live(OPERATION, &keys::case(id), "", now, part);
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
        let case = is_whole.then(|| Case::of(id.clone(), entries)).flatten();
        Ok(Some(StoredCase {
            case: case.ok_or(StorageError::unreadable(OPERATION))?,
            listed: itself.listed,
        }))
    }

    /// Stores what was entered into a case since it was read (`None` if it is new), and lists it
    /// anew, together with what is `beside` it. Returns whether nobody else has entered anything
    /// meanwhile, and what is beside it held.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn store(
        &self,
        (before, case): (Option<&StoredCase>, &Case),
        beside: Vec<Write>,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let writes = self.storing((before, case), calendar, now)?;
        transact(ENTER, writes.into_iter().chain(beside).collect()).await
    }

    /// The writes that do so, for a larger transaction.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be written.
    pub fn storing(
        &self,
        (before, case): (Option<&StoredCase>, &Case),
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, StorageError> {
        const OPERATION: &str = ENTER;
        let (id, end) = (case.id(), ExpiresAt::at(case.ends()).epoch());
        let (listed, from) = before.map_or((&[][..], 0), |before| {
            (&before.listed[..], before.case.revision())
        });
        let notes = CaseNote::all(case, calendar);
        let itself = Itself {
            revision: case.revision(),
            listed: notes.clone(),
        };
        let put = Write::put(
            &self.table,
            keys::case_itself(id),
            to_item(OPERATION, &itself)?,
        );
        let mut writes = vec![put.ending(end).when(match before {
            None => Condition::free(now),
            Some(before) => is_at(&before.case)?,
        })];
        let mut written = Vec::new();
        for (place, entry) in case.entries().iter().enumerate().skip(from) {
            let key = keys::case_event(id, place);
            written.push(key.sort.clone());
            let event = Write::put(&self.table, key, to_item(OPERATION, entry)?);
            writes.push(event.ending(end).when(Condition::free(now)));
        }
        if !written.is_empty() {
            writes.push(mark(&self.table, &keys::case(id), written, now)?);
        }
        let places: Vec<_> = notes.iter().flat_map(CaseNote::keys).collect();
        for key in listed.iter().flat_map(CaseNote::keys) {
            if !places.contains(&key) {
                writes.push(Write::delete(&self.table, key));
            }
        }
        for note in notes.iter().filter(|note| !listed.contains(note)) {
            for key in note.keys() {
                let item = to_item(OPERATION, note)?;
                writes.push(Write::put(&self.table, key, item).ending(end));
            }
        }
        Ok(writes)
    }

    /// Enters which dates of a case bank holidays that became known have moved, and lists its
    /// requests by them. Returns whether one has; if somebody else enters something at the same
    /// time, they enter this as well.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn move_dates(
        &self,
        id: &CaseId,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let Some(stored) = self.find(id, now).await? else {
            return Ok(false);
        };
        let case = stored.with_moved_dates(calendar, now);
        if case == stored.case {
            return Ok(false);
        }
        self.store((Some(&stored), &case), Vec::new(), calendar, now)
            .await
    }

    /// That nobody has entered anything into a case since it was read, for a transaction about
    /// another one.
    ///
    /// # Errors
    /// [`StorageError`] if the case has more events than can be counted.
    pub fn unchanged(&self, case: &Case) -> Result<Write, StorageError> {
        let itself = keys::case_itself(case.id());
        Ok(Write::check(&self.table, itself, is_at(case)?))
    }
}

/// That a case has as many events as it had when it was read.
fn is_at(case: &Case) -> Result<Condition, StorageError> {
    let revision = i64::try_from(case.revision());
    let revision = revision.map_err(|_| StorageError::unreadable("count the events of a case"))?;
    Ok(Condition::is(REVISION, n(revision)))
}

impl StoredCase {
    /// The case with what bank holidays that became known since have moved, as events. Whoever
    /// enters something enters these as well.
    #[must_use]
    pub fn with_moved_dates(&self, calendar: &Calendar, now: DateTime<Utc>) -> Case {
        let listed = self.listed.iter().map(|note| (note.kind, note.due));
        self.case.with_moved_dates(&listed.collect(), calendar, now)
    }
}

fn part(item: Item) -> Option<Part> {
    if text(&item, SK)? == META {
        read(item).map(Part::Itself)
    } else {
        read(item).map(Box::new).map(Part::Event)
    }
}
