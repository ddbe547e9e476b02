//! A request is stopped.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use crate::request_view::RequestView;
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::Step;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_rights::case_steps::CaseSteps;
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
    pub(crate) steps: CaseSteps,
}

/// The field that says who stops it.
const BY: &str = "stopped_by";

#[async_trait]
impl OrderHandler for Stop {
    /// Stops what has not begun; what has begun runs to its end.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(
            order,
            &["order", "request_id", "case_id", "kind", "stopped_by"],
        )?;
        let (by, now) = (order.text(BY)?, invocation.now);
        let kinds = [RequestKind::Erasure];
        let (id, named) = self.steps.named(order, &kinds, BY, now).await?;
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        invocation.concerned.about(&request.holders);
        if request.stage == Stage::Planned {
            return Err(Error::NotNow(
                "a plan that is not approved has nothing to stop: leave it, or plan it anew",
            ));
        }
        let in_case = CaseSteps::again(named, request.in_case.as_ref(), &id, (BY, by))?;
        let beside = match &in_case {
            // What is stopped is stopped, whatever its case says.
            Some(ordered) if request.stage == Stage::Approved => {
                let taken = self.steps.take_if_allowed(ordered, &Step::Stopped, now);
                self.steps.storing(&taken.await?, now)?
            }
            _ => Vec::new(),
        };
        if !self.register.stop(&id, by, beside, now).await? {
            return Err(Error::NotNow(
                "the request is closed, so that nothing is left to stop, or its case has just changed: ask for its status",
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
        let mut answer = self.view.of(&id, &request, now).await?;
        let in_case = in_case.map(|ordered| ordered.in_case);
        self.steps.show(in_case.as_ref(), &mut answer, now).await?;
        Ok(answer)
    }

    fn given_by(&self) -> &'static str {
        BY
    }
}
