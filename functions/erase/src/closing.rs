//! Closes a request when every place is done.

use crate::Erase;
use custodian_aws::StorageError;
use custodian_domain::london;
use custodian_domain::rights::erasure::{Certificate, Receipt};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::plan::Plan;
use custodian_domain::rights::task::Task;
use custodian_store::requests::{Request, Stage};

impl Erase {
    /// Files the certificate when every task is over. If several runs see that, the first one's
    /// certificate is kept.
    pub(crate) async fn close_if_over(
        &self,
        id: &RequestId,
        request: &Request,
    ) -> Result<(), StorageError> {
        let tasks = self.tasks.all(id, self.now()).await?;
        if request.stage != Stage::Approved || tasks.is_empty() || !tasks.iter().all(Task::is_over)
        {
            return Ok(());
        }
        let receipts: Vec<Receipt> = tasks.into_iter().filter_map(|task| task.receipt).collect();
        let approved_at = request.approved_at.unwrap_or(request.planned_at);
        let completed_at = receipts
            .iter()
            .map(|receipt| receipt.finished_at)
            .max()
            .unwrap_or(approved_at);
        let certificate = Certificate {
            request_id: Some(id.clone()),
            ground: request.ground,
            approved_by: request
                .approved_by
                .clone()
                .unwrap_or_else(|| request.planned_by.clone()),
            approved_at,
            up_to: Some(request.up_to()),
            completed_at,
            backups_clear_on: london::date(completed_at + self.recovery),
            exclusions: request.exclusions.clone(),
            records_left: request.plan.as_ref().map_or(0, Plan::records_left),
            receipts,
        };
        self.requests
            .close(id, request, &certificate, self.now())
            .await?;
        tracing::info!(outcome = "closed", "request");
        // What cannot be attested now, the sweep attests.
        if let Err(error) = self
            .evidence
            .attest(std::slice::from_ref(id), self.now())
            .await
        {
            tracing::warn!(error = %error, outcome = "attested_later", "evidence");
        }
        Ok(())
    }
}
