//! Tasks in the Register: a run that begins one holds it for a while, and then stores its new
//! state.
//!
//! A task is two items: itself, and what starts it, in a partition of its own. The Register's
//! stream hands on only the latter, so writing about a task does not start it again. It names what
//! was approved: only an approval may put one.

use crate::evidence;
use crate::keys::{self, Key, META, SK};
use crate::{Item, n, s, text, to_item, word};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::place::Place;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::retention::periods;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::processor_exchange::Confirmation;
use custodian_domain::rights::task::{State, Task};
use custodian_dynamo::{
    Condition, Outcome, Pages, Returning, Table, Write, from_item, to_value, transact,
};

/// How long a run may work on a task: longer than Lambda lets a function run.
const LEASE: TimeDelta = periods::LEASES;

const STATE: &str = "state";
const LEASE_UNTIL: &str = "lease_until";
/// In what starts a task: a digest of what was approved.
pub(super) const APPROVED: &str = "approved";
/// In what starts a task: how often it was started.
pub(super) const TIMES: &str = "times";

/// The tasks in the Register.
#[derive(Clone, Debug)]
pub struct Tasks(Table);

/// A task that a run has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The task.
    pub task: Task,
    /// Tells this try from another.
    lease: String,
}

/// What starts a task.
#[derive(Clone, Debug)]
pub struct Start {
    /// A digest of what was approved when the task was entered, as [`Request::approved`] returns it;
    /// `None` in an item that no approval has put.
    ///
    /// [`Request::approved`]: crate::requests::Request::approved
    pub approved: Option<String>,
}

/// The task that an item of the Register's stream starts, by the item's partition key.
#[must_use]
pub fn started_by(partition: &str) -> Option<(RequestId, Place)> {
    keys::start_of(partition)
}

/// The text that says which task a pass over open ones has reached.
#[must_use]
pub fn reached(request: &RequestId, place: Place) -> String {
    keys::task(request, place)
}

/// The task that [`reached`] named.
#[must_use]
pub fn behind(reached: &str) -> Option<(RequestId, Place)> {
    keys::task_of(reached)
}

