//! The Commissioner's form, filled in.

use super::entering::EnteringBreach;
use crate::Error;
use crate::certificate::Controller;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::{Organisation, Section, form, text};
use custodian_domain::rights::order::Order;
use serde_json::{Value, json};
use std::sync::Arc;

/// Fills in the form.
#[derive(Debug)]
pub(crate) struct FillForm {
    pub(super) entering: Arc<EnteringBreach>,
    pub(super) controller: Controller,
}

#[async_trait]
impl OrderHandler for FillForm {
    /// `{"order", "breach_id", "by"}`: what was entered, in the order in which the form asks for it,
    /// and the same as text to copy. Nothing is sent.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "breach_id", "by"])?;
        order.staff_number("by")?;
        let id = order.breach("breach_id")?;
        let breach = self.entering.find(&id, invocation.now).await?;
        let organisation = Organisation {
            council: self.controller.council.clone(),
            dpo_email: self.controller.dpo_email.clone(),
        };
        let sections = form(&breach, &organisation);
        let shown = sections.iter().map(|Section { heading, answers }| {
            let answers = answers
                .iter()
                .map(|it| json!({"question": it.question, "answer": it.answer}));
            json!({"heading": heading, "answers": answers.collect::<Vec<_>>()})
        });
        Ok(json!({
            "breach_id": id, "sections": shown.collect::<Vec<_>>(), "text": text(&sections),
        }))
    }
}
