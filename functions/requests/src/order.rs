//! What every order of the Data Protection Officer has.

use crate::Error;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::fmt::Debug;

/// When an order was given, and in which invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    /// In whole seconds.
    pub(crate) now: DateTime<Utc>,
    pub(crate) invocation: &'a str,
}

/// An order of the Data Protection Officer: its fields are all that it depends on.
#[async_trait]
pub(crate) trait OrderHandler: Debug + Send + Sync {
    /// Reads an order and carries it out. The same order twice does no more than once.
    async fn carry_out(&self, order: &Value, given: &Given<'_>) -> Result<Value, Error>;

    /// What the request is called, behind the order's own id, by which it has recipients notified.
    fn notifies_as(&self) -> Option<&'static str> {
        None
    }
}
