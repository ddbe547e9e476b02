//! Marketing stops at once, as the person who objects to it asks (Article 21(2) and (3) UK GDPR).

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::record::{Fingerprint, Holder};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::Step;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::subscription::{OptOut, Subscription};
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::CaseSteps;
use custodian_rights::people::People;
use custodian_store::opt_outs::OptOuts;
use serde_json::{Value, json};

/// Stops newsletters to an address.
#[derive(Debug)]
pub(crate) struct StopMarketing {
    pub(crate) people: People,
    pub(crate) opt_outs: OptOuts,
    pub(crate) steps: CaseSteps,
}

#[async_trait]
impl OrderHandler for StopMarketing {
    /// Opts an address out, and has the newsletter's sender informed within 28 days, as a link in a
    /// newsletter does: `{"order", "case_id", "kind"?, "identifiers", "list"?, "by"}`. It is never
    /// refused for what the case says: a step that the case does not allow is left out. The step is
    /// entered afterwards; the same order completes that, and opts nobody out twice.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        const FIELDS: [&str; 7] = [
            "order",
            "case_id",
            "kind",
            "request_id",
            "identifiers",
            "list",
            "by",
        ];
        const KINDS: [RequestKind; 2] = [RequestKind::Objection, RequestKind::Unsubscribe];
        let (order, now) = (Order::read(order, &FIELDS)?, invocation.now);
        if !order.has("case_id") {
            return Err(Violation::new("case_id", "must name a case").into());
        }
        let (id, in_case) = self.steps.named(order, &KINDS, "by", now).await?;
        let (address, list) = (order.address("an order")?, order.mailing_list()?);
        let mut stopped = 0;
        for subject in self.people.keys.keys(&address) {
            invocation
                .concerned
                .about(&[Holder::Subject(subject.clone())]);
            let of = Subscription { subject, list };
            if self.opt_outs.find(&of, now).await?.is_none() {
                let request = as_a_click(&id, &of);
                self.opt_outs.record(&of, OptOut::at(now), &request).await?;
                stopped += 1;
            }
        }
        tracing::info!(outcome = "stopped", "unsubscribe");
        let mut answer = json!({"request_id": id, "list": list, "stopped": stopped});
        if let Some(ordered) = in_case {
            let step = match ordered.in_case.kind {
                Some(RequestKind::Unsubscribe) => Step::NewslettersStopped,
                _ => Step::MarketingStopped,
            };
            let case = self.steps.enter_if_allowed(&ordered, &step, now).await?;
            custodian_rights::case_view::show(Some(&case), &mut answer);
        }
        Ok(answer)
    }
}

/// The request that informs the newsletter's sender. It is one of those that a click begins, which
/// end a newsletter and nothing else; the same order has the same one.
fn as_a_click(id: &RequestId, of: &Subscription) -> RequestId {
    let digest = Fingerprint::of(&(id, &of.subject, of.list)).into_string();
    let mut random = [0; 16];
    for (to, from) in random.iter_mut().zip(digest.bytes()) {
        *to = from;
    }
    RequestId::of_click(random)
}
