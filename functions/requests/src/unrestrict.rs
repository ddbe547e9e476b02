//! A restriction is lifted.

use crate::Error;
use crate::constraints::{Constraining, RESTRICTS};
use crate::order::{Invocation, OrderHandler};
use crate::recipients::LIFTED;
use async_trait::async_trait;
use custodian_domain::rights::constraint::ConstraintKind;
use serde_json::Value;
use std::sync::Arc;

/// Lifts a restriction.
#[derive(Debug)]
pub(crate) struct Unrestrict(pub(crate) Arc<Constraining>);

#[async_trait]
impl OrderHandler for Unrestrict {
    /// Lifts a restriction, if the person was informed. If it was placed in a case, that this is
    /// lifted there is entered in the same transaction.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        self.0
            .lift(
                order,
                invocation,
                |kind| matches!(kind, ConstraintKind::Restriction(_)),
                &RESTRICTS,
            )
            .await
    }

    fn notifies_as(&self) -> Option<&'static str> {
        Some(LIFTED)
    }
}
