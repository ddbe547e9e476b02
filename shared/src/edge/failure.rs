//! How a function that is invoked says why it did not do what was asked.

use lambda_runtime::Diagnostic;
use std::fmt::Display;

/// A failure as Lambda reports it: `errorType` is one of the function's own kinds, `errorMessage` its words.
#[must_use]
pub fn failure(kind: &str, words: impl Display) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: words.to_string() }
}

/// The failure of an event that is not what the function is invoked with; it shows nothing of the event.
#[must_use]
pub fn not_an_event(expected: &str) -> Diagnostic {
    failure("BadEvent", format_args!("not {expected}"))
}
