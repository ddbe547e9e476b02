//! What can be wrong with an answer.

/// One thing wrong: the field, and the rule that it breaks. Never what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field's name.
    pub field: String,
    /// The rule.
    pub rule: Rule,
}

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Not answered.
    #[error("must be answered")]
    Required,
    /// No such question.
    #[error("is not a question of this survey")]
    Unknown,
    /// Sent twice.
    #[error("must be answered once")]
    Once,
    /// Not text, or with control characters.
    #[error("must be text, without control characters")]
    Text,
    /// Too long.
    #[error("must have at most {0} characters")]
    Length(usize),
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
    #[error("must be a number")]
    Number,
    /// Not a date.
    #[error("must be a real date, like 27 3 2026")]
    Date,
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

impl Rule {
    /// The rule's name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Unknown => "unknown",
            Self::Once => "once",
            Self::Text => "text",
            Self::Length(_) => "length",
            Self::Rating => "rating",
            Self::Choice => "choice",
            Self::YesNo => "yes_no",
            Self::Number => "number",
            Self::Date => "date",
            Self::Email => "email",
            Self::Address => "address",
            Self::Phone => "phone",
        }
    }
}
