//! Every refusal, as a page.

use crate::pages;
use custodian_web::http::{Response, StatusCode};
use custodian_web::page::{Message, Page};
use custodian_web::rejection::{self, Own, Words};

/// Why nobody is sent on. An address is not found if its token is not one of ours.
pub type Rejection = rejection::Rejection<Gone>;

/// The link has ended, the time of the package is over, or somebody whose data it held was erased.
///
/// All these reasons look the same, so that somebody with the link does not learn that somebody was
/// erased.
#[derive(Debug)]
pub struct Gone;

impl Own for Gone {
    fn status(&self) -> StatusCode {
        StatusCode::GONE
    }

    fn page(&self, page: Page<'_>, _: &Words) -> String {
        pages::gone(page)
    }
}

/// The response to a person.
pub fn respond(refusal: Rejection, page: Page<'_>) -> Response {
    match &refusal {
        Rejection::Own(Gone) => tracing::info!(outcome = "gone", "download"),
        Rejection::NotFound => tracing::info!(outcome = "foreign_token", "download"),
        _ => {}
    }
    refusal.into_response(page, &words())
}

fn words() -> Words {
    Words {
        not_understood: Message::of(
            "We could not give you the file",
            &[
                "We did not understand what was sent to us.",
                "Follow the link that you were sent.",
            ],
        ),
        unavailable: Message::of(
            "Sorry, there is a problem with this page",
            &[
                "This is a problem on our side.",
                "Try again in a few minutes: follow the link again.",
            ],
        ),
    }
}
