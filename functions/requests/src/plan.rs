//! An erasure is planned, or planned again.

use crate::Error;
use crate::impact::{Impact, Ordered, Touched, count, masked};
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::identity::identities;
use custodian_domain::identity::keyring::{Identities, Keyring};
use custodian_domain::rights::erasure::Ground;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::plan::Plan;
use custodian_domain::rights::task::Action;
use custodian_domain::validation::violation::Violation;
use custodian_rights::erasure_scope::ErasureScope;
use custodian_rights::people::{Follow, Found, PAGE, People};
use custodian_store::requests::{HOLDERS, Request, Requests, Stage};
use serde_json::{Value, json};
use std::sync::Arc;

/// Plans an erasure.
#[derive(Debug)]
pub(crate) struct PlanErasure {
    pub(crate) people: People,
    pub(crate) identities: Arc<Keyring<Identities>>,
    pub(crate) register: Requests,
    pub(crate) impact: Arc<Impact>,
}

/// A plan, whom it is about, and its hash.
struct Drafted {
    plan: Plan,
    found: Found,
    hash: String,
}

#[async_trait]
impl OrderHandler for PlanErasure {
    /// Plans an erasure, or plans it again.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 8] = [
            "order",
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
        let (id, identifiers, decisions) =
            (order.request()?, order.identifiers()?, order.decisions()?);
        let (ground, exclusions) = (Ground::parse(order.text("ground")?)?, order.exclusions()?);
        let planned_by = order.staff("planned_by")?.to_owned();
        let before = self.register.find(&id, now).await?;
        match before.as_ref() {
            Some(before) if before.action != Action::Erase => return Err(Error::AnotherRequest),
            Some(before) if before.stage != Stage::Planned => return Err(Error::Approved),
            _ => {}
        }
        let ordered = Ordered {
            id: &id,
            identifiers: &identifiers,
            decisions: &decisions,
            ground,
            exclusions: &exclusions,
        };
        let Drafted { plan, found, hash } = self.draft(&ordered, now).await?;
        invocation.concerned.about(&found.holders);
        let request = Request {
            action: Action::Erase,
            stage: Stage::Planned,
            order: self.impact.digest(&ordered),
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
        };
        if !self.register.plan(&id, &request, before.as_ref()).await? {
            return Err(Error::NotNow(
                "somebody else planned or approved the same request just now: ask for its status",
            ));
        }
        tracing::info!(outcome = "planned", "request");
        let links = found.links();
        Ok(json!({
            "request_id": id.as_str(), "status": "planned", "hash": request.hash, "ground": ground,
            "plan": request.plan, "exclude": exclusions,
            "linked": links.linked, "linked_total": links.linked_total, "undecided": links.undecided,
            "matched": found.matched,
            "also_named": found.named.iter().take(PAGE).map(masked).collect::<Vec<_>>(),
            "also_named_total": found.named.len(),
        }))
    }

    fn given_by(&self) -> &'static str {
        "planned_by"
    }
}

impl PlanErasure {
    /// Whom the order is about and what it would delete, at `now`.
    async fn draft(&self, ordered: &Ordered<'_>, now: DateTime<Utc>) -> Result<Drafted, Error> {
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
        let Touched { mut plan, .. } = self
            .impact
            .touched(ordered.id, &scope, &found.identifiers, now)
            .await?;
        plan.linked = Some(count(found.linked.len()));
        let hash = self.impact.hash(ordered, &plan, &found.holders);
        Ok(Drafted { plan, found, hash })
    }
}
