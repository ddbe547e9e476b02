//! Why an order is not carried out.

use custodian_aws::StorageError;
use custodian_domain::rights::breach::BreachRefusal;
use custodian_domain::rights::constraint::NotInformed;
use custodian_domain::rights::register::Refusal;
use custodian_domain::validation::violation::Violation;
use custodian_rights::auditing::AuditedError;
use custodian_rights::case_steps::NotEntered;
use custodian_rights::rectifying::NotRectified;
use custodian_runtime::failure;
use lambda_runtime::Diagnostic;

/// Somebody else entered something into the case at the same moment.
pub(crate) const BUSY: &str =
    "somebody else entered something into the case just now: give the same order again";

/// Why an order is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The order cannot be carried out.
    #[error(transparent)]
    Order(#[from] Violation),
    /// There is no such request.
    #[error("there is no request with this request_id")]
    Unknown,
    /// There is no such case.
    #[error("there is no case with this case_id")]
    UnknownCase,
    /// Another case has this id.
    #[error("case_id was used for another case: give this one an id of its own")]
    AnotherCase,
    /// Somebody else was faster.
    #[error("the case has changed since that revision, look at it again; entered since: {0}")]
    Outdated(String),
    /// The register does not allow it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such breach.
    #[error("there is no breach with this breach_id")]
    UnknownBreach,
    /// Another breach has this id.
    #[error("breach_id was used for another breach: give this one an id of its own")]
    AnotherBreach,
    /// Somebody else was faster.
    #[error("the breach has changed since that revision, look at it again; entered since: {0}")]
    BreachChanged(String),
    /// The register of breaches does not allow it now.
    #[error(transparent)]
    Breach(#[from] BreachRefusal),
    /// It is about more people than an order can be about.
    #[error("{0}")]
    TooMany(&'static str),
    /// Another request has this id.
    #[error("request_id was used for another request: give this one an id of its own")]
    AnotherRequest,
    /// The plan has already been approved.
    #[error("the request is approved already: ask for its status")]
    Approved,
    /// The data, or the order, is not as it was planned.
    #[error("the plan no longer holds, plan again and look at it; changed since: {0}")]
    Stale(String),
    /// An access request of the same person is open.
    #[error(
        "an access request of the same person comes first: release its package, and plan again once it was fetched; one that \
         somebody else made in their name is not released but withdrawn: {0}"
    )]
    AccessFirst(String),
    /// A hold covers what would be erased.
    #[error("records that would go are held: lift the hold or exclude them, then plan again: {0}")]
    Held(String),
    /// The person who planned it approves it.
    #[error(
        "whoever planned it does not approve it: have somebody else do it, or give single_handed_reason, why that cannot be"
    )]
    SingleHanded,
    /// The person opposed erasure when it was restricted.
    #[error(
        "the person opposes erasure, 18(1)(b): ask them, and approve with person_agreed_on, the day on which they agreed: {0}"
    )]
    Opposed(String),
    /// Nobody has decided yet whether a linked person is the same.
    #[error(
        "links of this plan are not decided: look at `linked`, name those that lead to somebody else in refused_links, or \
         plan again with those in confirmed_links that lead to the same person; not decided: {0}"
    )]
    Undecided(u64),
    /// The person was not informed yet.
    #[error(transparent)]
    NotInformed(#[from] NotInformed),
    /// A record is not corrected.
    #[error(transparent)]
    NotRectified(#[from] NotRectified),
    /// There is nothing to confirm, or to stop.
    #[error("{0}")]
    NotNow(&'static str),
    /// DynamoDB or S3 does not answer.
    #[error("not done, give the same order again: {0}")]
    Storage(#[from] StorageError),
}

impl AuditedError for Error {
    fn kind(&self) -> &'static str {
        match self {
            Self::Order(_) => "BadOrder",
            Self::Unknown => "UnknownRequest",
            Self::UnknownCase => "UnknownCase",
            Self::AnotherCase => "AnotherCase",
            Self::Outdated(_) | Self::BreachChanged(_) => "Outdated",
            Self::Refused(refusal) => match refusal {
                Refusal::InTheFuture
                | Refusal::TooEarly(_)
                | Refusal::TooLongAgo
                | Refusal::AfterEvents(_)
                | Refusal::AnsweredBefore(_)
                | Refusal::Grounds
                | Refusal::Means
                | Refusal::Duplicate
                | Refusal::NoOriginal => "BadOrder",
                Refusal::TooLateToExtend(_) => "TooLateToExtend",
                Refusal::NotAccess => "NotAccess",
                Refusal::Incomplete(_) => "Incomplete",
                Refusal::Late(_) | Refusal::NotLate => "Late",
                Refusal::AccessFirst => "AccessFirst",
                Refusal::PlanChanged => "Stale",
                Refusal::SamePerson => "SingleHanded",
                Refusal::NoticeFirst => "NotTold",
                Refusal::AnotherEvent => "AnotherEvent",
                _ => "NotNow",
            },
            Self::UnknownBreach => "UnknownBreach",
            Self::AnotherBreach => "AnotherBreach",
            Self::Breach(refusal) => match refusal {
                BreachRefusal::InTheFuture
                | BreachRefusal::TooEarly(_)
                | BreachRefusal::TooLongAgo => "BadOrder",
                BreachRefusal::Late(_) | BreachRefusal::NotLate => "Late",
                BreachRefusal::PeopleNotTold => "NotTold",
                BreachRefusal::AnotherEvent => "AnotherEvent",
                _ => "NotNow",
            },
            Self::TooMany(_) => "TooMany",
            Self::AnotherRequest => "AnotherRequest",
            Self::Approved => "Approved",
            Self::Stale(_) => "Stale",
            Self::AccessFirst(_) => "AccessFirst",
            Self::Held(_) => "Held",
            Self::SingleHanded => "SingleHanded",
            Self::Opposed(_) => "Opposed",
            Self::Undecided(_) => "Undecided",
            Self::NotInformed(_) => "NotTold",
            Self::NotRectified(why) => match why {
                NotRectified::NotThere => "UnknownRecord",
                NotRectified::NotOne => "BadOrder",
                NotRectified::Held => "Held",
                NotRectified::Changed => "Outdated",
                NotRectified::Erased
                | NotRectified::Restricted
                | NotRectified::BeingPackaged(_) => "NotNow",
                NotRectified::Storage(_) => failure::UNAVAILABLE,
            },
            Self::NotNow(_) => "NotNow",
            Self::Storage(_) => failure::UNAVAILABLE,
        }
    }
}

impl From<NotEntered> for Error {
    fn from(why: NotEntered) -> Self {
        match why {
            NotEntered::Order(violation) => Self::Order(violation),
            NotEntered::UnknownCase => Self::UnknownCase,
            NotEntered::Refused(refusal) => Self::Refused(refusal),
            NotEntered::Busy => Self::NotNow(BUSY),
            NotEntered::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        failure::failure(error.kind(), error)
    }
}
