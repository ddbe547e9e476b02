//! Everything that is wrong with a survey's document, each with its place and rule, before it is
//! put anywhere.
//!
//! [`Survey::parse`] reads a survey that was put once and must stay readable. This check demands
//! more: it refuses what would lose answers, or could not be answered. `docs/survey.schema.json`
//! has the same rules as far as a schema can express them ([`SurveyRule::is_in_schema`]).

mod document;
mod question;
mod rule;
mod whole;

use super::Survey;
use crate::validation::json::{BYTE_ORDER_MARK, Payload};
pub use rule::{Doubt, SurveyRule};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// The largest document, in bytes. It is stored in an item of `DynamoDB`, which allows 400 KB, and
/// every survey is read each minute.
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
        let at = if self.at.is_empty() {
            "the document"
        } else {
            &self.at
        };
        write!(formatter, "{at}: {}", self.what)
    }
}

/// The result of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The survey, if nothing is wrong with it.
    pub survey: Option<Survey>,
    /// Every rule that it breaks, in the document's order.
    pub faults: Vec<Finding<SurveyRule>>,
    /// What somebody should look at.
    pub doubts: Vec<Finding<Doubt>>,
}

/// Checks a document, byte by byte as it would be put. It reports at once what is wrong with each
/// field and with fields together. What depends on an unreadable field is not judged.
#[must_use]
pub fn check(document: &[u8]) -> Checked {
    let mut findings = Findings::default();
    let value = findings.read(document);
    if let Some(value) = &value {
        document::check(value, &mut findings);
        whole::check(value, &mut findings);
    }
    findings.arrange();
    let survey = value
        .filter(|_| findings.faults.is_empty())
        .and_then(|value| findings.survey(&value));
    let Findings { faults, doubts } = findings;
    Checked {
        survey,
        faults,
        doubts,
    }
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    faults: Vec<Finding<SurveyRule>>,
    doubts: Vec<Finding<Doubt>>,
}

impl Findings {
    fn fault(&mut self, at: impl Into<String>, what: SurveyRule) {
        self.faults.push(Finding {
            at: at.into(),
            what,
        });
    }

    fn doubt(&mut self, at: impl Into<String>, what: Doubt) {
        self.doubts.push(Finding {
            at: at.into(),
            what,
        });
    }

    /// The value of a document, without fields that are there twice: nobody knows which of the two
    /// is meant.
    fn read(&mut self, document: &[u8]) -> Option<Value> {
        if document.len() > LARGEST {
            self.fault("", SurveyRule::TooLarge);
            return None;
        }
        let Ok(payload) = Payload::read(document) else {
            let (line, column) = place_of_fault(document);
            self.fault("", SurveyRule::NotJson { line, column });
            return None;
        };
        if payload.value().is_ok() {
            return payload.into_value().ok();
        }
        let (mut value, repeated) = payload.into_parts();
        let mut places = repeated_in_questions(document);
        let in_a_question = !places.is_empty();
        let fields = document::FIELDS
            .into_iter()
            .filter(|field| repeated.holds(field));
        places.extend(
            fields
                .filter(|field| !(in_a_question && *field == "questions"))
                .map(|field| format!("/{field}")),
        );
        if places.is_empty() {
            places.push(String::new());
        }
        for place in places {
            let (parent, name) = place.rsplit_once('/').unwrap_or_default();
            if let Some(fields) = value.pointer_mut(parent).and_then(Value::as_object_mut) {
                fields.remove(name);
            }
            self.fault(place, SurveyRule::Repeated);
        }
        Some(value)
    }

    /// Sorts the findings into the document's order. Nothing else is reported of a field that is
    /// there twice.
    fn arrange(&mut self) {
        let twice: Vec<String> = self
            .faults
            .iter()
            .filter(|fault| fault.what == SurveyRule::Repeated)
            .map(|fault| fault.at.clone())
            .collect();
        self.faults
            .retain(|fault| fault.what == SurveyRule::Repeated || !twice.contains(&fault.at));
        self.faults.sort_by_cached_key(|fault| position(&fault.at));
        self.doubts.sort_by_cached_key(|doubt| position(&doubt.at));
    }

