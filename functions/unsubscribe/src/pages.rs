//! The pages about unsubscribing and confirming, in the layout of all pages.
//!
//! They say nothing about whose link it was. About unsubscribing they do not even say whether it
//! was one of ours: everybody sees the same.

use crate::field::{CONFIRM, ONE_CLICK};
use askama::Template;
use custodian_domain::rights::confirmation::{ConfirmationPurpose, LINK};
use custodian_domain::rights::subscription::UNTIL_TOLD;
use custodian_web::page::{Message, Page, written};
use custodian_web::rejection::Words;

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Ending a newsletter.
    Unsubscribing,
    /// Confirming an address.
    Confirming,
}

/// What a page says if the request is not carried out.
#[must_use]
pub fn words(about: About) -> Words {
    let (heading, follow, not_done) = match about {
        About::Unsubscribing => (
            "We could not unsubscribe you",
            "Follow the link in the newsletter and use the button.",
            "This is a problem on our side, and you are not unsubscribed yet.",
        ),
        About::Confirming => (
            "We could not confirm your email address",
            "Follow the link in our email and use the button.",
            "This is a problem on our side, and your email address is not confirmed yet.",
        ),
    };
    let not_understood = "We did not understand what was sent to us.";
    Words {
        not_understood: Message::of(heading, &[not_understood, follow]),
        unavailable: Message::of(
            "Sorry, there is a problem with this page",
            &[
                not_done,
                "Try again in a few minutes: go back and use the button again.",
            ],
        ),
    }
}

/// The link no longer works.
#[must_use]
pub fn over() -> Message {
    let works = format!(
        "A link to confirm an email address works for {} days. If you asked again, only the link in our last email works.",
        LINK.num_days()
    );
    Message::of(
        "This link does not work any more",
        &[
            &works,
            "If you copied the link, check that you copied all of it.",
            "If you have no later email from us, ask again for what you wanted. We send one link a day at most.",
        ],
    )
}

/// The person has left the list since.
#[must_use]
pub fn left_since() -> Message {
    Message::of(
        "You have unsubscribed since then",
        &[
            "You told us that you do not want the newsletter any more, after you had asked for it. We will not send it \
             to you.",
            "If you want it, ask for it again: we will send you a new link.",
        ],
    )
}

#[derive(Template)]
#[template(path = "confirm.html", whitespace = "minimize")]
struct ConfirmPage<'a> {
    page: Page<'a>,
    field: &'static str,
    value: &'static str,
}

#[derive(Template)]
#[template(path = "done.html", whitespace = "minimize")]
struct DonePage<'a> {
    page: Page<'a>,
    days: i64,
}

#[derive(Template)]
#[template(path = "address.html", whitespace = "minimize")]
struct AddressPage<'a> {
    page: Page<'a>,
    field: &'static str,
    value: &'static str,
}

#[derive(Template)]
#[template(path = "confirmed.html", whitespace = "minimize")]
struct ConfirmedPage<'a> {
    page: Page<'a>,
    newsletter: bool,
}

/// The page with the button.
#[must_use]
pub fn confirm(page: Page<'_>) -> String {
    written(&ConfirmPage {
        page,
        field: ONE_CLICK.name,
        value: ONE_CLICK.value,
    })
}

/// The page with the button that confirms an address.
#[must_use]
pub fn confirm_address(page: Page<'_>) -> String {
    written(&AddressPage {
        page,
        field: CONFIRM.name,
        value: CONFIRM.value,
    })
}

/// The page after the address is confirmed.
#[must_use]
pub fn address_confirmed(page: Page<'_>, purpose: ConfirmationPurpose) -> String {
    written(&ConfirmedPage {
        page,
        newsletter: purpose == ConfirmationPurpose::Newsletter,
    })
}

/// The page after the newsletter has ended.
#[must_use]
pub fn done(page: Page<'_>) -> String {
    written(&DonePage {
        page,
        days: UNTIL_TOLD.num_days(),
    })
}

#[cfg(test)]
#[path = "../../../shared/web/fixtures/pages.rs"]
mod fixture;

#[cfg(test)]
mod tests {
    use super::fixture::{ATTACK, must_be_allowed, site_of};
    use super::{
        About, address_confirmed, confirm, confirm_address, done, left_since, over, words,
    };
    use custodian_domain::rights::confirmation::ConfirmationPurpose;
    use custodian_web::page::{Message, Page, message};

    fn all(page: Page<'_>) -> Vec<String> {
        let about = |about| {
            let words = words(about);
            [words.not_understood, words.unavailable]
        };
        let messages = about(About::Unsubscribing).into_iter();
        let messages = messages
            .chain(about(About::Confirming))
            .chain([Message::not_found(), over(), left_since()])
            .map(move |said| message(page, &said));
        let confirmed = ConfirmationPurpose::ALL.map(|purpose| address_confirmed(page, purpose));
        messages
            .chain([confirm(page), done(page), confirm_address(page)])
            .chain(confirmed)
            .collect()
    }

    #[test]
    fn no_page_needs_more_than_the_content_security_policy_allows() {
        for html in all(Page::of(&site_of(ATTACK))) {
            must_be_allowed(&html);
            assert!(html.contains(r#"<meta name="robots" content="noindex">"#));
            assert!(!html.contains(r#""">"#), "{html}");
        }
    }

    #[test]
    fn the_button_sends_what_a_mail_program_sends_to_where_the_page_was_found() {
        let html = confirm(Page::of(&site_of("")));
        assert!(html.contains(r#"<form method="post">"#), "{html}");
        assert!(
            html.contains(r#"<input type="hidden" name="List-Unsubscribe" value="One-Click">"#),
            "{html}"
        );
    }

    #[test]
    fn the_last_page_says_what_to_do_if_the_newsletter_comes_after_28_days() {
        let html = done(Page::of(&site_of("")));
        assert!(
            html.contains("28 days") && html.contains("mailto:dpo@example.org"),
            "{html}"
        );
    }
}
