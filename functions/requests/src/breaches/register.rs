//! The council becomes aware of a breach.

use super::breach_view;
use super::entering::EnteringBreach;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::{Breach, BreachEntry, BreachEvent, BreachId, NotABreachId};
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use serde_json::{Value, json};
use std::sync::Arc;

/// Registers a breach.
#[derive(Debug)]
pub(crate) struct Register(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for Register {
    /// `{"order", "breach_id"?, "aware_at", "how", "by", "event_id"?}`: the 72 hours run from
    /// `aware_at`. Without a `breach_id` the invocation's id is taken.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let fields = ["order", "breach_id", "aware_at", "how", "by", "event_id"];
        let (order, now) = (Order::read(order, &fields)?, invocation.now);
        let id = if order.has("breach_id") {
            order.breach("breach_id")?
        } else {
            let wrong = |rule: NotABreachId| Violation::new("breach_id", rule.to_string());
            BreachId::try_from(invocation.request_id("breach_id")?).map_err(wrong)?
        };
        let event = BreachEvent::Aware {
            aware_at: order.instant("aware_at")?,
            how: order.chosen("how")?,
        };
        let entry = EnteringBreach::entry(order, invocation, event)?;
        let breaches = &self.0.breaches;
        let mut repeated = breaches.find(&id, now).await?;
        let breach = Breach::register(id.clone(), entry.clone())?;
        if repeated.is_none() && !breaches.store((None, &breach), Vec::new(), now).await? {
            // Somebody else has registered it meanwhile, or another run of this order.
            repeated = breaches.find(&id, now).await?;
        }
        let first = repeated.as_ref().and_then(|it| it.entries().first());
        let is_same = |first: &BreachEntry| (&first.event, &first.by) == (&entry.event, &entry.by);
        if first.is_some_and(|first| !is_same(first)) {
            return Err(Error::AnotherBreach);
        }
        tracing::info!(outcome = "registered", "breach");
        let mut answer = breach_view::of(repeated.as_ref().unwrap_or(&breach), now);
        answer["repeated"] = json!(repeated.is_some());
        Ok(answer)
    }
}
