//! A letter asks for something else as well.

use super::entering::Entering;
use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::register::CaseEvent;
use serde_json::Value;
use std::sync::Arc;

/// Adds a request to a case.
#[derive(Debug)]
pub(crate) struct Add(pub(super) Arc<Entering>);

#[async_trait]
impl OrderHandler for Add {
    /// `{"order", "case_id", "kind", …}`: a request of this kind, received with the others.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Entering::read(order, &[])?;
        self.0.enter(order, invocation, CaseEvent::Added).await
    }
}
