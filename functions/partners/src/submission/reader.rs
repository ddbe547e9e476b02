//! Goes through a message and collects its faults.

use super::field::{self, NAME};
use custodian_domain::survey::answers::{self, Answer, nameable};
use custodian_domain::validation::object::Object;
use custodian_domain::validation::rule::Rule;
use custodian_domain::validation::violation::Violation;
use serde_json::Value;
use std::collections::BTreeMap;

/// The name of the message as a whole.
pub(super) const WHOLE: &str = "(body)";
/// The most answers that one form has.
const ANSWERS: usize = 100;

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Reader(Vec<Violation<Rule>>);

/// One object of a message; if there is none, nothing is read, and nothing more is wrong.
pub(super) type Part<'a> = Option<Object<'a>>;

impl Reader {
    /// The message itself.
    pub(super) fn message<'a>(&mut self, body: &'a Value) -> Part<'a> {
        let whole = body.as_object().ok_or(Violation::new(WHOLE, Rule::Object));
        self.right(whole.map(Object::whole))
    }

    /// An object that must be there.
    pub(super) fn part<'a>(&mut self, within: &Part<'a>, name: &str) -> Part<'a> {
        let within = within.as_ref()?;
        self.right(within.object(name).and_then(there(within, name)))
    }

    /// An object that may be missing.
    pub(super) fn part_if_there<'a>(&mut self, within: &Part<'a>, name: &str) -> Part<'a> {
        self.right(within.as_ref()?.object(name)).flatten()
    }

    /// A field that may be missing.
    pub(super) fn optional<T>(
        &mut self,
        part: &Part<'_>,
        name: &str,
        read: fn(&Value) -> Result<Option<T>, Rule>,
    ) -> Option<T> {
        self.right(part.as_ref()?.read(name, read)).flatten()
    }

    /// A field that must be there.
    pub(super) fn required<T>(
        &mut self,
        part: &Part<'_>,
        name: &str,
        read: impl Fn(&Value) -> Result<Option<T>, Rule>,
    ) -> Option<T> {
        let part = part.as_ref()?;
        self.right(part.read(name, read).and_then(there(part, name)))
    }

    /// The answers, by question.
    pub(super) fn answers(&mut self, part: &Part<'_>, name: &str) -> BTreeMap<String, Answer> {
        let mut answers = BTreeMap::new();
        let Some(within) = self.part_if_there(part, name) else {
            return answers;
        };
        if within.fields().len() > ANSWERS {
            self.0
                .extend(part.iter().map(|it| it.breaks(name, Rule::Count(ANSWERS))));
            return answers;
        }
        for (question, value) in within.fields() {
            match named(question).and_then(|()| field::answer(value)) {
                Ok(Some(answer)) => drop(answers.insert(question.clone(), answer)),
                Ok(None) => {}
                Err(rule) => self.0.push(within.breaks(nameable(question), rule)),
            }
        }
        answers
    }

    /// What was wrong, if anything.
    pub(super) fn into_faults(self) -> Vec<Violation<Rule>> {
        self.0
    }

    /// What is wrong so far.
    pub(super) fn faults(&self) -> &[Violation<Rule>] {
        &self.0
    }

    /// The value, if it is right.
    fn right<T>(&mut self, read: Result<T, Violation<Rule>>) -> Option<T> {
        read.map_err(|violation| self.0.push(violation)).ok()
    }
}

/// A value that must be there.
fn there<T>(part: &Object<'_>, name: &str) -> impl FnOnce(Option<T>) -> Result<T, Violation<Rule>> {
    move |value| value.ok_or_else(|| part.breaks(name, Rule::Required))
}

/// Whether this can be a question's name.
fn named(question: &str) -> Result<(), Rule> {
    if question.chars().count() > NAME {
        return Err(answers::AnswerRule::Length(NAME).into());
    }
    if question.is_empty() || question.chars().any(char::is_control) {
        return Err(answers::AnswerRule::Text.into());
    }
    Ok(())
}
