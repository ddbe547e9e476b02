//! What the orders about holds and restrictions share: they are entered first, then applied to
//! everything.

use crate::Error;
use crate::error::BUSY;
use crate::order::Invocation;
use crate::recipients::{LIFTED, Notification, RESTRICTED, Recipients};
use crate::request_view::RequestView;
use chrono::{DateTime, Utc};
use custodian_domain::record::Fingerprint;
use custodian_domain::rights::constraint::{
    Act, Constraint, ConstraintKind, Lifting, Limb, Reason,
};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::progress::ObjectionStage;
use custodian_domain::rights::register::{Progress, Step};
use custodian_domain::rights::task::Action;
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::{CaseSteps, OrderedIn, once};
use custodian_rights::hold_enforcement::{Enforced, HoldEnforcement};
use custodian_rights::people::{Follow, Links, People};
use custodian_store::Write;
use custodian_store::constraints::Placed;
use custodian_store::requests::{Request, Requests, Stage};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Places and lifts holds and restrictions.
#[derive(Debug)]
pub(crate) struct Constraining {
    pub(crate) people: People,
    pub(crate) register: Requests,
    pub(crate) hold_enforcement: HoldEnforcement,
    pub(crate) recipients: Arc<Recipients>,
    pub(crate) view: Arc<RequestView>,
    pub(crate) steps: CaseSteps,
}

impl Constraining {
    /// Places a hold or restriction: `{"order", "request_id", "identifiers", "ground", "by",
    /// "confirmed_links"?, "refused_links"?}`.
    pub(crate) async fn place(
        &self,
        order: &Value,
        invocation: &Invocation<'_>,
        ground: impl FnOnce(&str) -> Result<ConstraintKind, Violation> + Send,
        kinds: &[RequestKind],
    ) -> Result<Value, Error> {
        const FIELDS: [&str; 9] = [
            "order",
            "case_id",
            "kind",
            "request_id",
            "identifiers",
            "ground",
            "by",
            "confirmed_links",
            "refused_links",
        ];
        let (order, now) = (Order::read(order, &FIELDS)?, invocation.now);
        let (id, in_case) = self.steps.named(order, kinds, BY, now).await?;
        let (identifiers, decisions) = (order.identifiers()?, order.decisions()?);
        let (kind, by) = (ground(order.text("ground")?)?, order.text("by")?.to_owned());
        if let Some(ordered) = &in_case {
            must_fit(ordered, kind)?;
        }
        let people: Vec<_> = identifiers
            .iter()
            .map(|identifier| self.people.keys.key(identifier))
            .collect();
        let digest = Fingerprint::of(&(
            people,
            kind,
            decisions.confirmed.iter().collect::<BTreeSet<_>>(),
        ))
        .into_string();
        let found = self
            .people
            .find(&identifiers, &decisions, Follow::Confirmed, now)
            .await?;
        invocation.concerned.about(&found.holders);
        let constraints = &self.hold_enforcement.constraints;
        if constraints.find(&id, now).await?.is_none() {
            People::must_know(&decisions, &found)?;
            let taken = self.taken(in_case.as_ref(), &placing, now).await?;
            let placed = Placed {
                standing: Constraint {
                    kind,
                    placed: Act {
                        by: by.clone(),
                        at: now,
                    },
                    notice: None,
                    lifted: None,
                },
                order: digest.clone(),
                holders: found.holders.clone(),
                settled: false,
                in_case: in_case.as_ref().map(|ordered| ordered.in_case.clone()),
            };
            let mut beside = match kind {
                ConstraintKind::Hold(_) => Vec::new(),
                ConstraintKind::Restriction(_) => {
                    let by = &placed.standing.placed.by;
                    let notification = Notification {
                        action: Action::Restrict,
                        order: digest.clone(),
                        by,
                        holders: found.holders.clone(),
                    };
                    self.recipients
                        .notify_beside(&id, RESTRICTED, notification, now)
                        .await?
                }
            };
            beside.extend(taken.unwrap_or_default());
            // The code below checks whether this run or another run of the same order entered it.
            let is_new = constraints.enter(&id, &placed, beside).await?;
            if !is_new && in_case.is_some() && constraints.find(&id, now).await?.is_none() {
                return Err(Error::NotNow(BUSY));
            }
        }
        // If it is not there, the request that would inform recipients belongs to another order.
        let placed = constraints
            .find(&id, now)
            .await?
            .ok_or(Error::AnotherRequest)?;
        if placed.order != digest {
            return Err(Error::AnotherRequest);
        }
        self.view
            .ordered_again(&id, &placed.standing.placed.by, &by, now)
            .await?;
        let settled = if placed.standing.lifted.is_none() {
            self.enforce(&id, &placed, now).await?
        } else {
            Enforced::default()
        };
        tracing::info!(outcome = "placed", "standing");
        let mut answer = constraint_view(&id, &placed, settled, &found.links());
        answer["recipients"] = json!(self.recipients.of(&id, &placed, now).await?);
        answer["erasures_under_way"] = json!(self.erasures_under_way(&placed, now).await?);
        let in_case = placed.in_case.as_ref();
        self.steps.show(in_case, &mut answer, now).await?;
        Ok(answer)
    }

