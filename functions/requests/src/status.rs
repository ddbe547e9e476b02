//! The state of a request.

use crate::Error;
use crate::constraints::Constraining;
use crate::order::{Invocation, OrderHandler};
use crate::request_view::RequestView;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_store::requests::Requests;
use serde_json::{Value, json};
use std::sync::Arc;

/// Returns the state of a request in every place.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) register: Requests,
    pub(crate) constraints: Arc<Constraining>,
    pub(crate) view: Arc<RequestView>,
}

#[async_trait]
impl OrderHandler for Status {
    /// Gives the state of a request, in every place.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "by"])?;
        let (id, by, now) = (order.request()?, order.text("by")?, invocation.now);
        let stands = self.constraints.status_of(&id, now).await?;
        let request = self.register.find(&id, now).await?;
        if let Some(request) = &request {
            invocation.concerned.about(&request.holders);
        }
        let events = self.register.history(&id, now).await?;
        if request.is_none() && stands.is_none() && events.is_empty() {
            return Err(Error::Unknown);
        }
        self.register
            .asked(&id, &events, "asked for its status", by, now)
            .await?;
        let Some(request) = request else {
            return self.without_tasks(&id, stands, now).await;
        };
        let mut answer = self.view.of(&id, &request, now).await?;
        if let Some(stands) = stands {
            answer["standing"] = stands["standing"].clone();
            answer["recipients"] = stands["recipients"].clone();
        }
        Ok(answer)
    }
}

impl Status {
    /// The status of a request that asks nothing of any place: what it has placed, or only its
    /// events.
    async fn without_tasks(
        &self,
        id: &RequestId,
        stands: Option<Value>,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        let mut answer = stands.unwrap_or_else(|| json!({"status": "noted"}));
        (answer["request_id"], answer["events"]) =
            (json!(id), json!(self.register.history(id, now).await?));
        Ok(answer)
    }
}
