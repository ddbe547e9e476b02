//! The links of a person's identifiers, page by page: for the DPO, who decides link by link.

use crate::Error;
use crate::impact::masked;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::validation::violation::Violation;
use custodian_rights::people::{Follow, Found, PAGE, People};
use custodian_store::requests::Requests;
use serde_json::{Value, json};

/// Lists links.
#[derive(Debug)]
pub(crate) struct ListLinks {
    pub(crate) people: People,
    pub(crate) register: Requests,
}

#[async_trait]
impl OrderHandler for ListLinks {
    /// Lists links: `{"order", "identifiers", "by", "request_id"?, "kind"?, "confirmed_links"?,
    /// "refused_links"?, "after"?}`.
    ///
    /// With a `kind` of package the list is that package's, which follows some links without a
    /// decision; without, that of a plan, a hold or a restriction. Each answer has the identifiers
    /// by which the person is found, and the links after the one named `after`. With the last links
    /// it has the further identifiers in the records that lead to nobody.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 8] = [
            "order",
            "request_id",
            "identifiers",
            "kind",
            "confirmed_links",
            "refused_links",
            "after",
            "by",
        ];
        let (order, now) = (Order::read(order, &FIELDS)?, invocation.now);
        let (id, identifiers, decisions) = (
            order.request_id("request_id")?,
            order.identifiers()?,
            order.decisions()?,
        );
        let (by, after) = (
            order.text("by")?,
            order
                .has("after")
                .then(|| order.text("after"))
                .transpose()?,
        );
        let follow = match (order.has("kind"), order.get("kind")) {
            (false, _) => Follow::Confirmed,
            (true, Some("access" | "portability")) => Follow::Unambiguous,
            (true, _) => return Err(Violation::new("kind", "must be access or portability").into()),
        };
        let found = self
            .people
            .find(&identifiers, &decisions, follow, now)
            .await?;
        invocation.concerned.about(&found.holders);
        People::must_know(&decisions, &found)?;
        let named: Vec<String> = found
            .named
            .iter()
            .map(|one| self.people.name_of(one))
            .collect();
        let page = page(&found, &named, after)?;
        if let Some(id) = &id {
            self.register
                .happened(id, "asked for links", by, now)
                .await?;
        }
        tracing::info!(outcome = "listed", count = found.linked.len(), "request");
        Ok(page)
    }
}

/// The links after this one. After the last of them come the identifiers that lead to nobody.
fn page(found: &Found, named: &[String], after: Option<&str>) -> Result<Value, Violation> {
    let order: Vec<&String> = found
        .linked
        .iter()
        .map(|link| &link.link)
        .chain(named)
        .collect();
    let from = match after {
        None => 0,
        Some(after) => {
            let place = order.iter().position(|name| *name == after);
            place
                .map(|place| place + 1)
                .ok_or_else(|| Violation::new("after", "names a link that is not there"))?
        }
    };
    let until = order.len().min(from + PAGE);
    let (links, all) = (found.links(), found.linked.len());
    let linked = &found.linked[from.min(all)..until.min(all)];
    let named = &found.named[from.max(all) - all..until.max(all) - all];
    let next = (until < order.len()).then(|| order[until - 1]);
    Ok(json!({
        "matched": found.matched, "linked": linked, "linked_total": all, "undecided": links.undecided,
        "also_named": named.iter().map(masked).collect::<Vec<_>>(), "also_named_total": found.named.len(),
        "after": next,
    }))
}
