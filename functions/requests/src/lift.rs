//! A hold is lifted.

use crate::Error;
use crate::constraints::Constraining;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::constraint::ConstraintKind;
use serde_json::Value;
use std::sync::Arc;

/// Lifts a hold.
#[derive(Debug)]
pub(crate) struct Lift(pub(crate) Arc<Constraining>);

#[async_trait]
impl OrderHandler for Lift {
    /// Lifts a hold. What is past its date, and under no other hold, is deleted at once.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        self.0
            .lift(
                order,
                invocation,
                |kind| matches!(kind, ConstraintKind::Hold(_)),
                &[],
            )
            .await
    }
}
