//! Everything that is refused, as a page. Of unsubscribing none of it depends on the token.

use crate::pages::{self, About, Message};
use custodian_aws::StorageError;
use custodian_web::http;
use custodian_web::http::header::{ALLOW, HeaderValue};
use custodian_web::http::{Response, StatusCode};
use custodian_web::page::{self as frame, Page};

/// Why a request is not done.
#[derive(Debug)]
pub enum Rejection {
    /// There is nothing at this address.
    NotFound,
    /// Neither asked for nor posted to.
    Method,
    /// The body is larger than is read.
    TooLarge,
    /// The body says something else.
    Broken,
    /// The link works no longer, or never did.
    Over,
    /// The person has left the list since the wish that the link is about.
    LeftSince,
    /// Nobody has handed on yet what was made before these keys: the link may be ours, and it must
    /// not be said that it is done.
    Unsettled,
    /// DynamoDB does not answer.
    Unavailable(StorageError),
}

impl From<StorageError> for Rejection {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error)
    }
}

impl Rejection {
    /// The response to a person; a mail program looks at its status.
    pub fn into_response(self, page: Page<'_>, about: About) -> Response {
        match &self {
            Self::Unavailable(error) => {
                tracing::error!(error = %error, outcome = "unavailable", "storage");
            }
            Self::Unsettled => tracing::error!(outcome = "unsettled", "secret"),
            _ => {}
        }
        let (status, message) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, Message::NotFound),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, Message::Method),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Message::Body),
            Self::Broken => (StatusCode::BAD_REQUEST, Message::Body),
            Self::Over => (StatusCode::GONE, Message::Over),
            Self::LeftSince => (StatusCode::GONE, Message::LeftSince),
            Self::Unsettled | Self::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, Message::Unavailable)
            }
        };
        let mut response = http::status(
            frame::never_cached(pages::message(page, message, about)),
            status,
        );
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            http::retry_soon(response)
        } else {
            response
        }
    }
}
