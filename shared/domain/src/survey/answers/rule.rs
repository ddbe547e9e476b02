//! What can be wrong with an answer.

use super::Missing;
use crate::survey::Bound;

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRule {
    /// Not answered.
    #[error("must be answered")]
    Required,
    /// No such question.
    #[error("is not a question of this survey")]
    Unknown,
    /// Sent twice.
    #[error("must be answered once")]
    Once,
    /// Not text.
    #[error("must be text")]
    Text,
    /// Too long.
    #[error("must have at most {0} characters")]
    Length(usize),
    /// More than one record holds, together with all the others.
    #[error("must be shorter: all answers together are too long")]
    Together,
    /// Not on the scale.
    #[error("must be a whole number from 1 to 5")]
    Rating,
    /// Not an option.
    #[error("must be one of the options")]
    Choice,
    /// Not yes or no.
    #[error("must be yes or no")]
    YesNo,
    /// Not a number.
    #[error("must be a number, like 3")]
    Number,
    /// More digits than can be kept.
    #[error("must be a number with {0} digits or fewer")]
    Digits(usize),
    /// With decimals where there can be none.
    #[error("must be a whole number, like 3")]
    Whole,
    /// Below the question's limit.
    #[error("must be {} or {}", .0, if .0.day().is_some() { "later" } else { "more" })]
    Min(Bound),
    /// Above the question's limit.
    #[error("must be {} or {}", .0, if .0.day().is_some() { "earlier" } else { "less" })]
    Max(Bound),
    /// Outside the question's limits.
    #[error("must be between {0} and {1}")]
    Between(Bound, Bound),
    /// Not a date.
    #[error("must be a real date, like 27 3 2026")]
    Date,
    /// Some parts of a date are missing.
    #[error("must include a {0}")]
    Missing(Missing),
    /// No day of any month.
    #[error("must have a day from 1 to 31")]
    Day,
    /// No month.
    #[error("must have a month from 1 to 12, or its name, like March")]
    Month,
    /// A year of two digits, or long ago or ahead.
    #[error("must have a year of 4 numbers, like 2026")]
    Year,
    /// A date in the future.
    #[error("must be today or in the past")]
    Past,
    /// Not an email address.
    #[error("must be an email address, like name@example.org")]
    Email,
    /// No email address where one is needed.
    #[error("must be answered, since the newsletter is sent there")]
    Address,
    /// Not a telephone number.
    #[error("must be a telephone number, like 01305 221000 or 07700 900982")]
    Phone,
}

impl AnswerRule {
    /// The rule for a value outside these limits, of which there is at least one.
    #[must_use]
    pub(super) const fn out_of(min: Option<Bound>, max: Option<Bound>) -> Self {
        match (min, max) {
            (Some(min), Some(max)) => Self::Between(min, max),
            (Some(min), None) => Self::Min(min),
            (None, Some(max)) => Self::Max(max),
            (None, None) => Self::Number,
        }
    }

    /// The rule's name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Unknown => "unknown",
            Self::Once => "once",
            Self::Text => "text",
            Self::Length(_) => "length",
            Self::Together => "together",
            Self::Rating => "rating",
            Self::Choice => "choice",
            Self::YesNo => "yes_no",
            Self::Number => "number",
            Self::Digits(_) => "digits",
            Self::Whole => "whole",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Between(..) => "between",
            Self::Date => "date",
            Self::Missing(_) => "date_incomplete",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
            Self::Past => "past",
            Self::Email => "email",
            Self::Address => "address",
            Self::Phone => "phone",
        }
    }
}
