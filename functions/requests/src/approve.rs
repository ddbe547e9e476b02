//! Approving a plan: what was looked at is what happens. What has arrived since is reported, and
//! stops nothing.

use crate::Error;
use crate::impact::{HASHED, Impact, Ordered, Touched, count};
use crate::order::{Invocation, OrderHandler};
use crate::request_view::RequestView;
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::keyring::{Identities, Keyring};
use custodian_domain::identity::{identities, staff};
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::record::Holder;
use custodian_domain::retention::periods;
use custodian_domain::rights::decision::Undecided;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::plan::Plan;
use custodian_domain::rights::register::lists::{RequestKind, SingleHandedReason};
use custodian_domain::rights::register::{Case, Progress, Step};
use custodian_domain::rights::task::{Action, Task};
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::{CaseSteps, once};
use custodian_rights::case_view::show;
use custodian_rights::erasure_scope::ErasureScope;
use custodian_rights::people::Follow;
use custodian_rights::people::People;
use custodian_store::Write;
use custodian_store::constraints::Constraints;
use custodian_store::requests::{
    Approval, HOLDERS, Request, Requests, Stage, Terms, beside_at_most,
};
use serde_json::Value;
use std::sync::Arc;

/// Within how many days every place must be done: less than the month of Article 12(3), and the 28
/// days that the privacy notice gives to newsletters.
const DAYS: TimeDelta = periods::PLACES;
/// The field that says who approves.
const BY: &str = "approved_by";
/// How many writes a step in a case takes at most beside the approval: the case, the event with its
/// mark, what has moved or followed, and the lines of its lists.
pub(crate) const IN_CASE: usize = 10;

/// Approves a plan.
#[derive(Debug)]
pub(crate) struct Approve {
    pub(crate) people: People,
    pub(crate) identities: Arc<Keyring<Identities>>,
    pub(crate) register: Requests,
    pub(crate) constraints: Constraints,
    pub(crate) impact: Arc<Impact>,
    pub(crate) view: Arc<RequestView>,
    pub(crate) steps: CaseSteps,
}

