//! Everything that is refused, as a problem document.

use crate::submission::Fault;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use shared::edge::http;
use shared::edge::problem::{FieldProblem, Problem};
use shared::edge::webhook::BadSignature;
use shared::storage::StorageError;

/// Why a request is not done.
#[derive(Debug)]
pub enum Refusal {
    /// There is nothing at this address.
    NotFound,
    /// The body is larger than is read.
    TooLarge,
    /// Nobody who is known signed this now.
    Unsigned(BadSignature),
    /// The body is not JSON by its type.
    MediaType,
    /// Some fields break a rule.
    Faults(Vec<Fault>),
    /// DynamoDB does not answer.
    Unavailable(StorageError),
}

impl From<BadSignature> for Refusal {
    fn from(error: BadSignature) -> Self {
        Self::Unsigned(error)
    }
}

impl From<Vec<Fault>> for Refusal {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Faults(faults)
    }
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error)
    }
}

impl Refusal {
    /// The response, after a word to the log.
    pub fn into_response(self) -> Response<Body> {
        match &self {
            // Which of the reasons it was is for us to know: it would help nobody but who guesses.
            Self::Unsigned(error) => tracing::warn!(error = %error, outcome = "unsigned", "granicus"),
            Self::Unavailable(error) => tracing::error!(error = %error, outcome = "unavailable", "granicus"),
            Self::Faults(faults) => tracing::warn!(count = faults.len(), outcome = "refused", "granicus"),
            Self::NotFound | Self::TooLarge | Self::MediaType => tracing::warn!(outcome = "refused", "granicus"),
        }
        let waits = matches!(self, Self::Unavailable(_));
        let response = http::guarded(self.problem().into_response());
        if waits { http::retry_soon(response) } else { response }
    }

    fn problem(self) -> Problem {
        match self {
            Self::NotFound => Problem::new(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address"),
            Self::TooLarge => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large")
                .detail("Send at most 256 KiB."),
            Self::Unsigned(_) => {
                Problem::new(StatusCode::UNAUTHORIZED, "signature", "The signature of this message is not accepted")
                    .detail("Sign the body as it is sent, by Standard Webhooks, within five minutes of now.")
            }
            Self::MediaType => {
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "This media type is not taken")
                    .detail("Send application/json, in UTF-8, not compressed.")
            }
            Self::Faults(faults) => {
                let errors = faults.into_iter().map(|fault| FieldProblem {
                    field: fault.field,
                    rule: fault.rule.name(),
                    detail: fault.rule.to_string(),
                });
                let title = "This submission cannot be taken";
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-submission", title);
                Problem { errors: errors.collect(), ..problem }
            }
            Self::Unavailable(_) => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "This cannot be done at the moment")
                    .detail("Send the same message again later, signed anew.")
            }
        }
    }
}
