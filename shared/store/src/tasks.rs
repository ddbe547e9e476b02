//! Tasks in the Register: whoever begins one holds it for a while, and leaves it as it then is.
//!
//! A task is two items: itself, and what starts it, in a partition of its own. The Register's
//! stream hands on only the latter, so that what is written about a task does not start it anew. It
//! names what was approved: an approval alone puts one, and nobody else may.

use crate::evidence;
use crate::keys::{self, EXPIRES_AT, Key, META, PK, SK};
use crate::table::{Pages, Table};
use crate::{Item, n, s, text};
use aws_sdk_dynamodb::types::{Delete, Put, ReturnValue, TransactWriteItem};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use custodian_aws::{StorageError, applied};
use custodian_domain::place::Place;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::processor_exchange::Confirmation;
use custodian_domain::rights::task::{State, Task};

/// How long whoever begins a task may be at it: longer than Lambda lets a function run.
const LEASE: TimeDelta = TimeDelta::minutes(16);

/// In what starts a task: a digest of what was approved.
pub(super) const APPROVED: &str = "approved";
/// In what starts a task: how often it was started.
pub(super) const TIMES: &str = "times";

/// The tasks in the Register.
#[derive(Clone, Debug)]
pub struct Tasks(Table);

/// A task that somebody has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The task.
    pub task: Task,
    /// What tells this try from another.
    lease: String,
}

/// The task that an item of the Register's stream starts, by the item's partition key.
#[must_use]
pub fn started_by(partition: &str) -> Option<(RequestId, Place)> {
    keys::start_of(partition)
}

/// How it is written down which task a pass over open ones has reached.
#[must_use]
pub fn reached(request: &RequestId, place: Place) -> String {
    keys::task(request, place)
}

/// Which task [`reached`] wrote down.
#[must_use]
pub fn behind(reached: &str) -> Option<(RequestId, Place)> {
    keys::task_of(reached)
}

