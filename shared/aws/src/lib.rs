//! What a call to AWS gives: what was asked for, or why not, with nothing in it that anybody
//! stored.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Why something could not be read or written: the operation and what AWS called it, never what was
/// in it.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {code}")]
pub struct StorageError {
    /// What was tried, in the words of the domain (`keep a record`).
    pub operation: &'static str,
    /// The error code that AWS gave, or what else went wrong (`timeout`).
    pub code: String,
}

/// What DynamoDB and S3 say while they have no room
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>),
/// and what a batch says of which they left something.
const THROTTLED: [&str; 6] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "ThrottlingError",
    "ThrottlingException",
    UNPROCESSED,
];
/// What a batch of which something was never processed is called.
pub const UNPROCESSED: &str = "unprocessed";

/// What they say while something is wrong with themselves, and what is said here of an answer that
/// did not come.
const AILING: [&str; 5] = [
    "InternalError",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    TIMEOUT,
];
/// What a call is called of which no answer came in time.
const TIMEOUT: &str = "timeout";

impl StorageError {
    /// Whether the same may well be done a little later: AWS had no room for it, or ailed.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.is_throttled() || AILING.contains(&self.code.as_str())
    }

    /// Whether AWS had no room for it just now: the same may well be done a little later.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        THROTTLED.contains(&self.code.as_str())
    }

    /// What lies there is not what this version of the code puts there.
    #[must_use]
    pub fn unreadable(operation: &'static str) -> Self {
        Self {
            operation,
            code: "unreadable item".to_owned(),
        }
    }
}

/// Turns an SDK's error into ours: serde's and AWS's messages can show data, so only the code is
/// kept.
pub fn failed<E: ProvideErrorMetadata, R>(
    operation: &'static str,
) -> impl Fn(SdkError<E, R>) -> StorageError {
    move |error| {
        let code = match &error {
            SdkError::ServiceError(service) => service.err().code().unwrap_or("service error"),
            SdkError::TimeoutError(_) => TIMEOUT,
            SdkError::DispatchFailure(_) => "no connection",
            SdkError::ResponseError(_) => "broken response",
            _ => "request not made",
        };
        StorageError {
            operation,
            code: code.to_owned(),
        }
    }
}

/// What a write with a condition gives, if it was made; nothing if its condition did not hold.
///
/// # Errors
/// [`StorageError`] for any other failure.
pub fn applied<T, E: ProvideErrorMetadata, R>(
    operation: &'static str,
    written: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, StorageError> {
    match written {
        Ok(written) => Ok(Some(written)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(failed(operation)(error)),
    }
}
