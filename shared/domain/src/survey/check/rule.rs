//! What can be wrong with a survey's document, in words for its author.

use super::{LARGEST, MOST_QUESTIONS};

/// A rule that a survey breaks: the survey is not put.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurveyRule {
    /// Larger than a survey may be.
    #[error("must be at most {LARGEST} bytes long")]
    TooLarge,
    /// Not JSON in UTF-8.
    #[error("is not JSON: line {line}, column {column}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// An object has a field twice.
    #[error("is there twice; each field is named once")]
    Repeated,
    /// The check accepts it and the reader does not. This was never seen, but must not be ignored.
    #[error("cannot be read as a survey")]
    Unreadable,
    /// Not an object.
    #[error("must be an object, {{…}}")]
    Object,
    /// Not a list.
    #[error("must be a list, […]")]
    List,
    /// A list that is empty, or too long.
    #[error("must have 1 to {0} entries")]
    Entries(usize),
    /// A field that no survey has.
    #[error("is no field of a survey")]
    Unknown,
    /// A field that every survey has.
    #[error("is missing")]
    Missing,
    /// Not text.
    #[error("must be text")]
    Text,
    /// Text without a letter.
    #[error("must not be empty")]
    Blank,
    /// Text that is too long.
    #[error("must be at most {0} characters long")]
    Long(usize),
    /// A line break, a tab, or another control character.
    #[error("must be one line, without tabs or control characters")]
    Control,
    /// Not a name.
    #[error("must be 1 to 64 lower-case letters, digits, - and _")]
    Name,
    /// Not one of these words.
    #[error("must be one of {}", .0.join(", "))]
    OneOf(&'static [&'static str]),
    /// Not a boolean.
    #[error("must be true or false")]
    YesNo,
    /// Not a day.
    #[error("must be a day, like 2026-03-27")]
    Day,
    /// Not a length.
    #[error("must be a whole number from 1 to {0}")]
    Length(usize),
    /// Not a number that an answer can have.
    #[error("must be a number below 1,000,000,000,000,000")]
    Number,
    /// A field for other kinds.
    #[error("goes only with questions of the kind {0}")]
    OnlyWith(&'static str),
    /// A purpose for other kinds.
    #[error("can be this only of questions of the kind {0}")]
    PurposeOf(&'static str),
    /// No choices.
    #[error("is missing: the question needs what can be chosen")]
    NoOptions,
    /// It closes before it opens.
    #[error("must not be before `opens`")]
    ClosesFirst,
    /// The greatest is less than the least.
    #[error("must not be less than `min`")]
    Empty,
    /// Another question has the same id: one answer would replace the other.
    #[error("is the id of an earlier question as well")]
    SameId,
    /// A field of the form itself.
    #[error("is a field of the form's own: choose another id")]
    Reserved,
    /// One of the three fields in which a form sends a date.
    #[error("is one of the three fields in which the form sends the date `{0}`: choose another id")]
    PartOfADate(String),
    /// Two options that nobody can tell apart.
    #[error("reads like an earlier option")]
    SameOption,
    /// An option that no form can send back.
    #[error(
        "does not come back from a form as it is: leave out white space around it, and what nobody can see"
    )]
    Untidy,
    /// An option that is longer than its question allows.
    #[error("is longer than the {0} characters that this question takes")]
    LongOption(usize),
    /// A second question for the same part of who somebody is.
    #[error("asks for the identity a second time: one question of this kind can be for identity")]
    SameIdentity,
    /// A second question about the newsletter.
    #[error("asks about the newsletter a second time")]
    SameNewsletter,
    /// A newsletter, and no address to send it to.
    #[error(
        "asks about the newsletter: the survey needs a question of the kind email for identity as well"
    )]
    NewsletterToNobody,
}

impl SurveyRule {
    /// Whether `docs/survey.schema.json` has this rule too. A schema cannot compare one field with
    /// another, or see what JSON hides.
    #[must_use]
    pub const fn is_in_schema(&self) -> bool {
        !matches!(
            self,
            Self::TooLarge
                | Self::NotJson { .. }
                | Self::Repeated
                | Self::Unreadable
                | Self::ClosesFirst
                | Self::Empty
                | Self::SameId
                | Self::Reserved
                | Self::PartOfADate(_)
                | Self::SameOption
                | Self::Untidy
                | Self::LongOption(_)
                | Self::SameIdentity
                | Self::SameNewsletter
                | Self::NewsletterToNobody
        )
    }

    /// The most questions that a survey may have.
    pub(super) const fn of_questions() -> Self {
        Self::Entries(MOST_QUESTIONS)
    }
}

/// What is allowed, but often a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Nobody is found by it.
    #[error(
        "is no identity: what is answered here leads nobody to the person, neither for a copy nor for an erasure"
    )]
    NobodyIsFoundByIt,
    /// Only one can be the rating.
    #[error("is a second rating: only the first of them counts in statistics")]
    SecondRating,
    /// There is no choice.
    #[error("offers one thing only")]
    OneOption,
    /// Nobody can tell the questions apart.
    #[error("reads like the label of an earlier question")]
    SameLabel,
    /// People are shown a notice that is no longer in use.
    #[error("is a privacy notice that is not in use any more: {} took its place", crate::validation::notice::CURRENT.version)]
    FormerNotice,
    /// Lists of comments expect text under this name.
    #[error("is where comments are looked for: give it the kind text or textarea, or another id")]
    NotAComment,
    /// All answers at their longest are more than a record holds.
    #[error(
        "together the answers can be longer than one record takes (300,000 bytes): such an answer is asked to be shorter"
    )]
    LongTogether,
}
