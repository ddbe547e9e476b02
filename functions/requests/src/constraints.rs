//! What the orders about holds and restrictions share: they are entered first, then applied to
//! everything.

use crate::Error;
use crate::order::Invocation;
use crate::recipients::{LIFTED, Notification, RESTRICTED, Recipients};
use crate::request_view::RequestView;
use chrono::{DateTime, Utc};
use custodian_domain::record::Fingerprint;
use custodian_domain::rights::constraint::{Act, Constraint, ConstraintKind, Lifting, Reason};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::Action;
use custodian_domain::validation::violation::Violation;
use custodian_rights::hold_enforcement::{Enforced, HoldEnforcement};
use custodian_rights::people::{Follow, Links, People};
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
}

impl Constraining {
    /// Places a hold or restriction: `{"order", "request_id", "identifiers", "ground", "by",
    /// "confirmed_links"?, "refused_links"?}`.
    pub(crate) async fn place(
        &self,
        order: &Value,
        invocation: &Invocation<'_>,
        ground: impl FnOnce(&str) -> Result<ConstraintKind, Violation> + Send,
    ) -> Result<Value, Error> {
        const FIELDS: [&str; 7] = [
            "order",
            "request_id",
            "identifiers",
            "ground",
            "by",
            "confirmed_links",
            "refused_links",
        ];
        let (order, now) = (Order::read(order, &FIELDS)?, invocation.now);
        let (id, identifiers, decisions) =
            (order.request()?, order.identifiers()?, order.decisions()?);
        let (kind, by) = (ground(order.text("ground")?)?, order.text("by")?.to_owned());
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
            };
            let beside = match kind {
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
            // The code below checks whether this run or another run of the same order entered it.
            constraints.enter(&id, &placed, beside).await?;
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

    /// Lifts a hold or restriction: `{"order", "request_id", "reason", "by"}`.
    pub(crate) async fn lift(
        &self,
        order: &Value,
        invocation: &Invocation<'_>,
        is: fn(ConstraintKind) -> bool,
    ) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "reason", "by"])?;
        let (id, now) = (order.request()?, invocation.now);
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
        if standing.lifted.is_none() {
            standing.may_be_lifted()?;
            let beside = match standing.kind {
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
        let lifting = placed
            .standing
            .lifted
            .as_ref()
            .ok_or(Error::AnotherRequest)?;
        self.view
            .ordered_again(&id, &lifting.act.by, &act.by, now)
            .await?;
        let settled = self.enforce(&id, &placed, now).await?;
        tracing::info!(outcome = "lifted", count = settled.deleted, "standing");
        let mut answer = constraint_view(&id, &placed, settled, &Links::of(&[]));
        answer["recipients"] = json!(self.recipients.of(&id, &placed, now).await?);
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
