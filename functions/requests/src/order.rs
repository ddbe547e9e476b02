//! What all orders of the Data Protection Officer have in common.

use crate::Error;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::rights::package::RequestId;
use custodian_domain::validation::violation::Violation;
use custodian_rights::auditing::Concerned;
use serde_json::Value;
use std::fmt::Debug;

/// When an order was given, and in which invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    /// The time, in whole seconds.
    pub(crate) now: DateTime<Utc>,
    pub(crate) invocation: &'a str,
    /// Whom it turns out to be about, for the audit trail.
    pub(crate) concerned: &'a Concerned,
}

impl Given<'_> {
    /// The id of the invocation, which Lambda's own retries share, instead of this field.
    pub(crate) fn id(&self, field: &str) -> Result<RequestId, Violation> {
        let id = RequestId::try_from(self.invocation.to_owned());
        id.map_err(|rule| Violation::new(field, rule.to_string()))
    }
}

/// An order of the Data Protection Officer. Its fields are everything that it depends on.
#[async_trait]
pub(crate) trait OrderHandler: Debug + Send + Sync {
    /// Reads an order and carries it out. The same order twice has the effect of one.
    async fn carry_out(&self, order: &Value, given: &Given<'_>) -> Result<Value, Error>;

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
