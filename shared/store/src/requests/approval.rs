//! Approving a request: everything that follows from it begins in one transaction, or nothing does.

use super::{Event, Request, Requests};
use crate::keys::{self, Key, META};
use crate::s;
use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::Task;

/// What is approved.
#[derive(Clone, Debug)]
pub struct Approval<'a> {
    /// The request, as it is approved.
    pub request: &'a Request,
    /// One task for each place that is asked.
    pub tasks: &'a [Task],
    /// Whether what was collected in time to be part of it is suppressed: nothing brings back what
    /// an erasure takes.
    pub suppress: bool,
    /// What else begins with it.
    pub beside: Vec<TransactWriteItem>,
}

impl Requests {
    /// Approves a plan, if it is still the plan with this hash; gives whether it was.
    ///
    /// The suppressions are part of it, so that nothing is brought back while it goes.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be approved.
    pub async fn approve(
        &self,
        id: &RequestId,
        approval: Approval<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "approve a request";
        let request = approval.request;
        let put = self
            .item(Key::new(keys::request(id), META), request, request.end())?
            .condition_expression("stage = :planned AND #hash = :hash")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":planned", s("planned"))
            .expression_attribute_values(":hash", s(&request.hash))
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let put = TransactWriteItem::builder().put(put).build();
        let by = request
            .approved_by
            .as_deref()
            .unwrap_or(&request.planned_by);
        let event = self
            .events
            .next(id, &Event::by(by, "approved", now), &[META])
            .await?;
        self.table
            .transact(OPERATION, self.begun(id, put, event, approval, now)?)
            .await
    }

    /// Enters a request that needs no plan, and begins it; gives whether its id was free.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be entered.
    pub async fn enter(
        &self,
        id: &RequestId,
        approval: Approval<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        self.table
            .transact("enter a request", self.entering(id, approval, now)?)
            .await
    }

    /// What enters such a request: a part of a transaction that something else begins with.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be written.
    pub fn entering(
        &self,
        id: &RequestId,
        approval: Approval<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<TransactWriteItem>, StorageError> {
        const OPERATION: &str = "enter a request";
        let request = approval.request;
        let put = self
            .item(Key::new(keys::request(id), META), request, request.end())?
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let put = TransactWriteItem::builder().put(put).build();
        let by = request
            .approved_by
            .as_deref()
            .unwrap_or(&request.planned_by);
        let event = self.events.first(id, &Event::by(by, "entered", now))?;
        self.begun(id, put, event, approval, now)
    }

    /// Everything that begins with a request.
    fn begun(
        &self,
        id: &RequestId,
        itself: TransactWriteItem,
        event: [TransactWriteItem; 2],
        approval: Approval<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<TransactWriteItem>, StorageError> {
        let Approval {
            request,
            tasks,
            suppress,
            beside,
        } = approval;
        let end = request.end();
        let mut actions = vec![itself];
        actions.extend(event);
        let approved = request.approved(id);
        for task in tasks {
            actions.extend(self.tasks.enter(id, task, &approved, end)?);
        }
        for holder in &request.holders {
            if suppress {
                actions.push(self.suppressions.entry(
                    holder,
                    request.up_to(),
                    now,
                    &request.exclusions,
                )?);
            }
            actions.push(self.is_open(id, holder, end)?);
        }
        if suppress {
            actions.push(self.suppressions.counted()?);
        }
        actions.extend(beside);
        Ok(actions)
    }
}
