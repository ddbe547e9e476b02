//! The DPO's orders.

use chrono::TimeDelta;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::record::Fingerprint;
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::{PackageKind, RequestId};
use custodian_domain::validation::violation::Violation;
use serde_json::Value;

/// The fields that name the request of an existing package, and say what is asked about it.
pub const RELEASE: &str = "release";
pub const FORMER_RELEASE: &str = "link_for";
pub const READ: &str = "read";
pub const STATUS: &str = "status";
pub const WITHDRAW: &str = "withdraw";
/// How often each file can be fetched by one link, and for how many days, unless the order says
/// otherwise.
pub const FETCHES: u32 = 3;
const DAYS: u32 = 7;

/// An order for a package.
#[derive(Debug)]
pub struct PackageOrder {
    pub kind: PackageKind,
    pub identifiers: Vec<Identifier>,
    pub requested_by: String,
    pub request: RequestId,
    pub decisions: Decisions,
}

impl PackageOrder {
    /// Reads an order. Without a request id it has that of the invocation, which Lambda's own
    /// retries share.
    pub fn read(order: &Value, invocation: &str) -> Result<Self, Violation> {
        const FIELDS: [&str; 6] = [
            "kind",
            "identifiers",
            "requested_by",
            "request_id",
            "confirmed_links",
            "refused_links",
        ];
        let order = Order::read(order, &FIELDS)?;
        let kind = match order.get("kind") {
            Some("access") => PackageKind::Access,
            Some("portability") => PackageKind::Portability,
            _ => return Err(Violation::new("kind", "must be access or portability")),
        };
        Ok(Self {
            kind,
            identifiers: order.identifiers()?,
            requested_by: order.text("requested_by")?.to_owned(),
            request: order.request_or(invocation)?,
            decisions: order.decisions()?,
        })
    }

    /// Tells this order from another under the same id, without containing whom it is about.
    pub fn digest(&self, keys: &SubjectKeys) -> String {
        let people: Vec<_> = self
            .identifiers
            .iter()
            .map(|identifier| keys.key(identifier))
            .collect();
        let Decisions {
            confirmed,
            refused,
            refuses_claimed,
        } = &self.decisions;
        // An order without refusals has the digest that it had before there were refusals.
        if refused.is_empty() && !refuses_claimed {
            Fingerprint::of(&(people, self.kind, confirmed)).into_string()
        } else {
            Fingerprint::of(&(people, self.kind, confirmed, refused, refuses_claimed)).into_string()
        }
    }
}

/// An order to release a package: to make the link by which the person gets it.
#[derive(Debug)]
pub struct ReleaseOrder {
    pub request: RequestId,
    pub decisions: Decisions,
    pub released_by: String,
    /// How often each file may be fetched.
    pub fetches: u32,
    /// For how long, unless the package ends earlier.
    pub valid: TimeDelta,
}

impl ReleaseOrder {
    /// Reads an order `{"release": …, "released_by": …}`, or its first form
    /// `{"link_for": …, "by": …}`.
    pub fn read(order: &Value) -> Result<Self, Violation> {
        let (name, by) = if order.get(FORMER_RELEASE).is_some() {
            (FORMER_RELEASE, "by")
        } else {
            (RELEASE, "released_by")
        };
        let order = Order::read(
            order,
            &[
                name,
                by,
                "confirmed_links",
                "refused_links",
                "fetches",
                "days",
            ],
        )?;
        Ok(Self {
            request: named(order, name)?,
            decisions: order.decisions()?,
            released_by: order.text(by)?.to_owned(),
            fetches: order.whole("fetches", 1..=10, FETCHES)?,
            valid: TimeDelta::days(order.whole("days", 1..=14, DAYS)?.into()),
        })
    }
}

/// An order about an existing package, in which the DPO has to give a name: `{"read": …, "by": …}`
/// or `{"status": …, "by": …}`.
#[derive(Debug)]
pub struct LookOrder {
    pub request: RequestId,
    pub by: String,
}

impl LookOrder {
    /// Reads an order that names the request in the field `name`.
    pub fn read(order: &Value, name: &str) -> Result<Self, Violation> {
        let order = Order::read(order, &[name, "by"])?;
        Ok(Self {
            request: named(order, name)?,
            by: order.text("by")?.to_owned(),
        })
    }
}

/// An order to withdraw a package: `{"withdraw": …, "by": …, "reason"?: …}`.
#[derive(Debug)]
pub struct WithdrawOrder {
    pub request: RequestId,
    pub by: String,
    /// Why, in the words of the person who gives the order.
    pub reason: Option<String>,
}

impl WithdrawOrder {
    /// Reads an order.
    pub fn read(order: &Value) -> Result<Self, Violation> {
        let order = Order::read(order, &[WITHDRAW, "by", "reason"])?;
        Ok(Self {
            request: named(order, WITHDRAW)?,
            by: order.text("by")?.to_owned(),
            reason: order.words("reason", &[])?,
        })
    }
}

fn named(order: Order<'_>, field: &str) -> Result<RequestId, Violation> {
    order
        .request_id(field)?
        .ok_or_else(|| Violation::new(field, "must name a request"))
}