#[async_trait]
impl OrderHandler for Approve {
    /// Approves a plan by its hash. If the plan names a case, so does its approval, and that this is
    /// approved there is entered in the same transaction.
    #[expect(
        clippy::too_many_lines,
        reason = "one order, from its fields to its answer"
    )]
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 10] = [
            "order",
            "case_id",
            "kind",
            "request_id",
            "hash",
            "approved_by",
            "confirmed_links",
            "refused_links",
            "single_handed_reason",
            "person_agreed_on",
        ];
        let now = invocation.now;
        let order = Order::read(order, &FIELDS)?;
        let (id, named) = self
            .steps
            .named(order, &[RequestKind::Erasure], BY, now)
            .await?;
        let (hash, decisions) = (order.text("hash")?, order.decisions()?);
        let approved_by = order.staff(BY)?;
        let planned = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        invocation.concerned.about(&planned.holders);
        let in_case = CaseSteps::again(named, planned.in_case.as_ref(), &id, (BY, approved_by))?;
        if planned.stage != Stage::Planned {
            return self
                .approved_before(&id, &planned, hash, approved_by, now)
                .await;
        }
        let (Some(ground), Some(before)) = (planned.ground, planned.plan.as_ref()) else {
            return Err(Error::AnotherRequest);
        };
        let identifiers = self.unsealed(planned.sealed.as_deref())?;
        let ordered = Ordered {
            id: &id,
            identifiers: &identifiers,
            decisions: &decisions,
            ground,
            exclusions: &planned.exclusions,
        };
        if planned.hash != hash {
            return Err(Error::Stale(
                "hash is not that of the plan as it was last made".to_owned(),
            ));
        }
        if planned.order != self.impact.digest(&ordered) {
            return Err(Error::Stale(
                "confirmed_links are not those of the plan".to_owned(),
            ));
        }
        // Others who can write to the Register get no plan approved that the DPO did not see.
        if hash.starts_with(HASHED) && hash != self.impact.hash(&ordered, before, &planned.holders)
        {
            tracing::error!(outcome = "not_approved", "request");
            return Err(Error::Stale(
                "the plan is not what was planned: plan it anew".to_owned(),
            ));
        }
        let found = self
            .people
            .find(&identifiers, &decisions, Follow::Confirmed, now)
            .await?;
        let linked = count(found.linked.len());
        let (matched, undecided) = match &planned.matched {
            Some(matched) => (self.unsealed(Some(matched))?, planned.undecided.clone()),
            // The plan was made by an earlier version.
            None => (found.identifiers.clone(), found.undecided()),
        };
        let scope = self.planned_scope(&planned, &matched)?;
        // Read before the decisions that depend on it: any restriction from here on is noticed.
        let restricting = self.constraints.restricting(&scope.holders, now).await?;
        let Touched {
            mut plan,
            holders,
            later,
            opposed,
            cases,
        } = self.impact.touched(&id, &scope, &matched, now).await?;
        plan.linked = Some(linked);
        let obstacles = plan.obstacles_since(before);
        if !obstacles.is_empty() {
            return Err(Error::Stale(obstacles.join("; ")));
        }
        refuse_blocked(&plan)?;
        let undecided = undecided.left(&decisions);
        if undecided > 0 {
            return Err(Error::Undecided(undecided));
        }
        let terms = Terms {
            up_to: scope.up_to,
            arrived_since: plan.arrived_since(before, later),
            changed_since: plan.counts_since(before),
            single_handed_reason: single_handed(order, &planned, approved_by, &matched)?,
            person_agreed_on: agreed(order, &opposed, now)?,
        };
        let taken = match &in_case {
            Some(ordered) => {
                let approved = Step::Approved {
                    hash: hash.to_owned(),
                    single_handed: single_handed_in_case(&terms),
                };
                let step = |_: &Progress| once(approved.clone());
                Some(self.steps.take(ordered, step, now).await?)
            }
            None => None,
        };
        let request = Request {
            stage: Stage::Approved,
            undecided: Undecided::default(),
            approved_by: Some(approved_by.to_owned()),
            approved_at: Some(now),
            holders: scope.holders.clone(),
            sealed: Some(identities::seal(&self.identities, &matched)),
            matched: None,
            terms: Some(terms),
            in_case: in_case.map(|ordered| ordered.in_case),
            ..planned
        };
        let tasks: Vec<Task> = Place::ALL
            .into_iter()
            .map(|place| Task::new(place, Action::Erase, plan.held(place), due(now), now))
            .collect();
        // What is placed at this very moment is noticed too, and so is an access request that is
        // confirmed to be theirs, or opened again.
        let unheld = holders
            .iter()
            .map(|holder| self.constraints.unheld(holder, &restricting, now));
        let mut beside: Vec<Write> = unheld.collect();
        beside.extend(self.steps.storing_any(taken.as_ref(), now)?);
        // What stores a step checks its own case.
        let is_own = |case: &&Case| {
            let own = taken.as_ref().map(|taken| taken.case.id());
            own == Some(case.id())
        };
        for case in cases.iter().filter(|case| !is_own(case)) {
            beside.push(self.impact.cases.unchanged(case)?);
        }
        if beside.len() > beside_at_most(request.holders.len()) {
            return Err(too_many_keys().into());
        }
        let approval = Approval {
            request: &request,
            tasks: &tasks,
            suppress: true,
            beside,
        };
        if !self.register.approve(&id, approval, now).await? {
            // Somebody else approved or planned it in between; the answer shows the stored request.
            let stands = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
            return self
                .approved_before(&id, &stands, hash, approved_by, now)
                .await;
        }
        tracing::info!(outcome = "approved", "request");
        let mut answer = self.view.of(&id, &request, now).await?;
        show(taken.as_ref().map(|taken| &taken.case), &mut answer);
        Ok(answer)
    }

    fn given_by(&self) -> &'static str {
        BY
    }
}

