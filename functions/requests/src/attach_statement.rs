//! Has a person's statement stand beside a record: the council keeps what it says, and they do not
//! agree (Article 16 UK GDPR).

use crate::Error;
use crate::correct::after_facts;
use crate::named_record::{NAMED, NamedRecords};
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::rectification::Statement;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::{Progress, Step};
use custodian_rights::rectifying::RecordChange;
use serde_json::Value;
use std::sync::Arc;

/// Attaches a statement.
#[derive(Debug)]
pub(crate) struct AttachStatement(pub(crate) Arc<NamedRecords>);

#[async_trait]
impl OrderHandler for AttachStatement {
    /// Attaches a statement, or takes it away: `{"order", "request_id", "identifiers", "record",
    /// "text": text or null, "by", "version"?, "confirmed_links"?, "refused_links"?}`. If it names a
    /// case, the step is entered there afterwards; the same order completes that.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const TEXT: &str = "text";
        let order = Order::read(order, &[&NAMED[..], &[TEXT, "version"]].concat())?;
        let (by, now) = (order.text("by")?, invocation.now);
        let kinds = [RequestKind::Rectification];
        let (id, in_case) = self.0.steps.named(order, &kinds, "by", now).await?;
        let statement = Statement::read(TEXT, order.value(TEXT)?, now)?;
        let named = self
            .0
            .named(order, &Contact::default(), |_| false, invocation)
            .await?;
        let mut wanted = named.details.clone();
        let before = wanted.rectification.statement.is_some();
        let changed = wanted.state(statement, now);
        if changed {
            NamedRecords::must_be_seen(order, &named.details)?;
        }
        let Some(since) = wanted.rectification.stated_at else {
            return Err(Error::NotNow("no statement is attached to the record"));
        };
        let more = format!("{} {}", wanted.reference.as_str(), since.to_rfc3339());
        let is_attached = wanted.rectification.statement.is_some();
        let steps = |progress: &Progress| {
            if is_attached {
                after_facts(progress, (Step::StatementAttached, more.clone()))
            } else {
                Vec::new()
            }
        };
        self.0
            .must_allow((in_case.as_ref(), is_attached && changed), &steps, now)
            .await?;
        let events = self.0.register.history(&id, now).await?;
        self.0
            .register
            .asked(&id, &events, "statement ordered", by, now)
            .await?;
        let change = RecordChange {
            wanted: wanted.clone(),
            loses: changed && before,
            since,
        };
        let done = self.0.rectifying.store(&named, &change, now).await?;
        let until = wanted.retention.due().instant();
        invocation
            .concerned
            .looked_at(std::slice::from_ref(&done.holder), until);
        tracing::info!(outcome = "stated", "record");
        let case = self.0.enter(in_case.as_ref(), &steps, now).await?;
        Ok(self.0.answer((&id, case.as_ref()), &wanted, &done, now))
    }
}
