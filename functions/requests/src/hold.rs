//! A hold: nothing about a person is deleted until it is lifted.

use crate::Error;
use crate::constraints::Constraining;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::constraint::{ConstraintKind, HoldGround};
use serde_json::Value;
use std::sync::Arc;

/// Places a hold.
#[derive(Debug)]
pub(crate) struct Hold(pub(crate) Arc<Constraining>);

#[async_trait]
impl OrderHandler for Hold {
    /// Holds everything of a person, including what arrives later. If it names a case, the hold is
    /// bound to it, and is no step there.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        self.0
            .place(
                order,
                invocation,
                |ground| HoldGround::parse(ground).map(ConstraintKind::Hold),
                &[],
            )
            .await
    }
}
