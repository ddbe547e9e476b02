//! The values of a field, whatever its source.

use super::{Problem, fault};
use chrono::{DateTime, Utc};
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::identifier::{Identifier, IdentifierKind, NotAnIdentifier};
use custodian_domain::identity::written::{is_nothing, is_taken_back, several};
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::survey::answers::{AnswerRule, point};
use custodian_domain::times::{self, NotATime};
use custodian_domain::validation::object::Object;
use custodian_domain::validation::rule::Rule;
use custodian_domain::validation::text::is_unseen;
use serde_json::Value;
use std::borrow::Cow;

/// The longest name of something (an id, a person, a service), in characters.
const NAME: usize = 200;
/// The longest address on the web.
const LONG: usize = 1_000;
/// The longest name of a person in another system.
const REFERENCE: usize = 100;

/// A value that must be there.
pub(super) fn required<T>(field: &str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| fault(field, Rule::Required))
}

/// A name of something; a long text is not one.
pub(super) fn name(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    match value {
        Some(text) if text.chars().count() > NAME => Err(fault(field, AnswerRule::Length(NAME))),
        other => Ok(other.map(str::to_owned)),
    }
}

/// A text that may be longer than a name.
pub(super) fn long(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    match value {
        Some(text) if text.chars().count() > LONG => Err(fault(field, AnswerRule::Length(LONG))),
        other => Ok(other.map(str::to_owned)),
    }
}

/// A person's name; a word for nothing is not one.
pub(super) fn person(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    name(
        field,
        value.filter(|text| !is_nothing(text) && !is_taken_back(text)),
    )
}

/// A source's name for something, as it gave it: without the formula in which a spreadsheet keeps
/// it, and not what a spreadsheet made of it.
///
/// # Errors
/// [`Rule::Rounded`] if it is no longer what the source gave: `3E+14` is many calls.
pub(super) fn exact(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = value.map(plain).filter(|text| !is_nothing(text)) else {
        return Ok(None);
    };
    if is_rounded(&text) {
        Err(fault(field, Rule::Rounded))
    } else {
        name(field, Some(&text))
    }
}

/// A word, a number or a time as it was typed: without invisible characters around it, and without
/// the formula or the quote by which a spreadsheet leaves it unchanged.
pub(super) fn word(text: &str) -> &str {
    let inner = text.trim_matches(|c: char| c.is_whitespace() || is_unseen(c));
    match (inner.strip_prefix('='), inner.strip_prefix('\'')) {
        (Some(formula), _) => {
            let quoted = formula
                .trim()
                .strip_prefix('"')
                .and_then(|formula| formula.strip_suffix('"'));
            quoted.map_or(inner, str::trim)
        }
        (None, Some(quoted)) => quoted.trim(),
        (None, None) => inner,
    }
}

/// A word, a number or a time; `None` for a word for nothing.
pub(super) fn some_word(value: Option<&str>) -> Option<&str> {
    value.map(word).filter(|word| !is_nothing(word))
}

/// A number or an id without the formula, or the quote, that keeps a spreadsheet from rounding it
/// (`="185…"`, `'185…`), and without the point and zero of a table that read it as a fraction
/// (`447700900242.0`).
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let inner = word(text);
    let digits = inner
        .strip_prefix('=')
        .map(str::trim)
        .filter(|digits| is_number(digits));
    let inner = digits.unwrap_or(inner);
    let inner = match inner.split_once('.') {
        Some((digits, zeros))
            if is_number(digits) && !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') =>
        {
            digits
        }
        _ => inner,
    };
    // An id is its visible characters, as a person would type it.
    if inner.chars().any(is_unseen) {
        Cow::Owned(inner.chars().filter(|c| !is_unseen(*c)).collect())
    } else {
        Cow::Borrowed(inner)
    }
}

/// Whether a spreadsheet has rounded it: it is written with a power of ten, or has sixteen digits
/// or more with only zeros after the fifteenth.
pub(super) fn is_rounded(text: &str) -> bool {
    has_power(text) || is_cut_off(text)
}

