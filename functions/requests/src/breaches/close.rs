//! A breach is closed: everything of it gets its end, and what it holds is released.

use super::entering::{EnteringBreach, OTHERS_ENTER, TRIES, view};
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::rights::breach::{Breach, BreachEntry, BreachEvent};
use custodian_domain::rights::constraint::{Act, Lifting, Reason};
use custodian_rights::hold_enforcement::Enforced;
use custodian_store::Write;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Closes a breach.
#[derive(Debug)]
pub(crate) struct CloseBreach(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for CloseBreach {
    /// `{"order", "breach_id", "by", "lessons", …}`. Its holds are lifted in the same transaction,
    /// and what they held is released then; if that breaks off, the same order, or the sweep,
    /// finishes it.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = EnteringBreach::read(order, &["lessons"])?;
        let lessons = order.sentence("lessons")?;
        let event = BreachEvent::Closed { lessons };
        let entry = EnteringBreach::entry(order, invocation, event)?;
        for _ in 0..TRIES {
            let step = self.0.step(order, &entry, invocation.now).await?;
            let is_done = step.repeated || {
                let lifted = self.lifting(&step.before, &entry, invocation.now).await?;
                self.0.store(&step, lifted, invocation.now).await?
            };
            if is_done {
                let released = self.release(&step.after, invocation.now).await?;
                let mut answer = view(&step, invocation.now);
                answer["done"] = json!(released);
                return Ok(answer);
            }
        }
        Err(OTHERS_ENTER)
    }
}

impl CloseBreach {
    /// The writes that lift its holds.
    async fn lifting(
        &self,
        breach: &Breach,
        entry: &BreachEntry,
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, Error> {
        let constraints = &self.0.hold_enforcement.constraints;
        let lifting = Lifting {
            act: Act {
                by: entry.by.as_str().to_owned(),
                at: now,
            },
            reason: Reason::Settled,
        };
        let mut writes = Vec::new();
        for hold in breach.holds() {
            let placed = constraints.find(hold, now).await?;
            // Somebody may have lifted it by an order of its own.
            let Some(placed) = placed.filter(|it| it.standing.lifted.is_none()) else {
                continue;
            };
            let kind = placed.standing.kind;
            writes.extend(constraints.lifting(hold, kind, &lifting).await?);
        }
        Ok(writes)
    }

    /// Releases what its holds held.
    async fn release(&self, breach: &Breach, now: DateTime<Utc>) -> Result<Enforced, Error> {
        let (enforcement, mut done) = (&self.0.hold_enforcement, Enforced::default());
        let mut seen = BTreeSet::new();
        for hold in breach.holds() {
            if let Some(placed) = enforcement.constraints.find(hold, now).await? {
                enforcement
                    .reconcile(hold, &placed, &mut seen, &mut done, now)
                    .await?;
            }
        }
        Ok(done)
    }
}
