//! What can be wrong with a submission.

use custodian_domain::survey::answers;

/// One thing wrong: the field, and the rule that it breaks. Never what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field's name, from the top of the message: `data.profile.email`.
    pub field: String,
    /// The rule.
    pub rule: Rule,
}

impl Fault {
    /// A case that storage did not take, because it is of somebody else than the record that it
    /// would correct.
    #[must_use]
    pub fn of_another() -> Self {
        Self {
            field: "data.case_reference".to_owned(),
            rule: Rule::OfAnother,
        }
    }
}

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Not JSON.
    #[error("must be JSON, in UTF-8")]
    Json,
    /// There twice, or with a field in it that is.
    #[error("must be there once, and so must each field in it")]
    Once,
    /// Not an object.
    #[error("must be an object")]
    Object,
    /// Not there.
    #[error("must be there")]
    Required,
    /// A kind of message that nobody agreed on.
    #[error("must be submission.created or submission.updated")]
    Type,
    /// Not a version.
    #[error("must be a whole number from 0 to 4294967295")]
    WholeNumber,
    /// Not a time, or nobody knows where.
    #[error("must be a time with its zone, like 2026-09-14T11:22:29+01:00")]
    Time,
    /// Its time to be deleted is over.
    #[error("must not be more than three years ago")]
    TooOld,
    /// From a clock that runs ahead.
    #[error("must not be more than five minutes ahead")]
    InFuture,
    /// More answers than a form has.
    #[error("must have at most {0} answers")]
    Count(usize),
    /// An answer that is nested, or a number that cannot be kept.
    #[error("must be text, a number, true or false, or a list of texts")]
    Answer,
    /// It would make another person's record of one that is there, at another time.
    #[error("must not be the reference of another person's case of another time")]
    OfAnother,
    /// A rule of forms.
    #[error(transparent)]
    Form(#[from] answers::AnswerRule),
}

impl Rule {
    /// The rule's name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Once => "once",
            Self::Object => "object",
            Self::Required => "required",
            Self::Type => "type",
            Self::WholeNumber => "whole_number",
            Self::Time => "time",
            Self::TooOld => "too_old",
            Self::InFuture => "in_future",
            Self::Count(_) => "count",
            Self::Answer => "answer",
            Self::OfAnother => "different_person_and_time",
            Self::Form(rule) => rule.name(),
        }
    }
}
