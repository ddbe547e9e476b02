//! Complaints about services that are open, with their dates. They are handled elsewhere.

use crate::Error;
use crate::breaches::Position;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use chrono::{DateTime, Days, Utc};
use custodian_domain::london;
use custodian_domain::record::Record;
use custodian_domain::record::source_details::SourceDetails;
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use custodian_store::Key;
use custodian_store::records::Records;
use serde_json::{Value, json};

/// How many complaints a page has.
const PAGE: usize = 25;
/// How far back complaints are looked for: the longest way through both stages is fourteen weeks
/// and one for the bank holidays of a winter; two more show that the last day was missed.
const LOOK_BACK: Days = Days::new(120);

/// Lists complaints.
#[derive(Debug)]
pub(crate) struct ServiceComplaints(pub(crate) Records);

#[async_trait]
impl OrderHandler for ServiceComplaints {
    /// `{"order", "by", "after"?}`: 25 open complaints about services, those received first at the
    /// top: references and dates, and nothing that anybody said.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "by", "after"])?;
        order.staff_number("by")?;
        let (keys, after) = self.page(from(order)?, invocation.now).await?;
        let found = self.0.these(keys, invocation.now).await?;
        let shown: Vec<Value> = found.iter().filter_map(view).collect();
        tracing::info!(outcome = "listed", count = shown.len(), "complaints");
        let after = after.map(|after| after.to_string());
        Ok(json!({"complaints": shown, "after": after}))
    }
}

impl ServiceComplaints {
    /// The keys of a page, and where the next begins.
    async fn page(
        &self,
        from: Option<Position>,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Key>, Option<Position>), Error> {
        let last = now.date_naive();
        let first = last.checked_sub_days(LOOK_BACK).unwrap_or(last);
        let from = from.filter(|from| first <= from.day);
        let mut next = Some(from.unwrap_or_else(|| Position::of(first)));
        let mut keys: Vec<Key> = Vec::new();
        while let Some(at) = next.filter(|next| next.day <= last) {
            let day = (at.day, at.shard);
            let mut pages = self.0.open_complaints(day, at.after.as_deref(), now);
            while let Some(page) = pages.next().await? {
                for key in page {
                    if keys.len() == PAGE {
                        let behind = keys.last().map(|last| at.behind(&last.sort));
                        return Ok((keys, behind));
                    }
                    keys.push(key);
                }
            }
            next = at.next_shard();
        }
        Ok((keys, None))
    }
}

fn from(order: Order<'_>) -> Result<Option<Position>, Violation> {
    if !order.has("after") {
        return Ok(None);
    }
    let after = order.get("after").and_then(Position::read);
    after
        .map(Some)
        .ok_or_else(|| Violation::new("after", "must be the `after` of the page before"))
}

/// What the DPO sees of a complaint; `None` if it was answered meanwhile.
fn view(record: &Record) -> Option<Value> {
    let details = &record.details;
    let (clock, ends) = details.particulars.running()?;
    let SourceDetails::Complaints(complaint) = &details.particulars else {
        return None;
    };
    let clocks = complaint.clocks;
    Some(json!({
        "reference": details.reference, "service": details.service, "stage": complaint.stage,
        "received_on": london::date(details.collected_at),
        "acknowledge_by": clocks.and_then(|clocks| clocks.acknowledge_by),
        "acknowledged_on": complaint.acknowledged_at.map(london::date),
        "answer_by": clocks.and_then(|clocks| clocks.answer_by),
        "next": clock, "next_by": ends,
    }))
}
