//! Errors of calls to AWS. Nothing that anybody stored is in them.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Why something could not be read or written: the operation and AWS's code, never the data.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {cause}")]
pub struct StorageError {
    /// What was tried, in the words of the domain (`keep a record`).
    pub operation: &'static str,
    /// What went wrong.
    pub cause: Cause,
}

/// What went wrong with a call to AWS, or with what it gave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// AWS had no capacity for it just now: its code.
    #[error("{0}")]
    Throttled(String),
    /// AWS itself has a fault: its code.
    #[error("{0}")]
    Ailing(String),
    /// AWS refused it for another reason: its code.
    #[error("{0}")]
    Refused(String),
    /// A batch with items that were never processed.
    #[error("unprocessed")]
    Unprocessed,
    /// A transaction that cannot be carried out.
    #[error("TransactionCanceledException")]
    Cancelled,
    /// No answer came in time.
    #[error("timeout")]
    Timeout,
    /// There was no connection.
    #[error("no connection")]
    NoConnection,
    /// The answer could not be read.
    #[error("broken response")]
    BrokenResponse,
    /// The request could not be made.
    #[error("request not made")]
    NotMade,
    /// What is stored is not what this version of the code stores.
    #[error("unreadable item")]
    Unreadable,
    /// Something else, in our own words.
    #[error("{0}")]
    Other(&'static str),
}

/// The codes of DynamoDB and S3 when they have no capacity
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>).
const THROTTLED: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "ThrottlingError",
    "ThrottlingException",
];
/// The codes of faults of their own.
const AILING: [&str; 4] = [
    "InternalError",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

impl From<&str> for Cause {
    /// The meaning of an AWS code.
    fn from(code: &str) -> Self {
        let cause = if THROTTLED.contains(&code) {
            Self::Throttled
        } else if AILING.contains(&code) {
            Self::Ailing
        } else {
            Self::Refused
        };
        cause(code.to_owned())
    }
}

impl StorageError {
    /// An operation that failed for this cause.
    #[must_use]
    pub const fn new(operation: &'static str, cause: Cause) -> Self {
        Self { operation, cause }
    }

    /// An operation that failed, with the cause in our own words.
    #[must_use]
    pub const fn because(operation: &'static str, why: &'static str) -> Self {
        Self::new(operation, Cause::Other(why))
    }

    /// Whether the same call may well succeed a little later: AWS had no capacity, had a fault, or
    /// did not answer in time.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        self.is_throttled() || matches!(self.cause, Cause::Ailing(_) | Cause::Timeout)
    }

    /// Whether AWS had no capacity just now. The same call may well succeed a little later.
    #[must_use]
    pub const fn is_throttled(&self) -> bool {
        matches!(self.cause, Cause::Throttled(_) | Cause::Unprocessed)
    }

    /// What is stored is not what this version of the code stores.
    #[must_use]
    pub const fn unreadable(operation: &'static str) -> Self {
        Self::new(operation, Cause::Unreadable)
    }
}

/// Turns an SDK's error into ours. Serde's and AWS's messages can show data, so only the code is
/// kept.
pub fn failed<E: ProvideErrorMetadata, R>(
    operation: &'static str,
) -> impl Fn(SdkError<E, R>) -> StorageError {
    move |error| {
        let cause = match &error {
            SdkError::ServiceError(service) => service
                .err()
                .code()
                .map_or(Cause::Other("service error"), Cause::from),
            SdkError::TimeoutError(_) => Cause::Timeout,
            SdkError::DispatchFailure(_) => Cause::NoConnection,
            SdkError::ResponseError(_) => Cause::BrokenResponse,
            _ => Cause::NotMade,
        };
        StorageError::new(operation, cause)
    }
}
