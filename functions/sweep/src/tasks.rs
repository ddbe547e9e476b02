//! Starts stuck tasks of requests again: the stream lost them, a function broke off, a processor
//! was down.

use crate::Pass;
use crate::chore::Chore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::{State, Task};
use custodian_store::sweep_cursor::Reached;
use custodian_store::tasks;
use serde::Serialize;

/// Its name in the report and the log.
pub(crate) const NAME: &str = "tasks";

/// The open tasks of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tasks {
    /// How many tasks are not over.
    pub open: u64,
    /// How many of them failed when they were last tried.
    pub failing: u64,
    /// How many of them should have been done by yesterday.
    pub late: u64,
    /// How many were started again.
    pub started: u64,
}

/// How far a pass over the tasks has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    behind: Option<(RequestId, Place)>,
}

impl Progress {
    /// Continues where a sweep was cut short. Returns what the earlier ones found so far.
    pub(crate) fn from(reached: Option<Reached>) -> (Self, Tasks) {
        let behind = reached.as_ref().and_then(|it| tasks::behind(&it.behind));
        let Some((behind, Reached { counted, .. })) = behind.zip(reached) else {
            return Default::default();
        };
        let count = |place: usize| counted.get(place).copied().unwrap_or(0);
        let found = Tasks {
            open: count(0),
            failing: count(1),
            late: count(2),
            started: count(3),
        };
        let behind = Some(behind);
        (Self { behind }, found)
    }

    /// Where another sweep continues, with what was found so far; `None` if this has not begun.
    pub(crate) fn reached(&self, found: Tasks) -> Option<Reached> {
        let (request, place) = self.behind.as_ref()?;
        let Tasks {
            open,
            failing,
            late,
            started,
        } = found;
        Some(Reached {
            behind: tasks::reached(request, *place),
            counted: vec![open, failing, late, started],
        })
    }
}

/// Starts stuck tasks.
#[derive(Debug)]
pub(crate) struct StartTasks(pub(crate) tasks::Tasks);

#[async_trait]
impl Chore for StartTasks {
    fn name(&self) -> &'static str {
        NAME
    }

    fn weight(&self) -> u32 {
        2
    }

    /// Starts what is due, and counts what is open, from where the last sweep was cut short. The
    /// first failure does not stop the rest.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let (mut failed, now) = (None, pass.now);
        let (behind, found) = (&mut pass.tasks.behind, &mut pass.report.tasks);
        let mut pages = match &behind {
            Some((request, place)) => self.0.open_behind(request, *place),
            None => self.0.open(),
        };
        while let Some(page) = pages.next().await? {
            for (request, place) in page {
                // The tasks of one request are next to each other.
                if behind
                    .as_ref()
                    .is_none_or(|(looked_at, _)| *looked_at != request)
                    && let Err(error) = self.start(&request, found, now).await
                {
                    failed = Some(error);
                }
                *behind = Some((request, place));
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        // An incomplete count is not zero: an alarm stays as it is.
        let Tasks { failing, late, .. } = *found;
        tracing::info!(tasks_failing = failing, tasks_late = late, "tasks");
        Ok(())
    }
}

impl StartTasks {
    async fn start(
        &self,
        request: &RequestId,
        found: &mut Tasks,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let tasks = self.0.all(request, now).await?;
        // All are done, but the request is not closed: the run that did the last one broke off. Any
        // of them closes it.
        let unclosed = tasks.first().filter(|_| tasks.iter().all(Task::is_over));
        for task in tasks.iter().filter(|task| task.is_due(now)).chain(unclosed) {
            let started = self.0.wake(request, task.place).await?;
            found.started += u64::from(started);
            if !started {
                self.look_again(request, task, now).await?;
            }
        }
        for task in tasks.iter().filter(|task| !task.is_over()) {
            found.open += 1;
            found.failing += u64::from(task.state == State::Failed);
            found.late += u64::from(task.due < london::date(now));
        }
        Ok(())
    }

    /// A task that nothing starts was not approved, or was approved by the first version and not
    /// adopted yet; unless its request was closed at this very moment.
    async fn look_again(
        &self,
        request: &RequestId,
        task: &Task,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let task = self.0.find(request, task.place, now).await?;
        if let Some(task) = task.filter(|task| !task.is_over()) {
            tracing::error!(
                place = task.place.as_str(),
                outcome = "not_approved",
                "task"
            );
        }
        Ok(())
    }
}
