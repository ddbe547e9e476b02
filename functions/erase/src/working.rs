//! Work on one task: begun under a lease, tried, and stored with its new state.

use crate::Erase;
use crate::places::{PlaceJob, TaskOutcome};
use crate::processors::{ProcessorError, ProcessorJob, ProcessorProgress};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::place::Place;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::erasure::{Outcome, Receipt};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::{State, Task};
use custodian_rights::whom;
use custodian_runtime::Deadline;
use custodian_store::requests::Request;

/// Raises an alarm: somebody wanted something done that nobody has approved.
fn refuse(place: Place) {
    tracing::error!(place = place.as_str(), outcome = "not_approved", "task");
}

/// Why a try failed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    #[error("open the sealed identifiers: no version of the secret opens them")]
    Sealed,
}

impl Erase {
    /// Carries out a task, unless another run works on it or it is over.
    ///
    /// # Errors
    /// [`StorageError`] if it could not be left for a later try either.
    pub(crate) async fn carry_out(
        &self,
        id: &RequestId,
        place: Place,
        deadline: &Deadline,
    ) -> Result<(), StorageError> {
        let Some(request) = self.approved(id, place).await? else {
            return Ok(());
        };
        let Some(mut begun) = self.tasks.begin(id, place, self.now()).await? else {
            return self.close_if_over(id, &request).await;
        };
        if (begun.task.place, begun.task.action) != (place, request.action) {
            refuse(place);
            return Ok(());
        }
        let tried = Box::pin(self.attempt(id, &request, &mut begun.task, deadline)).await;
        let unfinished = matches!(tried, Ok(TaskOutcome::Unfinished));
        let outcome = match tried {
            Ok(TaskOutcome::Done(receipt)) => {
                let stopped = receipt.outcome == Outcome::Stopped;
                begun.task.state = if stopped { State::Stopped } else { State::Done };
                begun.task.error = None;
                begun.task.receipt = Some(receipt);
                if stopped { "stopped" } else { "done" }
            }
            Ok(TaskOutcome::Waiting(look_again)) => {
                (begun.task.state, begun.task.failures, begun.task.error) =
                    (State::Waiting, 0, None);
                begun.task.next_try = look_again;
                "waiting"
            }
            Ok(TaskOutcome::Unfinished) => {
                (begun.task.state, begun.task.next_try) = (State::Pending, self.now());
                "handed_on"
            }
            Err(failed) => {
                tracing::error!(error = %failed, place = place.as_str(), outcome = "failed", "task");
                begun.task.fail(id, failed.to_string(), self.now());
                "failed"
            }
        };
        if !self
            .tasks
            .leave(id, begun, request.end(), self.now())
            .await?
        {
            // Another run thought that this one was gone, and continues instead.
            return Ok(());
        }
        tracing::info!(place = place.as_str(), outcome, "task");
        if unfinished {
            self.tasks.wake(id, place).await?;
        }
        self.close_if_over(id, &request).await
    }

    /// The request of a task, if this is what was approved. If somebody has put what starts a task,
    /// or has written into its request since, nothing is done, and an alarm is raised: none of it
    /// is trusted unread.
    async fn approved(
        &self,
        id: &RequestId,
        place: Place,
    ) -> Result<Option<Request>, StorageError> {
        // The start item is removed as the request is closed, so the request is read first.
        let request = self.requests.find(id, self.now()).await?;
        let Some(start) = self.tasks.start_of(id, place, self.now()).await? else {
            return Ok(None);
        };
        let request = request.filter(|request| {
            let approved = start.approved.as_deref();
            approved.is_some_and(|approved| request.is_approved_for(id, place, approved))
        });
        if request.is_none() {
            refuse(place);
        }
        Ok(request)
    }

    async fn attempt(
        &self,
        id: &RequestId,
        request: &Request,
        task: &mut Task,
        deadline: &Deadline,
    ) -> Result<TaskOutcome, Failed> {
        let Some(processor) = task.place.processor() else {
            if request.stopped_by.is_some() && task.attempts == 1 {
                return Ok(self.stopped(request, task).await.map(TaskOutcome::Done)?);
            }
            // Only files are searched for what identifies the person.
            let identities = match task.place {
                Place::Intake => self.identities(request).await?,
                _ => Vec::new(),
            };
            let job = PlaceJob {
                task,
                request,
                identities: &identities,
                deadline,
                clock: &self.clock,
            };
            return Ok(self.places.forget(job).await?);
        };
        let identities = self.identities(request).await?;
        let approved_at = request.approved_at.unwrap_or(request.planned_at);
        let holds = task.held.values().any(|count| *count > 0);
        let job = ProcessorJob {
            request: id,
            processor,
            action: task.action,
            identities: &identities,
            approved_at,
            holds,
        };
        let step = if request.stopped_by.is_some() {
            self.processors
                .cancel(&job, &mut task.correspondence, self.now())
                .await?
        } else {
            self.processors
                .step(&job, &mut task.correspondence, self.now())
                .await?
        };
        Ok(match step {
            ProcessorProgress::Waiting { look_again } => TaskOutcome::Waiting(look_again),
            ProcessorProgress::Done => TaskOutcome::Done(self.receipt(task, Outcome::Confirmed)),
            ProcessorProgress::Cancelled => TaskOutcome::Done(self.receipt(task, Outcome::Stopped)),
        })
    }

    /// What identifies the person of a request, opened only where it is needed.
    async fn identities(&self, request: &Request) -> Result<Vec<Identifier>, Failed> {
        let identities =
            whom::identifiers(request, &self.identities, &self.people, self.now()).await?;
        identities.ok_or(Failed::Sealed)
    }

    /// Stops what has not begun. With the records the suppression is taken back, which would have
    /// kept them from being stored again.
    async fn stopped(&self, request: &Request, task: &Task) -> Result<Receipt, StorageError> {
        if let (Place::Records, Some(approved_at)) = (task.place, request.approved_at) {
            for holder in &request.holders {
                self.suppressions
                    .lift(holder, approved_at, self.now())
                    .await?;
            }
        }
        Ok(self.receipt(task, Outcome::Stopped))
    }

    fn receipt(&self, task: &Task, outcome: Outcome) -> Receipt {
        let correspondence = task
            .place
            .processor()
            .map(|_: Processor| task.correspondence.clone());
        Receipt {
            place: task.place,
            outcome,
            held: task.held.clone(),
            finished_at: self.now(),
            correspondence,
        }
    }
}
