//! Why an event is not entered.

use super::lists::AnswerPart;
use super::lists::Listed;
use crate::rights::calendar::BeyondCalendar;
use crate::rights::response_deadline::Need;
use chrono::NaiveDate;

/// Why an event is not entered: the rule that it breaks, and nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The step does not follow from where the request is.
    #[error("this cannot follow: look at the request's state")]
    NotNow,
    /// The request is closed.
    #[error("the request is closed: reopen it first")]
    Closed,
    /// It is not closed.
    #[error("the request is not closed")]
    NotClosed,
    /// The case has no such request, or none that is open.
    #[error("the case has no such request that is open")]
    NoSuchRequest,
    /// The case has such a request.
    #[error("the case has a request of this kind already, or none is named")]
    ThereAlready,
    /// It is not a request for the use of a right, so there is nothing to wait for.
    #[error("this kind of request waits for nothing: no identity, authority, fee or extension")]
    NotARight,
    /// It was asked for already.
    #[error("this was asked for already: enter what came of it")]
    AskedAlready,
    /// It was not asked for, or it is dealt with.
    #[error("this was not asked for, or is dealt with")]
    NotAskedFor,
    /// Something has to be dealt with first.
    #[error("this has to wait until what was asked for is there: {}", .0.as_str())]
    NotDealtWith(Need),
    /// Only a question to an access request stops the clock (Article 12A(5) UK GDPR).
    #[error("only a question about an access request stops the clock")]
    NotAccess,
    /// A question is open.
    #[error("a question is open: enter its answer first")]
    QuestionOpen,
    /// No question is open.
    #[error("no question is open")]
    NoQuestionOpen,
    /// The time was extended already.
    #[error("the time was extended already: it is extended once")]
    ExtendedAlready,
    /// The person was told too late (Article 12A(3) UK GDPR).
    #[error("the person had to be told of an extension by {0}")]
    TooLateToExtend(NaiveDate),
    /// It was due before it is entered, and would hide that the request is late.
    #[error("the request was due on {0}: what is entered later moves that day no more")]
    OverdueAlready(NaiveDate),
    /// It is decided, so nothing is asked for first.
    #[error("it is decided: nothing is asked for any more")]
    DecidedAlready,
    /// The clock does not run, so nobody knows by when the person had to be told.
    #[error("the clock does not run: there is nothing to extend")]
    ClockStands,
    /// The bank holidays of that time are not known.
    #[error(transparent)]
    NotKnownYet(#[from] BeyondCalendar),
    /// A day is in the future.
    #[error("the day must be today or earlier")]
    InTheFuture,
    /// A day is before what it follows.
    #[error("the day must not be before {0}")]
    TooEarly(NaiveDate),
    /// The receipt is longer ago than anything is stored.
    #[error("the receipt must not be more than three years ago")]
    TooLongAgo,
    /// The receipt is after something that happened to the request.
    #[error("the receipt must not be after what was entered: {0}")]
    AfterEvents(NaiveDate),
    /// Nothing is decided.
    #[error("decide first")]
    NotDecided,
    /// What is said to have been answered, or done, is not what was decided.
    #[error("what is done and answered must be what was decided")]
    NotAsDecided,
    /// A partial grant or a refusal without a ground, or a grant with one.
    #[error("grounds are given with a refusal or a partial grant, and only then")]
    Grounds,
    /// An answer does not say how it reached the person, or something else does.
    #[error("say how the answer reached the person, and only of an answer")]
    Means,
    /// It is not done.
    #[error("what was granted is not done yet")]
    NotDone,
    /// An answer lacks parts.
    #[error("the answer lacks: {}", listed(.0))]
    Incomplete(Vec<AnswerPart>),
    /// The answer is of a day before what it tells of was done.
    #[error("the answer must not be before what it tells of was done: {0}")]
    AnsweredBefore(NaiveDate),
    /// It is closed after its date, without a reason.
    #[error("it was due on {0}: say why it is late")]
    Late(NaiveDate),
    /// It is not late, and a reason was given for that.
    #[error("it is not late: give no reason for it")]
    NotLate,
    /// Nothing was asked, or the month is not over.
    #[error("a request lapses about a month after something was asked: {}", from(*.0))]
    NotSilent(Option<NaiveDate>),
    /// A duplicate names no other case, or another ending names one.
    #[error("a duplicate names the other case, and nothing else does")]
    Duplicate,
    /// The case that a duplicate names does not have the request, or repeats another one.
    #[error(
        "the case that a duplicate names must have a request of that kind which is no duplicate itself"
    )]
    NoOriginal,
    /// The case is kept no longer.
    #[error("the time for which the case is kept is over")]
    Over,
    /// Whose data it is was not confirmed.
    #[error("confirm first whose data it is")]
    Unconfirmed,
    /// Nobody has read the package.
    #[error("somebody has to read the package before it is handed over")]
    NotReviewed,
    /// An erasure of the same case is under way.
    #[error("an erasure of the same case is under way")]
    ErasureOpen,
    /// An access request of the same case is open (Data Protection Act 2018 s.173).
    #[error("an access request of the same case is open: answer it first")]
    AccessFirst,
    /// The plan is another one.
    #[error("the plan is not the one that was looked at: plan again and look at it")]
    PlanChanged,
    /// Whoever planned it approves it.
    #[error("whoever planned it does not approve it without a reason")]
    SamePerson,
    /// The person was not told (Article 18(3) UK GDPR).
    #[error("tell the person first that it will be lifted")]
    NoticeFirst,
    /// The id of the event was used for another one.
    #[error("event_id was used for another event: give this one an id of its own")]
    AnotherEvent,
    /// The case has too many events.
    #[error("the case has as many events as one can have: close it, and continue in another case")]
    TooMany,
}

fn listed(parts: &[AnswerPart]) -> String {
    let words: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
    words.join(", ")
}

fn from(date: Option<NaiveDate>) -> String {
    date.map_or_else(
        || "nothing was asked that is open".to_owned(),
        |date| format!("not before {date}"),
    )
}