    /// The survey of a document without a fault: read as it will be read from the Register.
    fn survey(&mut self, value: &Value) -> Option<Survey> {
        let survey = Survey::read(&value.to_string())
            .ok()
            .filter(|survey| survey.rules().all(|(kept, _)| kept));
        if survey.is_none() {
            self.fault("", SurveyRule::Unreadable);
        }
        survey
    }

    /// The fields of an object. An unknown field is a fault, and so is a missing one.
    fn object<'a>(
        &mut self,
        at: &str,
        value: &'a Value,
        known: &[&str],
        required: &[&'static str],
    ) -> Option<&'a Map<String, Value>> {
        let Value::Object(fields) = value else {
            self.fault(at, SurveyRule::Object);
            return None;
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.fault(
                format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                SurveyRule::Unknown,
            );
        }
        for name in required.iter().filter(|name| !fields.contains_key(**name)) {
            self.fault(format!("{at}/{name}"), SurveyRule::Missing);
        }
        Some(fields)
    }

    /// A line that people read, with at most this many characters.
    fn line(&mut self, at: String, value: Option<&Value>, most: usize) {
        let rule = match value {
            None => None,
            Some(Value::String(text)) => no_line(text, most),
            Some(_) => Some(SurveyRule::Text),
        };
        if let Some(rule) = rule {
            self.fault(at, rule);
        }
    }

    /// One of a few words.
    fn word(&mut self, at: String, value: Option<&Value>, words: &'static [&'static str]) {
        match value {
            None => {}
            Some(Value::String(word)) if words.contains(&word.as_str()) => {}
            Some(_) => self.fault(at, SurveyRule::OneOf(words)),
        }
    }

    fn yes_no(&mut self, at: String, value: Option<&Value>) {
        if value.is_some_and(|value| !value.is_boolean()) {
            self.fault(at, SurveyRule::YesNo);
        }
    }

    /// A name in an address, or in a form.
    fn name(&mut self, at: String, value: Option<&Value>) {
        let is_name = |text: &str| {
            (1..=64).contains(&text.len())
                && text
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        };
        match value {
            None => {}
            Some(Value::String(text)) if is_name(text) => {}
            Some(_) => self.fault(at, SurveyRule::Name),
        }
    }
}

/// The value that is there. Null counts as missing, where a field is optional.
fn given<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// Why a text is not a readable line of at most this many characters.
fn no_line(text: &str, most: usize) -> Option<SurveyRule> {
    // White space as in ECMA-262, which defines a schema's patterns.
    if text.chars().all(|c| c.is_whitespace() || c == '\u{FEFF}') {
        Some(SurveyRule::Blank)
    } else if text.chars().count() > most {
        Some(SurveyRule::Long(most))
    } else {
        text.chars()
            .any(char::is_control)
            .then_some(SurveyRule::Control)
    }
}

/// The fields that are there twice in a question, or the question, if the field is not one that
/// questions have.
fn repeated_in_questions(document: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Questions {
        questions: Vec<Payload>,
    }
    let document = document.strip_prefix(BYTE_ORDER_MARK).unwrap_or(document);
    let Ok(Questions { questions }) = serde_json::from_slice(document) else {
        return Vec::new();
    };
    let mut places = Vec::new();
    for (place, question) in questions.iter().enumerate() {
        let Err(repeated) = question.value() else {
            continue;
        };
        let fields = question::FIELDS
            .into_iter()
            .filter(|field| repeated.holds(field));
        let before = places.len();
        places.extend(fields.map(|field| format!("/questions/{place}/{field}")));
        if places.len() == before {
            places.push(format!("/questions/{place}"));
        }
    }
    places
}

/// The position of a place in a document, whose fields are in the order in which they are
/// explained.
fn position(at: &str) -> [usize; 4] {
    let mut parts = at.split('/').skip(1);
    let mut next = |fields: &[&str]| {
        let Some(part) = parts.next() else { return 0 };
        let place = part
            .parse()
            .ok()
            .or_else(|| fields.iter().position(|field| *field == part));
        place.map_or(usize::MAX, |place: usize| place.saturating_add(1))
    };
    [
        next(&document::FIELDS),
        next(&[]),
        next(&question::FIELDS),
        next(&[]),
    ]
}

fn place_of_fault(document: &[u8]) -> (usize, usize) {
    let fault = serde_json::from_slice::<serde::de::IgnoredAny>(document).err();
    fault.map_or((1, 1), |error| (error.line(), error.column()))
}

#[cfg(test)]
mod tests;
