//! What a person sent, held against what the survey asks.

mod rule;

use super::identifier::Identifier;
use super::record::Contact;
use super::satisfaction::Satisfaction;
use super::survey::{Kind, Purpose, Question, Survey};
use chrono::{Datelike, NaiveDate};
pub use rule::{Fault, Rule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was sent, by field, before anybody looked at it.
pub type Sheet = BTreeMap<String, Given>;

/// What was sent for one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Text; several where a field was sent several times.
    Texts(Vec<String>),
    /// A JSON number.
    Number(f64),
    /// A JSON boolean.
    YesNo(bool),
    /// What no question takes, such as a nested object.
    Other,
    /// Several values of JSON under one name, of which none is to be believed.
    Repeated,
}

/// One answer, as it is stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Yes or no.
    YesNo(bool),
    /// A number.
    Number(f64),
    /// What was chosen of several.
    Choices(Vec<String>),
    /// Text, one choice, or a date as `YYYY-MM-DD`.
    Text(String),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Answer(..)")
    }
}

/// Answers that a survey takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answers {
    /// The first question on the five-point scale.
    pub satisfaction: Option<Satisfaction>,
    /// Who the person says they are.
    pub contact: Contact,
    /// Whether the newsletter was asked for.
    pub newsletter: Option<bool>,
    /// Everything else, by question.
    pub answers: BTreeMap<String, Answer>,
}

/// Holds a sheet against a survey.
///
/// # Errors
/// Every fault, in the order of the questions; unknown fields come last.
pub fn check(survey: &Survey, mut sheet: Sheet) -> Result<Answers, Vec<Fault>> {
    let (mut answers, mut faults) = (Answers::default(), Vec::new());
    for question in &survey.questions {
        let given = gather(question, &mut sheet);
        match read(question, given) {
            Ok(Some(answer)) => place(question, answer, &mut answers),
            Ok(None) if question.required => faults.push(fault(&question.id, Rule::Required)),
            Ok(None) => {}
            Err(rule) => faults.push(fault(&question.id, rule)),
        }
    }
    if answers.newsletter == Some(true) && answers.contact.email.is_none() {
        wants_an_address(survey, &mut faults);
    }
    faults.extend(sheet.into_keys().map(|field| fault(nameable(&field), Rule::Unknown)));
    if faults.is_empty() { Ok(answers) } else { Err(faults) }
}

/// A newsletter that is asked for needs an address to be sent to. Whose address is wrong is told that, and not this too.
fn wants_an_address(survey: &Survey, faults: &mut Vec<Fault>) {
    let asks = |question: &&Question| question.purpose == Purpose::Identity && question.kind == Kind::Email;
    let newsletter = |question: &&Question| question.purpose == Purpose::Newsletter;
    let asked = survey.questions.iter().find(asks).or_else(|| survey.questions.iter().find(newsletter));
    if let Some(question) = asked
        && faults.iter().all(|fault| fault.field != question.id)
    {
        let place = |field: &str| survey.questions.iter().position(|question| question.id == field);
        let at = faults.partition_point(|fault| place(&fault.field) < place(&question.id));
        faults.insert(at, fault(&question.id, Rule::Address));
    }
}

fn fault(field: &str, rule: Rule) -> Fault {
    Fault { field: field.to_owned(), rule }
}

/// A field's name that was made up by the sender is told only if it looks like a name and not like an answer.
#[must_use]
pub fn nameable(field: &str) -> &str {
    let name = field.len() <= 40 && field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if name && !field.is_empty() { field } else { "(unnamed)" }
}

/// What was sent for a question; a form sends a date in three fields.
fn gather(question: &Question, sheet: &mut Sheet) -> Option<Given> {
    let whole = sheet.remove(&question.id);
    if question.kind != Kind::Date {
        return whole;
    }
    let parts = question.date_fields().map(|field| sheet.remove(&field));
    let texts = parts.map(|part| match part {
        Some(Given::Texts(texts)) => texts.concat().trim().to_owned(),
        _ => String::new(),
    });
    if whole.is_some() || texts.iter().all(String::is_empty) {
        return whole;
    }
    let [day, month, year] = texts;
    Some(Given::Texts(vec![format!("{year:0>4}-{month:0>2}-{day:0>2}")]))
}

fn read(question: &Question, given: Option<Given>) -> Result<Option<Answer>, Rule> {
    let texts = match given {
        None => return Ok(None),
        Some(Given::Texts(texts)) => texts,
        Some(Given::Number(number)) => return typed_number(question.kind, number).map(Some),
        Some(Given::YesNo(yes)) if question.kind == Kind::YesNo => return Ok(Some(Answer::YesNo(yes))),
        Some(Given::YesNo(_) | Given::Other) => return Err(mismatch(question.kind)),
        Some(Given::Repeated) => return Err(Rule::Once),
    };
    let mut texts: Vec<String> = texts.iter().map(|text| tidy(text)).filter(|text| !text.is_empty()).collect();
    if question.kind == Kind::Choices {
        return chosen(question, texts);
    }
    match (texts.pop(), texts.is_empty()) {
        (None, _) => Ok(None),
        (Some(text), true) => read_text(question, text).map(Some),
        (Some(_), false) => Err(Rule::Once),
    }
}

