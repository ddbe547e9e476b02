//! Everything that is wrong with a survey's document, each with its place and the rule: before it
//! is put anywhere.
//!
//! [`Survey::parse`] reads what was put once and has to go on being read. This demands more: what
//! would lose answers, or could not be answered, is refused. `docs/survey.schema.json` says the
//! same as far as a schema can ([`SurveyRule::is_in_schema`]).

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

/// The largest document, in bytes: it lies in an item of `DynamoDB`, which takes 400 KB, and every
/// survey is read each minute.
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

/// What a check came to.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The survey, if nothing is wrong with it.
    pub survey: Option<Survey>,
    /// Every rule that it breaks, in the document's order.
    pub faults: Vec<Finding<SurveyRule>>,
    /// What somebody should look at.
    pub doubts: Vec<Finding<Doubt>>,
}

/// Checks a document, byte by byte as it would be put. What one field breaks and what fields do to
/// each other is found at once; what depends on a field that cannot be read is not judged.
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

    /// The value of a document, without what is there twice: nobody knows which of both is meant.
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

    /// Puts what was found into the document's order. Of what is there twice nothing else is said.
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

    /// The survey that a document without a fault is: read as it will be read from the Register.
    fn survey(&mut self, value: &Value) -> Option<Survey> {
        let survey = Survey::read(&value.to_string())
            .ok()
            .filter(|survey| survey.rules().all(|(kept, _)| kept));
        if survey.is_none() {
            self.fault("", SurveyRule::Unreadable);
        }
        survey
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

    /// A line that people read, at most so many characters long.
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

/// What is there: null is as good as not there, where a field may be left out.
fn given<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// Why a text is no line of so many characters that people can read.
fn no_line(text: &str, most: usize) -> Option<SurveyRule> {
    // White space as ECMA-262 has it, whose patterns a schema is made of.
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

/// The fields that are there twice in a question, or the question, if the field is none that
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

/// Where a place stands in a document, whose fields stand in the order in which they are explained.
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
