//! The Data Protection Officer takes an opt-out back, after making sure that the person wants that.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::record::Holder;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::subscription::{OptInReason, Subscription};
use custodian_rights::people::People;
use custodian_store::confirmations::Confirmations;
use custodian_store::opt_outs::OptOuts;
use serde_json::{Value, json};

/// Reverses opt-outs.
#[derive(Debug)]
pub(crate) struct OptIn {
    pub(crate) people: People,
    pub(crate) opt_outs: OptOuts,
    pub(crate) confirmations: Confirmations,
}

#[async_trait]
impl OrderHandler for OptIn {
    /// Reverses an opt-out: `{"order", "request_id", "identifiers", "list"?, "reason", "by"}`. The
    /// same order twice counts as one.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 6] = ["order", "request_id", "identifiers", "list", "reason", "by"];
        let (order, now) = (Order::read(order, &FIELDS)?, invocation.now);
        // An order is done as a whole or not at all. A second one that covers more would be taken
        // for the first.
        let (id, address, by) = (
            order.request()?,
            order.address("an order")?,
            order.text("by")?,
        );
        let list = order.mailing_list()?;
        let reason = OptInReason::parse(order.text("reason")?)?;
        let mut subjects = Vec::new();
        for subject in self.people.keys.keys(&address) {
            invocation
                .concerned
                .about(&[Holder::Subject(subject.clone())]);
            let of = Subscription { subject, list };
            let stands = self.opt_outs.find(&of, now).await?;
            // In the same second the opt-out counts.
            if stands.is_some_and(|opt_out| opt_out.since() >= now) {
                return Err(Error::NotNow(
                    "the person has opted out this very second: give the same order again",
                ));
            }
            subjects.extend(stands.map(|_| of.subject));
        }
        if subjects.is_empty() {
            return Err(Error::NotNow(
                "nobody has opted out under this address: there is nothing to take back",
            ));
        }
        let first = self
            .confirmations
            .opt_in(&subjects, &id, (reason, by), now)
            .await?;
        tracing::info!(
            outcome = if first { "opted_in" } else { "repeated" },
            "unsubscribe"
        );
        Ok(
            json!({"request_id": id, "list": list, "opt_outs": subjects.len(), "reason": reason, "repeated": !first}),
        )
    }
}
