//! A person was informed that a restriction will be lifted.

use crate::Error;
use crate::constraints::{Constraining, RESTRICTS, constraint_view};
use crate::error::BUSY;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::london;
use custodian_domain::rights::constraint::Act;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::progress::ObjectionStage;
use custodian_domain::rights::register::{Progress, Step};
use custodian_rights::case_steps::{CaseSteps, once};
use custodian_rights::hold_enforcement::Enforced;
use custodian_rights::people::Links;
use serde_json::Value;
use std::sync::Arc;

/// Records that the person was informed.
#[derive(Debug)]
pub(crate) struct Notice(pub(crate) Arc<Constraining>);

#[async_trait]
impl OrderHandler for Notice {
    /// Records that the person was informed that the restriction will be lifted:
    /// `{"order", "request_id", "by", "case_id"?, "kind"?}`. In a case, the step is entered in the
    /// same transaction.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "case_id", "kind", "by"])?;
        let now = invocation.now;
        let (id, named) = self.0.steps.named(order, &RESTRICTS, "by", now).await?;
        let act = Act {
            by: order.text("by")?.to_owned(),
            at: now,
        };
        let placed = self.0.find(&id, now).await?;
        if !placed.standing.kind.needs_notice() {
            return Err(Error::NotNow("a hold needs no notice"));
        }
        let in_case = CaseSteps::again(named, placed.in_case.as_ref(), &id, ("by", &act.by))?;
        let on = london::date(now);
        let step = |progress: &Progress| match progress {
            Progress::Correction(_) | Progress::Objection(ObjectionStage::Upheld(_)) => Vec::new(),
            _ => once(Step::NoticeGiven { on }),
        };
        let beside = if placed.standing.notice.is_none() {
            let taken = self.0.taken(in_case.as_ref(), &step, now).await?;
            taken.unwrap_or_default()
        } else {
            Vec::new()
        };
        // A record made earlier is kept.
        self.0
            .hold_enforcement
            .constraints
            .notice(&id, &act, beside)
            .await?;
        tracing::info!(outcome = "told", "standing");
        let placed = self.0.find(&id, now).await?;
        if placed.standing.notice.is_none() && in_case.is_some() {
            return Err(Error::NotNow(BUSY));
        }
        let (none, links) = (Enforced::default(), Links::of(&[]));
        let mut answer = constraint_view(&id, &placed, none, &links);
        let in_case = in_case.map(|ordered| ordered.in_case);
        self.0
            .steps
            .show(in_case.as_ref(), &mut answer, now)
            .await?;
        Ok(answer)
    }
}
