//! Why somebody who follows a link, or presses a button, is not given what they asked for: a page
//! with its status.

use crate::http::{self, Response};
use crate::page::{self, Message, Page};
use ::http::StatusCode;
use ::http::header::{ALLOW, HeaderValue};
use custodian_aws::StorageError;

/// Why a request is not done: what every function with a button may say, and what one says of its
/// own.
#[derive(Debug)]
pub enum Rejection<O> {
    /// There is nothing at this address.
    NotFound,
    /// The method is neither GET nor POST.
    Method,
    /// The body is larger than the function reads.
    TooLarge,
    /// The body says something else than the button.
    Broken,
    /// DynamoDB does not answer.
    Unavailable(StorageError),
    /// What only this function says.
    Own(O),
}

/// What only one function says.
pub trait Own {
    /// The status that goes with the page.
    fn status(&self) -> StatusCode;

    /// The page; `words` are those of the function's other refusals.
    fn page(&self, page: Page<'_>, words: &Words) -> String;
}

/// What a function's pages say where all functions refuse alike.
#[derive(Clone, Debug)]
pub struct Words {
    /// What was sent is not what the button sends.
    pub not_understood: Message,
    /// It could not be done now.
    pub unavailable: Message,
}

impl<O> From<StorageError> for Rejection<O> {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error)
    }
}

impl<O: Own> Rejection<O> {
    /// The response to a person; a mail program looks at its status.
    pub fn into_response(self, page: Page<'_>, words: &Words) -> Response {
        if let Self::Unavailable(error) = &self {
            tracing::error!(error = %error, outcome = "unavailable", "storage");
        }
        let not_understood = |status| (status, page::message(page, &words.not_understood));
        let (status, html) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                page::message(page, &Message::not_found()),
            ),
            Self::Method => not_understood(StatusCode::METHOD_NOT_ALLOWED),
            Self::TooLarge => not_understood(StatusCode::PAYLOAD_TOO_LARGE),
            Self::Broken => not_understood(StatusCode::BAD_REQUEST),
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                page::message(page, &words.unavailable),
            ),
            Self::Own(own) => (own.status(), own.page(page, words)),
        };
        let mut response = http::status(page::never_cached(html), status);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_static("GET, HEAD, POST");
            response.headers_mut().insert(ALLOW, allowed);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            http::retry_soon(response)
        } else {
            response
        }
    }
}