fn read_text(question: &Question, text: String) -> Result<Answer, Rule> {
    let limit = question.limit();
    if text.chars().count() > limit {
        return Err(Rule::Length(limit));
    }
    let lines = question.kind == Kind::Textarea;
    if text.chars().any(|c| c.is_control() && !(lines && (c == '\n' || c == '\t'))) {
        return Err(mismatch(question.kind));
    }
    match question.kind {
        Kind::Satisfaction => rating(text.parse().map_err(|_| Rule::Rating)?),
        Kind::Number => number(&text),
        Kind::YesNo => match text.to_ascii_lowercase().as_str() {
            "yes" | "true" => Ok(Answer::YesNo(true)),
            "no" | "false" => Ok(Answer::YesNo(false)),
            _ => Err(Rule::YesNo),
        },
        Kind::Date => date(&text),
        Kind::Choice if !question.options.contains(&text) => Err(Rule::Choice),
        Kind::Email if Identifier::email(&text).is_err() => Err(Rule::Email),
        Kind::Phone if !can_be_dialled(&text) => Err(Rule::Phone),
        _ => Ok(Answer::Text(text)),
    }
}

/// Whether a telephone number can be dialled, with an extension or without.
#[must_use]
pub fn can_be_dialled(text: &str) -> bool {
    use super::identifier::NotAnIdentifier::Extension;
    matches!(Identifier::phone(text), Ok(_) | Err(Extension))
}

fn typed_number(kind: Kind, number: f64) -> Result<Answer, Rule> {
    match kind {
        Kind::Satisfaction => rating(number),
        Kind::Number if can_be_kept(number) => Ok(Answer::Number(number)),
        other => Err(mismatch(other)),
    }
}

/// Whether a number is as large and as small as what can be typed; `DynamoDB` does not take every float.
#[must_use]
pub fn can_be_kept(number: f64) -> bool {
    number == 0.0 || (1e-9..1e15).contains(&number.abs())
}

fn rating(number: f64) -> Result<Answer, Rule> {
    let point = point(number).ok_or(Rule::Rating)?;
    Ok(Answer::Number(f64::from(u8::from(point))))
}

/// The point of the scale that a number is.
#[must_use]
pub fn point(number: f64) -> Option<Satisfaction> {
    Satisfaction::scale().into_iter().find(|point| (f64::from(u8::from(*point)) - number).abs() < f64::EPSILON)
}

fn number(text: &str) -> Result<Answer, Rule> {
    let plain = text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'.');
    match text.parse::<f64>() {
        Ok(number) if plain && number.is_finite() => Ok(Answer::Number(number)),
        _ => Err(Rule::Number),
    }
}

fn date(text: &str) -> Result<Answer, Rule> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Rule::Date)?;
    if (1900..=2200).contains(&date.year()) { Ok(Answer::Text(date.to_string())) } else { Err(Rule::Date) }
}

fn chosen(question: &Question, mut texts: Vec<String>) -> Result<Option<Answer>, Rule> {
    if texts.iter().any(|text| !question.options.contains(text)) {
        return Err(Rule::Choice);
    }
    texts.sort_by_key(|text| question.options.iter().position(|option| option == text));
    texts.dedup();
    Ok(if texts.is_empty() { None } else { Some(Answer::Choices(texts)) })
}

const fn mismatch(kind: Kind) -> Rule {
    match kind {
        Kind::Satisfaction => Rule::Rating,
        Kind::Choice | Kind::Choices => Rule::Choice,
        Kind::YesNo => Rule::YesNo,
        Kind::Number => Rule::Number,
        Kind::Date => Rule::Date,
        Kind::Email => Rule::Email,
        Kind::Phone => Rule::Phone,
        Kind::Text | Kind::Textarea | Kind::Name => Rule::Text,
    }
}

/// Browsers send a line break as CR LF; nobody means the white space around an answer.
#[must_use]
pub fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

fn place(question: &Question, answer: Answer, answers: &mut Answers) {
    match (question.purpose, question.kind, answer) {
        (Purpose::Newsletter, _, Answer::YesNo(yes)) => answers.newsletter = Some(yes),
        (Purpose::Identity, Kind::Email, Answer::Text(text)) => answers.contact.email = Some(text),
        (Purpose::Identity, Kind::Phone, Answer::Text(text)) => answers.contact.phone = Some(text),
        (Purpose::Identity, Kind::Name, Answer::Text(text)) => answers.contact.name = Some(text),
        (_, kind, answer) => {
            if let (Kind::Satisfaction, None, Answer::Number(number)) = (kind, answers.satisfaction, &answer) {
                answers.satisfaction = point(*number);
            }
            answers.answers.insert(question.id.clone(), answer);
        }
    }
}

#[cfg(test)]
mod tests;
