//! Tasks of requests that are stuck are started again: the stream lost them, a function broke off,
//! a processor was down.

use crate::Sweep;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::{State, Task};
use custodian_store::sweep_cursor::Reached;
use custodian_store::tasks;
use serde::Serialize;

/// What there is to do of requests.
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

/// How far a look at the tasks has come.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    /// What was found so far, by this sweep and by those before it that were cut short.
    pub(crate) told: Tasks,
    behind: Option<(RequestId, Place)>,
}

impl Pass {
    /// Goes on where a sweep was cut short.
    pub(crate) fn from(reached: Option<Reached>) -> Self {
        let behind = reached.as_ref().and_then(|it| tasks::behind(&it.behind));
        let Some((behind, Reached { counted, .. })) = behind.zip(reached) else {
            return Self::default();
        };
        let count = |place: usize| counted.get(place).copied().unwrap_or(0);
        let told = Tasks {
            open: count(0),
            failing: count(1),
            late: count(2),
            started: count(3),
        };
        Self {
            told,
            behind: Some(behind),
        }
    }

    /// Where another goes on; nothing if this has not begun.
    pub(crate) fn reached(&self) -> Option<Reached> {
        let (request, place) = self.behind.as_ref()?;
        let Tasks {
            open,
            failing,
            late,
            started,
        } = self.told;
        Some(Reached {
            behind: tasks::reached(request, *place),
            counted: vec![open, failing, late, started],
        })
    }
}

impl Sweep {
    /// Starts what is due, and counts what is open, from where the pass has come to; the first
    /// failure does not keep the rest.
    pub(crate) async fn sweep_tasks(
        &self,
        pass: &mut Pass,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let mut failed = None;
        let mut pages = match &pass.behind {
            Some((request, place)) => self.tasks.open_behind(request, *place),
            None => self.tasks.open(),
        };
        while let Some(page) = pages.next().await? {
            for (request, place) in page {
                // The tasks of one request lie side by side.
                if pass
                    .behind
                    .as_ref()
                    .is_none_or(|(looked_at, _)| *looked_at != request)
                    && let Err(error) = self.sweep_request(&request, &mut pass.told, now).await
                {
                    failed = Some(error);
                }
                pass.behind = Some((request, place));
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn sweep_request(
        &self,
        request: &RequestId,
        told: &mut Tasks,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let tasks = self.tasks.all(request, now).await?;
        // All done, and the request not closed: whoever did the last broke off. Any of them closes
        // it.
        let unclosed = tasks.first().filter(|_| tasks.iter().all(Task::is_over));
        for task in tasks.iter().filter(|task| task.is_due(now)).chain(unclosed) {
            let started = self.tasks.wake(request, task.place).await?;
            told.started += u64::from(started);
            if !started {
                self.look_again(request, task, now).await?;
            }
        }
        for task in tasks.iter().filter(|task| !task.is_over()) {
            told.open += 1;
            told.failing += u64::from(task.state == State::Failed);
            told.late += u64::from(task.due < london::date(now));
        }
        Ok(())
    }

    /// A task that nothing starts was not approved, or by the first version and not adopted yet;
    /// unless its request was closed this very moment.
    async fn look_again(
        &self,
        request: &RequestId,
        task: &Task,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let task = self.tasks.find(request, task.place, now).await?;
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
