//! The state of a package.

use crate::Error;
use crate::order::{Invocation, NamedOrder, OrderHandler};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::package::File;
use custodian_domain::rights::package_token::LinkKind;
use custodian_runtime::Clock;
use custodian_store::packages::{Grant, Package, Packages};
use custodian_store::requests::Requests;
use serde_json::{Value, json};

/// Returns the state of a package, its links, when it was fetched, and its events.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) clock: Clock,
    pub(crate) packages: Packages,
    pub(crate) requests: Requests,
}

#[async_trait]
impl OrderHandler for Status {
    fn name(&self) -> &'static str {
        "status"
    }

    /// Gives the state of a package: `{"status", "by"}`.
    async fn carry_out(
        &self,
        order: &Value,
        field: &str,
        _: &Invocation<'_>,
    ) -> Result<Value, Error> {
        // Events have their exact time.
        let (order, now) = (NamedOrder::read(order, field)?, self.clock.now());
        let package = self
            .packages
            .find(&order.request, now)
            .await?
            .ok_or(Error::Unknown)?;
        let before = self.requests.history(&order.request, now).await?;
        self.requests
            .asked(
                &order.request,
                &before,
                "asked for its status",
                order.by,
                now,
            )
            .await?;
        let events = self.requests.history(&order.request, now).await?;
        let link = |kind| {
            package
                .grant(kind)
                .map(|grant| shown(kind, grant, &package, now))
        };
        Ok(json!({
            "request_id": order.request.as_str(), "kind": package.kind, "state": package.state,
            "requested_by": package.requested_by, "requested_at": package.requested_at,
            "expires_at": package.made.as_ref().map(|made| made.expires_at),
            "unconfirmed": package.unconfirmed, "undecided": package.undecided(&Decisions::default()),
            "handed_over_at": package.handed_over_at,
            "decided": package.decided, "withdrawn": package.withdrawn,
            "reviewed": package.reviewed.as_ref().map(|review| json!({
                "by": review.by, "at": review.at, "taken_out": review.taken_out,
            })),
            "release": link(LinkKind::Release), "reading": link(LinkKind::Reading),
            "fetched": package.fetched, "events": events,
        }))
    }
}

/// A link as the DPO sees it: everything except what opens it.
fn shown(kind: LinkKind, grant: &Grant, package: &Package, now: DateTime<Utc>) -> Value {
    let document = package.made.iter().map(|_| File::Document);
    let report = package
        .made
        .iter()
        .filter_map(|made| made.report_key.as_ref())
        .map(|_| File::Report);
    let is_left = document.chain(report).any(|file| grant.left(file) > 0);
    let is_open = is_left && grant.is_open(kind, now) && package.refuse_closed(now).is_ok();
    json!({
        "by": grant.by, "at": grant.at, "until": grant.until, "is_open": is_open, "fetches": grant.fetches,
        "document": grant.document, "report": grant.report, "wrong_codes": grant.wrong_codes,
    })
}