    /// Erasures of the same people that were approved before: only a stop keeps them from what is
    /// left.
    async fn erasures_under_way(
        &self,
        placed: &Placed,
        now: DateTime<Utc>,
    ) -> Result<BTreeSet<String>, Error> {
        let mut erasures = BTreeSet::new();
        for holder in &placed.holders {
            let mut pages = self.register.open_about(holder, now);
            while let Some(page) = pages.next().await? {
                for id in page {
                    let request = self.register.find(&id, now).await?;
                    let erases =
                        |it: &Request| it.action == Action::Erase && it.stage == Stage::Approved;
                    erasures.extend(request.filter(erases).map(|_| String::from(id)));
                }
            }
        }
        Ok(erasures)
    }

    /// The writes that enter a step, beside what is placed or lifted.
    pub(crate) async fn taken(
        &self,
        in_case: Option<&OrderedIn>,
        steps: &(dyn Fn(&Progress) -> Vec<(Step, String)> + Send + Sync),
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<Write>>, Error> {
        let Some(ordered) = in_case else {
            return Ok(None);
        };
        let taken = self.steps.take(ordered, steps, now).await?;
        Ok(Some(self.steps.storing(&taken, now)?))
    }

    /// Lifts a hold or restriction: `{"order", "request_id", "reason", "by", "case_id"?, "kind"?}`.
    pub(crate) async fn lift(
        &self,
        order: &Value,
        invocation: &Invocation<'_>,
        is: fn(ConstraintKind) -> bool,
        kinds: &[RequestKind],
    ) -> Result<Value, Error> {
        let order = Order::read(
            order,
            &["order", "request_id", "case_id", "kind", "reason", "by"],
        )?;
        let now = invocation.now;
        let (id, named) = self.steps.named(order, kinds, BY, now).await?;
        let reason = Reason::parse(order.text("reason")?)?;
        let act = Act {
            by: order.text("by")?.to_owned(),
            at: now,
        };
        let placed = self.find(&id, now).await?;
        invocation.concerned.about(&placed.holders);
        let standing = &placed.standing;
        if !is(standing.kind) {
            return Err(Error::NotNow(
                "a hold is lifted by `lift`, a restriction by `unrestrict`",
            ));
        }
        let in_case = CaseSteps::again(named, placed.in_case.as_ref(), &id, (BY, &act.by))?;
        if standing.lifted.is_none() {
            standing.may_be_lifted()?;
            let step = |progress: &Progress| lifting_step(progress, reason);
            let taken = self.taken(in_case.as_ref(), &step, now).await?;
            let mut beside = match standing.kind {
                ConstraintKind::Hold(_) => Vec::new(),
                ConstraintKind::Restriction(_) => {
                    let (order, holders) = (placed.order.clone(), placed.holders.clone());
                    let notification = Notification {
                        action: Action::Unrestrict,
                        order,
                        by: &act.by,
                        holders,
                    };
                    self.recipients
                        .notify_beside(&id, LIFTED, notification, now)
                        .await?
                }
            };
            beside.extend(taken.unwrap_or_default());
            self.hold_enforcement
                .constraints
                .lift(
                    &id,
                    standing.kind,
                    &Lifting {
                        act: act.clone(),
                        reason,
                    },
                    beside,
                )
                .await?;
        }
        let placed = self.find(&id, now).await?;
        // If it is still in force, the request that would inform recipients belongs to another
        // order.
        let lifting = match placed.standing.lifted.as_ref() {
            Some(lifting) => lifting,
            None if in_case.is_some() => return Err(Error::NotNow(BUSY)),
            None => return Err(Error::AnotherRequest),
        };
        self.view
            .ordered_again(&id, &lifting.act.by, &act.by, now)
            .await?;
        let settled = self.enforce(&id, &placed, now).await?;
        tracing::info!(outcome = "lifted", count = settled.deleted, "standing");
        let mut answer = constraint_view(&id, &placed, settled, &Links::of(&[]));
        answer["recipients"] = json!(self.recipients.of(&id, &placed, now).await?);
        let in_case = in_case.map(|ordered| ordered.in_case);
        self.steps.show(in_case.as_ref(), &mut answer, now).await?;
        Ok(answer)
    }

    /// What a request has placed, for its status; `None` if it has placed nothing.
    pub(crate) async fn status_of(
        &self,
        id: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<Value>, Error> {
        let Some(placed) = self.hold_enforcement.constraints.find(id, now).await? else {
            return Ok(None);
        };
        let recipients = self.recipients.of(id, &placed, now).await?;
        Ok(Some(
            json!({"status": status(&placed), "standing": placed.standing, "recipients": recipients}),
        ))
    }

    pub(crate) async fn find(&self, id: &RequestId, now: DateTime<Utc>) -> Result<Placed, Error> {
        self.hold_enforcement
            .constraints
            .find(id, now)
            .await?
            .ok_or(Error::Unknown)
    }

    async fn enforce(
        &self,
        id: &RequestId,
        placed: &Placed,
        now: DateTime<Utc>,
    ) -> Result<Enforced, Error> {
        let mut done = Enforced::default();
        self.hold_enforcement
            .reconcile(id, placed, &mut BTreeSet::new(), &mut done, now)
            .await?;
        Ok(done)
    }
}

/// The requests of a case that a restriction can be a step of.
pub(crate) const RESTRICTS: [RequestKind; 3] = [
    RequestKind::Restriction,
    RequestKind::Objection,
    RequestKind::Rectification,
];

/// The field that says who gives one of these orders.
const BY: &str = "by";

/// A restriction in a case has the ground of what was asked: an objection that is weighed, or data
/// whose accuracy is checked.
fn must_fit(ordered: &OrderedIn, kind: ConstraintKind) -> Result<(), Violation> {
    let wanted = match ordered.in_case.kind {
        Some(RequestKind::Objection) => Limb::Objection,
        Some(RequestKind::Rectification) => Limb::Accuracy,
        _ => return Ok(()),
    };
    match kind {
        ConstraintKind::Restriction(limb) if limb != wanted => {
            let rule = "must be 18(1)(d) for an objection, and 18(1)(a) for a correction";
            Err(Violation::new("ground", rule))
        }
        _ => Ok(()),
    }
}

/// The step that a restriction is.
fn placing(progress: &Progress) -> Vec<(Step, String)> {
    match progress {
        Progress::Correction(_) => once(Step::FactsNamed),
        _ => once(Step::Restricted),
    }
}

/// The step that the end of a restriction is. What follows an objection that is upheld was decided
/// before, and a correction goes on. An objection that is settled otherwise is overridden.
fn lifting_step(progress: &Progress, reason: Reason) -> Vec<(Step, String)> {
    match progress {
        Progress::Objection(ObjectionStage::Noticed(_) | ObjectionStage::Weighing)
            if reason == Reason::Settled =>
        {
            once(Step::Overridden)
        }
        Progress::Correction(_) | Progress::Objection(ObjectionStage::Upheld(_)) => Vec::new(),
        _ => once(Step::Lifted),
    }
}

/// What the DPO sees of it, and never whose it is.
pub(crate) fn constraint_view(
    id: &RequestId,
    placed: &Placed,
    settled: Enforced,
    links: &Links<'_>,
) -> Value {
    json!({
        "request_id": id.as_str(), "status": status(placed), "standing": placed.standing, "done": settled,
        "linked": links.linked, "linked_total": links.linked_total, "undecided": links.undecided,
    })
}

fn status(placed: &Placed) -> &'static str {
    match (&placed.standing.lifted, placed.standing.kind) {
        (Some(_), _) => "lifted",
        (None, ConstraintKind::Hold(_)) => "held",
        (None, ConstraintKind::Restriction(_)) => "restricted",
    }
}
