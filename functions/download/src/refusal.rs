//! Everything that is refused, as a page.

use crate::pages::{self, Message};
use custodian_aws::StorageError;
use custodian_web::http;
use custodian_web::http::header::{ALLOW, HeaderValue};
use custodian_web::http::{Response, StatusCode};
use custodian_web::page::{self as frame, Page};

/// Why nobody is led on.
#[derive(Debug)]
pub enum Rejection {
    /// There is nothing at this address: its token is not one of ours.
    NotFound,
    /// Neither asked for nor posted to.
    Method,
    /// The body is larger than is read.
    TooLarge,
    /// The body says something else.
    Broken,
    /// The link has ended, the time of the package is over, or somebody whose data it held was
    /// erased.
    Gone,
    /// DynamoDB does not answer.
    Unavailable(StorageError),
}

impl From<StorageError> for Rejection {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error)
    }
}

impl Rejection {
    /// The response to a person. What is gone is gone for one reason as for the other: whoever has
    /// the link does not learn that somebody was erased.
    pub fn into_response(self, page: Page<'_>) -> Response {
        match &self {
            Self::Unavailable(error) => {
                tracing::error!(error = %error, outcome = "unavailable", "storage");
            }
            Self::Gone => tracing::info!(outcome = "gone", "download"),
            Self::NotFound => tracing::info!(outcome = "foreign_token", "download"),
            Self::Method | Self::TooLarge | Self::Broken => {}
        }
        let (status, html) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                pages::message(page, Message::NotFound),
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                pages::message(page, Message::Method),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                pages::message(page, Message::Body),
            ),
            Self::Broken => (StatusCode::BAD_REQUEST, pages::message(page, Message::Body)),
            Self::Gone => (StatusCode::GONE, pages::gone(page)),
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                pages::message(page, Message::Unavailable),
            ),
        };
        let mut response = http::status(frame::never_cached(html), status);
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
