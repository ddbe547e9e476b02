//! A step of a request's own kind.

use super::entering::Entering;
use crate::Error;
use crate::order::{Given, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::{CaseEvent, Step};
use custodian_domain::validation::violation::Violation;
use serde_json::Value;
use std::sync::Arc;

/// The steps that say no more than their names.
const PLAIN: [(&str, Step); 18] = [
    ("person_confirmed", Step::PersonConfirmed),
    ("package_ordered", Step::PackageOrdered),
    ("package_made", Step::PackageMade),
    ("package_failed", Step::PackageFailed),
    ("fetched", Step::Fetched),
    ("facts_named", Step::FactsNamed),
    ("corrected", Step::Corrected),
    ("statement_attached", Step::StatementAttached),
    ("found_accurate", Step::FoundAccurate),
    ("recipients_told", Step::RecipientsTold),
    ("stopped", Step::Stopped),
    ("places_done", Step::PlacesDone),
    ("restricted", Step::Restricted),
    ("lifted", Step::Lifted),
    ("marketing_stopped", Step::MarketingStopped),
    ("overridden", Step::Overridden),
    ("investigated", Step::Investigated),
    ("taken_to_commissioner", Step::TakenToCommissioner),
];
/// The others.
const OTHERS: [&str; 10] = [
    "newsletters_stopped",
    "reviewed",
    "handed_over",
    "planned",
    "approved",
    "notice_given",
    "upheld",
    "acknowledged",
    "progress_told",
    "outcome_told",
];

/// Enters a step.
#[derive(Debug)]
pub(crate) struct TakeStep(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for TakeStep {
    /// `{"order", "case_id", "kind", "step", …}` with what the step says: `on`, `left_out`, `means`,
    /// `hash`, `reason`, `then` or `outcome`.
    async fn carry_out(&self, order: &Value, given: &Given<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 8] = [
            "step", "on", "left_out", "means", "hash", "reason", "then", "outcome",
        ];
        let order = Entering::read(order, &FIELDS)?;
        let event = CaseEvent::Stepped { step: step(order)? };
        self.0.enter(order, given, event).await
    }
}

fn step(order: Order<'_>) -> Result<Step, Violation> {
    let named = order.get("step");
    if let Some((_, step)) = PLAIN.iter().find(|(name, _)| Some(*name) == named) {
        return Ok(step.clone());
    }
    let hash = || order.text("hash").map(str::to_owned);
    Ok(match named {
        Some("newsletters_stopped") => Step::NewslettersStopped,
        Some("reviewed") => Step::Reviewed {
            left_out: order.several("left_out")?,
        },
        Some("handed_over") => Step::HandedOver {
            means: order.chosen("means")?,
        },
        Some("planned") => Step::Planned { hash: hash()? },
        Some("approved") => Step::Approved {
            hash: hash()?,
            single_handed: order.perhaps("reason")?,
        },
        Some("notice_given") => Step::NoticeGiven {
            on: order.date("on")?,
        },
        Some("upheld") => Step::Upheld {
            then: order.chosen("then")?,
        },
        Some("acknowledged") => Step::Acknowledged {
            on: order.date("on")?,
        },
        Some("progress_told") => Step::ProgressTold {
            on: order.date("on")?,
        },
        Some("outcome_told") => Step::OutcomeTold {
            on: order.date("on")?,
            outcome: order.chosen("outcome")?,
        },
        _ => {
            let plain = PLAIN.iter().map(|(name, _)| *name);
            let all: Vec<&str> = plain.chain(OTHERS).collect();
            return Err(Violation::new(
                "step",
                format!("must be one of {}", all.join(", ")),
            ));
        }
    })
}
