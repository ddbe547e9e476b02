//! One value each; an empty text counts as missing.

use chrono::{DateTime, Utc};
use custodian_domain::identity::identifier::{Identifier, IdentifierKind, NotAnIdentifier};
use custodian_domain::identity::written::{is_nothing, several};
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::survey::answers::{self, Answer, can_be_kept};
use custodian_domain::times;
use custodian_domain::validation::rule::Rule;
use custodian_domain::validation::text;
use serde_json::Value;

/// The longest name of anything, in characters.
pub(super) const NAME: usize = 200;
/// The longest text, in characters.
pub(super) const TEXT: usize = 20_000;
/// The longest reference that can identify a person, in characters.
const REFERENCE: usize = 100;

/// The kind of message; both kinds have the same fields.
pub(super) fn kind(value: &Value) -> Result<Option<()>, Rule> {
    match value {
        Value::String(kind) if kind == "submission.created" || kind == "submission.updated" => {
            Ok(Some(()))
        }
        _ => Err(Rule::Type),
    }
}

/// One line of text.
pub(super) fn name(value: &Value) -> Result<Option<String>, Rule> {
    written(value, NAME, text::line)
}

/// A name from a program: nobody pasted it, so a control character in it is a mistake.
pub(super) fn code(value: &Value) -> Result<Option<String>, Rule> {
    if value
        .as_str()
        .is_some_and(|code| code.trim().contains(char::is_control))
    {
        return Err(answers::AnswerRule::Text.into());
    }
    name(value)
}

/// Text with line breaks and tabs.
pub(super) fn text(value: &Value) -> Result<Option<String>, Rule> {
    written(value, TEXT, text::lines)
}

/// Text without invisible characters: a partner passes on what people pasted, and will not send it
/// otherwise.
fn written(
    value: &Value,
    limit: usize,
    cleaned: fn(&str) -> String,
) -> Result<Option<String>, Rule> {
    let text = match value {
        Value::String(text) => cleaned(text),
        _ => return Err(answers::AnswerRule::Text.into()),
    };
    if text.chars().count() > limit {
        return Err(answers::AnswerRule::Length(limit).into());
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A person's name; a word for nothing is not one.
pub(super) fn person(value: &Value) -> Result<Option<String>, Rule> {
    Ok(name(value)?.filter(|text| !is_nothing(text)))
}

/// Another system's name for a person; `None` for a word for nothing.
pub(super) fn reference(value: &Value) -> Result<Option<String>, Rule> {
    let sound = |text: &String| Identifier::reference(text).is_ok();
    held(
        person(value)?,
        sound,
        answers::AnswerRule::Length(REFERENCE),
    )
}

/// An email address, as it was typed, or several; `None` for a word for nothing.
pub(super) fn email(value: &Value) -> Result<Option<String>, Rule> {
    held(
        person(value)?,
        |text| several(IdentifierKind::Email, text).is_ok(),
        answers::AnswerRule::Email,
    )
}

/// A telephone number, as it was typed, with or without an extension, or several; `None` for a word
/// for nothing.
pub(super) fn phone(value: &Value) -> Result<Option<String>, Rule> {
    let sound = |text: &String| {
        matches!(
            several(IdentifierKind::Phone, text),
            Ok(_) | Err(NotAnIdentifier::Extension)
        )
    };
    held(person(value)?, sound, answers::AnswerRule::Phone)
}

fn held(
    text: Option<String>,
    sound: fn(&String) -> bool,
    rule: answers::AnswerRule,
) -> Result<Option<String>, Rule> {
    if text.as_ref().is_none_or(sound) {
        Ok(text)
    } else {
        Err(rule.into())
    }
}

/// A point of the five-point scale.
pub(super) fn rating(value: &Value) -> Result<Option<Satisfaction>, Rule> {
    match value {
        Value::String(text) if text.is_empty() => Ok(None),
        other => other
            .as_f64()
            .and_then(answers::point)
            .map(Some)
            .ok_or_else(|| answers::AnswerRule::Rating.into()),
    }
}

/// A whole number.
pub(super) fn whole_number(value: &Value) -> Result<Option<u32>, Rule> {
    let number = value.as_u64().or_else(|| whole(value.as_f64()?));
    number
        .and_then(|number| number.try_into().ok())
        .map(Some)
        .ok_or(Rule::WholeNumber)
}

/// A number without a fraction: `7.0` is 7.
fn whole(number: f64) -> Option<u64> {
    let digits = format!("{number}");
    digits.parse().ok()
}

/// A time with its zone.
pub(super) fn time(value: &Value) -> Result<Option<DateTime<Utc>>, Rule> {
    match value {
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => times::instant(text).map(Some).map_err(|_| Rule::Time),
        _ => Err(Rule::Time),
    }
}

/// The answer to any question.
pub(super) fn answer(value: &Value) -> Result<Option<Answer>, Rule> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(yes) => Ok(Some(Answer::YesNo(*yes))),
        Value::Number(number) => number
            .as_f64()
            .filter(|number| can_be_kept(*number))
            .map(|number| Some(Answer::Number(number)))
            .ok_or(Rule::Answer),
        Value::String(_) => Ok(text(value)?.map(Answer::Text)),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let texts = values
                .iter()
                .filter_map(|value| text(value).transpose())
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Some(texts)
                .filter(|texts| !texts.is_empty())
                .map(Answer::Choices))
        }
        Value::Array(_) | Value::Object(_) => Err(Rule::Answer),
    }
}
