//! A request reaches the council.

use super::case_view::{self, CALENDAR};
use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::{Case, CaseEntry, CaseEvent, CaseId, NotACaseId};
use custodian_domain::validation::violation::Violation;
use serde_json::{Value, json};
use std::sync::Arc;

/// Registers a case.
#[derive(Debug)]
pub(crate) struct Register(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Register {
    /// `{"order", "case_id"?, "received", "channel", "asker", "kinds", "handler"?, "by", …}`.
    /// Without a `handler`, whoever registers it works on it.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 10] = [
            "order", "case_id", "received", "channel", "asker", "kinds", "handler", "by",
            "event_id", "note",
        ];
        let order = Order::read(order, &FIELDS)?;
        let id = if order.has("case_id") {
            order.case("case_id")?
        } else {
            let wrong = |rule: NotACaseId| Violation::new("case_id", rule.to_string());
            CaseId::try_from(invocation.request_id("case_id")?).map_err(wrong)?
        };
        let handler = if order.has("handler") {
            order.staff_number("handler")?
        } else {
            order.staff_number("by")?
        };
        let event = CaseEvent::Registered {
            received: order.date("received")?,
            channel: order.chosen("channel")?,
            asker: order.chosen("asker")?,
            kinds: order.several("kinds")?,
            handler,
        };
        let entry = Entering::entry(order, invocation, event)?;
        let mut repeated = self.0.cases.find(&id, invocation.now).await?;
        let case = Case::register(id.clone(), entry.clone())?;
        if repeated.is_none()
            && !self
                .0
                .cases
                .store((None, &case), Vec::new(), &CALENDAR, invocation.now)
                .await?
        {
            // Somebody else has registered it meanwhile, or another run of this order.
            repeated = self.0.cases.find(&id, invocation.now).await?;
        }
        let first = repeated.as_ref().and_then(|it| it.case.entries().first());
        let is_same = |first: &CaseEntry| {
            (&first.event, &first.by, &first.note) == (&entry.event, &entry.by, &entry.note)
        };
        if first.is_some_and(|first| !is_same(first)) {
            return Err(Error::AnotherCase);
        }
        tracing::info!(outcome = "registered", "request");
        let mut answer = case_view::of(repeated.as_ref().map_or(&case, |it| &it.case));
        answer["repeated"] = json!(repeated.is_some());
        Ok(answer)
    }
}
