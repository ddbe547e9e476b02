//! A step of a request's own kind.

use super::entering::{Confirmed, Entering};
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::{CaseEvent, Step};
use custodian_domain::validation::violation::Violation;
use custodian_rights::people::{Follow, People};
use custodian_store::requests::HOLDERS;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The steps that say no more than their names.
const PLAIN: [(&str, Step); 17] = [
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
    ("places_done", Step::PlacesDone { on: None }),
    ("restricted", Step::Restricted),
    ("lifted", Step::Lifted),
    ("marketing_stopped", Step::MarketingStopped),
    ("overridden", Step::Overridden),
    ("investigated", Step::Investigated),
];
/// The others.
const OTHERS: [&str; 11] = [
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
    "taken_to_commissioner",
];

/// Enters a step.
#[derive(Debug)]
pub(crate) struct TakeStep {
    pub(super) entering: Arc<Entering>,
    pub(super) people: People,
}

/// The fields with which `person_confirmed` says whose the request is.
const WHOSE: [&str; 3] = ["identifiers", "confirmed_links", "refused_links"];

#[async_trait]
impl OrderHandler for TakeStep {
    /// `{"order", "case_id", "kind", "step", …}` with what the step says: `on`, `left_out`, `means`,
    /// `hash`, `reason`, `then`, `outcome` or `reference`. `person_confirmed` says whose the request is, by
    /// `identifiers` with the decisions on their links.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 9] = [
            "step",
            "on",
            "left_out",
            "means",
            "hash",
            "reason",
            "then",
            "outcome",
            "reference",
        ];
        let order = Entering::read(order, &[&FIELDS[..], &WHOSE].concat())?;
        let step = step(order)?;
        let confirmed = if step == Step::PersonConfirmed {
            self.confirmed(order, invocation).await?
        } else if let Some(field) = WHOSE.into_iter().find(|field| order.has(field)) {
            let rule = "is given with the step person_confirmed, and with no other";
            return Err(Violation::new(field, rule).into());
        } else {
            None
        };
        let event = CaseEvent::Stepped { step };
        self.entering
            .enter_of(order, invocation, event, confirmed.as_ref())
            .await
    }
}

impl TakeStep {
    /// Whose the request is, by the identifiers of the order; `None` if it names none: nothing may
    /// be held of them.
    async fn confirmed(
        &self,
        order: Order<'_>,
        invocation: &Invocation<'_>,
    ) -> Result<Option<Confirmed>, Error> {
        if !WHOSE.into_iter().any(|field| order.has(field)) {
            return Ok(None);
        }
        let kind = order.chosen::<RequestKind>("kind")?;
        let (identifiers, decisions) = (order.identifiers()?, order.decisions()?);
        let follow = Follow::Confirmed;
        let found = self
            .people
            .find(&identifiers, &decisions, follow, invocation.now)
            .await?;
        invocation.concerned.about(&found.holders);
        People::must_know(&decisions, &found)?;
        if found.holders.len() > HOLDERS {
            let rule = "lead to too many keys for one request: name fewer";
            return Err(Violation::new("identifiers", rule).into());
        }
        Ok(Some(Confirmed {
            kind,
            holders: found.holders,
        }))
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
            taken_out: BTreeMap::new(),
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
        Some("taken_to_commissioner") => Step::TakenToCommissioner {
            reference: (order.has("reference"))
                .then(|| order.commissioners_reference("reference"))
                .transpose()?,
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
