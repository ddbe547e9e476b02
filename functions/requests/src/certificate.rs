//! The certificate of a closed request: as data, and as a page that can be printed. It has nothing
//! of the person.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use askama::Template;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::rights::erasure::{Certificate, Outcome, Receipt};
use custodian_domain::rights::exclusion::Exclusion;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::Action;
use custodian_store::requests::Requests;
use custodian_web::page::written;
use serde_json::{Value, json};

/// The controller in law: the council, and who answers for it.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    pub(crate) council: String,
    pub(crate) dpo_email: String,
}

/// A label and its value.
type Line = (&'static str, String);

#[derive(Template)]
#[template(path = "certificate.html")]
struct Page<'a> {
    title: &'static str,
    council: &'a str,
    dpo_email: &'a str,
    request: &'a str,
    lines: Vec<Line>,
    places: Vec<PlaceResult>,
}

/// A place that was asked, and the result.
struct PlaceResult {
    name: &'static str,
    lines: Vec<Line>,
}

/// Issues the certificate of a request.
#[derive(Debug)]
pub(crate) struct IssueCertificate {
    pub(crate) register: Requests,
    pub(crate) controller: Controller,
}

#[async_trait]
impl OrderHandler for IssueCertificate {
    /// Gives a request's certificate, and stores who asked: `{"order", "request_id", "by"}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "by"])?;
        let (id, by, now) = (order.request()?, order.text("by")?, invocation.now);
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        let certificate = self.register.certificate(&id, now).await?;
        let certificate = certificate.ok_or(Error::NotNow(
            "the request is not closed: ask for its status",
        ))?;
        let events = self.register.history(&id, now).await?;
        self.register
            .asked(&id, &events, "asked for its certificate", by, now)
            .await?;
        tracing::info!(outcome = "certificate_told", "request");
        let Controller { council, dpo_email } = &self.controller;
        Ok(json!({
            "request_id": id, "action": request.action, "controller": {"name": council, "dpo_email": dpo_email},
            "certificate": certificate, "html": page(&id, request.action, &certificate, &self.controller),
        }))
    }
}

fn page(
    id: &RequestId,
    action: Action,
    certificate: &Certificate,
    controller: &Controller,
) -> String {
    let page = Page {
        title: title(action),
        council: &controller.council,
        dpo_email: &controller.dpo_email,
        request: id.as_str(),
        lines: lines(action, certificate),
        places: certificate.receipts.iter().map(place_result).collect(),
    };
    written(&page)
}

const fn title(action: Action) -> &'static str {
    match action {
        Action::Erase => "Certificate of erasure",
        Action::Unsubscribe => "Certificate: newsletters are ended",
        Action::Restrict => "Certificate: recipients were told of a restriction",
        Action::Unrestrict => "Certificate: recipients were told that a restriction is lifted",
        Action::Rectify => "Certificate: recipients were told of a correction",
    }
}

fn lines(action: Action, certificate: &Certificate) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if let Some(ground) = certificate.ground {
        lines.push(("Ground", format!("Article {} UK GDPR", ground.as_str())));
    }
    lines.push(("Approved by", certificate.approved_by.clone()));
    lines.push(("Approved", time(certificate.approved_at)));
    if action == Action::Erase {
        let up_to = certificate.up_to.unwrap_or(certificate.approved_at);
        lines.push((
            "What it reaches",
            format!("what was collected up to {}", time(up_to)),
        ));
    }
    let stopped = certificate
        .receipts
        .iter()
        .any(|receipt| receipt.outcome == Outcome::Stopped);
    let over = if stopped {
        "Over; not done everywhere"
    } else {
        "Done everywhere"
    };
    lines.push((over, time(certificate.completed_at)));
    if action == Action::Erase {
        lines.push(("Backups forget it by", day(certificate.backups_clear_on)));
        lines.extend(
            certificate
                .exclusions
                .iter()
                .map(|left| ("What was left", exclusion_words(left))),
        );
        if !certificate.exclusions.is_empty() {
            lines.push(("Records left", certificate.records_left.to_string()));
        }
    }
    lines
}

