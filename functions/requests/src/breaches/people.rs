//! The people are told of a breach, or need not be.

use super::entering::EnteringBreach;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::BreachEvent;
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use serde_json::Value;
use std::sync::Arc;

/// Enters that the people were told, or why not.
#[derive(Debug)]
pub(crate) struct TellPeople(pub(super) Arc<EnteringBreach>);

#[async_trait]
impl OrderHandler for TellPeople {
    /// `{"order", "breach_id", "by", …}` with `"told": {"how", "at"}`; or with `exempt`, one of
    /// `34_3_a`, `34_3_b` and `34_3_c`, and `why`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = EnteringBreach::read(order, &["told", "exempt", "why"])?;
        let event = event(order)?;
        self.0.enter(order, invocation, event).await
    }
}

fn event(order: Order<'_>) -> Result<BreachEvent, Violation> {
    let told = order.part("told", &["how", "at"])?;
    match (told, order.has("exempt") || order.has("why")) {
        (Some(told), false) => {
            let within =
                |wrong: Violation| Violation::new(format!("told.{}", wrong.field), wrong.rule);
            Ok(BreachEvent::PeopleTold {
                how: told.chosen("how").map_err(within)?,
                at: told.instant("at").map_err(within)?,
            })
        }
        (None, true) => Ok(BreachEvent::PeopleExempt {
            exempt: order.chosen("exempt")?,
            why: order.sentence("why")?,
        }),
        _ => {
            let rule = "or exempt with why must be given, and not both";
            Err(Violation::new("told", rule))
        }
    }
}