impl Tasks {
    /// The tasks in the Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// A task.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn find(
        &self,
        request: &RequestId,
        place: Place,
        now: DateTime<Utc>,
    ) -> Result<Option<Task>, StorageError> {
        self.0
            .find("read a task", itself(request, place), now)
            .await
    }

    /// The tasks of a request, in the order of the places.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn all(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Task>, StorageError> {
        const OPERATION: &str = "read the tasks of a request";
        let keys = Place::ALL.into_iter().map(|place| itself(request, place));
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let mut tasks: Vec<Task> = items
            .into_iter()
            .map(|item| from_item(OPERATION, item))
            .collect::<Result<_, _>>()?;
        tasks.sort_by_key(|task| task.place);
        Ok(tasks)
    }

    /// The tasks of all requests that are not closed, in pages.
    #[must_use]
    pub fn open(&self) -> Pages<(RequestId, Place)> {
        self.open_in(keys::TASKS)
            .and(self.open_in(keys::CLICK_TASKS))
    }

    fn open_in(&self, partition: &str) -> Pages<(RequestId, Place)> {
        self.0.all("read open tasks", partition, "", |item| {
            text(&item, SK).and_then(keys::task_of)
        })
    }

    /// What starts a task; `None` if nothing does, or its request is closed.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn start_of(
        &self,
        request: &RequestId,
        place: Place,
        now: DateTime<Utc>,
    ) -> Result<Option<Start>, StorageError> {
        let key = keys::start(request, place);
        let start = self.0.get("look for what starts a task", key, now).await?;
        Ok(start.map(|start| Start {
            approved: text(&start, APPROVED).map(str::to_owned),
        }))
    }

    /// The same, after a task, which need not exist any more.
    #[must_use]
    pub fn open_behind(&self, request: &RequestId, place: Place) -> Pages<(RequestId, Place)> {
        let task = &keys::task(request, place);
        // Tasks of the DPO's requests first, as in the whole list.
        match task.strip_prefix("CLICK") {
            Some(_) => self
                .open_in(keys::CLICK_TASKS)
                .behind(keys::CLICK_TASKS, task),
            None => self
                .open_in(keys::TASKS)
                .behind(keys::TASKS, task)
                .and(self.open_in(keys::CLICK_TASKS)),
        }
    }

    /// Begins a task that nobody works on. Returns `None` if somebody does, or it is over.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn begin(
        &self,
        request: &RequestId,
        place: Place,
        now: DateTime<Utc>,
    ) -> Result<Option<Begun>, StorageError> {
        const OPERATION: &str = "begin a task";
        let lease = instant(now + LEASE);
        let waits = Condition::one_of(
            STATE,
            [State::Pending, State::Waiting, State::Failed].map(word),
        );
        let was_left = Condition::is(STATE, word(State::Running))
            .and(Condition::at_most(LEASE_UNTIL, s(instant(now))));
        let begin = Write::update(&self.0, itself(request, place))
            .set(STATE, word(State::Running))
            .set(LEASE_UNTIL, s(&lease))
            .increase("attempts", 1)
            .when(waits.or(was_left))
            .returning(Returning::New);
        match begin.send(OPERATION).await? {
            Outcome::Applied(Some(task)) => Ok(Some(Begun {
                task: from_item(OPERATION, task)?,
                lease,
            })),
            Outcome::Applied(None) => Err(StorageError::unreadable(OPERATION)),
            Outcome::Refused(_) => Ok(None),
        }
    }

    /// Stores a task's new state. Returns whether this run still had the lease.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn leave(
        &self,
        request: &RequestId,
        mut begun: Begun,
        end: ExpiresAt,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "release a task";
        begun.task.lease_until = None;
        let key = itself(request, begun.task.place);
        let left = Write::put(&self.0, &key, item(OPERATION, &begun.task)?)
            .ending(end.epoch())
            .when(Condition::is(STATE, word(State::Running)))
            .when(Condition::is(LEASE_UNTIL, s(&begun.lease)));
        if !begun.task.is_over() {
            return Ok(left.send(OPERATION).await?.is_applied());
        }
        // The receipt comes with the mark that it waits to be attested.
        let mark = evidence::mark(&self.0, &key.partition, vec![key.sort], now)?;
        transact(OPERATION, vec![left, mark]).await
    }

    /// Starts a task again. Returns whether there is one, of a request that is not closed.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn wake(&self, request: &RequestId, place: Place) -> Result<bool, StorageError> {
        let wake = Write::update(&self.0, keys::start(request, place))
            .add(TIMES, n(1))
            .when(Condition::there());
        Ok(wake.send("wake a task").await?.is_applied())
    }

    /// Stores who did by hand what a task asks, and when. Returns whether there is such a task that
    /// waits for it.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn confirm(
        &self,
        request: &RequestId,
        place: Place,
        confirmation: &Confirmation,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "confirm a task";
        let confirm = Write::update(&self.0, itself(request, place))
            .set(
                "correspondence.confirmed",
                to_value(OPERATION, confirmation)?,
            )
            .when(Condition::one_of(
                STATE,
                [State::Waiting, State::Failed].map(word),
            ));
        Ok(confirm.send(OPERATION).await?.is_applied())
    }

    /// Enters a task, the item that starts it and names what was `approved`, and the note that its
    /// request is open.
    pub(super) fn enter(
        &self,
        request: &RequestId,
        task: &Task,
        approved: &str,
        end: ExpiresAt,
    ) -> Result<[Write; 3], StorageError> {
        let itself = itself(request, task.place);
        let open = keys::open_task(request, task.place);
        Ok([
            Write::put(&self.0, itself, item("enter a task", task)?).ending(end.epoch()),
            self.start(request, task.place, approved, end),
            Write::put(&self.0, open, Item::new()),
        ])
    }

    /// Puts the item that starts a task.
    pub(super) fn start(
        &self,
        request: &RequestId,
        place: Place,
        approved: &str,
        end: ExpiresAt,
    ) -> Write {
        let item = Item::from([(APPROVED.to_owned(), s(approved)), (TIMES.to_owned(), n(1))]);
        Write::put(&self.0, keys::start(request, place), item).ending(end.epoch())
    }

    /// Removes the item that starts a task and the note that its request is open.
    pub(super) fn close(&self, request: &RequestId, place: Place) -> [Write; 2] {
        [
            Write::delete(&self.0, keys::start(request, place)),
            Write::delete(&self.0, keys::open_task(request, place)),
        ]
    }
}

fn itself(request: &RequestId, place: Place) -> Key {
    Key::new(keys::task(request, place), META)
}

fn item(operation: &'static str, task: &Task) -> Result<Item, StorageError> {
    let mut item = to_item(operation, task)?;
    if task.state != State::Running {
        item.remove(LEASE_UNTIL);
    }
    Ok(item)
}

/// An instant as a text that can be compared: UTC, to the second.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
