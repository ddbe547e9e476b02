//! The people whom a breach affects, page by page, found anew by each order. The register has no
//! list of them.

use super::entering::EnteringBreach;
use super::finder::{Finder, Position};
use crate::Error;
use crate::impact::masked;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::{BreachRefusal, BreachState};
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// How many people a page has at most.
const PAGE: usize = 25;

/// Lists the affected.
#[derive(Debug)]
pub(crate) struct ListAffected {
    pub(super) entering: Arc<EnteringBreach>,
    pub(super) finder: Arc<Finder>,
}

#[async_trait]
impl OrderHandler for ListAffected {
    /// `{"order", "breach_id", "by", "after"?}`: 25 people by the query of the register, with masked
    /// identifiers. Each is told in an access package that somebody looked, for this breach. A page
    /// can have fewer people and still not be the last: `after` says so.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "breach_id", "by", "after"])?;
        order.staff_number("by")?;
        let (id, now) = (order.breach("breach_id")?, invocation.now);
        let breach = self.entering.find(&id, now).await?;
        if breach.state() == BreachState::Closed {
            return Err(BreachRefusal::Closed.into());
        }
        let query = breach.scope().query.as_ref();
        let query = query.ok_or(BreachRefusal::NoQuery)?;
        let mut walk = self.finder.walk(query, from(order)?, now).await?;
        let (mut listed, mut after) = (Vec::new(), None);
        while let Some(people) = walk.next().await? {
            listed.extend(people);
            if listed.len() > PAGE {
                listed.truncate(PAGE);
                after = listed.last().map(|last| last.position.clone());
                break;
            }
            after = walk.position().cloned();
            if walk.is_long() {
                break;
            }
        }
        let keys = listed.iter().map(|person| person.first.clone()).collect();
        let firsts = self.finder.records.these(keys, now).await?;
        let firsts: HashMap<_, _> = firsts
            .into_iter()
            .map(|record| (record.holder.clone(), record))
            .collect();
        let mut shown = Vec::new();
        for person in &listed {
            // It can have been deleted in between.
            let Some(first) = firsts.get(&person.holder) else {
                continue;
            };
            invocation
                .concerned
                .looked_at(std::slice::from_ref(&person.holder), person.until);
            let identifiers = first.details.contact.identifiers();
            shown.push(json!({
                "identifiers": identifiers.iter().map(masked).collect::<Vec<_>>(),
                "records": person.records, "sources": person.sources,
                "record": first.details.reference, "collected_at": first.details.collected_at,
            }));
        }
        tracing::info!(outcome = "listed", count = shown.len(), "breach");
        let after = after.map(|after| after.to_string());
        Ok(json!({"breach_id": id, "people": shown, "after": after}))
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
