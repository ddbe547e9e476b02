//! Every refusal, as a problem document.

use custodian_aws::StorageError;
use custodian_buckets::files::Why;
use custodian_domain::validation::rule::Rule;
use custodian_domain::validation::violation::Violation;
use custodian_partner_auth::certificate;
use custodian_partner_auth::processor::BadCredentials;
use custodian_partner_auth::webhook::BadWebhookSignature;
use custodian_web::http;
use custodian_web::http::{Response, StatusCode};
use custodian_web::problem::Problem;

/// Where the answers are in a message.
const ANSWERS: &str = "data.answers";

/// Why a request is refused.
#[derive(Debug)]
pub enum Rejection {
    /// There is nothing at this address.
    NotFound,
    /// The body is too large; how large it may be.
    TooLarge(&'static str),
    /// Nobody known signed this now.
    Unsigned(BadWebhookSignature),
    /// No certificate of the processor signed this.
    Stranger(certificate::BadCallbackSignature),
    /// The processor has no certificate in its secret yet.
    Uncertified,
    /// The processor's secret cannot be read or used.
    Unreadable(BadCredentials),
    /// The signed message is not a callback, or is for another address.
    NoCallback,
    /// The body's type is not JSON.
    MediaType,
    /// Some fields break a rule.
    Faults(Vec<Violation<Rule>>),
    /// DynamoDB does not answer.
    Unavailable(StorageError),
}

impl From<BadWebhookSignature> for Rejection {
    fn from(error: BadWebhookSignature) -> Self {
        Self::Unsigned(error)
    }
}

impl From<Vec<Violation<Rule>>> for Rejection {
    fn from(faults: Vec<Violation<Rule>>) -> Self {
        Self::Faults(faults)
    }
}

impl From<StorageError> for Rejection {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error)
    }
}

impl Rejection {
    /// The response, after a line in the log that says what it was `about`.
    pub fn into_response(self, about: &'static str) -> Response {
        match &self {
            // Only the log says which reason it was: that would only help somebody who guesses.
            Self::Unsigned(error) => {
                tracing::warn!(error = %error, outcome = "unsigned", "{about}");
            }
            Self::Stranger(error) => {
                tracing::warn!(error = %error, outcome = "unsigned", "{about}");
            }
            Self::Uncertified => tracing::error!(outcome = "uncertified", "{about}"),
            Self::Unreadable(error) => {
                tracing::error!(error = %error, outcome = "unavailable", "{about}");
            }
            Self::Unavailable(error) => {
                tracing::error!(error = %error, outcome = "unavailable", "{about}");
            }
            Self::Faults(_)
            | Self::NotFound
            | Self::TooLarge(_)
            | Self::MediaType
            | Self::NoCallback => {
                let (Why { rule, field }, count) = (self.why(), self.count());
                tracing::warn!(rule, field, count, outcome = "refused", "{about}");
            }
        }
        let waits = matches!(self, Self::Unavailable(_) | Self::Unreadable(_));
        let response = self.problem().into_response();
        if waits {
            http::retry_soon(response)
        } else {
            response
        }
    }

    /// The first broken rule, and its field, by the names of the contract. A question's own name
    /// may be anything that somebody wrote, so it is left out.
    pub fn why(&self) -> Why {
        let whole = |rule: &str| Why {
            rule: Some(rule.to_owned()),
            field: None,
        };
        match self {
            Self::Faults(faults) => faults.first().map_or_else(Why::default, |fault| {
                let field = if fault.field.starts_with(ANSWERS) {
                    ANSWERS
                } else {
                    &fault.field
                };
                Why {
                    rule: Some(fault.rule.name().to_owned()),
                    field: Some(field.to_owned()),
                }
            }),
            Self::TooLarge(_) => whole("too_large"),
            Self::MediaType => whole("media_type"),
            Self::NotFound => whole("not_found"),
            Self::NoCallback => whole("no_callback"),
            Self::Unsigned(_) | Self::Stranger(_) | Self::Uncertified => whole("signature"),
            Self::Unreadable(_) | Self::Unavailable(_) => whole("unavailable"),
        }
    }

    /// How many rules are broken.
    fn count(&self) -> usize {
        if let Self::Faults(faults) = self {
            faults.len()
        } else {
            1
        }
    }

    fn problem(self) -> Problem {
        match self {
            Self::NotFound => Problem::new(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address"),
            Self::TooLarge(limit) => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large").detail(limit)
            }
            Self::Unsigned(_) => {
                Problem::new(StatusCode::UNAUTHORIZED, "signature", "The signature of this message is not accepted")
                    .detail("Sign the body as it is sent, by Standard Webhooks, within five minutes of now.")
            }
            Self::Stranger(_) | Self::Uncertified => {
                Problem::new(StatusCode::UNAUTHORIZED, "signature", "The signature of this message is not accepted")
                    .detail("Sign the body as it is sent, by OpenDSR, with the key of the certificate that we have.")
            }
            Self::NoCallback => {
                let title = "This is no callback for this address";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-callback", title)
                    .detail("Send OpenDSR's callback to the status_callback_url that it names.")
            }
            Self::MediaType => {
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "This media type is not taken")
                    .detail("Send application/json, in UTF-8, not compressed.")
            }
            Self::Faults(faults) => {
                let title = "This submission cannot be taken";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-submission", title)
                    .violations(faults, |rule| rule.name())
            }
            Self::Unavailable(_) | Self::Unreadable(_) => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "This cannot be done at the moment")
                    .detail("Send the same message again later, signed anew.")
            }
        }
    }
}
