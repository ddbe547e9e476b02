//! What is corrected in a record at a person's request, and what they have stand beside it
//! (Articles 16 and 18 UK GDPR).
//!
//! A corrected field keeps its new value whatever the source sends later: the source may not have
//! heard yet. The record says which fields were corrected and when, and never what they said before.

use crate::identity::identifier::Identifier;
use crate::record::RecordBody;
use crate::record::satisfaction::Satisfaction;
use crate::record::source_details::SourceDetails;
use crate::survey::answers::{Answer, can_be_dialled, can_be_kept};
use crate::validation::text;
use crate::validation::violation::Violation;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many characters a statement may have.
pub const STATEMENT: usize = 1_250;
/// How many characters a corrected text may have.
const TEXT: usize = 10_000;
/// The same for a line: a name, a topic.
const LINE: usize = 300;
/// How many entries a corrected list may have.
const ENTRIES: usize = 50;
/// What an answer's field begins with.
const ANSWERS: &str = "answers.";

/// A field of a record that can be corrected, as orders and records spell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RecordField {
    /// The person's name.
    Name,
    /// Their email address.
    Email,
    /// Their telephone number.
    Phone,
    /// Another system's name for them.
    PersonReference,
    /// How satisfied they were.
    Satisfaction,
    /// The service that it is about.
    Service,
    /// The journey that the council counts it towards.
    Journey,
    /// The stage of that journey.
    Stage,
    /// The stars of a review.
    Stars,
    /// The judgement of a post's tone.
    Sentiment,
    /// The address of a post, which may have the author's name in it.
    Url,
    /// The notes of an interviewer.
    Notes,
    /// The themes of an interview.
    Themes,
    /// What a support interaction was about.
    Topic,
    /// How a support interaction or a complaint ended.
    Outcome,
    /// The answer to this question.
    Answer(String),
}

/// The fields with a name of their own.
const NAMED: [(&str, RecordField); 15] = [
    ("contact.name", RecordField::Name),
    ("contact.email", RecordField::Email),
    ("contact.phone", RecordField::Phone),
    ("contact.reference", RecordField::PersonReference),
    ("satisfaction", RecordField::Satisfaction),
    ("service", RecordField::Service),
    ("journey", RecordField::Journey),
    ("stage", RecordField::Stage),
    ("details.stars", RecordField::Stars),
    ("details.sentiment", RecordField::Sentiment),
    ("details.url", RecordField::Url),
    ("details.notes", RecordField::Notes),
    ("details.themes", RecordField::Themes),
    ("details.topic", RecordField::Topic),
    ("details.outcome", RecordField::Outcome),
];

/// A text that names no field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must name fields of the record, as the order `look` lists them")]
pub struct NotAField;

impl TryFrom<String> for RecordField {
    type Error = NotAField;

    fn try_from(name: String) -> Result<Self, NotAField> {
        if let Some((_, field)) = NAMED.iter().find(|(known, _)| *known == name) {
            return Ok(field.clone());
        }
        match name.strip_prefix(ANSWERS) {
            Some(question) if !question.is_empty() => Ok(Self::Answer(question.to_owned())),
            _ => Err(NotAField),
        }
    }
}

impl From<RecordField> for String {
    fn from(field: RecordField) -> Self {
        match (NAMED.iter().find(|(_, named)| *named == field), field) {
            (Some((name, _)), _) => (*name).to_owned(),
            (None, RecordField::Answer(question)) => format!("{ANSWERS}{question}"),
            // Every other field is in the table: a test goes through them.
            (None, _) => String::new(),
        }
    }
}

/// What the person says about a record that they find inaccurate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Their words.
    pub text: String,
    /// When it was attached.
    pub at: DateTime<Utc>,
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Statement(..)")
    }
}

impl Statement {
    /// A statement of 1 to 1,250 characters; `None` takes an attached one away.
    ///
    /// # Errors
    /// [`Violation`] for anything else.
    pub fn read(field: &str, value: &Value, at: DateTime<Utc>) -> Result<Option<Self>, Violation> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(typed) => text::lines(typed),
            _ => String::new(),
        };
        if text.is_empty() || !text::fits(&text, STATEMENT) {
            let rule = format!("must be a text of 1 to {STATEMENT} characters, or null");
            return Err(Violation::new(field, rule));
        }
        Ok(Some(Self { text, at }))
    }
}

/// What was done to a record at the person's request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rectification {
    /// Which fields were corrected, and when last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub corrected: BTreeMap<RecordField, DateTime<Utc>>,
    /// What the person says about the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// When a statement was last attached or taken away: of two copies of a record, the later
    /// decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_at: Option<DateTime<Utc>>,
}

impl Rectification {
    /// Whether nothing was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// When something was last done.
    #[must_use]
    pub fn last(&self) -> Option<DateTime<Utc>> {
        self.corrected.values().copied().chain(self.stated_at).max()
    }
}

