//! Somebody confirms that they deleted by hand.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use crate::request_view::RequestView;
use async_trait::async_trait;
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::processor_exchange::Confirmation;
use custodian_domain::validation::violation::Violation;
use custodian_store::requests::Requests;
use custodian_store::tasks::Tasks;
use serde_json::Value;
use std::sync::Arc;

/// Confirms that a place was done by hand.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub(crate) register: Requests,
    pub(crate) tasks: Tasks,
    pub(crate) view: Arc<RequestView>,
}

#[async_trait]
impl OrderHandler for Confirm {
    /// Stores who deleted by hand, where, and on which day.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(
            order,
            &["order", "request_id", "place", "confirmed_by", "done_on"],
        )?;
        let (id, now) = (order.request()?, invocation.now);
        let place = order
            .get("place")
            .and_then(Place::named)
            .filter(|place| place.can_be_notified());
        let place = place
            .ok_or_else(|| Violation::new("place", "must be granicus, five9 or newsletter"))?;
        let confirmation = Confirmation {
            by: order.text("confirmed_by")?.to_owned(),
            on: order.date("done_on")?,
        };
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        invocation.concerned.about(&request.holders);
        let approved_on = request.approved_at.map(london::date);
        if confirmation.on > london::date(now)
            || approved_on.is_none_or(|approved_on| confirmation.on < approved_on)
        {
            return Err(
                Violation::new("done_on", "must be a day from the approval to today").into(),
            );
        }
        if !self.tasks.confirm(&id, place, &confirmation).await? {
            return Err(Error::NotNow(
                "this place does not wait for somebody to confirm: ask for the request's status",
            ));
        }
        let what = format!("confirmed {}", place.as_str());
        self.register
            .happened(&id, &what, &confirmation.by, now)
            .await?;
        self.tasks.wake(&id, place).await?;
        tracing::info!(outcome = "confirmed", place = place.as_str(), "request");
        self.view.of(&id, &request, now).await
    }

    fn given_by(&self) -> &'static str {
        "confirmed_by"
    }
}
