//! A restriction: data about a person is stored and counted in no statistic, until the person was
//! informed that it is lifted.

use crate::Error;
use crate::constraints::{Constraining, RESTRICTS};
use crate::order::{Invocation, OrderHandler};
use crate::recipients::RESTRICTED;
use async_trait::async_trait;
use custodian_domain::rights::constraint::{ConstraintKind, Limb};
use serde_json::Value;
use std::sync::Arc;

/// Places a restriction.
#[derive(Debug)]
pub(crate) struct Restrict(pub(crate) Arc<Constraining>);

#[async_trait]
impl OrderHandler for Restrict {
    /// Restricts everything of a person, including what arrives later. If it names a case, the step
    /// that it is there is entered in the same transaction.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        self.0
            .place(
                order,
                invocation,
                |ground| Limb::parse(ground).map(ConstraintKind::Restriction),
                &RESTRICTS,
            )
            .await
    }

    fn notifies_as(&self) -> Option<&'static str> {
        Some(RESTRICTED)
    }
}
