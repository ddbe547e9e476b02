//! What all orders of the Data Protection Officer have in common.

use crate::Error;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::rights::package::RequestId;
use custodian_domain::validation::violation::Violation;
use custodian_rights::auditing::Concerned;
use serde_json::Value;
use std::fmt::Debug;

/// When an order was invocation, and in which invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invocation<'a> {
    /// The time, in whole seconds.
    pub(crate) now: DateTime<Utc>,
    /// Lambda's id of the invocation, which its own retries share.
    pub(crate) id: &'a str,
    /// Whom it turns out to be about, for the audit trail.
    pub(crate) concerned: &'a Concerned,
}

impl Invocation<'_> {
    /// The invocation's id as the request id, if this field of the order is missing.
    pub(crate) fn request_id(&self, field: &str) -> Result<RequestId, Violation> {
        let id = RequestId::try_from(self.id.to_owned());
        id.map_err(|rule| Violation::new(field, rule.to_string()))
    }
}

/// An order of the Data Protection Officer. Its fields are everything that it depends on.
#[async_trait]
pub(crate) trait OrderHandler: Debug + Send + Sync {
    /// Reads an order and carries it out. The same order twice has the effect of one.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error>;

    /// The field that says who gives the order.
    fn given_by(&self) -> &'static str {
        "by"
    }

    /// What is added to the order's request id to name the request that notifies recipients. `None`
    /// if the order notifies nobody.
    fn notifies_as(&self) -> Option<&'static str> {
        None
    }
}