impl Tasks {
    /// The tasks in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
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
        const OPERATION: &str = "read a task";
        let item = self.0.get(OPERATION, &itself(request, place), now).await?;
        item.map(|item| read(OPERATION, item)).transpose()
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
        let keys = Place::ALL
            .into_iter()
            .map(|place| itself(request, place))
            .collect();
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let mut tasks: Vec<Task> = items
            .into_iter()
            .map(|item| read(OPERATION, item))
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
            text(item, SK).and_then(keys::task_of)
        })
    }

    /// A digest of what was approved when a task was entered, as [`Request::approved`] gives it;
    /// nothing where nothing was, or its request is closed.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    ///
    /// [`Request::approved`]: crate::requests::Request::approved
    pub async fn approved(
        &self,
        request: &RequestId,
        place: Place,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, StorageError> {
        let start = self
            .0
            .get(
                "look for what starts a task",
                &keys::start(request, place),
                now,
            )
            .await?;
        Ok(start.map(|start| text(&start, APPROVED).unwrap_or_default().to_owned()))
    }

    /// The same from behind a task on; it need not be there any more.
    #[must_use]
    pub fn open_behind(&self, request: &RequestId, place: Place) -> Pages<(RequestId, Place)> {
        let task = &keys::task(request, place);
        // Those of requests first, as in all of them.
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

    /// Begins a task that nobody is at; gives nothing where somebody is, or it is over.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn begin(
        &self,
        request: &RequestId,
        place: Place,
        now: DateTime<Utc>,
    ) -> Result<Option<Begun>, StorageError> {
        const OPERATION: &str = "begin a task";
        let lease = instant(now + LEASE);
        let key = itself(request, place);
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort))
            .condition_expression(
                "#state IN (:pending, :waiting, :failed) OR (#state = :running AND lease_until <= :now)",
            )
            .update_expression("SET #state = :running, lease_until = :lease, attempts = attempts + :one")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pending", s("pending"))
            .expression_attribute_values(":waiting", s("waiting"))
            .expression_attribute_values(":failed", s("failed"))
            .expression_attribute_values(":running", s("running"))
            .expression_attribute_values(":now", s(instant(now)))
            .expression_attribute_values(":lease", s(&lease))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew);
        let begun = applied(OPERATION, update.send().await)?;
        begun
            .map(|begun| {
                Ok(Begun {
                    task: read(OPERATION, begun.attributes.unwrap_or_default())?,
                    lease,
                })
            })
            .transpose()
    }

    /// Leaves a task as it is now; gives whether it was still ours to leave.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn leave(
        &self,
        request: &RequestId,
        mut begun: Begun,
        end: ExpiresAt,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "leave a task";
        begun.task.lease_until = None;
        if begun.task.is_over() {
            return self.finish(OPERATION, request, &begun, end, now).await;
        }
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item(OPERATION, request, &begun.task, end)?))
            .condition_expression("#state = :running AND lease_until = :lease")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":running", s("running"))
            .expression_attribute_values(":lease", s(begun.lease));
        Ok(applied(OPERATION, put.send().await)?.is_some())
    }

    /// Leaves a task that is over, and with its receipt the mark that it waits to be attested.
    async fn finish(
        &self,
        operation: &'static str,
        request: &RequestId,
        begun: &Begun,
        end: ExpiresAt,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(item(operation, request, &begun.task, end)?))
            .condition_expression("#state = :running AND lease_until = :lease")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":running", s("running"))
            .expression_attribute_values(":lease", s(&begun.lease))
            .build()
            .map_err(|_| StorageError::unreadable(operation))?;
        let put = TransactWriteItem::builder().put(put).build();
        let key = itself(request, begun.task.place);
        let mark = evidence::mark(&self.0, &key.partition, vec![key.sort], now)?;
        self.0.transact(operation, vec![put, mark]).await
    }

    /// Starts a task again; gives whether there is one of a request that is not closed.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn wake(&self, request: &RequestId, place: Place) -> Result<bool, StorageError> {
        let start = keys::start(request, place);
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(start.partition))
            .key(SK, s(start.sort))
            .condition_expression("attribute_exists(pk)")
            .update_expression("ADD #times :one")
            .expression_attribute_names("#times", TIMES)
            .expression_attribute_values(":one", n(1));
        Ok(applied("wake a task", update.send().await)?.is_some())
    }

    /// Remembers who did by hand what a task asks, and when; gives whether there is such a task
    /// that waits for it.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn confirm(
        &self,
        request: &RequestId,
        place: Place,
        confirmation: &Confirmation,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "confirm a task";
        let key = itself(request, place);
        let confirmation = serde_dynamo::to_attribute_value(confirmation)
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort))
            .condition_expression("#state IN (:waiting, :failed)")
            .update_expression("SET correspondence.confirmed = :confirmation")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":waiting", s("waiting"))
            .expression_attribute_values(":failed", s("failed"))
            .expression_attribute_values(":confirmation", confirmation);
        Ok(applied(OPERATION, update.send().await)?.is_some())
    }

    /// Enters a task, what starts it and names what was `approved`, and that its request is open.
    pub(super) fn enter(
        &self,
        request: &RequestId,
        task: &Task,
        approved: &str,
        end: ExpiresAt,
    ) -> Result<[TransactWriteItem; 3], StorageError> {
        const OPERATION: &str = "enter a task";
        let start = start(request, task.place, approved, end);
        let open = keys::open_task(request, task.place);
        let open = Item::from([
            (PK.to_owned(), s(open.partition)),
            (SK.to_owned(), s(open.sort)),
        ]);
        let put = |item| {
            let put = Put::builder()
                .table_name(&self.0.name)
                .set_item(Some(item))
                .build();
            let put = put.map_err(|_| StorageError::unreadable(OPERATION))?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        Ok([
            put(item(OPERATION, request, task, end)?)?,
            put(start)?,
            put(open)?,
        ])
    }

    /// Takes away what starts a task and that its request is open.
    pub(super) fn close(
        &self,
        request: &RequestId,
        place: Place,
    ) -> Result<[TransactWriteItem; 2], StorageError> {
        let delete = |key: Key| {
            let delete = Delete::builder()
                .table_name(&self.0.name)
                .key(PK, s(key.partition))
                .key(SK, s(key.sort))
                .build();
            let delete = delete.map_err(|_| StorageError::unreadable("close a task"))?;
            Ok(TransactWriteItem::builder().delete(delete).build())
        };
        Ok([
            delete(keys::start(request, place))?,
            delete(keys::open_task(request, place))?,
        ])
    }
}

/// What starts a task.
pub(super) fn start(request: &RequestId, place: Place, approved: &str, end: ExpiresAt) -> Item {
    let key = keys::start(request, place);
    Item::from([
        (PK.to_owned(), s(key.partition)),
        (SK.to_owned(), s(key.sort)),
        (APPROVED.to_owned(), s(approved)),
        (TIMES.to_owned(), n(1)),
        (EXPIRES_AT.to_owned(), n(end.epoch())),
    ])
}

fn itself(request: &RequestId, place: Place) -> Key {
    Key::new(keys::task(request, place), META)
}

fn item(
    operation: &'static str,
    request: &RequestId,
    task: &Task,
    end: ExpiresAt,
) -> Result<Item, StorageError> {
    let mut item: Item =
        serde_dynamo::to_item(task).map_err(|_| StorageError::unreadable(operation))?;
    let key = itself(request, task.place);
    item.insert(PK.to_owned(), s(key.partition));
    item.insert(SK.to_owned(), s(key.sort));
    item.insert(EXPIRES_AT.to_owned(), n(end.epoch()));
    if task.state != State::Running {
        item.remove("lease_until");
    }
    Ok(item)
}

fn read(operation: &'static str, item: Item) -> Result<Task, StorageError> {
    serde_dynamo::from_item(item).map_err(|_| StorageError::unreadable(operation))
}

/// Instants that are compared as texts: UTC, to the second.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
