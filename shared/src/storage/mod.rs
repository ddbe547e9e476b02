//! The one place that knows how things lie in DynamoDB and S3.

/// Why something could not be read or written: the operation and what AWS called it, never what was in it.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {code}")]
pub struct StorageError {
    /// What was tried, in the words of the domain (`keep a record`).
    pub operation: &'static str,
    /// The error code that AWS gave, or what else went wrong (`timeout`).
    pub code: String,
}
