//! The report that a lay person reads and prints: one self-contained page, written piece by piece.

use crate::document::{Head, Said};
use crate::supplementary::Point;
use askama::Template;
use chrono::{DateTime, Utc};
use shared::domain::answers::Answer;
use shared::domain::london;
use shared::domain::satisfaction::Satisfaction;
use shared::domain::survey::LawfulBasis;

#[derive(Template)]
#[template(path = "opening.html")]
struct Opening<'a> {
    council: &'a str,
    dpo_email: &'a str,
    made_on: String,
    identifiers: Vec<&'a str>,
    shared: bool,
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPart<'a> {
    said: &'a Said,
    told_on: String,
    kept_until: Option<String>,
    lines: Vec<(&'a str, String)>,
}

#[derive(Template)]
#[template(path = "closing.html")]
struct Closing {
    records: u64,
    points: Vec<Point>,
    scale: Vec<(u8, &'static str)>,
}

/// Everything up to the records.
pub fn opening(head: &Head<'_>) -> String {
    written(&Opening {
        council: &head.about.name,
        dpo_email: &head.about.dpo_email,
        made_on: spoken(head.made_at),
        identifiers: head.order.identifiers.iter().map(shared::domain::identifier::Identifier::canonical).collect(),
        shared: head.shared,
    })
}

/// One record.
pub fn record(said: &Said) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    let mut line = |heading, value: Option<String>| lines.extend(value.map(|value| (heading, value)));
    let contact = &said.provided.contact;
    line("Name", contact.name.clone());
    line("Email address", contact.email.clone());
    line("Telephone number", contact.phone.clone());
    if !said.provided.answers.iter().any(|answered| answered.rating) {
        line("How satisfied you were", said.provided.satisfaction.map(rating));
    }
    for answered in &said.provided.answers {
        line(&answered.label, Some(if answered.rating { rated(&answered.answer) } else { plain(&answered.answer) }));
    }
    line("Newsletter", said.provided.newsletter.map(|yes| plain(&Answer::YesNo(yes))));
    line("Service", said.observed.service.clone());
    let inferred = said.inferred.as_ref();
    line("Journey that we count it to", inferred.and_then(|inferred| inferred.journey.clone()));
    line("Stage of that journey", inferred.and_then(|inferred| inferred.stage.clone()));
    line("Why we may hold it", Some(basis(said.lawful_basis).to_owned()));
    written(&RecordPart {
        said,
        told_on: spoken(said.observed.collected_at),
        kept_until: said.kept_until.map(spoken),
        lines,
    })
}

/// Everything after the records.
pub fn closing(head: &Head<'_>, records: u64) -> String {
    let scale = Satisfaction::scale().into_iter().map(|point| (u8::from(point), point.label())).collect();
    written(&Closing { records, points: head.about.points(), scale })
}

/// A point of the scale, in words.
fn rated(answer: &Answer) -> String {
    let is = |point: &Satisfaction| plain(answer) == u8::from(*point).to_string();
    Satisfaction::scale().into_iter().find(is).map_or_else(|| plain(answer), rating)
}

fn rating(satisfaction: Satisfaction) -> String {
    format!("{} out of 5: {}", u8::from(satisfaction), satisfaction.label())
}

fn plain(answer: &Answer) -> String {
    match answer {
        Answer::YesNo(true) => "Yes".to_owned(),
        Answer::YesNo(false) => "No".to_owned(),
        Answer::Number(number) => number.to_string(),
        Answer::Choices(choices) => choices.join(", "),
        Answer::Text(text) => text.clone(),
    }
}

const fn basis(basis: LawfulBasis) -> &'static str {
    match basis {
        LawfulBasis::PublicTask => "Our public task (Article 6(1)(e) UK GDPR)",
        LawfulBasis::Consent => "Your consent (Article 6(1)(a) UK GDPR)",
    }
}

/// A day as people write it, in London: 23 November 2029.
fn spoken(instant: DateTime<Utc>) -> String {
    london::date(instant).format("%-d %B %Y").to_string()
}

/// Writing into a `String` cannot fail.
fn written(part: &impl Template) -> String {
    part.render().unwrap_or_default()
}
