//! What all orders of the Data Protection Officer have in common.

use crate::Error;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::validation::violation::Violation;
use custodian_rights::auditing::Concerned;
use serde_json::Value;
use std::fmt::Debug;

/// When an order was given, and in which invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invocation<'a> {
    /// The time, in whole seconds.
    pub(crate) now: DateTime<Utc>,
    /// Lambda's id of the invocation, which its own retries share.
    pub(crate) id: &'a str,
    /// Whom the order turns out to be about, for the audit trail.
    pub(crate) concerned: &'a Concerned,
}

/// An order of the Data Protection Officer. Its fields are everything that it depends on.
#[async_trait]
pub(crate) trait OrderHandler: Debug + Send + Sync {
    /// The order's name in the audit trail.
    fn name(&self) -> &'static str;

    /// The field that says who gives the order, if `field` chose this handler.
    fn given_by(&self, _field: &str) -> &'static str {
        "by"
    }

    /// Reads an order and carries it out. `field` is the field that chose this handler, and names
    /// the request of an existing package.
    async fn carry_out(
        &self,
        order: &Value,
        field: &str,
        invocation: &Invocation<'_>,
    ) -> Result<Value, Error>;
}

/// An order about an existing package, in which the DPO has to give a name: `{"read": …, "by": …}`
/// or `{"status": …, "by": …}`.
#[derive(Debug)]
pub(crate) struct NamedOrder<'a> {
    pub(crate) order: Order<'a>,
    pub(crate) request: RequestId,
    pub(crate) by: &'a str,
}

impl<'a> NamedOrder<'a> {
    /// Reads an order that names the request in `field`.
    pub(crate) fn read(order: &'a Value, field: &str) -> Result<Self, Violation> {
        let order = Order::read(order, &[field, "by", "case_id"])?;
        Ok(Self {
            order,
            request: request(order, field)?,
            by: order.text("by")?,
        })
    }
}

/// The request of an existing package, which an order names in this field.
pub(crate) fn request(order: Order<'_>, field: &str) -> Result<RequestId, Violation> {
    order
        .request_id(field)?
        .ok_or_else(|| Violation::new(field, "must name a request"))
}

#[cfg(test)]
mod tests {
    use super::NamedOrder;
    use serde_json::json;

    #[test]
    fn an_order_about_a_package_names_its_request_and_who_orders() {
        let order = json!({"status": "DSR-1", "by": "A. Officer"});
        let read = NamedOrder::read(&order, "status").unwrap();
        assert_eq!((read.request.as_str(), read.by), ("DSR-1", "A. Officer"));
        for order in [
            json!({"status": "DSR-1"}),
            json!({"by": "A. Officer"}),
            json!({"status": "DSR-1", "by": "A. Officer", "days": 7}),
        ] {
            assert!(NamedOrder::read(&order, "status").is_err(), "{order}");
        }
    }
}
