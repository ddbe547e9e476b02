//! Why there is no package.

use custodian_aws::StorageError;
use custodian_domain::rights::register::Refusal;
use custodian_domain::validation::violation::Violation;
use custodian_rights::auditing::AuditedError;
use custodian_rights::case_steps::NotEntered;
use custodian_runtime::failure;
use custodian_store::packages::Gone;
use lambda_runtime::Diagnostic;

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The order cannot be carried out.
    #[error(transparent)]
    Order(#[from] Violation),
    /// The request's id is taken.
    #[error("request_id was used for another package: give this one an id of its own")]
    AnotherRequest,
    /// There is no such package.
    #[error("no package was made under this request_id")]
    Unknown,
    /// The package is not made yet.
    #[error("the package is not finished: order it again with the same request_id")]
    Unfinished,
    /// The package is no longer handed out.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// An erasure of this person is not finished: what is left may be neither shown nor denied.
    #[error(
        "an erasure of this person is not finished: wait until its task `records` is over, then order again"
    )]
    ErasureOpen,
    /// Nobody has decided yet whether a linked person is the same.
    #[error(
        "links of this package are not decided: look at `linked`, then name each that was followed in confirmed_links and \
         each other in refused_links; if it should be the other way round, withdraw this package, and order another if there \
         is to be one; not decided: {count}"
    )]
    Undecided {
        /// How many.
        count: u64,
        /// The names of the first of them, for the answer and no log.
        names: Vec<String>,
    },
    /// Nobody has decided what is taken out.
    #[error(
        "somebody has to read the package and say with the order `review` what is taken out, or nothing, before it is released"
    )]
    NotReviewed,
    /// A review broke off.
    #[error("the review of the package is not finished: give the same order `review` again")]
    ReviewUnfinished,
    /// Whoever reviews it has not read it.
    #[error("open the package with the order `read`, and read it, before you review it")]
    NotRead,
    /// It is not what was read.
    #[error(
        "the package, or the record, is not what was read any more: withdraw it, make another and read that"
    )]
    Changed,
    /// There is no such case.
    #[error("there is no case with this case_id")]
    UnknownCase,
    /// The case does not allow it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else entered something into the case at the same moment.
    #[error("somebody else entered something into the case just now: give the same order again")]
    Busy,
    /// DynamoDB or S3 does not answer.
    #[error("not finished, ask again with the same request_id: {0}")]
    Storage(#[from] StorageError),
}

impl AuditedError for Error {
    fn kind(&self) -> &'static str {
        match self {
            Self::Order(_) => "BadOrder",
            Self::AnotherRequest => "AnotherRequest",
            Self::Unknown => "UnknownRequest",
            Self::Unfinished | Self::ReviewUnfinished => "Unfinished",
            Self::ErasureOpen | Self::Refused(Refusal::ErasureOpen) => "ErasureOpen",
            Self::Gone(_) => "Gone",
            Self::Undecided { .. } => "Undecided",
            Self::NotReviewed => "NotReviewed",
            Self::NotRead => "NotRead",
            Self::Changed => "Outdated",
            Self::UnknownCase => "UnknownCase",
            Self::Refused(_) | Self::Busy => "NotNow",
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
            NotEntered::Busy => Self::Busy,
            NotEntered::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let kind = error.kind();
        match &error {
            Error::Undecided { names, .. } if !names.is_empty() => {
                failure::failure(kind, format_args!("{error}, namely {}", names.join(", ")))
            }
            _ => failure::failure(kind, error),
        }
    }
}
