//! Holds: nothing of a person goes until they are lifted.

use crate::{Error, Requests};
use custodian_domain::rights::constraint::{ConstraintKind, HoldGround};
use serde_json::Value;

impl Requests {
    /// Holds everything of a person, what arrives later too.
    pub(crate) async fn hold(&self, order: &Value) -> Result<Value, Error> {
        self.place(order, |ground| {
            HoldGround::parse(ground).map(ConstraintKind::Hold)
        })
        .await
    }

    /// Lifts a hold. What is past its date, and held by nothing else, is deleted at once.
    pub(crate) async fn lift_hold(&self, order: &Value) -> Result<Value, Error> {
        self.lift(order, |kind| matches!(kind, ConstraintKind::Hold(_)))
            .await
    }
}
