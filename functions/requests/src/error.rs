//! Why an order is not carried out.

use custodian_aws::StorageError;
use custodian_domain::rights::constraint::NotTold;
use custodian_domain::validation::violation::Violation;
use custodian_runtime::failure;
use lambda_runtime::Diagnostic;

/// Why an order is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The order cannot be carried out.
    #[error(transparent)]
    Order(#[from] Violation),
    /// There is no such request.
    #[error("there is no request with this request_id")]
    Unknown,
    /// The request's id is taken.
    #[error("request_id was used for another request: give this one an id of its own")]
    AnotherRequest,
    /// The plan was approved already.
    #[error("the request is approved already: ask for its status")]
    Approved,
    /// The data is not as it was planned, or the order is not as it was planned.
    #[error("the plan no longer holds, plan again and look at it; changed since: {0}")]
    Stale(String),
    /// An access request of the same person is open.
    #[error(
        "an access request of the same person comes first: release its package, and plan again once it was fetched; one that \
         somebody else made in their name is not released but withdrawn: {0}"
    )]
    AccessFirst(String),
    /// Something holds what would go.
    #[error("records that would go are held: lift the hold or exclude them, then plan again: {0}")]
    Held(String),
    /// Whoever planned it approves it.
    #[error(
        "whoever planned it does not approve it: have somebody else do it, or give single_handed_reason, why that cannot be"
    )]
    SingleHanded,
    /// The person opposed erasure when it was restricted.
    #[error(
        "the person opposes erasure, 18(1)(b): ask them, and approve with person_agreed_on, the day on which they agreed: {0}"
    )]
    Opposed(String),
    /// Nobody has decided yet whether somebody who is linked is the same person.
    #[error(
        "links of this plan are not decided: look at `linked`, name those that lead to somebody else in refused_links, or \
         plan again with those in confirmed_links that lead to the same person; not decided: {0}"
    )]
    Undecided(u64),
    /// The person was not told yet.
    #[error(transparent)]
    NotTold(#[from] NotTold),
    /// There is nothing that waits to be confirmed, or stopped.
    #[error("{0}")]
    NotNow(&'static str),
    /// DynamoDB or S3 does not answer.
    #[error("not done, give the same order again: {0}")]
    Storage(#[from] StorageError),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::Order(_) => "BadOrder",
            Error::Unknown => "UnknownRequest",
            Error::AnotherRequest => "AnotherRequest",
            Error::Approved => "Approved",
            Error::Stale(_) => "Stale",
            Error::AccessFirst(_) => "AccessFirst",
            Error::Held(_) => "Held",
            Error::SingleHanded => "SingleHanded",
            Error::Opposed(_) => "Opposed",
            Error::Undecided(_) => "Undecided",
            Error::NotTold(_) => "NotTold",
            Error::NotNow(_) => "NotNow",
            Error::Storage(_) => failure::UNAVAILABLE,
        };
        failure::failure(kind, error)
    }
}