impl Approve {
    /// What the plan covered when it was made: nobody who writes to the council afterwards changes
    /// that. Keys that a rotation made since belong to the same people.
    fn planned_scope(
        &self,
        planned: &Request,
        matched: &[Identifier],
    ) -> Result<ErasureScope, Error> {
        let mut holders = planned.holders.clone();
        holders.extend(
            matched
                .iter()
                .flat_map(|one| self.people.keys.keys(one))
                .map(Holder::Subject),
        );
        holders.sort();
        holders.dedup();
        if holders.len() > HOLDERS {
            return Err(too_many_keys().into());
        }
        Ok(ErasureScope {
            holders,
            up_to: planned.planned_at,
            exclusions: planned.exclusions.clone(),
        })
    }

    fn unsealed(&self, sealed: Option<&str>) -> Result<Vec<Identifier>, StorageError> {
        let identifiers = sealed.and_then(|sealed| identities::unseal(&self.identities, sealed));
        identifiers.ok_or_else(|| StorageError::unreadable("open the sealed identifiers"))
    }

    /// The same approval twice is one; a different one is refused.
    async fn approved_before(
        &self,
        id: &RequestId,
        request: &Request,
        hash: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        if request.stage == Stage::Planned {
            return Err(Error::Stale(
                "somebody planned it anew, placed a hold, or entered something into a case of the person, just now"
                    .to_owned(),
            ));
        }
        let same = request.hash == hash
            && request
                .approved_by
                .as_deref()
                .is_some_and(|one| staff::is_same(one, by));
        if same {
            let mut answer = self.view.of(id, request, now).await?;
            self.steps
                .show(request.in_case.as_ref(), &mut answer, now)
                .await?;
            Ok(answer)
        } else {
            Err(Error::Approved)
        }
    }
}

pub(crate) fn too_many_keys() -> Violation {
    let rule = "lead to too many keys for one request: plan with fewer";
    Violation::new("identifiers", rule)
}

/// Refuses an erasure while something else has to be done first.
fn refuse_blocked(plan: &Plan) -> Result<(), Error> {
    if !plan.access_first.is_empty() {
        let ids: Vec<&str> = plan.access_first.iter().map(RequestId::as_str).collect();
        return Err(Error::AccessFirst(ids.join(", ")));
    }
    if plan.holds.is_empty() {
        Ok(())
    } else {
        Err(Error::Held(plan.holds.join(", ")))
    }
}

/// Why one person plans and approves; `None` if they are two.
fn single_handed(
    order: Order<'_>,
    planned: &Request,
    by: &str,
    matched: &[Identifier],
) -> Result<Option<String>, Error> {
    let reason = order.words("single_handed_reason", matched)?;
    if !staff::is_same(&planned.planned_by, by) {
        return Ok(None);
    }
    reason.map(Some).ok_or(Error::SingleHanded)
}

/// The same, by the word that a case has for it: the request has the reason itself.
fn single_handed_in_case(terms: &Terms) -> Option<SingleHandedReason> {
    let reason = terms.single_handed_reason.as_ref();
    reason.map(|_| SingleHandedReason::SaidAtApproval)
}

/// The day on which the person agreed, if they had opposed erasure.
fn agreed(
    order: Order<'_>,
    opposed: &[(RequestId, DateTime<Utc>)],
    now: DateTime<Utc>,
) -> Result<Option<NaiveDate>, Error> {
    const FIELD: &str = "person_agreed_on";
    let Some(last) = opposed.iter().map(|(_, at)| london::date(*at)).max() else {
        return if order.has(FIELD) {
            Err(Violation::new(
                FIELD,
                "is for erasing what is restricted under 18(1)(b), and nothing is",
            )
            .into())
        } else {
            Ok(None)
        };
    };
    if !order.has(FIELD) {
        let ids: Vec<&str> = opposed.iter().map(|(id, _)| id.as_str()).collect();
        return Err(Error::Opposed(ids.join(", ")));
    }
    let day = order.date(FIELD)?;
    if (last..=london::date(now)).contains(&day) {
        Ok(Some(day))
    } else {
        Err(Violation::new(FIELD, "must be a day from the restriction to today").into())
    }
}

/// The day by which a task that begins now must be done.
pub(crate) fn due(now: DateTime<Utc>) -> NaiveDate {
    let today = london::date(now);
    today.checked_add_signed(DAYS).unwrap_or(today)
}
