//! The one place that knows how things lie in DynamoDB and S3.
//!
//! Methods are intents (`keep`, `about`, `forget`), reads come in pages, and what has expired is never read: that is
//! decided in [`table`] alone.

pub mod anchors;
pub mod audit;
pub mod clients;
pub mod confirmations;
pub mod deadlines;
pub mod discarded;
pub mod evidence;
pub mod exports;
pub mod files;
pub mod imports;
pub mod intake;
pub mod keys;
pub mod ledger;
pub mod opt_outs;
pub mod packages;
pub mod people;
pub mod reach;
pub mod records;
pub mod requests;
pub mod restoring;
pub mod settling;
pub mod standings;
pub mod suppressions;
pub mod surveys;
pub mod sweep_cursor;
pub mod table;
pub mod tasks;
pub mod told;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
/// A part of a transaction, which several parts of the storage can contribute to.
pub use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::TimeDelta;
use std::collections::HashMap;

/// How long an invocation may run, which is as long as Lambda lets it: what it left behind is then nobody's any more
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
pub const INVOCATION: TimeDelta = TimeDelta::minutes(15);

/// An item, as DynamoDB gives it.
pub type Item = HashMap<String, AttributeValue>;

/// Why something could not be read or written: the operation and what AWS called it, never what was in it.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {code}")]
pub struct StorageError {
    /// What was tried, in the words of the domain (`keep a record`).
    pub operation: &'static str,
    /// The error code that AWS gave, or what else went wrong (`timeout`).
    pub code: String,
}

/// What DynamoDB and S3 say while they have no room
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>), and what a batch says of
/// which they left something.
const THROTTLED: [&str; 6] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "ThrottlingError",
    "ThrottlingException",
    UNPROCESSED,
];
/// What a batch of which something was never processed is called.
pub(crate) const UNPROCESSED: &str = "unprocessed";

/// What they say while something is wrong with themselves, and what is said here of an answer that did not come.
const AILING: [&str; 5] =
    ["InternalError", "InternalServerError", "ServiceUnavailable", "ServiceUnavailableException", TIMEOUT];
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
        Self { operation, code: "unreadable item".to_owned() }
    }
}

/// Turns an SDK's error into ours: serde's and AWS's messages can show data, so only the code is kept.
pub(crate) fn failed<E: ProvideErrorMetadata, R>(operation: &'static str) -> impl Fn(SdkError<E, R>) -> StorageError {
    move |error| {
        let code = match &error {
            SdkError::ServiceError(service) => service.err().code().unwrap_or("service error"),
            SdkError::TimeoutError(_) => TIMEOUT,
            SdkError::DispatchFailure(_) => "no connection",
            SdkError::ResponseError(_) => "broken response",
            _ => "request not made",
        };
        StorageError { operation, code: code.to_owned() }
    }
}

/// What a write with a condition gives, if it was made; nothing if its condition did not hold.
pub(crate) fn applied<T, E: ProvideErrorMetadata, R>(
    operation: &'static str,
    written: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, StorageError> {
    match written {
        Ok(written) => Ok(Some(written)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(failed(operation)(error)),
    }
}

/// A string attribute.
pub(crate) fn s(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn n(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A string out of an item.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A whole number out of an item.
pub(crate) fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
