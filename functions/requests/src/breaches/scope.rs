//! More is known of a breach.

use super::entering::EnteringBreach;
use super::finder::Finder;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::breach::{BreachEvent, Scope};
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use serde_json::Value;
use std::sync::Arc;

/// The fields that say what is known.
const FIELDS: [&str; 14] = [
    "what",
    "happened_at",
    "effects",
    "categories",
    "whose",
    "query",
    "about_people",
    "about_records",
    "consequences",
    "likelihood",
    "high_risk",
    "cyber",
    "before",
    "others",
];

/// Enters what is known.
#[derive(Debug)]
pub(crate) struct EnterScope {
    pub(super) entering: Arc<EnteringBreach>,
    pub(super) finder: Arc<Finder>,
}

#[async_trait]
impl OrderHandler for EnterScope {
    /// `{"order", "breach_id", "by", …}` with at least one of what is known: `what`,
    /// `happened_at`, `effects`, `categories`, `whose`, `query`, `about_people`, `about_records`,
    /// `consequences`, `likelihood`, `high_risk`, `cyber`, `before`, `others`. What is not given
    /// stays as it was; a list replaces the one before.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = EnteringBreach::read(order, &FIELDS)?;
        let mut scope = known(order)?;
        scope.query = self.finder.query(order).await?;
        if scope.is_empty() {
            let rule = format!("must say something: one of {}", FIELDS.join(", "));
            return Err(Violation::new("the order", rule).into());
        }
        let scope = Box::new(scope);
        self.entering
            .enter(order, invocation, BreachEvent::Scoped { scope })
            .await
    }
}

fn known(order: Order<'_>) -> Result<Scope, Violation> {
    let happened = order.has("happened_at");
    let count = |field| {
        let is_there = order.has(field);
        is_there
            .then(|| order.whole(field, 0..=100_000_000, 0))
            .transpose()
    };
    Ok(Scope {
        what: order.note("what")?,
        happened_at: happened.then(|| order.instant("happened_at")).transpose()?,
        effects: order.several("effects")?,
        categories: order.several("categories")?,
        whose: order.several("whose")?,
        query: None,
        about_people: count("about_people")?,
        about_records: count("about_records")?,
        consequences: order.note("consequences")?,
        likelihood: order.perhaps("likelihood")?,
        high_risk: order.yes_or_no("high_risk")?,
        cyber: order.yes_or_no("cyber")?,
        before: order.note("before")?,
        others: order.several("others")?,
    })
}
