//! Why an event is not entered into a breach.

use super::clock::spelt_time;
use chrono::{DateTime, Utc};

/// Why an event is not entered: the rule that it breaks, and nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreachRefusal {
    /// It does not follow from where the breach is.
    #[error("this cannot follow: look at the breach's state")]
    NotNow,
    /// The breach is closed.
    #[error("the breach is closed")]
    Closed,
    /// A time is in the future.
    #[error("the time must be now or earlier")]
    InTheFuture,
    /// A time is before what it follows.
    #[error("the time must not be before {}", spelt_time(*.0))]
    TooEarly(DateTime<Utc>),
    /// The awareness is longer ago than anything is stored.
    #[error("the time must not be more than three years ago")]
    TooLongAgo,
    /// Nothing is known of it.
    #[error("enter first what happened, with `breach_scope`")]
    NotScoped,
    /// The risk is high, and a risk is said to be unlikely.
    #[error("the risk was entered as high: correct `high_risk` first if it is not")]
    HighRisk,
    /// The Commissioner was told already.
    #[error("the Commissioner was told already: enter more with `breach_follow_up`")]
    ToldAlready,
    /// The Commissioner was not told.
    #[error("the Commissioner was not told: enter that first, with `breach_told_ico`")]
    NotTold,
    /// The Commissioner was told after the 72 hours, without a reason.
    #[error("it was due {}: say in `late` and `text` why it is late", spelt_time(*.0))]
    Late(DateTime<Utc>),
    /// It is not late, and a reason was given for that.
    #[error("it is not late: give no reason for it")]
    NotLate,
    /// Nobody has decided whether the Commissioner is told.
    #[error("decide first: the Commissioner was told, or a risk is unlikely and why")]
    Undecided,
    /// The risk is high, and nobody has told the people (Article 34(1)).
    #[error("the risk is high: tell the people, or say by which case of Article 34(3) not")]
    PeopleNotTold,
    /// Nothing says who is affected.
    #[error("say first by what the affected are found: `query` of `breach_scope`")]
    NoQuery,
    /// It has as many holds as one can have.
    #[error("the breach has as many holds as one can have")]
    TooManyHolds,
    /// The id of the event was used for another one.
    #[error("event_id was used for another event: give this one an id of its own")]
    AnotherEvent,
    /// The breach has too many events.
    #[error("the breach has as many events as one can have: close it")]
    TooMany,
}
