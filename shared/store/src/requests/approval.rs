//! Approving a request: everything that follows from it begins in one transaction, or nothing does.

use super::{Event, Request, Requests, still_planned};
use crate::keys::META;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::Task;
use custodian_dynamo::{Condition, Write, transact};

/// What is approved.
#[derive(Clone, Debug)]
pub struct Approval<'a> {
    /// The request, as it is approved.
    pub request: &'a Request,
    /// One task for each place that is asked.
    pub tasks: &'a [Task],
    /// Whether data collected in time is suppressed, so that nothing brings back what an erasure
    /// deletes.
    pub suppress: bool,
    /// Further writes of the same transaction.
    pub beside: Vec<Write>,
}

impl Requests {
    /// Approves a plan, if it still has this hash. Returns whether it had.
    ///
    /// The suppressions are part of it, so that nothing is stored again while data is deleted.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be approved.
    pub async fn approve(
        &self,
        id: &RequestId,
        approval: Approval<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "approve a request";
        let request = approval.request;
        let approved = self
            .put(OPERATION, id, request)?
            .when(still_planned(&request.hash));
        let by = request
            .approved_by
            .as_deref()
            .unwrap_or(&request.planned_by);
        let event = self
            .events
            .next(id, &Event::by(by, "approved", now), &[META])
            .await?;
        let writes = self.begun(id, approved, event, approval, now)?;
        transact(OPERATION, writes).await
    }

    /// Enters a request that needs no plan, and begins it. Returns whether its id was free.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be entered.
    pub async fn enter(
        &self,
        id: &RequestId,
        approval: Approval<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        transact("enter a request", self.entering(id, approval, now)?).await
    }

    /// The writes that enter such a request: part of a larger transaction.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be written.
    pub fn entering(
        &self,
        id: &RequestId,
        approval: Approval<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, StorageError> {
        const OPERATION: &str = "enter a request";
        let request = approval.request;
        let entered = self
            .put(OPERATION, id, request)?
            .when(Condition::not_there());
        let by = request
            .approved_by
            .as_deref()
            .unwrap_or(&request.planned_by);
        let event = self.events.first(id, &Event::by(by, "entered", now))?;
        self.begun(id, entered, event, approval, now)
    }

    /// The writes that begin with a request.
    fn begun(
        &self,
        id: &RequestId,
        itself: Write,
        event: [Write; 2],
        approval: Approval<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, StorageError> {
        let Approval {
            request,
            tasks,
            suppress,
            beside,
        } = approval;
        let end = request.end();
        let mut writes = vec![itself];
        writes.extend(event);
        let approved = request.approved(id);
        for task in tasks {
            writes.extend(self.tasks.enter(id, task, &approved, end)?);
        }
        for holder in &request.holders {
            if suppress {
                writes.push(self.suppressions.entry(
                    holder,
                    request.up_to(),
                    now,
                    &request.exclusions,
                )?);
            }
            writes.push(self.is_open(id, holder, end));
        }
        if suppress {
            writes.push(self.suppressions.counted());
        }
        writes.extend(beside);
        Ok(writes)
    }
}
