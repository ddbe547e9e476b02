//! How an invoked function says why it did not do what was asked.

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use std::fmt::Display;

/// The kind of a failure that the order did not cause: stored data cannot be read or written now.
pub const UNAVAILABLE: &str = "Unavailable";

/// A failure as Lambda reports it: `errorType` is one of the function's own kinds, `errorMessage`
/// its words.
#[must_use]
pub fn failure(kind: &str, words: impl Display) -> Diagnostic {
    Diagnostic {
        error_type: kind.to_owned(),
        error_message: words.to_string(),
    }
}

/// The failure for an event of the wrong kind. It shows nothing of the event.
#[must_use]
pub fn not_an_event(expected: &str) -> Diagnostic {
    failure("BadEvent", format_args!("not {expected}"))
}

/// The answer to an order. If the order is refused, the answer says so in the fields of a failure.
/// Lambda counts no error then, because nothing is broken.
///
/// # Errors
/// An [`UNAVAILABLE`] failure: somebody has to look, and the same order can be given again.
pub fn answered(answer: Result<Value, impl Into<Diagnostic>>) -> Result<Value, Diagnostic> {
    answer.map_err(Into::into).or_else(|failure| {
        if failure.error_type == UNAVAILABLE {
            return Err(failure);
        }
        let Diagnostic {
            error_type,
            error_message,
        } = failure;
        Ok(json!({"status": "refused", "errorType": error_type, "errorMessage": error_message}))
    })
}

#[cfg(test)]
mod tests {
    use super::{UNAVAILABLE, answered, failure};
    use serde_json::json;

    #[test]
    fn a_refused_order_is_an_answer_and_what_is_broken_is_a_failure() {
        let refused = answered(Err(failure("Stale", "plan again"))).unwrap();
        assert_eq!(
            refused,
            json!({"status": "refused", "errorType": "Stale", "errorMessage": "plan again"})
        );
        assert_eq!(
            answered(Err(failure(UNAVAILABLE, "not now")))
                .unwrap_err()
                .error_type,
            UNAVAILABLE
        );
        assert_eq!(
            answered(Ok::<_, lambda_runtime::Diagnostic>(json!(1))).unwrap(),
            json!(1)
        );
    }
}
