//! What a person reads who is not led on, in the frame of all pages.

use askama::Template;
use shared::edge::page::Page;
use shared::storage::packages::DAYS;

/// What a page without a link can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// There is no such page.
    NotFound,
    /// The page was asked for in a way that it has no answer to.
    Method,
    /// It could not be looked up now.
    Unavailable,
}

impl Message {
    fn heading(self) -> &'static str {
        match self {
            Self::NotFound => "Page not found",
            Self::Method => "We could not give you the file",
            Self::Unavailable => "Sorry, there is a problem with this page",
        }
    }

    fn paragraphs(self) -> &'static [&'static str] {
        match self {
            Self::NotFound => &[
                "If you typed the web address, check it is correct.",
                "If you pasted the web address, check you copied all of it.",
            ],
            Self::Method => &["We did not understand what was sent to us.", "Follow the link that you were sent."],
            Self::Unavailable => {
                &["This is a problem on our side.", "Try again in a few minutes: follow the link again."]
            }
        }
    }
}

#[derive(Template)]
#[template(path = "message.html", whitespace = "minimize")]
struct MessagePage<'a> {
    page: Page<'a>,
    message: Message,
}

#[derive(Template)]
#[template(path = "gone.html", whitespace = "minimize")]
struct GonePage<'a> {
    page: Page<'a>,
    days: i64,
}

/// The page about a file that is no longer handed out.
#[must_use]
pub fn gone(page: Page<'_>) -> String {
    written(&GonePage { page, days: DAYS.num_days() })
}

/// A page that only says something.
#[must_use]
pub fn message(page: Page<'_>, message: Message) -> String {
    written(&MessagePage { page, message })
}

/// Writing into a `String` cannot fail, so no page needs an error.
fn written(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}
