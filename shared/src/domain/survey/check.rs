//! Everything that is wrong with a survey's document, each with its place and the rule: before it is put anywhere.
//!
//! [`Survey::parse`] reads what was put once and has to go on being read. This demands more: what would lose answers, or
//! could not be answered, is refused. `docs/survey.schema.json` says the same as far as a schema can ([`Rule::is_in_schema`]).

mod document;
mod question;
mod rule;
mod whole;

use super::Survey;
use crate::domain::json::{Payload, Unreadable};
pub use rule::{Doubt, Rule};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// The largest document, in bytes: it lies in an item of `DynamoDB`, which takes 400 KB, and every survey is read each minute.
pub const LARGEST: usize = 200_000;
/// The most questions.
pub const MOST_QUESTIONS: usize = 200;

/// What is wrong, or doubtful, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<T> {
    /// Where it is, as a JSON Pointer (RFC 6901); empty for the whole document.
    pub at: String,
    /// What it is.
    pub what: T,
}

impl<T: fmt::Display> fmt::Display for Finding<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() { "the document" } else { &self.at };
        write!(formatter, "{at}: {}", self.what)
    }
}

/// What a check came to.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The survey, if nothing is wrong with it.
    pub survey: Option<Survey>,
    /// Every rule that it breaks, in the document's order.
    pub faults: Vec<Finding<Rule>>,
    /// What somebody should look at.
    pub doubts: Vec<Finding<Doubt>>,
}

/// Checks a document, byte by byte as it would be put.
#[must_use]
pub fn check(document: &[u8]) -> Checked {
    let mut findings = Findings::default();
    let value = findings.read(document);
    if let Some(value) = &value {
        document::check(value, &mut findings);
    }
    let survey = value.filter(|_| findings.faults.is_empty()).and_then(|value| findings.survey(&value));
    if let Some(survey) = &survey {
        whole::check(survey, &mut findings);
        if findings.faults.is_empty() && survey.rules().any(|(kept, _)| !kept) {
            findings.fault("", Rule::Unreadable);
        }
    }
    let Findings { faults, doubts } = findings;
    Checked { survey: survey.filter(|_| faults.is_empty()), faults, doubts }
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    faults: Vec<Finding<Rule>>,
    doubts: Vec<Finding<Doubt>>,
}

impl Findings {
    fn fault(&mut self, at: impl Into<String>, what: Rule) {
        self.faults.push(Finding { at: at.into(), what });
    }

    fn doubt(&mut self, at: impl Into<String>, what: Doubt) {
        self.doubts.push(Finding { at: at.into(), what });
    }

    /// The value of a document; equal keys are looked for in each question, so that it can be said where they are.
    fn read(&mut self, document: &[u8]) -> Option<Value> {
        if document.len() > LARGEST {
            self.fault("", Rule::TooLarge);
            return None;
        }
        let payload = match Payload::read(document) {
            Ok(payload) => payload,
            Err(Unreadable::NotJson | Unreadable::Repeated(_)) => {
                let (line, column) = place_of_fault(document);
                self.fault("", Rule::NotJson { line, column });
                return None;
            }
        };
        if let Err(repeated) = payload.value() {
            let before = self.faults.len();
            self.repeated(document);
            if self.faults.len() == before {
                let at = document::FIELDS.iter().find(|field| repeated.holds(field)).map(|field| format!("/{field}"));
                self.fault(at.unwrap_or_default(), Rule::Repeated);
            }
            return None;
        }
        payload.into_value().ok()
    }

    /// Names the questions in which a field is there twice.
    fn repeated(&mut self, document: &[u8]) {
        #[derive(Deserialize)]
        struct Questions {
            questions: Vec<Payload>,
        }
        let Ok(Questions { questions }) = serde_json::from_slice(document) else { return };
        for (place, question) in questions.iter().enumerate() {
            if let Err(repeated) = question.value() {
                let field = question::FIELDS.iter().find(|field| repeated.holds(field));
                let field = field.map_or_else(String::new, |field| format!("/{field}"));
                self.fault(format!("/questions/{place}{field}"), Rule::Repeated);
            }
        }
    }

    /// The survey that a document without a fault is: read as it will be read from the Register.
    fn survey(&mut self, value: &Value) -> Option<Survey> {
        let survey = Survey::read(&value.to_string());
        if survey.is_err() {
            self.fault("", Rule::Unreadable);
        }
        survey.ok()
    }

    /// The fields of an object: one that is not known is a fault, and so is one that is missing.
    fn object<'a>(
        &mut self,
        at: &str,
        value: &'a Value,
        known: &[&str],
        required: &[&'static str],
    ) -> Option<&'a Map<String, Value>> {
        let Value::Object(fields) = value else {
            self.fault(at, Rule::Object);
            return None;
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.fault(format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), Rule::Unknown);
        }
        for name in required.iter().filter(|name| !fields.contains_key(**name)) {
            self.fault(format!("{at}/{name}"), Rule::Missing);
        }
        Some(fields)
    }

    /// A line that people read, at most so many characters long.
    fn line(&mut self, at: String, value: Option<&Value>, most: usize) {
        let rule = match value {
            // White space as ECMA-262 has it, whose patterns a schema is made of.
            Some(Value::String(text)) if text.chars().all(|c| c.is_whitespace() || c == '\u{FEFF}') => Rule::Blank,
            Some(Value::String(text)) if text.chars().count() > most => Rule::Long(most),
            Some(Value::String(text)) if text.chars().any(char::is_control) => Rule::Control,
            None | Some(Value::String(_)) => return,
            Some(_) => Rule::Text,
        };
        self.fault(at, rule);
    }

    /// One of a few words.
    fn word(&mut self, at: String, value: Option<&Value>, words: &'static [&'static str]) {
        match value {
            None => {}
            Some(Value::String(word)) if words.contains(&word.as_str()) => {}
            Some(_) => self.fault(at, Rule::OneOf(words)),
        }
    }

    fn yes_no(&mut self, at: String, value: Option<&Value>) {
        if value.is_some_and(|value| !value.is_boolean()) {
            self.fault(at, Rule::YesNo);
        }
    }

    /// A name in an address, or in a form.
    fn name(&mut self, at: String, value: Option<&Value>) {
        let is_name = |text: &str| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        };
        match value {
            None => {}
            Some(Value::String(text)) if is_name(text) => {}
            Some(_) => self.fault(at, Rule::Name),
        }
    }
}

/// What is there: null is as good as not there, where a field may be left out.
fn given<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

fn place_of_fault(document: &[u8]) -> (usize, usize) {
    let fault = serde_json::from_slice::<serde::de::IgnoredAny>(document).err();
    fault.map_or((1, 1), |error| (error.line(), error.column()))
}

#[cfg(test)]
mod tests;
