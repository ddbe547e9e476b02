//! The rules that what a source says of a record can break, in one set of words.

use crate::survey::answers::AnswerRule;

/// The rules for what a source says of a record: a row of a file, or a partner's message.
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
    /// Not a list of what it should be.
    #[error("must be a list")]
    List,
    /// Not there.
    #[error("must be there")]
    Required,
    /// A kind of message that nobody agreed on.
    #[error("must be submission.created or submission.updated")]
    Type,
    /// Not one of those that there are.
    #[error("must be one of the values that the contract lists")]
    Choice,
    /// Not a version.
    #[error("must be a whole number from 0 to 4294967295")]
    WholeNumber,
    /// Rounded by a spreadsheet.
    #[error("must be the number that the source gave, not one that a spreadsheet has rounded")]
    Rounded,
    /// Not a time, or nobody knows where.
    #[error("must be a time with its zone, like 2026-09-14T11:22:29+01:00")]
    Time,
    /// A time that could be any zone's.
    #[error("must say its zone, like 2026-09-14T11:22:29+01:00")]
    NoZone,
    /// A date of which nobody knows whether the day or the month comes first.
    #[error("must be a date whose day and month can be told apart, like 2026-09-14")]
    DayOrMonth,
    /// Not a time as Five9 writes it.
    #[error("must be a time that was on the tenant's clocks, like Mon, 12 Oct 2026 09:00:12")]
    LocalTime,
    /// Its time to be deleted is over.
    #[error("must not be more than three years ago")]
    TooOld,
    /// From a clock that runs ahead.
    #[error("must not be more than five minutes ahead")]
    InFuture,
    /// Before what it is an answer to.
    #[error("must not be on a day before the complaint was received")]
    BeforeReceipt,
    /// No type of call that is known.
    #[error("must be a type of call that config/five9.json lists")]
    CallType,
    /// A line of a report that counts calls and is none.
    #[error("must be a call, and not a count or a total of the report")]
    Total,
    /// It holds rows, and is none.
    #[error("must be a row, and not a list of rows with something around it")]
    ListOfRows,
    /// The row is of another source.
    #[error("must be a row of this source: the file was put into the wrong folder")]
    OtherSource,
    /// It would make another person's record of one that is there, at another time.
    #[error("must not be of another person and another time than the record that it would correct")]
    OfAnother,
    /// More answers than a form has.
    #[error("must have at most {0} answers")]
    Count(usize),
    /// An answer that is nested, or a number that cannot be kept.
    #[error("must be text, a number, true or false, or a list of texts")]
    Answer,
    /// A rule that answers to our own form have as well.
    #[error(transparent)]
    Form(#[from] AnswerRule),
}

impl Rule {
    /// The rule's name, for programs and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Once => "once",
            Self::Object => "object",
            Self::List => "list",
            Self::Required => "required",
            Self::Type => "type",
            Self::Choice => "choice",
            Self::WholeNumber => "whole_number",
            Self::Rounded => "rounded",
            Self::Time | Self::LocalTime => "time",
            Self::NoZone => "no_zone",
            Self::DayOrMonth => "day_or_month_first",
            Self::TooOld => "too_old",
            Self::InFuture => "in_future",
            Self::BeforeReceipt => "before_receipt",
            Self::CallType => "call_type",
            Self::Total => "total",
            Self::ListOfRows => "list_of_rows",
            Self::OtherSource => "other_source",
            Self::OfAnother => "different_person_and_time",
            Self::Count(_) => "count",
            Self::Answer => "answer",
            Self::Form(rule) => rule.name(),
        }
    }
}
