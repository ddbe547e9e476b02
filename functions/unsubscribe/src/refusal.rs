//! Every refusal, as a page. For unsubscribing none of it depends on the token.

use crate::pages::{self, About};
use custodian_web::http::{Response, StatusCode};
use custodian_web::page::{self, Page};
use custodian_web::rejection::{self, Own, Words};

/// Why a request is refused.
pub type Rejection = rejection::Rejection<Ended>;

/// Why a link does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The link no longer works, or never did.
    Over,
    /// The person has left the list since the wish that the link is about.
    LeftSince,
    /// The earlier keys are not handed on yet: the link may be ours, and the page must not say that
    /// it is done.
    Unsettled,
}

impl Own for Ended {
    fn status(&self) -> StatusCode {
        match self {
            Self::Over | Self::LeftSince => StatusCode::GONE,
            Self::Unsettled => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn page(&self, page: Page<'_>, words: &Words) -> String {
        match self {
            Self::Over => page::message(page, &pages::over()),
            Self::LeftSince => page::message(page, &pages::left_since()),
            Self::Unsettled => page::message(page, &words.unavailable),
        }
    }
}

/// The response to a person. A mail program looks at its status.
pub fn respond(refusal: Rejection, page: Page<'_>, about: About) -> Response {
    if let Rejection::Own(Ended::Unsettled) = refusal {
        tracing::error!(outcome = "unsettled", "secret");
    }
    refusal.into_response(page, &pages::words(about))
}
