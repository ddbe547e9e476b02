//! Erasure in each of the council's own places.

mod exports;
mod intake;
mod records;

pub(crate) use exports::ExportsPlace;
pub(crate) use intake::IntakePlace;
pub(crate) use records::RecordsPlace;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::place::Place;
use custodian_domain::rights::erasure::Receipt;
use custodian_domain::rights::task::Task;
use custodian_rights::erasure_scope::ErasureScope;
use custodian_runtime::{Clock, Deadline};
use custodian_store::requests::Request;
use std::fmt::Debug;

/// How much time is left when a task hands over to a new invocation.
const LAST_MINUTE: TimeDelta = TimeDelta::minutes(1);

/// The result of a try.
#[derive(Debug)]
pub(crate) enum TaskOutcome {
    /// It is done.
    Done(Receipt),
    /// It waits, and is tried again then.
    Waiting(DateTime<Utc>),
    /// The invocation is about to end: another one continues at once.
    Unfinished,
}

/// What one of the council's own places is to erase, and until when.
#[derive(Debug)]
pub(crate) struct PlaceJob<'a> {
    pub(crate) task: &'a mut Task,
    pub(crate) request: &'a Request,
    /// The person's identifiers.
    pub(crate) identities: &'a [Identifier],
    pub(crate) deadline: &'a Deadline,
    pub(crate) clock: &'a Clock,
}

impl PlaceJob<'_> {
    fn scope(&self) -> ErasureScope {
        ErasureScope {
            holders: self.request.holders.clone(),
            up_to: self.request.up_to(),
            exclusions: self.request.exclusions.clone(),
        }
    }

    /// The time, in whole seconds.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(0)
    }

    fn done(&self) -> TaskOutcome {
        let held = self.task.held.clone();
        TaskOutcome::Done(Receipt::of(self.task.place, held, self.now()))
    }

    fn is_out_of_time(&self) -> bool {
        self.deadline.is_within(LAST_MINUTE)
    }

    /// Another invocation continues; this one logs how many are gone.
    fn unfinished(&self, count: u64) -> TaskOutcome {
        tracing::info!(
            place = self.task.place.as_str(),
            outcome = "partly_forgotten",
            count,
            "task"
        );
        TaskOutcome::Unfinished
    }
}

/// One of the council's own places.
#[async_trait]
trait OwnPlace: Debug + Send + Sync {
    /// Erases a person here, and returns nothing once that is done. A second time finds nothing to
    /// do.
    async fn forget(&self, job: &mut PlaceJob<'_>) -> Result<Option<TaskOutcome>, StorageError>;
}

/// The council's own places.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) records: RecordsPlace,
    pub(crate) exports: ExportsPlace,
    pub(crate) intake: IntakePlace,
}

impl Places {
    /// Erases a person in the place of a task.
    pub(crate) async fn forget(&self, mut job: PlaceJob<'_>) -> Result<TaskOutcome, StorageError> {
        let place: &dyn OwnPlace = match job.task.place {
            Place::Records => &self.records,
            Place::Exports => &self.exports,
            Place::Intake => &self.intake,
            // Processors are asked instead.
            Place::Granicus | Place::Five9 | Place::Newsletter | Place::Notify => {
                return Ok(job.done());
            }
        };
        let outcome = place.forget(&mut job).await?;
        Ok(outcome.unwrap_or_else(|| job.done()))
    }
}
