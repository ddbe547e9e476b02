//! Corrects what a record says (Article 16 UK GDPR).

use crate::Error;
use crate::named_record::{NAMED, NamedRecords};
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::RecordBody;
use custodian_domain::record::rectification::RecordField;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::progress::CorrectionStage;
use custodian_domain::rights::register::{Progress, Step};
use custodian_domain::validation::violation::Violation;
use custodian_rights::rectifying::RecordChange;
use serde_json::Value;
use std::sync::Arc;

/// How many fields one order may change.
const AT_MOST: usize = 20;

/// Corrects a record.
#[derive(Debug)]
pub(crate) struct Correct(pub(crate) Arc<NamedRecords>);

#[async_trait]
impl OrderHandler for Correct {
    /// Corrects a record: `{"order", "request_id", "identifiers", "record", "changes": {field:
    /// value or null}, "by", "version"?, "confirmed_links"?, "refused_links"?}`, with fields as
    /// [`crate::look`] lists them. What they said before is stored nowhere. If it names a case, that
    /// this is corrected is entered there afterwards; the same order completes that.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &[&NAMED[..], &["changes", "version"]].concat())?;
        let (by, now) = (order.text("by")?, invocation.now);
        let kinds = [RequestKind::Rectification];
        let (id, in_case) = self.0.steps.named(order, &kinds, "by", now).await?;
        let changes = changes(order)?;
        let is_done = |details: &RecordBody| {
            let mut same = details.clone();
            changes.iter().all(|(field, value)| {
                details.rectification.corrected.contains_key(field)
                    && same.correct(field, value, now) == Ok(false)
            })
        };
        let also = contact(&changes);
        let named = self.0.named(order, &also, is_done, invocation).await?;
        let mut wanted = named.details.clone();
        let mut loses = false;
        for (field, value) in &changes {
            loses |= wanted.correct(field, value, now)?;
        }
        if loses {
            NamedRecords::must_be_seen(order, &named.details)?;
        }
        let corrected = &wanted.rectification.corrected;
        let times = changes.iter().filter_map(|(field, _)| corrected.get(field));
        let Some(since) = times.max().copied() else {
            return Err(Error::NotNow("the record says that already"));
        };
        let differs = wanted != named.details;
        // The same correction again has the time at which it was stored.
        let more = format!("{} {}", wanted.reference.as_str(), since.to_rfc3339());
        let steps = |progress: &Progress| after_facts(progress, (Step::Corrected, more.clone()));
        self.0
            .must_allow((in_case.as_ref(), differs), &steps, now)
            .await?;
        let events = self.0.register.history(&id, now).await?;
        self.0
            .register
            .asked(&id, &events, "correction ordered", by, now)
            .await?;
        let change = RecordChange {
            wanted: wanted.clone(),
            loses,
            since,
        };
        let done = self.0.rectifying.store(&named, &change, now).await?;
        let until = wanted.retention.due().instant();
        invocation
            .concerned
            .looked_at(std::slice::from_ref(&done.holder), until);
        tracing::info!(outcome = "corrected", count = changes.len(), "record");
        let case = self.0.enter(in_case.as_ref(), &steps, now).await?;
        Ok(self.0.answer((&id, case.as_ref()), &wanted, &done, now))
    }
}

/// A correction names what is disputed, if that was not named before.
pub(crate) fn after_facts(progress: &Progress, step: (Step, String)) -> Vec<(Step, String)> {
    let named = (Step::FactsNamed, String::new());
    match progress {
        Progress::Correction(CorrectionStage::Naming) => vec![named, step],
        _ => vec![step],
    }
}

/// Whom the record will name, as far as the changes say.
fn contact(changes: &[(RecordField, &Value)]) -> Contact {
    let mut contact = Contact::default();
    for (field, value) in changes {
        let text = value.as_str().map(str::to_owned);
        match field {
            RecordField::Email => contact.email = text,
            RecordField::Phone => contact.phone = text,
            RecordField::PersonReference => contact.reference = text,
            _ => {}
        }
    }
    contact
}

fn changes(order: Order<'_>) -> Result<Vec<(RecordField, &Value)>, Violation> {
    const FIELD: &str = "changes";
    let fields = order.object(FIELD, AT_MOST)?;
    let read = |(name, value): (&String, _)| {
        let field = RecordField::try_from(name.clone());
        let field = field.map_err(|rule| Violation::new(FIELD, rule.to_string()))?;
        Ok((field, value))
    };
    fields.iter().map(read).collect()
}
