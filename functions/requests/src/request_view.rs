//! What the DPO sees of a request.

use crate::Error;
use chrono::{DateTime, Utc};
use custodian_domain::identity::staff;
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::package::RequestId;
use custodian_store::requests::{Request, Requests};
use custodian_store::tasks::Tasks;
use serde_json::{Value, json};

/// Shows requests to the DPO.
#[derive(Debug)]
pub(crate) struct RequestView {
    pub(crate) register: Requests,
    pub(crate) tasks: Tasks,
}

impl RequestView {
    /// What the DPO sees of a request: its state and every place's part, never whose data it is.
    pub(crate) async fn of(
        &self,
        id: &RequestId,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        let tasks = self.tasks.all(id, now).await?;
        let certificate = self.register.certificate(id, now).await?;
        let events = self.register.history(id, now).await?;
        let terms = request.terms.as_ref();
        Ok(json!({
            "request_id": id.as_str(), "action": request.action, "status": request.stage, "hash": request.hash,
            "undecided": request.undecided.left(&Decisions::default()),
            "ground": request.ground, "exclude": request.exclusions, "plan": request.plan,
            "planned_by": request.planned_by, "planned_at": request.planned_at,
            "arrived_since": terms.map(|terms| terms.arrived_since),
            "changed_since": terms.map(|terms| &terms.changed_since),
            "single_handed_reason": terms.and_then(|terms| terms.single_handed_reason.as_ref()),
            "person_agreed_on": terms.and_then(|terms| terms.person_agreed_on),
            "approved_by": request.approved_by, "approved_at": request.approved_at,
            "stopped_by": request.stopped_by, "tasks": tasks, "certificate": certificate, "events": events,
        }))
    }

    /// Stores who repeats an order that another person gave first.
    pub(crate) async fn ordered_again(
        &self,
        id: &RequestId,
        first: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        if !staff::is_same(first, by) {
            self.register
                .asked(
                    id,
                    &self.register.history(id, now).await?,
                    "ordered again",
                    by,
                    now,
                )
                .await?;
        }
        Ok(())
    }
}
