//! The records of those whom a breach affects are kept until it is closed.

use super::entering::{EnteringBreach, OTHERS_ENTER, TRIES, view};
use super::finder::Finder;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::record::{Fingerprint, Holder};
use custodian_domain::rights::breach::{Breach, BreachEvent, BreachRefusal, HELD};
use custodian_domain::rights::constraint::{Act, Constraint, ConstraintKind, HoldGround};
use custodian_domain::rights::package::RequestId;
use custodian_rights::hold_enforcement::Enforced;
use custodian_store::constraints::Placed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Holds the records of those who are affected.
#[derive(Debug)]
pub(crate) struct HoldAffected {
    pub(super) entering: Arc<EnteringBreach>,
    pub(super) finder: Arc<Finder>,
}

#[async_trait]
impl OrderHandler for HoldAffected {
    /// `{"order", "breach_id", "by", …}`: holds everything of the people whom the register's query
    /// finds now, up to [`HELD`] of them; of more, nobody's. Who comes later is held by the order
    /// under another `event_id`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = EnteringBreach::read(order, &[])?;
        let (by, now) = (order.staff_number("by")?, invocation.now);
        let breach = self.entering.find(&order.breach("breach_id")?, now).await?;
        let (mut request, mut found) = (breach.next_hold(), None);
        for _ in 0..TRIES {
            let event = |people: usize| BreachEvent::Held {
                request: request.clone(),
                people: u32::try_from(people).unwrap_or(u32::MAX),
            };
            let entry = EnteringBreach::entry(order, invocation, event(0))?;
            let step = self.entering.step(order, &entry, now).await?;
            if step.repeated {
                let held = held(&step.before, &entry.id);
                let done = self.enforce(held.unwrap_or(&request), now).await?;
                let mut answer = view(&step, now);
                answer["done"] = json!(done);
                return Ok(answer);
            }
            if step.before.next_hold() != request {
                request = step.before.next_hold();
                continue;
            }
            let holders = match found.take() {
                Some(holders) => holders,
                None => self.affected(&step.before, now).await?,
            };
            invocation.concerned.about(&holders);
            let entry = EnteringBreach::entry(order, invocation, event(holders.len()))?;
            let step = self.entering.step(order, &entry, now).await?;
            let placed = placed(by.as_str(), &holders, now);
            let constraints = &self.entering.hold_enforcement.constraints;
            if constraints.find(&request, now).await?.is_some() {
                return Err(Error::AnotherRequest);
            }
            let beside = constraints.entering(&request, &placed).await?;
            if self.entering.store(&step, beside, now).await? {
                let done = self.enforce(&request, now).await?;
                let mut answer = view(&step, now);
                answer["done"] = json!(done);
                return Ok(answer);
            }
            found = Some(holders);
        }
        Err(OTHERS_ENTER)
    }
}

impl HoldAffected {
    /// Everybody whom the query of the register finds.
    async fn affected(&self, breach: &Breach, now: DateTime<Utc>) -> Result<Vec<Holder>, Error> {
        let query = breach.scope().query.as_ref();
        let query = query.ok_or(BreachRefusal::NoQuery)?;
        let mut walk = self.finder.walk(query, None, now).await?;
        let mut holders = Vec::new();
        while let Some(people) = walk.next().await? {
            holders.extend(people.into_iter().map(|person| person.holder));
            if holders.len() > HELD {
                return Err(Error::TooMany(
                    "more than 1,000 people are affected: a hold is for 1,000 at most, and nobody is held; narrow the \
                     query, or hold the people whom you name with `hold`",
                ));
            }
            if walk.is_too_long() {
                return Err(Error::TooMany(
                    "there is too much to look through at once, and nobody is held: narrow the query by a period",
                ));
            }
        }
        if holders.is_empty() {
            return Err(Error::NotNow("the query finds nobody: nothing is held"));
        }
        Ok(holders)
    }

    async fn enforce(&self, request: &RequestId, now: DateTime<Utc>) -> Result<Enforced, Error> {
        let (enforcement, mut done) = (&self.entering.hold_enforcement, Enforced::default());
        if let Some(placed) = enforcement.constraints.find(request, now).await? {
            enforcement
                .reconcile(request, &placed, &mut BTreeSet::new(), &mut done, now)
                .await?;
        }
        Ok(done)
    }
}

/// The request of the hold that was entered by this event.
fn held<'a>(breach: &'a Breach, event: &RequestId) -> Option<&'a RequestId> {
    let entry = breach.entries().iter().find(|entry| entry.id == *event)?;
    match &entry.event {
        BreachEvent::Held { request, .. } => Some(request),
        _ => None,
    }
}

fn placed(by: &str, holders: &[Holder], now: DateTime<Utc>) -> Placed {
    let kind = ConstraintKind::Hold(HoldGround::Breach);
    Placed {
        in_case: None,
        standing: Constraint {
            kind,
            placed: Act {
                by: by.to_owned(),
                at: now,
            },
            notice: None,
            lifted: None,
        },
        order: Fingerprint::of(&(holders, kind)).into_string(),
        holders: holders.to_vec(),
        settled: false,
    }
}
