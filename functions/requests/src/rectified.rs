//! Something about a person was corrected, and recipients are notified.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use crate::recipients::{Notification, Recipients};
use crate::request_view::RequestView;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::record::Fingerprint;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::{Awaited, InCase};
use custodian_domain::rights::task::Action;
use custodian_rights::case_steps::{CaseSteps, OrderedIn};
use custodian_rights::people::{Follow, People};
use custodian_store::requests::{Approval, Requests};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Notifies recipients of a correction.
#[derive(Debug)]
pub(crate) struct Rectified {
    pub(crate) people: People,
    pub(crate) register: Requests,
    pub(crate) recipients: Arc<Recipients>,
    pub(crate) view: Arc<RequestView>,
    pub(crate) steps: CaseSteps,
}

#[async_trait]
impl OrderHandler for Rectified {
    /// Has recipients informed that something was corrected:
    /// `{"order", "request_id", "identifiers", "by", "confirmed_links"?, "refused_links"?}`. The
    /// order does not say what was corrected.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 8] = [
            "order",
            "case_id",
            "kind",
            "request_id",
            "identifiers",
            "by",
            "confirmed_links",
            "refused_links",
        ];
        let (order, now) = (Order::read(order, &FIELDS)?, invocation.now);
        let kinds = [RequestKind::Rectification];
        let (id, in_case) = self.steps.named(order, &kinds, "by", now).await?;
        let (identifiers, decisions) = (order.identifiers()?, order.decisions()?);
        let people: Vec<_> = identifiers
            .iter()
            .map(|identifier| self.people.keys.key(identifier))
            .collect();
        let digest =
            Fingerprint::of(&(people, decisions.confirmed.iter().collect::<BTreeSet<_>>()))
                .into_string();
        let found = self
            .people
            .find(&identifiers, &decisions, Follow::Confirmed, now)
            .await?;
        invocation.concerned.about(&found.holders);
        let links = found.links();
        let links = json!({"linked": links.linked, "linked_total": links.linked_total, "undecided": links.undecided});
        let by = order.text("by")?;
        if self.register.find(&id, now).await?.is_none() {
            People::must_know(&decisions, &found)?;
            let (action, order) = (Action::Rectify, digest.clone());
            let notification = Notification {
                action,
                order,
                by,
                holders: found.holders,
            };
            let (mut request, tasks) = self.recipients.notifying(notification, now).await?;
            request.in_case = self.must_follow(in_case.as_ref(), now).await?;
            let approval = Approval {
                request: &request,
                tasks: &tasks,
                suppress: false,
                beside: Vec::new(),
            };
            // The code below checks whether this run or another run of the same order entered it.
            self.register.enter(&id, approval, now).await?;
        }
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        if (request.action, &request.order) != (Action::Rectify, &digest) {
            return Err(Error::AnotherRequest);
        }
        self.view
            .ordered_again(&id, &request.planned_by, by, now)
            .await?;
        tracing::info!(outcome = "rectified", "request");
        let mut answer = self.view.of(&id, &request, now).await?;
        for name in ["linked", "linked_total", "undecided"] {
            answer[name] = links[name].clone();
        }
        let in_case = request.in_case.as_ref();
        self.steps.show(in_case, &mut answer, now).await?;
        Ok(answer)
    }
}

impl Rectified {
    /// Refuses to tell recipients of a correction that was not ordered under the same request. That
    /// they are told follows by itself, once every task is done.
    async fn must_follow(
        &self,
        in_case: Option<&OrderedIn>,
        now: DateTime<Utc>,
    ) -> Result<Option<InCase>, Error> {
        let Some(ordered) = in_case else {
            return Ok(None);
        };
        let taken = self.steps.take(ordered, |_| Vec::new(), now).await?;
        let mut awaited = taken.case.awaits().into_iter().map(|(_, awaited)| awaited);
        if awaited.any(|it| it == Awaited::Recipients(ordered.request.clone())) {
            Ok(Some(ordered.in_case.clone()))
        } else {
            Err(Error::NotNow(
                "nothing was corrected in this case under this request_id of which recipients have to be told",
            ))
        }
    }
}
