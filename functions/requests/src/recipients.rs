//! Recipients are told what became of what they were given: it is restricted, freed, or corrected
//! (Article 19).
//!
//! Each time that is a request with a task for every processor, entered together with what they are
//! told of. Their interfaces know erasure only, so these are tasks for a human.

use crate::approving::due;
use crate::{Error, Requests};
use chrono::{DateTime, SubsecRound, Utc};
use custodian_domain::place::Place;
use custodian_domain::record::{Fingerprint, Holder};
use custodian_domain::rights::constraint::ConstraintKind;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::plan::Plan;
use custodian_domain::rights::task::{Action, Task};
use custodian_domain::validation::violation::Violation;
use custodian_rights::erasure_scope::ErasureScope;
use custodian_rights::people::{Follow, People};
use custodian_store::Write;
use custodian_store::constraints::Placed;
use custodian_store::requests::{Approval, HOLDERS, Request};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the requests are called by which recipients are told of a restriction, and of its lifting.
pub(crate) const RESTRICTED: &str = "restricted";
pub(crate) const LIFTED: &str = "lifted";

/// What recipients are told.
pub(crate) struct Telling<'a> {
    pub(crate) action: Action,
    /// A digest of the order.
    pub(crate) order: String,
    pub(crate) by: &'a str,
    pub(crate) holders: Vec<Holder>,
}

impl Requests {
    /// Has recipients told that something was corrected: `{"order", "request_id", "identifiers",
    /// "by", "confirmed_links"?, "refused_links"?}`. What it was stands in no order.
    pub(crate) async fn rectified(&self, order: &Value) -> Result<Value, Error> {
        const FIELDS: [&str; 6] = [
            "order",
            "request_id",
            "identifiers",
            "by",
            "confirmed_links",
            "refused_links",
        ];
        let (order, now) = (
            Order::read(order, &FIELDS)?,
            self.clock.now().trunc_subsecs(0),
        );
        let (id, identifiers, decisions) =
            (order.request()?, order.identifiers()?, order.decisions()?);
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
        let links = found.links();
        let links = json!({"linked": links.linked, "linked_total": links.linked_total, "undecided": links.undecided});
        let by = order.text("by")?;
        if self.register.find(&id, now).await?.is_none() {
            People::must_know(&decisions, &found)?;
            let (action, order) = (Action::Rectify, digest.clone());
            let telling = Telling {
                action,
                order,
                by,
                holders: found.holders,
            };
            let (request, tasks) = self.telling(telling, now).await?;
            let approval = Approval {
                request: &request,
                tasks: &tasks,
                suppress: false,
                beside: Vec::new(),
            };
            // Whether it was entered here or by another run of the same order is seen below.
            self.register.enter(&id, approval, now).await?;
        }
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        if (request.action, &request.order) != (Action::Rectify, &digest) {
            return Err(Error::AnotherRequest);
        }
        self.ordered_again(&id, &request.planned_by, by, now)
            .await?;
        tracing::info!(outcome = "rectified", "request");
        let mut told = self.told(&id, &request, now).await?;
        for name in ["linked", "linked_total", "undecided"] {
            told[name] = links[name].clone();
        }
        Ok(told)
    }

    /// What enters the request that follows from `id`, to begin together with what recipients are
    /// told of.
    pub(crate) async fn telling_beside(
        &self,
        id: &RequestId,
        what: &str,
        telling: Telling<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, Error> {
        let (request, tasks) = self.telling(telling, now).await?;
        let approval = Approval {
            request: &request,
            tasks: &tasks,
            suppress: false,
            beside: Vec::new(),
        };
        Ok(self
            .register
            .entering(&following(id, what)?, approval, now)?)
    }

    async fn telling(
        &self,
        telling: Telling<'_>,
        now: DateTime<Utc>,
    ) -> Result<(Request, Vec<Task>), Error> {
        let Telling {
            action,
            order,
            by,
            holders,
        } = telling;
        if holders.len() > HOLDERS {
            return Err(Violation::new(
                "identifiers",
                "lead to too many keys for one request: name fewer",
            )
            .into());
        }
        let scope = ErasureScope {
            holders,
            up_to: now,
            exclusions: Vec::new(),
        };
        let mut plan = Plan::default();
        self.count_records(&scope, &mut plan, now).await?;
        let places = Place::ALL.into_iter().filter(|place| place.can_be_told());
        let tasks = places
            .map(|place| Task::new(place, action, plan.held(place), due(now), now))
            .collect();
        Ok((
            Request::entered(action, order, by, &scope.holders, now),
            tasks,
        ))
    }

    /// The requests by which recipients are told of what was placed.
    pub(crate) async fn recipients(
        &self,
        id: &RequestId,
        placed: &Placed,
        now: DateTime<Utc>,
    ) -> Result<Vec<Value>, Error> {
        let mut recipients = Vec::new();
        if matches!(placed.standing.kind, ConstraintKind::Restriction(_)) {
            for what in [RESTRICTED, LIFTED] {
                let following = following(id, what)?;
                if let Some(request) = self.register.find(&following, now).await? {
                    recipients.push(self.told(&following, &request, now).await?);
                }
            }
        }
        Ok(recipients)
    }
}

fn following(id: &RequestId, what: &str) -> Result<RequestId, Error> {
    id.following(what)
        .map_err(|_| Violation::new("request_id", "must have at most 53 characters").into())
}
