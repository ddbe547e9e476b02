//! Goes through a message and collects what is wrong.

use super::field::{self, NAME};
use super::{Fault, Rule};
use custodian_domain::survey::answers::{self, Answer, nameable};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the message as a whole is called.
pub(super) const WHOLE: &str = "(body)";
/// The most answers that one form has.
const ANSWERS: usize = 100;

/// Collects faults.
#[derive(Default)]
pub(super) struct Reader(Vec<Fault>);

/// One object of a message, or what is read where there is none: nothing, and no fault more.
pub(super) struct Part<'a> {
    path: String,
    fields: Option<&'a Map<String, Value>>,
}

impl Reader {
    /// The message itself.
    pub(super) fn message<'a>(&mut self, body: &'a Value) -> Part<'a> {
        if !body.is_object() {
            self.refuse(WHOLE, Rule::Object);
        }
        Part {
            path: String::new(),
            fields: body.as_object(),
        }
    }

    /// An object that has to be there.
    pub(super) fn part<'a>(&mut self, within: &Part<'a>, name: &str) -> Part<'a> {
        let part = self.part_if_there(within, name);
        if within.get(name).is_some_and(Value::is_null) {
            self.refuse(&within.path_of(name), Rule::Required);
        }
        part
    }

    /// An object that may be missing.
    pub(super) fn part_if_there<'a>(&mut self, within: &Part<'a>, name: &str) -> Part<'a> {
        let path = within.path_of(name);
        let value = within.get(name);
        if value.is_some_and(|value| !value.is_null() && !value.is_object()) {
            self.refuse(&path, Rule::Object);
        }
        Part {
            path: format!("{path}."),
            fields: value.and_then(Value::as_object),
        }
    }

    /// A field that may be missing.
    pub(super) fn optional<T>(
        &mut self,
        part: &Part<'_>,
        name: &str,
        read: fn(&Value) -> Result<Option<T>, Rule>,
    ) -> Option<T> {
        read(part.get(name)?).unwrap_or_else(|rule| {
            self.refuse(&part.path_of(name), rule);
            None
        })
    }

    /// A field that has to be there.
    pub(super) fn required<T>(
        &mut self,
        part: &Part<'_>,
        name: &str,
        read: impl Fn(&Value) -> Result<Option<T>, Rule>,
    ) -> Option<T> {
        let value = read(part.get(name)?).and_then(|value| value.ok_or(Rule::Required));
        value
            .map_err(|rule| self.refuse(&part.path_of(name), rule))
            .ok()
    }

    /// The answers, by question.
    pub(super) fn answers(&mut self, part: &Part<'_>, name: &str) -> BTreeMap<String, Answer> {
        let mut answers = BTreeMap::new();
        let within = self.part_if_there(part, name);
        let Some(fields) = within.fields else {
            return answers;
        };
        if fields.len() > ANSWERS {
            self.refuse(&part.path_of(name), Rule::Count(ANSWERS));
            return answers;
        }
        for (question, value) in fields {
            match named(question).and_then(|()| field::answer(value)) {
                Ok(Some(answer)) => drop(answers.insert(question.clone(), answer)),
                Ok(None) => {}
                Err(rule) => self.refuse(&within.path_of(nameable(question)), rule),
            }
        }
        answers
    }

    /// What was wrong, if anything was.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.0
    }

    /// What is wrong so far.
    pub(super) fn faults(&self) -> &[Fault] {
        &self.0
    }

    fn refuse(&mut self, field: &str, rule: Rule) {
        self.0.push(Fault {
            field: field.to_owned(),
            rule,
        });
    }
}

impl<'a> Part<'a> {
    /// A field's value, null if it is not there; nothing if there is no object either.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields
            .map(|fields| fields.get(name).unwrap_or(&Value::Null))
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }
}

/// Whether a question's name is one.
fn named(question: &str) -> Result<(), Rule> {
    if question.chars().count() > NAME {
        return Err(answers::AnswerRule::Length(NAME).into());
    }
    if question.is_empty() || question.chars().any(char::is_control) {
        return Err(answers::AnswerRule::Text.into());
    }
    Ok(())
}
