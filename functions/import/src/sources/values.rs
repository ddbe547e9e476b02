//! What a field may say, whatever source it is of.

use super::object::Object;
use super::{Problem, fault};
use chrono::{DateTime, Utc};
use shared::domain::answers::can_be_dialled;
use shared::domain::identifier::Identifier;
use shared::domain::record::Contact;
use shared::domain::satisfaction::Satisfaction;

/// The rules that a row can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Rule {
    /// Nothing is there.
    #[error("must be there")]
    Required,
    /// Not a text.
    #[error("must be a text")]
    Text,
    /// Too long for what it is.
    #[error("must have at most 200 characters; 1,000 for an address on the web, 100 where a person is found by it")]
    Length,
    /// Rounded by a spreadsheet.
    #[error("must be the number that the source gave, not one that a spreadsheet has rounded")]
    Rounded,
    /// Not an instant.
    #[error("must be a time with a zone, like 2026-09-01T08:00:00Z")]
    Time,
    /// Not a time as Five9 writes it.
    #[error("must be a time that was on the tenant's clocks, like Mon, 12 Oct 2026 09:00:12")]
    LocalTime,
    /// Not on the scale.
    #[error("must be a whole number from 1 to 5")]
    Rating,
    /// Not one of those that there are.
    #[error("must be one of the values that the contract lists")]
    Choice,
    /// Not an email address.
    #[error("must be an email address")]
    Email,
    /// Not a telephone number.
    #[error("must be a telephone number")]
    Phone,
    /// Not a list of what it should be.
    #[error("must be a list")]
    List,
    /// Not an object.
    #[error("must be an object")]
    Object,
    /// Not a length of time.
    #[error("must be a duration, like 00:07:41")]
    Duration,
}

impl Rule {
    /// The rule's name, for reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Text => "text",
            Self::Length => "length",
            Self::Rounded => "rounded",
            Self::Time | Self::LocalTime => "time",
            Self::Rating => "rating",
            Self::Choice => "choice",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::List => "list",
            Self::Object => "object",
            Self::Duration => "duration",
        }
    }
}

/// What names something (an id, a person, a service) is not longer than this, in characters.
const NAME: usize = 200;
/// Where something is on the web is not longer than this.
const LONG: usize = 1_000;

/// Something that has to be there.
pub(super) fn required<T>(field: &str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| fault(field, Rule::Required))
}

/// A name of something; long texts are none.
pub(super) fn name(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    match value {
        Some(text) if text.chars().count() > NAME => Err(fault(field, Rule::Length)),
        other => Ok(other.map(str::to_owned)),
    }
}

/// A text that may be longer than a name.
pub(super) fn long(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    match value {
        Some(text) if text.chars().count() > LONG => Err(fault(field, Rule::Length)),
        other => Ok(other.map(str::to_owned)),
    }
}

/// What a source calls something, and not what a spreadsheet made of it: `3E+14` is many calls.
pub(super) fn exact(field: &str, value: Option<String>) -> Result<Option<String>, Problem> {
    let rounded = |text: &str| {
        text.split_once(['E', 'e']).is_some_and(|(digits, power)| {
            digits.parse::<f64>().is_ok() && power.starts_with('+') && power.parse::<i32>().is_ok()
        })
    };
    match value {
        Some(text) if rounded(&text) => Err(fault(field, Rule::Rounded)),
        other => Ok(other),
    }
}

/// An instant, with a zone.
pub(super) fn time(field: &str, value: Option<&str>) -> Result<Option<DateTime<Utc>>, Problem> {
    let read = |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    value.map(read).transpose().map_err(|_| fault(field, Rule::Time))
}

/// A point of the five-point scale, written as a number.
pub(super) fn rating(field: &str, value: Option<&str>) -> Result<Option<Satisfaction>, Problem> {
    let read = |text: &str| text.parse::<u8>().ok().and_then(|number| Satisfaction::try_from(number).ok());
    value.map(|text| read(text).ok_or_else(|| fault(field, Rule::Rating))).transpose()
}

/// An email address.
pub(super) fn email(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    match value {
        Some(text) if Identifier::email(text).is_err() => Err(fault(field, Rule::Email)),
        other => Ok(other.map(str::to_owned)),
    }
}

/// A telephone number that can be dialled; one with an extension is kept and identifies nobody.
pub(super) fn phone(field: &str, value: Option<&str>) -> Result<Option<String>, Problem> {
    match value {
        Some(text) if !can_be_dialled(text) => Err(fault(field, Rule::Phone)),
        other => Ok(other.map(str::to_owned)),
    }
}

/// What another system calls the person; nobody is found by what is too long for that.
pub(super) fn reference(field: &str, value: Option<String>) -> Result<Option<String>, Problem> {
    match value {
        Some(text) if Identifier::reference(&text).is_err() => Err(fault(field, Rule::Length)),
        other => Ok(other),
    }
}

/// A name, an email address and a telephone number, each with what its field is called.
pub(super) fn contact(
    called: (&str, Option<&str>),
    address: (&str, Option<&str>),
    number: (&str, Option<&str>),
) -> Result<Contact, Problem> {
    Ok(Contact {
        name: name(called.0, called.1)?,
        email: email(address.0, address.1)?,
        phone: phone(number.0, number.1)?,
        reference: None,
    })
}

/// The contact in an object.
pub(super) fn contact_in(who: &Object<'_>) -> Result<Contact, Problem> {
    let [called, address, number] = ["name", "email", "phone"].map(|field| (who.name(field), who.text(field)));
    contact((&called.0, called.1?), (&address.0, address.1?), (&number.0, number.1?))
}
