//! Tasks of requests that are stuck are started again: the stream lost them, a function broke off, a processor was down.

use crate::Sweep;
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::london;
use shared::domain::package::RequestId;
use shared::domain::task::{State, Task};
use shared::storage::StorageError;

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

impl Sweep {
    /// Starts what is due, and counts what is open.
    pub(crate) async fn sweep_tasks(&self, now: DateTime<Utc>) -> Result<Tasks, StorageError> {
        let (mut told, mut looked_at) = (Tasks::default(), None);
        let mut pages = self.tasks.open();
        while let Some(page) = pages.next().await? {
            for (request, _) in page {
                // The tasks of one request lie side by side.
                if looked_at.as_ref() != Some(&request) {
                    self.sweep_request(&request, &mut told, now).await?;
                    looked_at = Some(request);
                }
            }
        }
        Ok(told)
    }

    async fn sweep_request(
        &self,
        request: &RequestId,
        told: &mut Tasks,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let tasks = self.tasks.all(request, now).await?;
        // All done, and the request not closed: whoever did the last broke off. Any of them closes it.
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

    /// A task that nothing starts was not approved, or by the first version and not adopted yet; unless its request was closed
    /// this very moment.
    async fn look_again(&self, request: &RequestId, task: &Task, now: DateTime<Utc>) -> Result<(), StorageError> {
        let task = self.tasks.find(request, task.place, now).await?;
        if let Some(task) = task.filter(|task| !task.is_over()) {
            tracing::error!(place = task.place.as_str(), outcome = "not_approved", "task");
        }
        Ok(())
    }
}
