//! The pages about unsubscribing and confirming, in the frame of all pages.
//!
//! They say nothing about whose link it was. Of unsubscribing they do not even say whether it was
//! one of ours: everybody sees the same.

use crate::field::{CONFIRM, ONE_CLICK};
use askama::Template;
use custodian_domain::rights::confirmation::ConfirmationPurpose;
use custodian_domain::rights::subscription::UNTIL_TOLD;
use custodian_web::page::{Page, written};

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Ending a newsletter.
    Unsubscribing,
    /// Confirming an address.
    Confirming,
}

/// What a page without a button can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// There is no such page.
    NotFound,
    /// The page was asked for in a way that it has no answer to.
    Method,
    /// What was sent is not what the button sends.
    Body,
    /// The link works no longer.
    Over,
    /// The person has left the list since.
    LeftSince,
    /// It could not be done now.
    Unavailable,
}

impl Message {
    fn heading(self, about: About) -> &'static str {
        match (self, about) {
            (Self::NotFound, _) => "Page not found",
            (Self::Method | Self::Body, About::Unsubscribing) => "We could not unsubscribe you",
            (Self::Method | Self::Body, About::Confirming) => {
                "We could not confirm your email address"
            }
            (Self::Over, _) => "This link does not work any more",
            (Self::LeftSince, _) => "You have unsubscribed since then",
            (Self::Unavailable, _) => "Sorry, there is a problem with this page",
        }
    }

    fn paragraphs(self, about: About) -> &'static [&'static str] {
        match (self, about) {
            (Self::NotFound, _) => &[
                "If you typed the web address, check it is correct.",
                "If you pasted the web address, check you copied all of it.",
            ],
            (Self::Method | Self::Body, About::Unsubscribing) => &[
                "We did not understand what was sent to us.",
                "Follow the link in the newsletter and use the button.",
            ],
            (Self::Method | Self::Body, About::Confirming) => &[
                "We did not understand what was sent to us.",
                "Follow the link in our email and use the button.",
            ],
            (Self::Over, _) => &[
                "A link to confirm an email address works for 7 days. If you asked again, only the link in our last email \
                 works.",
                "If you copied the link, check that you copied all of it.",
                "If you have no later email from us, ask again for what you wanted. We send one link a day at most.",
            ],
            (Self::LeftSince, _) => &[
                "You told us that you do not want the newsletter any more, after you had asked for it. We will not send it \
                 to you.",
                "If you want it, ask for it again: we will send you a new link.",
            ],
            (Self::Unavailable, About::Confirming) => &[
                "This is a problem on our side, and your email address is not confirmed yet.",
                "Try again in a few minutes: go back and use the button again.",
            ],
            (Self::Unavailable, About::Unsubscribing) => &[
                "This is a problem on our side, and you are not unsubscribed yet.",
                "Try again in a few minutes: go back and use the button again.",
            ],
        }
    }
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

#[derive(Template)]
#[template(path = "message.html", whitespace = "minimize")]
struct MessagePage<'a> {
    page: Page<'a>,
    message: Words,
}

/// The words of a page without a button, as its template asks for them.
struct Words(Message, About);

impl Words {
    fn heading(&self) -> &'static str {
        self.0.heading(self.1)
    }

    fn paragraphs(&self) -> &'static [&'static str] {
        self.0.paragraphs(self.1)
    }
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

/// The page after it.
#[must_use]
pub fn address_confirmed(page: Page<'_>, purpose: ConfirmationPurpose) -> String {
    written(&ConfirmedPage {
        page,
        newsletter: purpose == ConfirmationPurpose::Newsletter,
    })
}

/// The page after it.
#[must_use]
pub fn done(page: Page<'_>) -> String {
    written(&DonePage {
        page,
        days: UNTIL_TOLD.num_days(),
    })
}

/// A page that only says something.
#[must_use]
pub fn message(page: Page<'_>, message: Message, about: About) -> String {
    written(&MessagePage {
        page,
        message: Words(message, about),
    })
}

#[cfg(test)]
mod tests {
    use super::{About, Message, address_confirmed, confirm, confirm_address, done, message};
    use custodian_domain::rights::confirmation::ConfirmationPurpose;
    use custodian_web::Edge;
    use custodian_web::page::Page;
    use custodian_web::site::{BasePath, Site};

    const ATTACK: &str = r#""><script>alert('x')</script>"#;

    fn site_of(word: &str) -> Site {
        Site {
            council: format!("Exampleshire Council{word}"),
            council_url: format!("https://www.council.example/{word}"),
            contact_email: format!("feedback@council.example{word}"),
            contact_phone: format!("01632 960100{word}"),
            dpo_email: format!("dpo@example.org{word}"),
            dpo_phone: format!("01632 960001{word}"),
            dpo_address: format!("County Hall, Exampleton EX1 1AA{word}"),
            edge: Edge::default(),
            base: BasePath::default(),
        }
    }

    fn all(page: Page<'_>) -> Vec<String> {
        let messages = [
            Message::NotFound,
            Message::Method,
            Message::Body,
            Message::Over,
            Message::LeftSince,
            Message::Unavailable,
        ];
        let about = |about| {
            messages
                .into_iter()
                .map(move |said| message(page, said, about))
        };
        let messages = about(About::Unsubscribing).chain(about(About::Confirming));
        let confirmed = ConfirmationPurpose::ALL.map(|purpose| address_confirmed(page, purpose));
        messages
            .chain([confirm(page), done(page), confirm_address(page)])
            .chain(confirmed)
            .collect()
    }

    #[test]
    fn no_page_needs_more_than_the_content_security_policy_allows() {
        for html in all(Page::of(&site_of(ATTACK))) {
            for unwanted in [
                "<script",
                "<style",
                " style=",
                "data:",
                "javascript:",
                " on",
                "<img",
            ] {
                let in_tags = html
                    .split('<')
                    .skip(1)
                    .any(|tag| format!("<{}", tag.split('>').next().unwrap()).contains(unwanted));
                assert!(!in_tags, "{unwanted} in {html}");
            }
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