fn place_result(receipt: &Receipt) -> PlaceResult {
    let outcome = match receipt.outcome {
        Outcome::Erased => "Erased",
        Outcome::NothingHeld => "Nothing was held",
        Outcome::Confirmed => "Confirmed as done",
        Outcome::Stopped => "Stopped before it began: what was held is still held",
    };
    let mut lines = vec![
        ("Outcome", outcome.to_owned()),
        ("Finished", time(receipt.finished_at)),
    ];
    let some = receipt.held.iter().filter(|(_, count)| **count > 0);
    let held: Vec<String> = some
        .map(|(kind, count)| format!("{}: {count}", kind_of(kind)))
        .collect();
    lines.push((
        "Held when it was approved",
        if held.is_empty() {
            "nothing known".to_owned()
        } else {
            held.join(", ")
        },
    ));
    let correspondence = receipt.correspondence.as_ref();
    let reference = correspondence.and_then(|it| it.reference.clone());
    lines.extend(reference.map(|reference| ("Their reference", reference)));
    let confirmed = correspondence.and_then(|it| it.confirmed.as_ref());
    lines.extend(confirmed.map(|confirmed| ("Done by hand on", day(confirmed.on))));
    let logs = correspondence.and_then(|it| it.logs_until);
    lines.extend(logs.map(|until| ("Their logs are gone by", day(until))));
    PlaceResult {
        name: name(receipt.place),
        lines,
    }
}

/// A plain label for a kind of thing that was held.
fn kind_of(kind: &str) -> &str {
    match kind {
        "packages" => "copies",
        "unreadable" => "files that nobody could look into",
        other => other,
    }
}

const fn name(place: Place) -> &'static str {
    match place {
        Place::Exports => "Copies that were made for requests",
        Place::Records => "Records of what was said",
        Place::Intake => "Files from partners",
        Place::Granicus => "Granicus (online forms)",
        Place::Five9 => "Five9 (telephone calls)",
        Place::Newsletter => "Newsletters",
        Place::Notify => "GOV.UK Notify (mails that ask to confirm an address)",
    }
}

/// What an exclusion covers, in one line.
fn exclusion_words(left: &Exclusion) -> String {
    let source = left
        .source
        .map(|source| format!("source {}", source.as_str()));
    let reference = left
        .reference
        .as_ref()
        .map(|reference| format!("reference {}", reference.as_str()));
    let from = left.from.map(|from| format!("from {}", day(from)));
    let to = left.to.map(|to| format!("to {}", day(to)));
    let which: Vec<String> = [source, reference, from, to]
        .into_iter()
        .flatten()
        .collect();
    format!(
        "{}, by Article {} UK GDPR",
        which.join(", "),
        left.exemption.as_str()
    )
}

fn day(day: chrono::NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

fn time(instant: DateTime<Utc>) -> String {
    london::time(instant)
        .format("%-d %B %Y, %-I:%M%P")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::{lines, place_result};
    use custodian_domain::rights::erasure::Certificate;
    use custodian_domain::rights::task::Action;
    use serde_json::{Value, json};

    fn certificate(outcome: &str, held: &Value) -> Certificate {
        let at = "2026-11-23T10:00:00Z";
        serde_json::from_value(json!({"approved_by": "dpo-9", "approved_at": at, "completed_at": at,
            "backups_clear_on": "2026-12-28",
            "receipts": [{"place": "intake", "outcome": outcome, "held": held, "finished_at": at}]}))
        .unwrap()
    }

    fn says(lines: &[super::Line], label: &str) -> bool {
        lines.iter().any(|(name, _)| *name == label)
    }

    #[test]
    fn what_was_stopped_anywhere_is_not_done_everywhere() {
        for (outcome, done) in [
            ("erased", true),
            ("nothing_held", true),
            ("confirmed", true),
            ("stopped", false),
        ] {
            let lines = lines(Action::Erase, &certificate(outcome, &json!({})));
            assert_eq!(
                (
                    says(&lines, "Done everywhere"),
                    says(&lines, "Over; not done everywhere")
                ),
                (done, !done)
            );
        }
    }

    #[test]
    fn what_a_place_held_is_said_in_words_that_a_lay_person_knows() {
        let certificate = certificate("erased", &json!({"rows": 0, "unreadable": 13}));
        let asked = place_result(&certificate.receipts[0]);
        let held = asked
            .lines
            .iter()
            .find(|(label, _)| *label == "Held when it was approved")
            .unwrap();
        assert_eq!(held.1, "files that nobody could look into: 13");
    }
}
