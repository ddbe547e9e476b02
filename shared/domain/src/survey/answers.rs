//! What a person sent, checked against what the survey asks.

mod date;
mod number;
mod rule;

use crate::identity::contact::Contact;
use crate::identity::identifier::Identifier;
use crate::record::satisfaction::Satisfaction;
use crate::survey::{Purpose, Question, QuestionKind, Survey};
use crate::validation::text;
use crate::validation::violation::Violation;
use chrono::NaiveDate;
pub use date::Missing;
pub use rule::AnswerRule;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was sent, by field, unchecked.
pub type FormData = BTreeMap<String, RawValue>;

/// What was sent for one field.
#[derive(Clone, Debug, PartialEq)]
pub enum RawValue {
    /// Text; several where a field was sent several times.
    Texts(Vec<String>),
    /// A JSON number.
    Number(f64),
    /// A JSON boolean.
    YesNo(bool),
    /// A value that no question accepts, such as a nested object.
    Other,
    /// Several JSON values under one name. None of them counts.
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

/// Answers that a survey accepts.
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

/// How many bytes all answers may have together; `DynamoDB` allows 400 KB in an item.
const TOGETHER: usize = 300_000;
/// How many unknown fields are named: one page of a form has no more.
const UNKNOWN: usize = 20;
/// The name for fields whose own name may not be shown, or that are too many to name.
pub const UNNAMED: &str = "(unnamed)";

/// Checks a form against a survey, on a day in London.
///
/// # Errors
/// Every fault, in the order of the questions. Unknown fields come last, each once; of many only
/// some.
pub fn check(
    survey: &Survey,
    mut sheet: FormData,
    today: NaiveDate,
) -> Result<Answers, Vec<Violation<AnswerRule>>> {
    let (mut answers, mut faults) = (Answers::default(), Vec::new());
    for question in &survey.questions {
        let given = sheet.remove(&question.id);
        let read = match question.kind {
            QuestionKind::Date => date::answer(question, given, &mut sheet, today),
            _ => read(question, given).map_err(|rule| fault(&question.id, rule)),
        };
        match read {
            Ok(Some(answer)) => place(question, answer, &mut answers),
            Ok(None) if question.required => faults.push(fault(&question.id, AnswerRule::Required)),
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if answers.newsletter == Some(true) && answers.contact.email.is_none() {
        wants_an_address(survey, &mut faults);
    }
    faults.extend(unknown(&sheet));
    if faults.is_empty() {
        faults.extend(too_long_together(&answers));
    }
    if faults.is_empty() {
        Ok(answers)
    } else {
        Err(faults)
    }
}

/// A wish for the newsletter needs an address to send it to. If the address is wrong, only that
/// fault is reported.
fn wants_an_address(survey: &Survey, faults: &mut Vec<Violation<AnswerRule>>) {
    let asks = |question: &&Question| {
        question.purpose == Purpose::Identity && question.kind == QuestionKind::Email
    };
    let newsletter = |question: &&Question| question.purpose == Purpose::Newsletter;
    let asked = survey
        .questions
        .iter()
        .find(asks)
        .or_else(|| survey.questions.iter().find(newsletter));
    if let Some(question) = asked
        && faults.iter().all(|fault| fault.field != question.id)
    {
        let place = |field: &str| {
            survey
                .questions
                .iter()
                .position(|question| question.id == field)
        };
        let at = faults.partition_point(|fault| place(&fault.field) < place(&question.id));
        faults.insert(at, fault(&question.id, AnswerRule::Address));
    }
}

fn fault(field: &str, rule: AnswerRule) -> Violation<AnswerRule> {
    Violation {
        field: field.to_owned(),
        rule,
    }
}

/// The longest answer, if all of them are more than one record holds.
fn too_long_together(answers: &Answers) -> Option<Violation<AnswerRule>> {
    let size = |answer: &Answer| match answer {
        Answer::Text(text) => text.len(),
        Answer::Choices(chosen) => chosen.iter().map(String::len).sum(),
        Answer::YesNo(_) | Answer::Number(_) => 0,
    };
    let sizes = answers
        .answers
        .iter()
        .map(|(field, answer)| (size(answer), field));
    let together: usize = sizes.clone().map(|(size, _)| size).sum();
    let longest = sizes.max().filter(|_| together > TOGETHER);
    longest.map(|(_, field)| fault(field, AnswerRule::Together))
}

/// The remaining fields. Their names are the sender's, so only some are shown, and the unnameable
/// ones once.
fn unknown(sheet: &FormData) -> impl Iterator<Item = Violation<AnswerRule>> {
    let names: Vec<&str> = sheet
        .keys()
        .map(|field| nameable(field))
        .filter(|name| *name != UNNAMED)
        .collect();
    let others = sheet.len() > names.len().min(UNKNOWN);
    let shown = names
        .into_iter()
        .take(UNKNOWN)
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let others = others.then(|| UNNAMED.to_owned());
    shown.into_iter().chain(others).map(|field| Violation {
        field,
        rule: AnswerRule::Unknown,
    })
}

/// A field name that the sender made up is shown only if it looks like a name and not like an
/// answer.
#[must_use]
pub fn nameable(field: &str) -> &str {
    let name = field.len() <= 40
        && field
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if name && !field.is_empty() {
        field
    } else {
        UNNAMED
    }
}

fn read(question: &Question, given: Option<RawValue>) -> Result<Option<Answer>, AnswerRule> {
    let texts = match given {
        None => return Ok(None),
        Some(RawValue::Texts(texts)) => texts,
        Some(RawValue::Number(number)) => return typed_number(question, number).map(Some),
        Some(RawValue::YesNo(yes)) if question.kind == QuestionKind::YesNo => {
            return Ok(Some(Answer::YesNo(yes)));
        }
        Some(RawValue::YesNo(_) | RawValue::Other) => return Err(mismatch(question.kind)),
        Some(RawValue::Repeated) => return Err(AnswerRule::Once),
    };
    let mut texts: Vec<String> = texts
        .iter()
        .map(|text| tidy(question.kind, text))
        .filter(|text| !text.is_empty())
        .collect();
    if question.kind == QuestionKind::Choices {
        return chosen(question, texts);
    }
    match (texts.pop(), texts.is_empty()) {
        (None, _) => Ok(None),
        (Some(text), true) => read_text(question, text).map(Some),
        (Some(_), false) => Err(AnswerRule::Once),
    }
}

fn read_text(question: &Question, text: String) -> Result<Answer, AnswerRule> {
    let limit = question.limit();
    if !text::fits(&text, limit) {
        return Err(AnswerRule::Length(limit));
    }
    match question.kind {
        QuestionKind::Satisfaction => rating(text.parse().map_err(|_| AnswerRule::Rating)?),
        QuestionKind::Number => number::within(question, number::read(&text)?).map(Answer::Number),
        QuestionKind::YesNo => match text.to_ascii_lowercase().as_str() {
            "yes" | "true" => Ok(Answer::YesNo(true)),
            "no" | "false" => Ok(Answer::YesNo(false)),
            _ => Err(AnswerRule::YesNo),
        },
        QuestionKind::Choice if !question.options.contains(&text) => Err(AnswerRule::Choice),
        QuestionKind::Email if Identifier::email(&text).is_err() => Err(AnswerRule::Email),
        QuestionKind::Phone if !can_be_dialled(&text) => Err(AnswerRule::Phone),
        _ => Ok(Answer::Text(text)),
    }
}

/// Whether a telephone number can be dialled, with or without an extension.
#[must_use]
pub fn can_be_dialled(text: &str) -> bool {
    use crate::identity::identifier::NotAnIdentifier::Extension;
    matches!(Identifier::phone(text), Ok(_) | Err(Extension))
}

fn typed_number(question: &Question, number: f64) -> Result<Answer, AnswerRule> {
    match question.kind {
        QuestionKind::Satisfaction => rating(number),
        QuestionKind::Number if can_be_kept(number) => {
            number::within(question, number).map(Answer::Number)
        }
        other => Err(mismatch(other)),
    }
}

/// Whether a number is within the range that can be typed; `DynamoDB` does not accept every float.
#[must_use]
pub fn can_be_kept(number: f64) -> bool {
    number == 0.0 || (1e-9..1e15).contains(&number.abs())
}

fn rating(number: f64) -> Result<Answer, AnswerRule> {
    let point = point(number).ok_or(AnswerRule::Rating)?;
    Ok(Answer::Number(f64::from(u8::from(point))))
}

/// The point of the scale for a number.
#[must_use]
pub fn point(number: f64) -> Option<Satisfaction> {
    Satisfaction::scale()
        .into_iter()
        .find(|point| (f64::from(u8::from(*point)) - number).abs() < f64::EPSILON)
}

fn chosen(question: &Question, mut texts: Vec<String>) -> Result<Option<Answer>, AnswerRule> {
    if texts.iter().any(|text| !question.options.contains(text)) {
        return Err(AnswerRule::Choice);
    }
    texts.sort_by_key(|text| question.options.iter().position(|option| option == text));
    texts.dedup();
    Ok(if texts.is_empty() {
        None
    } else {
        Some(Answer::Choices(texts))
    })
}

const fn mismatch(kind: QuestionKind) -> AnswerRule {
    match kind {
        QuestionKind::Satisfaction => AnswerRule::Rating,
        QuestionKind::Choice | QuestionKind::Choices => AnswerRule::Choice,
        QuestionKind::YesNo => AnswerRule::YesNo,
        QuestionKind::Number => AnswerRule::Number,
        QuestionKind::Date => AnswerRule::Date,
        QuestionKind::Email => AnswerRule::Email,
        QuestionKind::Phone => AnswerRule::Phone,
        QuestionKind::Text | QuestionKind::Textarea | QuestionKind::Name => AnswerRule::Text,
    }
}

/// What was typed for a question of that kind, as it is stored and given back: see [`text::lines`]
/// and [`text::line`].
#[must_use]
pub fn tidy(kind: QuestionKind, typed: &str) -> String {
    if kind == QuestionKind::Textarea {
        text::lines(typed)
    } else {
        text::line(typed)
    }
}

/// Stores an answer in its place. No answer replaces another: a second address is an answer like
/// any other.
fn place(question: &Question, answer: Answer, answers: &mut Answers) {
    let Answers {
        contact,
        newsletter,
        satisfaction,
        answers,
    } = answers;
    match (question.purpose, question.kind, answer) {
        (Purpose::Newsletter, _, Answer::YesNo(yes)) if newsletter.is_none() => {
            *newsletter = Some(yes);
        }
        (Purpose::Identity, QuestionKind::Email, Answer::Text(text)) if contact.email.is_none() => {
            contact.email = Some(text);
        }
        (Purpose::Identity, QuestionKind::Phone, Answer::Text(text)) if contact.phone.is_none() => {
            contact.phone = Some(text);
        }
        (Purpose::Identity, QuestionKind::Name, Answer::Text(text)) if contact.name.is_none() => {
            contact.name = Some(text);
        }
        (_, kind, answer) => {
            if let (QuestionKind::Satisfaction, None, Answer::Number(number)) =
                (kind, *satisfaction, &answer)
            {
                *satisfaction = point(*number);
            }
            answers.insert(question.id.clone(), answer);
        }
    }
}

#[cfg(test)]
mod tests;
