//! The report that a lay person reads and prints: one self-contained page, written piece by piece.

use crate::document::{Head, Held, Said};
use crate::supplementary::Point;
use askama::Template;
use chrono::{DateTime, Utc};
use shared::domain::answers::Answer;
use shared::domain::facts::{Answered, Code, Fact, Spoken, Value};
use shared::domain::london;
use shared::domain::record::Contact;
use shared::domain::satisfaction::Satisfaction;
use shared::domain::survey::LawfulBasis;

/// How a day is written.
const DAY: &str = "%-d %B %Y";

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
    title: &'a str,
    source: &'a str,
    told_on: String,
    reference: &'a str,
    kept_until: Option<String>,
    on_hold: bool,
    restricted: bool,
    held: Vec<String>,
    lines: Vec<Line<'a>>,
    legs: Vec<Vec<Line<'a>>>,
    talk: Vec<Turn<'a>>,
}

/// A heading and what stands beside it.
type Line<'a> = (&'a str, String);

/// One thing that was said.
struct Turn<'a> {
    who: &'static str,
    when: String,
    what: &'a str,
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
pub fn record(said: &Said<'_>) -> String {
    let (mut lines, mut legs, mut talk) = (Vec::new(), Vec::new(), Vec::new());
    let (mut title, source) = (None, said.details.source.label());
    let rated =
        said.facts.iter().any(|fact| matches!(&fact.value, Value::Answers(all) if all.iter().any(Answered::is_rating)));
    let titled = said.facts.iter().any(|fact| fact.name == "survey_title");
    for fact in &said.facts {
        match (fact.name, &fact.value) {
            // In the heading's line, or among the answers, already.
            ("collected_at", _) => {}
            ("satisfaction", _) if rated => {}
            ("survey", _) if titled => {}
            ("survey_title", Value::Text(text)) => title = Some(text.as_ref()),
            (_, Value::Contact(contact)) => lines.extend(who(contact)),
            (_, Value::Answers(answers)) => lines.extend(answers.iter().map(answered)),
            (_, Value::Parts(parts)) => legs.extend(parts.iter().map(|part| part.iter().map(line).collect())),
            (_, Value::Talk(turns)) => talk.extend(turns),
            _ => lines.push(line(fact)),
        }
    }
    lines.push(("Why we may hold it", basis(said.details.lawful_basis).to_owned()));
    talk.sort_by_key(|spoken| spoken.place);
    written(&RecordPart {
        title: title.unwrap_or(source),
        source,
        told_on: spoken(said.details.collected_at),
        reference: said.details.reference.as_str(),
        kept_until: said.kept_until().map(spoken),
        on_hold: said.is_held(),
        restricted: said.details.restricted,
        held: said.held_elsewhere.iter().map(held).collect(),
        lines,
        legs,
        talk: talk.into_iter().map(turn).collect(),
    })
}

fn turn<'a>(spoken: &'a Spoken<'_>) -> Turn<'a> {
    Turn { who: Code::from(spoken.from).label, when: timed(spoken.at), what: &spoken.text }
}

fn held(held: &Held) -> String {
    let until = held.until.map_or_else(String::new, |until| format!(" until {}", spoken(until)));
    format!("Also held by {}{until}.", held.by)
}

/// A fact as a line, with its value in words.
fn line<'a>(fact: &Fact<'a>) -> Line<'a> {
    let value = match &fact.value {
        Value::Text(text) => text.clone().into_owned(),
        Value::Number(number) => number.to_string(),
        Value::Seconds(seconds) => lasting(*seconds),
        Value::YesNo(yes) => yes_no(*yes).to_owned(),
        Value::Rating(point) => rating(*point),
        Value::Time(time) => timed(*time),
        Value::Day(day) => day.format(DAY).to_string(),
        Value::Code(code) => code.label.to_owned(),
        Value::List(texts) => texts.join(", "),
        // These have lines, or a part of the page, of their own.
        Value::Contact(_) | Value::Answers(_) | Value::Talk(_) | Value::Parts(_) => String::new(),
    };
    (fact.label, value)
}

/// Who the person is, line by line.
fn who(Contact { name, email, phone, reference }: &Contact) -> impl Iterator<Item = Line<'_>> {
    let lines = [
        ("Name", name),
        ("Email address", email),
        ("Telephone number", phone),
        ("Customer number or user name", reference),
    ];
    lines.map(|(heading, value)| value.clone().map(|value| (heading, value))).into_iter().flatten()
}

fn answered<'a>(answered: &Answered<'a>) -> Line<'a> {
    (answered.label, if answered.is_rating() { rated(answered.answer) } else { plain(answered.answer) })
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

const fn yes_no(yes: bool) -> &'static str {
    if yes { "Yes" } else { "No" }
}

fn plain(answer: &Answer) -> String {
    match answer {
        Answer::YesNo(yes) => yes_no(*yes).to_owned(),
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
    london::date(instant).format(DAY).to_string()
}

/// A moment as people write it, in London: 23 November 2029, 9:05am.
fn timed(instant: DateTime<Utc>) -> String {
    london::time(instant).format("%-d %B %Y, %-I:%M%P").to_string()
}

/// How long something took: 7 minutes 41 seconds.
fn lasting(seconds: u32) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let of = |number: u32, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    match (minutes, seconds) {
        (0, _) => of(seconds, "second"),
        (_, 0) => of(minutes, "minute"),
        _ => format!("{} {}", of(minutes, "minute"), of(seconds, "second")),
    }
}

/// Writing into a `String` cannot fail.
fn written(part: &impl Template) -> String {
    part.render().unwrap_or_default()
}
