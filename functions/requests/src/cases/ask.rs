//! The person is asked what they mean.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use serde_json::Value;
use std::sync::Arc;

/// Enters a question.
#[derive(Debug)]
pub(crate) struct Ask(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Ask {
    /// `{"order", "case_id", "on", …}`: the clock of an access request stops on that day.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &["on"])?;
        let event = CaseEvent::QuestionAsked {
            on: order.date("on")?,
        };
        self.0.enter(order, invocation, event).await
    }
}
