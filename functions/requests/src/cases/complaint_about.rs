//! What a complaint about data protection is about.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachId;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::{CaseEvent, CaseId, ComplaintSubject};
use custodian_domain::validation::violation::Violation;
use custodian_store::breaches::Breaches;
use serde_json::Value;
use std::sync::Arc;

/// Links a complaint to what it is about.
#[derive(Debug)]
pub(crate) struct ComplaintAbout {
    pub(super) entering: Arc<Entering>,
    pub(super) breaches: Breaches,
}

#[async_trait]
impl OrderHandler for ComplaintAbout {
    /// `{"order", "case_id", "about", …}`, where `about` is `{"request": id}`, a request of another
    /// case, or `{"breach": id}`. A later one replaces it.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["about"])?;
        let about = self.about(order, invocation).await?;
        let event = CaseEvent::ComplaintAbout { about };
        self.entering.enter(order, invocation, event).await
    }
}

impl ComplaintAbout {
    /// What the order names, which has to be there.
    async fn about(
        &self,
        order: Order<'_>,
        invocation: &Invocation<'_>,
    ) -> Result<ComplaintSubject, Error> {
        const RULE: &str = "must be {\"request\": …}, a request of a case, or {\"breach\": …}";
        let wrong = || Violation::new("about", RULE);
        let about = order
            .part("about", &["request", "breach"])?
            .ok_or_else(wrong)?;
        match (about.get("request"), about.get("breach")) {
            (Some(request), None) => {
                let (case, kind) = CaseId::of_request(request).ok_or_else(wrong)?;
                let case = self.entering.find(&case, invocation.now).await?.case;
                let has_it = case.requests().any(|one| one.kind() == kind);
                let request = RequestId::try_from(case.id().request(kind));
                let request = request.map_err(|_| wrong())?;
                has_it
                    .then_some(ComplaintSubject::Request(request))
                    .ok_or_else(|| wrong().into())
            }
            (None, Some(breach)) => {
                let id = BreachId::named(breach).map_err(|_| wrong())?;
                let breach = self.breaches.find(&id, invocation.now).await?;
                breach.ok_or(Error::UnknownBreach)?;
                Ok(ComplaintSubject::Breach(id))
            }
            _ => Err(wrong().into()),
        }
    }
}
