//! An erasure is planned, or planned again.

use crate::Error;
use crate::approve::{IN_CASE, too_many_keys};
use crate::impact::{Impact, Ordered, Touched, count, masked};
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::identity::identities;
use custodian_domain::identity::keyring::{Identities, Keyring};
use custodian_domain::rights::erasure::Ground;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::plan::Plan;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::{Progress, Step};
use custodian_domain::rights::task::Action;
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::CaseSteps;
use custodian_rights::case_view::show;
use custodian_rights::erasure_scope::ErasureScope;
use custodian_rights::people::{Follow, Found, PAGE, People};
use custodian_store::requests::{HOLDERS, Request, Requests, Stage, beside_at_most};
use serde_json::{Value, json};
use std::sync::Arc;

/// Plans an erasure.
#[derive(Debug)]
pub(crate) struct PlanErasure {
    pub(crate) people: People,
    pub(crate) identities: Arc<Keyring<Identities>>,
    pub(crate) register: Requests,
    pub(crate) impact: Arc<Impact>,
    pub(crate) steps: CaseSteps,
}

/// A plan, whom it is about, and its hash.
struct Drafted {
    plan: Plan,
    found: Found,
    hash: String,
}

#[async_trait]
impl OrderHandler for PlanErasure {
    /// Plans an erasure, or plans it again. If it names a case, that this is planned there is
    /// entered in the same transaction.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 10] = [
            "order",
            "case_id",
            "kind",
            "request_id",
            "identifiers",
            "confirmed_links",
            "refused_links",
            "ground",
            "exclude",
            "planned_by",
        ];
        let now = invocation.now;
        let order = Order::read(order, &FIELDS)?;
        let (id, in_case) = self
            .steps
            .named(order, &[RequestKind::Erasure], "planned_by", now)
            .await?;
        let (identifiers, decisions) = (order.identifiers()?, order.decisions()?);
        let (ground, exclusions) = (Ground::parse(order.text("ground")?)?, order.exclusions()?);
        let planned_by = order.staff("planned_by")?.to_owned();
        let before = self.register.find(&id, now).await?;
        match before.as_ref() {
            Some(before) if before.action != Action::Erase => return Err(Error::AnotherRequest),
            Some(before) if before.stage != Stage::Planned => return Err(Error::Approved),
            _ => {}
        }
        let what = Ordered {
            id: &id,
            identifiers: &identifiers,
            decisions: &decisions,
            ground,
            exclusions: &exclusions,
        };
        let Drafted { plan, found, hash } = self.draft(&what, in_case.is_some(), now).await?;
        invocation.concerned.about(&found.holders);
        let taken = match &in_case {
            Some(in_case) => {
                // The same plan twice is one step; another one is another.
                let planned = Step::Planned { hash: hash.clone() };
                let step = |_: &Progress| vec![(planned.clone(), hash.clone())];
                Some(self.steps.take(in_case, step, now).await?)
            }
            None => None,
        };
        let beside = self.steps.storing_any(taken.as_ref(), now)?;
        let request = Request {
            action: Action::Erase,
            stage: Stage::Planned,
            order: self.impact.digest(&what),
            ground: Some(ground),
            exclusions: exclusions.clone(),
            planned_by,
            planned_at: now,
            plan: Some(plan),
            hash,
            undecided: found.undecided(),
            approved_by: None,
            approved_at: None,
            stopped_by: None,
            holders: found.holders.clone(),
            sealed: Some(identities::seal(&self.identities, &identifiers)),
            matched: Some(identities::seal(&self.identities, &found.identifiers)),
            terms: None,
            in_case: in_case.map(|ordered| ordered.in_case),
        };
        if !self
            .register
            .plan(&id, &request, before.as_ref(), beside)
            .await?
        {
            return Err(Error::NotNow(
                "somebody else planned or approved the same request, or entered something into its case, just now: ask for its status, or give the same order again",
            ));
        }
        tracing::info!(outcome = "planned", "request");
        let links = found.links();
        let mut answer = json!({
            "request_id": id.as_str(), "status": "planned", "hash": request.hash, "ground": ground,
            "plan": request.plan, "exclude": exclusions,
            "linked": links.linked, "linked_total": links.linked_total, "undecided": links.undecided,
            "matched": found.matched,
            "also_named": found.named.iter().take(PAGE).map(masked).collect::<Vec<_>>(),
            "also_named_total": found.named.len(),
        });
        show(taken.as_ref().map(|taken| &taken.case), &mut answer);
        Ok(answer)
    }

    fn given_by(&self) -> &'static str {
        "planned_by"
    }
}

impl PlanErasure {
    /// Whom the order is about and what it would delete, at `now`.
    async fn draft(
        &self,
        ordered: &Ordered<'_>,
        in_case: bool,
        now: DateTime<Utc>,
    ) -> Result<Drafted, Error> {
        let found = self
            .people
            .find(
                ordered.identifiers,
                ordered.decisions,
                Follow::Confirmed,
                now,
            )
            .await?;
        People::must_know(ordered.decisions, &found)?;
        if found.holders.len() > HOLDERS {
            return Err(Violation::new(
                "identifiers",
                "lead to too many keys for one request: name fewer",
            )
            .into());
        }
        let scope = ErasureScope {
            holders: found.holders.clone(),
            up_to: now,
            exclusions: ordered.exclusions.to_vec(),
        };
        let Touched {
            mut plan,
            holders,
            cases,
            ..
        } = self
            .impact
            .touched(ordered.id, &scope, &found.identifiers, now)
            .await?;
        // What nobody could approve is not planned.
        let beside = holders.len() + cases.len() + if in_case { IN_CASE } else { 0 };
        if beside > beside_at_most(found.holders.len()) {
            return Err(too_many_keys().into());
        }
        plan.linked = Some(count(found.linked.len()));
        let hash = self.impact.hash(ordered, &plan, &found.holders);
        Ok(Drafted { plan, found, hash })
    }
}
