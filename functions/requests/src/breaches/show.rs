//! One breach, with its history.

use super::breach_view;
use super::entering::EnteringBreach;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use serde_json::{Value, json};
use std::sync::Arc;

/// Shows a breach.
#[derive(Debug)]
pub(crate) struct ShowBreach(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for ShowBreach {
    /// `{"order", "breach_id", "by"}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "breach_id", "by"])?;
        order.staff_number("by")?;
        let id = order.breach("breach_id")?;
        let breach = self.0.find(&id, invocation.now).await?;
        let mut answer = breach_view::of(&breach, invocation.now);
        answer["history"] = json!(breach.entries());
        Ok(answer)
    }
}
