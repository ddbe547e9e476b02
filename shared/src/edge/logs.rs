//! Logs of a function: one JSON object a line, an allow-list of fields, never a value that someone sent.
//!
//! The fields are `function`, `request_id`, `survey`, `source`, `place`, `count`, `outcome`, `error` and
//! `lateness_seconds`. What a person sent, who they are and where it lies is never among them.

/// Starts logging as Lambda's own settings say (`AWS_LAMBDA_LOG_LEVEL`, `AWS_LAMBDA_LOG_FORMAT`).
pub fn start() {
    lambda_runtime::tracing::init_default_subscriber();
}