/// `4.47701E+11`, `4,47701E+11`, `4.47701e11`.
fn has_power(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-']);
    let Some((number, power)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let signed = power.starts_with(['+', '-']);
    let power = power.trim_start_matches(['+', '-']);
    // Without a sign and without a fraction it may be an id.
    is_number(whole)
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && is_number(power)
        && power.len() <= 3
        && (signed || number.len() > whole.len())
}

/// `1858200000000010000`.
fn is_cut_off(text: &str) -> bool {
    /// How many digits a spreadsheet keeps.
    const KEPT: usize = 15;
    let digits = text.trim_start_matches(['+', '-']);
    is_number(digits) && digits.len() > KEPT && digits.bytes().skip(KEPT).all(|digit| digit == b'0')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An instant, with a zone; `None` for a word for nothing.
pub(super) fn time(field: &str, value: Option<&str>) -> Result<Option<DateTime<Utc>>, Problem> {
    let rule = |not: NotATime| match not {
        NotATime::NoTime => Rule::Time,
        NotATime::NoZone => Rule::NoZone,
        NotATime::DayOrMonth => Rule::DayOrMonth,
    };
    // Some databases write an unknown time in zeros.
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    let is_zero =
        |text: &str| !digits(text).is_empty() && digits(text).iter().all(|digit| *digit == b'0');
    let word = some_word(value).filter(|text| !is_zero(text));
    word.map(times::instant)
        .transpose()
        .map_err(|not| fault(field, rule(not)))
}

/// A point of the five-point scale, written as a number: `4`, or `4.0`; `None` for a word for
/// nothing.
pub(super) fn rating(field: &str, value: Option<&str>) -> Result<Option<Satisfaction>, Problem> {
    some_word(value)
        .map(|text| scale(text).ok_or_else(|| fault(field, AnswerRule::Rating)))
        .transpose()
}

/// A point of the five-point scale in an object: a number, or a text that is one.
pub(super) fn rating_in(object: &Object<'_>, field: &str) -> Result<Option<Satisfaction>, Problem> {
    match object.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => rating(&object.name(field), Some(text)),
        Some(value) => {
            let point = value.as_f64().and_then(point).map(Some);
            point.ok_or_else(|| object.breaks(field, AnswerRule::Rating).into())
        }
    }
}

/// The contact in an object.
pub(super) fn contact_in(who: &Object<'_>) -> Result<Contact, Problem> {
    let [called, address, number] = ["name", "email", "phone"].map(|field| who.name(field));
    let (name, email, phone) = (who.text("name")?, who.text("email")?, who.id("phone")?);
    contact(
        (&called, name),
        (&address, email),
        (&number, phone.as_deref()),
    )
}

/// The point of the scale of a text.
fn scale(text: &str) -> Option<Satisfaction> {
    let is_plain = text.len() <= 8
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_plain).and_then(point)
}

/// An email address, or several; `None` for a word for nothing.
pub(super) fn email(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = value.map(plain).filter(|text| !is_nothing(text)) else {
        return Ok(None);
    };
    match several(IdentifierKind::Email, &text) {
        Ok(found) => name(field, Some(text.as_ref()).filter(|_| !found.is_empty())),
        Err(_) => Err(fault(field, AnswerRule::Email)),
    }
}

/// A telephone number that can be dialled, or several. One with an extension is kept and identifies
/// nobody. `None` for a word for nothing.
pub(super) fn phone(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = value.map(number).filter(|text| !is_nothing(text)) else {
        return Ok(None);
    };
    if is_rounded(&text) || is_power(&text) {
        return Err(fault(field, Rule::Rounded));
    }
    if text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| !(b'1'..=b'9').contains(&byte))
    {
        // Zeros are nobody's number.
        return if text.chars().any(char::is_alphabetic) {
            Err(fault(field, AnswerRule::Phone))
        } else {
            Ok(None)
        };
    }
    match several(IdentifierKind::Phone, &text) {
        Ok(found) if found.is_empty() => Ok(None),
        Ok(_) | Err(NotAnIdentifier::Extension) => name(field, Some(&text)),
        Err(_) => Err(fault(field, AnswerRule::Phone)),
    }
}

/// A telephone number, without the formula around it and without bytes that no number has.
pub(super) fn number(text: &str) -> Cow<'_, str> {
    let plain = plain(text);
    if plain.chars().any(char::is_control) {
        Cow::Owned(plain.chars().filter(|c| !c.is_control()).collect())
    } else {
        plain
    }
}

/// Whether a number is written with a power of ten, signed or not: no telephone number has an `E`.
pub(super) fn is_power(text: &str) -> bool {
    let digits = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.,".contains(&byte))
    };
    text.split_once(['E', 'e'])
        .is_some_and(|(number, power)| digits(number) && digits(power))
}

/// Another system's name for the person; nobody is found by one that is too long.
pub(super) fn reference(field: &str, value: Option<String>) -> Result<Option<String>, Problem> {
    match value {
        Some(text) if Identifier::reference(&text).is_err() => {
            Err(fault(field, AnswerRule::Length(REFERENCE)))
        }
        other => Ok(other),
    }
}

/// A name, an email address and a telephone number, each with the name of its field.
pub(super) fn contact(
    called: (&str, Option<&str>),
    address: (&str, Option<&str>),
    number: (&str, Option<&str>),
) -> Result<Contact, Problem> {
    Ok(Contact {
        name: person(called.0, called.1)?,
        email: email(address.0, address.1)?,
        phone: phone(number.0, number.1)?,
        reference: None,
    })
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
