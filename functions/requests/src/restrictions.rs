//! Restrictions: what is of a person is stored and told by no statistic, until the person was told
//! and it is lifted.

use crate::standings::told;
use crate::{Error, Requests};
use chrono::SubsecRound;
use custodian_domain::rights::constraint::{Act, ConstraintKind, Limb};
use custodian_domain::rights::order::Order;
use custodian_rights::hold_enforcement::Enforced;
use custodian_rights::people::Links;
use serde_json::Value;

impl Requests {
    /// Restricts everything of a person, what arrives later too.
    pub(crate) async fn restrict(&self, order: &Value) -> Result<Value, Error> {
        self.place(order, |ground| {
            Limb::parse(ground).map(ConstraintKind::Restriction)
        })
        .await
    }

    /// Records that the person was told that the restriction will be lifted: `{"order",
    /// "request_id", "by"}`.
    pub(crate) async fn notice(&self, order: &Value) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "by"])?;
        let (id, now) = (order.request()?, self.clock.now().trunc_subsecs(0));
        let act = Act {
            by: order.text("by")?.to_owned(),
            at: now,
        };
        if !self.standing(&id, now).await?.standing.kind.needs_notice() {
            return Err(Error::NotNow("a hold needs no notice"));
        }
        // One that was recorded before stands.
        self.hold_enforcement.constraints.notice(&id, &act).await?;
        tracing::info!(outcome = "told", "standing");
        Ok(told(
            &id,
            &self.standing(&id, now).await?,
            Enforced::default(),
            &Links::of(&[]),
        ))
    }

    /// Lifts a restriction, if the person was told.
    pub(crate) async fn unrestrict(&self, order: &Value) -> Result<Value, Error> {
        self.lift(order, |kind| matches!(kind, ConstraintKind::Restriction(_)))
            .await
    }
}
