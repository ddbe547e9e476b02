//! What the DPO orders.

use serde_json::Value;
use shared::domain::identifier::Identifier;
use shared::domain::order::{BadOrder, Order};
use shared::domain::package::{PackageKind, RequestId};
use shared::domain::record::Fingerprint;
use shared::domain::subject::SubjectKeys;

/// An order for a package.
#[derive(Debug)]
pub struct PackageOrder {
    pub kind: PackageKind,
    pub identifiers: Vec<Identifier>,
    pub requested_by: String,
    pub request: RequestId,
    pub confirmed_links: Vec<String>,
}

impl PackageOrder {
    /// Reads an order; without an id of its own it is called as the invocation, which Lambda's own retries share.
    pub fn read(order: &Value, invocation: &str) -> Result<Self, BadOrder> {
        let order = Order::read(order, &["kind", "identifiers", "requested_by", "request_id", "confirmed_links"])?;
        let kind = match order.get("kind") {
            Some("access") => PackageKind::Access,
            Some("portability") => PackageKind::Portability,
            _ => return Err(BadOrder::new("kind", "must be access or portability")),
        };
        Ok(Self {
            kind,
            identifiers: order.identifiers()?,
            requested_by: order.text("requested_by")?.to_owned(),
            request: order.request_or(invocation)?,
            confirmed_links: order.confirmed_links()?,
        })
    }

    /// Tells this order from another under the same id, without holding who it is about.
    pub fn digest(&self, keys: &SubjectKeys) -> String {
        let people: Vec<_> = self.identifiers.iter().map(|identifier| keys.key(identifier)).collect();
        Fingerprint::of(&(people, self.kind, &self.confirmed_links)).into_string()
    }
}

/// An order for a link to a package.
#[derive(Debug)]
pub struct LinkOrder {
    pub request: RequestId,
    pub confirmed_links: Vec<String>,
}

impl LinkOrder {
    /// Reads an order.
    pub fn read(order: &Value) -> Result<Self, BadOrder> {
        let order = Order::read(order, &["link_for", "confirmed_links"])?;
        let request = order.request_id("link_for")?.ok_or_else(|| BadOrder::new("link_for", "must name a request"))?;
        Ok(Self { request, confirmed_links: order.confirmed_links()? })
    }
}