impl RecordBody {
    /// Every field that can be corrected, with what it says now; `null` where it says nothing.
    #[must_use]
    pub fn correctable(&self) -> BTreeMap<RecordField, Value> {
        let named = NAMED.iter().map(|(_, field)| field.clone());
        let answers = self.answers.keys().cloned().map(RecordField::Answer);
        let value = |field: RecordField| Some((field.clone(), self.value(&field)?));
        named.chain(answers).filter_map(value).collect()
    }

    /// What a field says; `None` if records of this source have no such field.
    fn value(&self, field: &RecordField) -> Option<Value> {
        Some(match field {
            RecordField::Name => json!(self.contact.name),
            RecordField::Email => json!(self.contact.email),
            RecordField::Phone => json!(self.contact.phone),
            RecordField::PersonReference => json!(self.contact.reference),
            RecordField::Satisfaction => json!(self.satisfaction),
            RecordField::Service => json!(self.service),
            RecordField::Journey => json!(self.journey),
            RecordField::Stage => json!(self.stage),
            RecordField::Answer(question) => match self.answers.get(question) {
                Some(answer) => json!(answer),
                // One that was taken out can be put back.
                None if self.rectification.corrected.contains_key(field) => Value::Null,
                None => return None,
            },
            field => match (field, &self.particulars) {
                (RecordField::Stars, SourceDetails::Reviews(review)) => json!(review.stars),
                (RecordField::Sentiment, SourceDetails::Social(post)) => json!(post.sentiment),
                (RecordField::Url, SourceDetails::Social(post)) => json!(post.url),
                (RecordField::Notes, SourceDetails::Interviews(one)) => json!(one.notes),
                (RecordField::Themes, SourceDetails::Interviews(one)) => json!(one.themes),
                (RecordField::Topic, SourceDetails::Support(one)) => json!(one.topic),
                (RecordField::Outcome, SourceDetails::Support(one)) => json!(one.outcome),
                (RecordField::Outcome, SourceDetails::Complaints(one)) => json!(one.outcome),
                _ => return None,
            },
        })
    }

    /// Corrects a field; `null` says that there is nothing to say. Returns whether that changed
    /// anything. What was there before is kept nowhere, and neither is the digest of what the
    /// person once sent.
    ///
    /// # Errors
    /// [`Violation`], which names the field and not the value, if the record has no such field or
    /// it does not take this.
    pub fn correct(
        &mut self,
        field: &RecordField,
        value: &Value,
        at: DateTime<Utc>,
    ) -> Result<bool, Violation> {
        let before = self
            .value(field)
            .ok_or_else(|| Violation::new("changes", NotAField.to_string()))?;
        self.set(field, value)
            .map_err(|rule| Violation::new(format!("changes.{}", shown(field)), rule))?;
        if self.value(field).unwrap_or(Value::Null) == before {
            return Ok(false);
        }
        self.fingerprint = None;
        self.rectification.corrected.insert(field.clone(), at);
        Ok(true)
    }

    /// Has this stand beside the record, or nothing. Returns whether that changed anything.
    pub fn state(&mut self, statement: Option<Statement>, at: DateTime<Utc>) -> bool {
        let text = |one: &Option<Statement>| one.as_ref().map(|it| it.text.clone());
        if text(&self.rectification.statement) == text(&statement) {
            return false;
        }
        self.rectification.statement = statement;
        self.rectification.stated_at = Some(at);
        true
    }

