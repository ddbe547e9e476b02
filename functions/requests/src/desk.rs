//! What the DPO asks about requests, stops, and confirms.

use crate::{Error, Requests};
use chrono::{DateTime, SubsecRound, Utc};
use custodian_domain::identity::staff;
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::processor_exchange::Confirmation;
use custodian_domain::validation::violation::Violation;
use custodian_store::requests::{Request, Stage};
use serde_json::{Value, json};

impl Requests {
    /// Tells how far a request is, in every place.
    pub(crate) async fn status(&self, order: &Value) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "by"])?;
        let (id, by, now) = (
            order.request()?,
            order.text("by")?,
            self.clock.now().trunc_subsecs(0),
        );
        let stands = self.stands(&id, now).await?;
        let request = self.register.find(&id, now).await?;
        let events = self.register.history(&id, now).await?;
        if request.is_none() && stands.is_none() && events.is_empty() {
            return Err(Error::Unknown);
        }
        self.register
            .asked(&id, &events, "asked for its status", by, now)
            .await?;
        let Some(request) = request else {
            return self.told_standing(&id, stands, now).await;
        };
        let mut told = self.told(&id, &request, now).await?;
        if let Some(stands) = stands {
            told["standing"] = stands["standing"].clone();
            told["recipients"] = stands["recipients"].clone();
        }
        Ok(told)
    }

    /// Remembers who gives an order again that another gave first.
    pub(crate) async fn ordered_again(
        &self,
        id: &RequestId,
        first: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        if !staff::is_same(first, by) {
            self.register
                .asked(
                    id,
                    &self.register.history(id, now).await?,
                    "ordered again",
                    by,
                    now,
                )
                .await?;
        }
        Ok(())
    }

    /// What there is to tell of a request that asks nothing of any place: what it has placed, or
    /// only that it was named.
    async fn told_standing(
        &self,
        id: &RequestId,
        stands: Option<Value>,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        let mut told = stands.unwrap_or_else(|| json!({"status": "noted"}));
        (told["request_id"], told["events"]) =
            (json!(id), json!(self.register.history(id, now).await?));
        Ok(told)
    }

    /// Stops what has not begun; what has begun ends as it ends.
    pub(crate) async fn stop(&self, order: &Value) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "stopped_by"])?;
        let (id, by, now) = (
            order.request()?,
            order.text("stopped_by")?,
            self.clock.now().trunc_subsecs(0),
        );
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        if request.stage == Stage::Planned {
            return Err(Error::NotNow(
                "a plan that is not approved has nothing to stop: leave it, or plan it anew",
            ));
        }
        if !self.register.stop(&id, by, now).await? {
            return Err(Error::NotNow(
                "the request is closed: there is nothing left to stop",
            ));
        }
        for task in self
            .tasks
            .all(&id, now)
            .await?
            .into_iter()
            .filter(|task| !task.is_over())
        {
            self.tasks.wake(&id, task.place).await?;
        }
        tracing::info!(outcome = "stopped", "request");
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        self.told(&id, &request, now).await
    }

    /// Remembers who deleted by hand, where, and on which day.
    pub(crate) async fn confirm(&self, order: &Value) -> Result<Value, Error> {
        let order = Order::read(
            order,
            &["order", "request_id", "place", "confirmed_by", "done_on"],
        )?;
        let (id, now) = (order.request()?, self.clock.now().trunc_subsecs(0));
        let place = order
            .get("place")
            .and_then(Place::named)
            .filter(|place| place.can_be_told());
        let place = place
            .ok_or_else(|| Violation::new("place", "must be granicus, five9 or newsletter"))?;
        let confirmation = Confirmation {
            by: order.text("confirmed_by")?.to_owned(),
            on: order.date("done_on")?,
        };
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
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
        self.told(&id, &request, now).await
    }

    /// What the DPO is told of a request: how far it is and every place's part, never whose data it
    /// is.
    pub(crate) async fn told(
        &self,
        id: &RequestId,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        let tasks = self.tasks.all(id, now).await?;
        let certificate = self.register.certificate(id, now).await?;
        let events = self.register.history(id, now).await?;
        let terms = request.terms.as_ref();
        Ok(json!({
            "request_id": id.as_str(), "action": request.action, "status": request.stage, "hash": request.hash,
            "undecided": request.undecided.left(&Decisions::default()),
            "ground": request.ground, "exclude": request.exclusions, "plan": request.plan,
            "planned_by": request.planned_by, "planned_at": request.planned_at,
            "arrived_since": terms.map(|terms| terms.arrived_since),
            "changed_since": terms.map(|terms| &terms.changed_since),
            "single_handed_reason": terms.and_then(|terms| terms.single_handed_reason.as_ref()),
            "person_agreed_on": terms.and_then(|terms| terms.person_agreed_on),
            "approved_by": request.approved_by, "approved_at": request.approved_at,
            "stopped_by": request.stopped_by, "tasks": tasks, "certificate": certificate, "events": events,
        }))
    }
}
