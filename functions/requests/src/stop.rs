//! A request is stopped.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use crate::request_view::RequestView;
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_store::requests::{Requests, Stage};
use custodian_store::tasks::Tasks;
use serde_json::Value;
use std::sync::Arc;

/// Stops a request.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) register: Requests,
    pub(crate) tasks: Tasks,
    pub(crate) view: Arc<RequestView>,
}

#[async_trait]
impl OrderHandler for Stop {
    /// Stops what has not begun; what has begun runs to its end.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "stopped_by"])?;
        let (id, by, now) = (order.request()?, order.text("stopped_by")?, invocation.now);
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        invocation.concerned.about(&request.holders);
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
        invocation.concerned.about(&request.holders);
        self.view.of(&id, &request, now).await
    }

    fn given_by(&self) -> &'static str {
        "stopped_by"
    }
}
