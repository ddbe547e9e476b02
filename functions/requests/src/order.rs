//! What all orders of the Data Protection Officer have in common.

use crate::Error;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::fmt::Debug;

/// When an order was given, and in which invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    /// The time, in whole seconds.
    pub(crate) now: DateTime<Utc>,
    pub(crate) invocation: &'a str,
}

/// An order of the Data Protection Officer. Its fields are everything that it depends on.
#[async_trait]
pub(crate) trait OrderHandler: Debug + Send + Sync {
    /// Reads an order and carries it out. The same order twice has the effect of one.
    async fn carry_out(&self, order: &Value, given: &Given<'_>) -> Result<Value, Error>;

    /// What is added to the order's request id to name the request that notifies recipients. `None`
    /// if the order notifies nobody.
    fn notifies_as(&self) -> Option<&'static str> {
        None
    }
}
