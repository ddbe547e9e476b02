//! What the DPO orders.

use serde_json::Value;
use shared::domain::erasure::Ground;
use shared::domain::identifier::Identifier;
use shared::domain::order::{BadOrder, Order};
use shared::domain::package::RequestId;
use shared::domain::record::Fingerprint;
use shared::domain::subject::SubjectKeys;

/// An order to erase one person.
#[derive(Debug)]
pub struct ErasureOrder {
    pub identifiers: Vec<Identifier>,
    pub ground: Ground,
    pub approved_by: String,
    pub request: RequestId,
    pub confirmed_links: Vec<String>,
}

impl ErasureOrder {
    /// Reads an order; without an id of its own it is called as the invocation, which Lambda's own retries share.
    pub fn read(order: &Value, invocation: &str) -> Result<Self, BadOrder> {
        let order = Order::read(order, &["identifiers", "ground", "approved_by", "request_id", "confirmed_links"])?;
        Ok(Self {
            identifiers: order.identifiers()?,
            ground: Ground::parse(order.text("ground")?)?,
            approved_by: order.text("approved_by")?.to_owned(),
            request: order.request_or(invocation)?,
            confirmed_links: order.confirmed_links()?,
        })
    }

    /// Tells this order from another under the same id, without holding who it is about.
    pub fn digest(&self, keys: &SubjectKeys) -> String {
        let people: Vec<_> = self.identifiers.iter().map(|identifier| keys.key(identifier)).collect();
        Fingerprint::of(&(people, self.ground, &self.approved_by, &self.confirmed_links)).into_string()
    }
}
