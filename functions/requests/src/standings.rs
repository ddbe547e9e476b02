//! What the orders about holds and restrictions have in common: they are entered first, then made
//! true of everything.

use crate::recipients::{LIFTED, RESTRICTED, Telling};
use crate::{Error, Requests};
use chrono::{DateTime, SubsecRound, Utc};
use custodian_domain::record::Fingerprint;
use custodian_domain::rights::constraint::{Act, Constraint, ConstraintKind, Lifting, Reason};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::Action;
use custodian_domain::validation::violation::Violation;
use custodian_rights::hold_enforcement::Enforced;
use custodian_rights::people::{Follow, Links, People};
use custodian_store::constraints::Placed;
use custodian_store::requests::{Request, Stage};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Requests {
    /// Places something: `{"order", "request_id", "identifiers", "ground", "by",
    /// "confirmed_links"?, "refused_links"?}`.
    pub(crate) async fn place(
        &self,
        order: &Value,
        ground: impl FnOnce(&str) -> Result<ConstraintKind, Violation>,
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
        let (order, now) = (
            Order::read(order, &FIELDS)?,
            self.clock.now().trunc_subsecs(0),
        );
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
        let standings = &self.hold_enforcement.constraints;
        if standings.find(&id, now).await?.is_none() {
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
                    let telling = Telling {
                        action: Action::Restrict,
                        order: digest.clone(),
                        by,
                        holders: found.holders.clone(),
                    };
                    self.telling_beside(&id, RESTRICTED, telling, now).await?
                }
            };
            // Whether it was entered here or by another run of the same order is seen below.
            standings.enter(&id, &placed, beside).await?;
        }
        // If it is not there, the request by which recipients would be told is another.
        let placed = standings
            .find(&id, now)
            .await?
            .ok_or(Error::AnotherRequest)?;
        if placed.order != digest {
            return Err(Error::AnotherRequest);
        }
        self.ordered_again(&id, &placed.standing.placed.by, &by, now)
            .await?;
        let settled = if placed.standing.lifted.is_none() {
            self.settle(&id, &placed, now).await?
        } else {
            Enforced::default()
        };
        tracing::info!(outcome = "placed", "standing");
        let mut told = told(&id, &placed, settled, &found.links());
        told["recipients"] = json!(self.recipients(&id, &placed, now).await?);
        told["erasures_under_way"] = json!(self.erasures_under_way(&placed, now).await?);
        Ok(told)
    }

    /// Erasures of the same people that were approved before: nothing but a stop keeps them from
    /// what is left.
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

    /// Lifts something: `{"order", "request_id", "reason", "by"}`.
    pub(crate) async fn lift(
        &self,
        order: &Value,
        is: fn(ConstraintKind) -> bool,
    ) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "reason", "by"])?;
        let (id, now) = (order.request()?, self.clock.now().trunc_subsecs(0));
        let reason = Reason::parse(order.text("reason")?)?;
        let act = Act {
            by: order.text("by")?.to_owned(),
            at: now,
        };
        let placed = self.standing(&id, now).await?;
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
                    let telling = Telling {
                        action: Action::Unrestrict,
                        order,
                        by: &act.by,
                        holders,
                    };
                    self.telling_beside(&id, LIFTED, telling, now).await?
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
        let placed = self.standing(&id, now).await?;
        // If it still stands, the request by which recipients would be told is another.
        let lifting = placed
            .standing
            .lifted
            .as_ref()
            .ok_or(Error::AnotherRequest)?;
        self.ordered_again(&id, &lifting.act.by, &act.by, now)
            .await?;
        let settled = self.settle(&id, &placed, now).await?;
        tracing::info!(outcome = "lifted", count = settled.deleted, "standing");
        let mut told = told(&id, &placed, settled, &Links::of(&[]));
        told["recipients"] = json!(self.recipients(&id, &placed, now).await?);
        Ok(told)
    }

    /// What a request has placed, for its status; nothing if it has placed nothing.
    pub(crate) async fn stands(
        &self,
        id: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<Value>, Error> {
        let Some(placed) = self.hold_enforcement.constraints.find(id, now).await? else {
            return Ok(None);
        };
        let recipients = self.recipients(id, &placed, now).await?;
        Ok(Some(
            json!({"status": status(&placed), "standing": placed.standing, "recipients": recipients}),
        ))
    }

    pub(crate) async fn standing(
        &self,
        id: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Placed, Error> {
        self.hold_enforcement
            .constraints
            .find(id, now)
            .await?
            .ok_or(Error::Unknown)
    }

    async fn settle(
        &self,
        id: &RequestId,
        placed: &Placed,
        now: DateTime<Utc>,
    ) -> Result<Enforced, Error> {
        Ok(self
            .hold_enforcement
            .reconcile(id, placed, &mut BTreeSet::new(), now)
            .await?)
    }
}

/// What the DPO is told of it, and never whose it is.
pub(crate) fn told(id: &RequestId, placed: &Placed, settled: Enforced, links: &Links<'_>) -> Value {
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
