//! A breach is unlikely to be a risk, so the Commissioner is not told.

use super::entering::EnteringBreach;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachEvent;
use custodian_domain::validation::violation::Violation;
use serde_json::Value;
use std::sync::Arc;

/// Enters that a risk is unlikely.
#[derive(Debug)]
pub(crate) struct Unlikely(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for Unlikely {
    /// `{"order", "breach_id", "by", "reasons", "text", …}`: at least one reason of the list, and a
    /// text. The 72 hours end.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = EnteringBreach::read(order, &["reasons", "text"])?;
        let (reasons, text) = (order.several("reasons")?, order.sentence("text")?);
        if reasons.is_empty() {
            let rule = "must give at least one reason of the list";
            return Err(Violation::new("reasons", rule).into());
        }
        let event = BreachEvent::Unlikely { reasons, text };
        self.0.enter(order, invocation, event).await
    }
}
