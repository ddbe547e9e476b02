//! Shows one record to the Data Protection Officer.

use crate::Error;
use crate::named_record::{NAMED, NamedRecords};
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::identity::contact::Contact;
use custodian_domain::rights::order::Order;
use serde_json::{Value, json};
use std::sync::Arc;

/// Shows a record.
#[derive(Debug)]
pub(crate) struct Look(pub(crate) Arc<NamedRecords>);

#[async_trait]
impl OrderHandler for Look {
    /// Shows a record: `{"order", "request_id", "identifiers", "record", "by",
    /// "confirmed_links"?, "refused_links"?}`. The audit trail has who looked, and for which
    /// request; the person is told when, and what for.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &NAMED)?;
        let now = invocation.now;
        let (id, in_case) = self.0.steps.named(order, &[], "by", now).await?;
        order.text("by")?;
        let named = self
            .0
            .named(order, &Contact::default(), |_| false, invocation)
            .await?;
        let details = &named.details;
        let until = details.retention.due().instant();
        invocation.concerned.looked_at(&named.holders(), until);
        tracing::info!(outcome = "looked", "record");
        let mut answer = json!({
            "request_id": id.as_str(), "record": details.reference, "source": details.source,
            "collected_at": details.collected_at, "kept_until": until,
            "on_hold": details.retention.is_held(), "restricted": details.restricted,
            "fields": details.correctable(), "corrected": details.rectification.corrected,
            "statement": details.rectification.statement, "version": NamedRecords::version(details),
        });
        let in_case = in_case.map(|ordered| ordered.in_case);
        self.0
            .steps
            .show(in_case.as_ref(), &mut answer, now)
            .await?;
        Ok(answer)
    }
}