    fn set(&mut self, field: &RecordField, value: &Value) -> Result<(), &'static str> {
        match field {
            RecordField::Name => self.contact.name = line(value)?,
            RecordField::Email => {
                let is_one = |text: &str| Identifier::email(text).is_ok();
                self.contact.email =
                    identifier(value, "must be an email address, or null", is_one)?;
            }
            RecordField::Phone => {
                let rule = "must be a telephone number, or null";
                self.contact.phone = identifier(value, rule, can_be_dialled)?;
            }
            RecordField::PersonReference => {
                let is_one = |text: &str| Identifier::reference(text).is_ok();
                self.contact.reference = identifier(value, "must be a reference, or null", is_one)?;
            }
            RecordField::Satisfaction => self.satisfaction = point(value)?,
            RecordField::Service => self.service = line(value)?,
            RecordField::Journey => self.journey = line(value)?,
            RecordField::Stage => self.stage = line(value)?,
            RecordField::Answer(question) => self.set_answer(question, value)?,
            field => match (field, &mut self.particulars) {
                (RecordField::Stars, SourceDetails::Reviews(review)) => {
                    review.stars = point(value)?.map(u8::from);
                }
                (RecordField::Sentiment, SourceDetails::Social(post)) => {
                    post.sentiment = line(value)?;
                }
                (RecordField::Url, SourceDetails::Social(post)) => post.url = line(value)?,
                (RecordField::Notes, SourceDetails::Interviews(one)) => one.notes = lines(value)?,
                (RecordField::Themes, SourceDetails::Interviews(one)) => one.themes = list(value)?,
                (RecordField::Topic, SourceDetails::Support(one)) => one.topic = line(value)?,
                (RecordField::Outcome, SourceDetails::Support(one)) => one.outcome = line(value)?,
                (RecordField::Outcome, SourceDetails::Complaints(one)) => {
                    one.outcome = line(value)?;
                }
                _ => return Err("must be a field of this record"),
            },
        }
        Ok(())
    }

    /// An answer keeps its kind; the first question on the five-point scale is also the record's
    /// satisfaction.
    fn set_answer(&mut self, question: &str, value: &Value) -> Result<(), &'static str> {
        if value.is_null() {
            self.answers.remove(question);
            return Ok(());
        }
        let number = || value.as_f64().filter(|number| can_be_kept(*number));
        let answer = match (self.answers.get(question), value) {
            (Some(Answer::YesNo(_)), _) | (None, Value::Bool(_)) => {
                Answer::YesNo(value.as_bool().ok_or("must be true, false or null")?)
            }
            (Some(Answer::Number(_)), _) | (None, Value::Number(_)) => {
                Answer::Number(number().ok_or("must be a number, or null")?)
            }
            (Some(Answer::Choices(_)), _) | (None, Value::Array(_)) => {
                Answer::Choices(list(value)?)
            }
            (Some(Answer::Text(_)) | None, _) => {
                Answer::Text(lines(value)?.ok_or("must be a text, or null")?)
            }
        };
        self.answers.insert(question.to_owned(), answer);
        Ok(())
    }

    /// Takes over from another copy of the record what was corrected or stated there, and not later
    /// here: whatever a source sends, that stands.
    pub(super) fn keep_rectified(&mut self, other: &Self) {
        for (field, at) in &other.rectification.corrected {
            if self.rectification.corrected.get(field) >= Some(at) {
                continue;
            }
            let Some(value) = other.value(field) else {
                continue;
            };
            self.take_over(field, &value, other);
            self.fingerprint = None;
            self.rectification.corrected.insert(field.clone(), *at);
        }
        if self.rectification.stated_at < other.rectification.stated_at {
            self.rectification
                .statement
                .clone_from(&other.rectification.statement);
            self.rectification.stated_at = other.rectification.stated_at;
        }
    }

    /// A field as it is in another copy, whether it may be written like that today or not.
    fn take_over(&mut self, field: &RecordField, value: &Value, other: &Self) {
        if let RecordField::Answer(question) = field {
            self.answers.remove(question);
            let answer = other.answers.get(question).cloned();
            self.answers.extend(answer.map(|it| (question.clone(), it)));
        } else if self.set(field, value).is_err() {
            // Both are of one source, and the value has been taken before under the same rule.
            debug_assert!(false, "a corrected value is not taken again");
        }
    }
}

/// A field's name for an answer: an answer's own name may be anything.
fn shown(field: &RecordField) -> String {
    match field {
        RecordField::Answer(_) => format!("{ANSWERS}…"),
        field => field.clone().into(),
    }
}

fn line(value: &Value) -> Result<Option<String>, &'static str> {
    const RULE: &str = "must be a text of 1 to 300 characters, or null";
    optional(value, RULE, |typed| bounded(text::line(typed), LINE))
}

fn lines(value: &Value) -> Result<Option<String>, &'static str> {
    const RULE: &str = "must be a text of 1 to 10,000 characters, or null";
    optional(value, RULE, |typed| bounded(text::lines(typed), TEXT))
}

fn identifier(
    value: &Value,
    rule: &'static str,
    is_one: impl Fn(&str) -> bool,
) -> Result<Option<String>, &'static str> {
    let read = |typed: &str| bounded(text::line(typed), LINE).filter(|text| is_one(text));
    optional(value, rule, read)
}

/// A text as it is read, or nothing where the value is `null`.
fn optional(
    value: &Value,
    rule: &'static str,
    read: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(typed) => read(typed).map(Some).ok_or(rule),
        _ => Err(rule),
    }
}

/// A text of 1 to so many characters.
fn bounded(text: String, limit: usize) -> Option<String> {
    (!text.is_empty() && text::fits(&text, limit)).then_some(text)
}

fn point(value: &Value) -> Result<Option<Satisfaction>, &'static str> {
    const RULE: &str = "must be a whole number from 1 to 5, or null";
    if value.is_null() {
        return Ok(None);
    }
    let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
    let point = number.and_then(|number| Satisfaction::try_from(number).ok());
    point.map(Some).ok_or(RULE)
}

fn list(value: &Value) -> Result<Vec<String>, &'static str> {
    const RULE: &str = "must be a list of at most 50 texts of 1 to 300 characters";
    let Value::Array(listed) = value else {
        return if value.is_null() {
            Ok(Vec::new())
        } else {
            Err(RULE)
        };
    };
    if listed.len() > ENTRIES {
        return Err(RULE);
    }
    let text = |one: &Value| bounded(text::line(one.as_str()?), LINE);
    listed
        .iter()
        .map(text)
        .collect::<Option<Vec<_>>>()
        .ok_or(RULE)
}

#[cfg(test)]
mod tests;
