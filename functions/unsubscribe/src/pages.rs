//! The pages about unsubscribing, in the frame of all pages.
//!
//! They say nothing about whose link it was, nor whether it was one of ours: everybody sees the same.

use crate::body::{FIELD, VALUE};
use askama::Template;
use shared::domain::subscription::UNTIL_TOLD;
use shared::edge::page::{Page, written};

/// What a page without a button can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// There is no such page.
    NotFound,
    /// The page was asked for in a way that it has no answer to.
    Method,
    /// What was sent is not what the button sends.
    Body,
    /// It could not be done now.
    Unavailable,
}

impl Message {
    fn heading(self) -> &'static str {
        match self {
            Self::NotFound => "Page not found",
            Self::Method | Self::Body => "We could not unsubscribe you",
            Self::Unavailable => "Sorry, there is a problem with this page",
        }
    }

    fn paragraphs(self) -> &'static [&'static str] {
        match self {
            Self::NotFound => &[
                "If you typed the web address, check it is correct.",
                "If you pasted the web address, check you copied all of it.",
            ],
            Self::Method | Self::Body => {
                &["We did not understand what was sent to us.", "Follow the link in the newsletter and use the button."]
            }
            Self::Unavailable => &[
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
#[template(path = "message.html", whitespace = "minimize")]
struct MessagePage<'a> {
    page: Page<'a>,
    message: Message,
}

/// The page with the button.
#[must_use]
pub fn confirm(page: Page<'_>) -> String {
    written(&ConfirmPage { page, field: FIELD, value: VALUE })
}

/// The page after it.
#[must_use]
pub fn done(page: Page<'_>) -> String {
    written(&DonePage { page, days: UNTIL_TOLD.num_days() })
}

/// A page that only says something.
#[must_use]
pub fn message(page: Page<'_>, message: Message) -> String {
    written(&MessagePage { page, message })
}

#[cfg(test)]
mod tests {
    use super::{Message, confirm, done, message};
    use shared::edge::Edge;
    use shared::edge::page::Page;
    use shared::edge::site::{BasePath, Site};

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
        let messages = [Message::NotFound, Message::Method, Message::Body, Message::Unavailable];
        let messages = messages.into_iter().map(|said| message(page, said));
        messages.chain([confirm(page), done(page)]).collect()
    }

    #[test]
    fn no_page_needs_more_than_the_content_security_policy_allows() {
        for html in all(Page::of(&site_of(ATTACK))) {
            for unwanted in ["<script", "<style", " style=", "data:", "javascript:", " on", "<img"] {
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
        assert!(html.contains(r#"<input type="hidden" name="List-Unsubscribe" value="One-Click">"#), "{html}");
    }

    #[test]
    fn the_last_page_says_what_to_do_if_the_newsletter_comes_after_28_days() {
        let html = done(Page::of(&site_of("")));
        assert!(html.contains("28 days") && html.contains("mailto:dpo@example.org"), "{html}");
    }
}
