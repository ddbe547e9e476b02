//! Letters to the person, as text to copy. Nothing is sent from here, and no letter says who the
//! person is: the register does not know. What only people know stands in square brackets.

mod words;

use super::case_view::CALENDAR;
use super::entering::Entering;
use crate::Error;
use crate::certificate::Controller;
use crate::order::{Invocation, OrderHandler};
use askama::Template;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::london;
use custodian_domain::rights::erasure::{Certificate, Outcome};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::lists::{LetterKind, RequestKind};
use custodian_domain::rights::register::{Case, CaseEvent, CaseRequest};
use custodian_domain::rights::response_deadline::spelt;
use custodian_domain::validation::violation::Violation;
use custodian_store::requests::Requests;
use custodian_web::page::written;
use serde_json::{Value, json};
use std::sync::Arc;

/// Writes letters.
#[derive(Debug)]
pub(crate) struct WriteLetter {
    pub(super) entering: Arc<Entering>,
    pub(super) register: Requests,
    pub(super) controller: Controller,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Letter<'a> {
    sort: LetterKind,
    council: &'a str,
    dpo_email: &'a str,
    reference: String,
    today: String,
    asked: &'static str,
    done: &'static str,
    received: String,
    due: Option<String>,
    doubt: &'static str,
    fee: &'static str,
    extension: &'static str,
    grounds: Vec<&'static str>,
    /// What was taken out of a copy, ground by ground.
    taken_out: Vec<String>,
    outcome: &'static str,
    backups: String,
    stopped: bool,
    left: u64,
}

#[async_trait]
impl OrderHandler for WriteLetter {
    /// `{"order", "case_id", "kind", "letter", "by"}`: the letter says what is entered, so enter it
    /// first.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "case_id", "kind", "letter", "by"])?;
        let (id, now) = (order.case("case_id")?, invocation.now);
        let (kind, letter): (RequestKind, LetterKind) =
            (order.chosen("kind")?, order.chosen("letter")?);
        order.staff_number("by")?;
        let case = self.entering.current(&id, now).await?.1;
        let request = case.requests().find(|request| request.kind() == kind);
        let request = request
            .ok_or_else(|| Violation::new("kind", "must be that of a request of the case"))?;
        let reference = case.id().request(kind);
        let certificate = if letter == LetterKind::Erased {
            self.certificate(&reference, now).await?
        } else {
            None
        };
        words::must_be_true(letter, (&case, request), certificate.as_ref())?;
        let text = self.text(letter, (&case, request), certificate.as_ref(), now);
        tracing::info!(outcome = "written", "letter");
        Ok(json!({"case_id": case.id(), "request_id": reference, "letter": letter, "text": text}))
    }
}

impl WriteLetter {
    /// The certificate of an erasure that is over.
    async fn certificate(
        &self,
        reference: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Certificate>, Error> {
        match RequestId::try_from(reference.to_owned()) {
            Ok(id) => Ok(self.register.certificate(&id, now).await?),
            Err(_) => Ok(None),
        }
    }

    fn text(
        &self,
        letter: LetterKind,
        (case, request): (&Case, &CaseRequest),
        certificate: Option<&Certificate>,
        now: DateTime<Utc>,
    ) -> String {
        let decision = request.decision();
        let grounds = decision.iter().flat_map(|decision| &decision.grounds);
        let said = |words| last(case, request, words).unwrap_or_default();
        let is_stopped = |certificate: &Certificate| {
            let mut receipts = certificate.receipts.iter();
            receipts.any(|receipt| receipt.outcome == Outcome::Stopped)
        };
        let page = Letter {
            sort: letter,
            council: &self.controller.council,
            dpo_email: &self.controller.dpo_email,
            reference: case.id().request(request.kind()),
            today: spelt(london::date(now)).to_string(),
            asked: words::asked(request.kind()),
            done: words::done(
                request.kind(),
                decision.map(|it| it.verdict),
                request.progress(),
            ),
            received: spelt(request.received()).to_string(),
            due: request
                .due(&CALENDAR)
                .date()
                .map(|due| spelt(due).to_string()),
            doubt: said(words::doubt),
            fee: said(words::fee),
            extension: said(words::extension),
            grounds: grounds.map(|ground| words::ground(*ground)).collect(),
            taken_out: words::taken_out(case, request),
            outcome: words::outcome(request.progress().outcome()),
            backups: certificate
                .map(|it| spelt(it.backups_clear_on).to_string())
                .unwrap_or_default(),
            stopped: certificate.is_some_and(is_stopped),
            left: certificate.map_or(0, |it| it.records_left),
        };
        written(&page)
    }
}

/// The words for the last event of a request that has some.
fn last(
    case: &Case,
    request: &CaseRequest,
    words: fn(&CaseEvent) -> Option<&'static str>,
) -> Option<&'static str> {
    let of = case.entries().iter().rev();
    let mut of = of.filter(|entry| entry.of.is_none_or(|kind| kind == request.kind()));
    of.find_map(|entry| words(&entry.event))
}
