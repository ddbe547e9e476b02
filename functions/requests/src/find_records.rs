//! Lists what is stored of a person, record by record, without what they said.

use crate::Error;
use crate::named_record::{CONFIRMED, NamedRecords};
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::record::Holder;
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use custodian_store::Key;
use custodian_store::records::RecordSummary;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many records a page has.
const PAGE: usize = 25;

/// Lists a person's records.
#[derive(Debug)]
pub(crate) struct FindRecords(pub(crate) Arc<NamedRecords>);

#[async_trait]
impl OrderHandler for FindRecords {
    /// Lists a person's records: `{"order", "request_id", "identifiers", "by", "after"?,
    /// "confirmed_links"?, "refused_links"?}`. 25 at a time; `after` is that of the page before.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &[&CONFIRMED[..], &["after"]].concat())?;
        let now = invocation.now;
        let (id, in_case) = self.0.steps.named(order, &[], "by", now).await?;
        order.text("by")?;
        let found = self.0.found(order, invocation).await?;
        let (mut place, mut behind) = position(order, &found.holders)?;
        let mut listed: Vec<(usize, RecordSummary)> = Vec::new();
        let records = &self.0.rectifying.records;
        'holders: while let Some(holder) = found.holders.get(place) {
            let mut pages = match behind.take() {
                Some(sort) => records.summaries_behind(holder, &sort, now),
                None => records.summaries(holder, now),
            };
            while let Some(page) = pages.next().await? {
                listed.extend(page.into_iter().map(|record| (place, record)));
                if listed.len() > PAGE {
                    break 'holders;
                }
            }
            place += 1;
        }
        let is_last = listed.len() <= PAGE;
        listed.truncate(PAGE);
        let after = listed
            .last()
            .filter(|_| !is_last)
            .map(|(place, record)| format!("{place}:{}", record.key.sort));
        tracing::info!(outcome = "listed", count = listed.len(), "records");
        let links = found.links();
        let mut answer = json!({
            "request_id": id.as_str(), "matched": found.matched,
            "records": listed.iter().map(|(_, record)| view(record)).collect::<Vec<_>>(), "after": after,
            "linked": links.linked, "linked_total": links.linked_total, "undecided": links.undecided,
        });
        let in_case = in_case.map(|ordered| ordered.in_case);
        self.0
            .steps
            .show(in_case.as_ref(), &mut answer, now)
            .await?;
        Ok(answer)
    }
}

/// Where a page begins: at which holder, and behind which of their records.
fn position(order: Order<'_>, holders: &[Holder]) -> Result<(usize, Option<String>), Violation> {
    if !order.has("after") {
        return Ok((0, None));
    }
    let read = |after: &str| {
        let (place, sort) = after.split_once(':')?;
        let place: usize = place.parse().ok()?;
        let is_record = holders.get(place).is_some() && Key::is_record_sort(sort);
        is_record.then(|| (place, Some(sort.to_owned())))
    };
    order
        .get("after")
        .and_then(read)
        .ok_or_else(|| Violation::new("after", "must be the `after` of the page before"))
}

fn view(record: &RecordSummary) -> Value {
    json!({
        "record": record.reference, "source": record.source, "collected_at": record.collected_at,
        "kept_until": record.retention.due().instant(), "on_hold": record.retention.is_held(),
        "restricted": record.restricted, "corrected": !record.rectification.corrected.is_empty(),
        "statement": record.rectification.statement.is_some(),
    })
}
