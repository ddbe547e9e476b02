//! The layout of every page. Its templates, `layout.html` and `message.html`, are in
//! `shared/templates`; a function with pages names that folder in its `askama.toml`.

use crate::http::{NEVER_CACHED, Response, typed};
use crate::site::Site;
use crate::stylesheet;
use ::http::header::{HeaderName, HeaderValue, REFERRER_POLICY};
use askama::Template;
use chrono::NaiveDate;
use custodian_domain::validation::notice::{self, Notice};

/// Headers that hide an address with a token.
const DISCREET: [(HeaderName, &str); 2] = [
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("x-robots-tag"),
        "noindex, nofollow, noarchive",
    ),
];

/// What every page shows around its own contents.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The council whose page it is.
    pub site: &'a Site,
    /// Whether it has what a person typed, and cannot be found again with Back. Its links then open
    /// another tab.
    pub typed: bool,
}

impl<'a> Page<'a> {
    /// A page that people can leave and come back to.
    #[must_use]
    pub const fn of(site: &'a Site) -> Self {
        Self { site, typed: false }
    }

    /// The same page, carrying what a person typed.
    #[must_use]
    pub const fn with_what_was_typed(self) -> Self {
        Self {
            typed: true,
            ..self
        }
    }

    /// What comes before every path of the product.
    #[must_use]
    pub fn base(&self) -> &'a str {
        self.site.base.as_str()
    }

    /// The stylesheet of the page.
    #[must_use]
    pub const fn stylesheet(&self) -> &'static str {
        stylesheet::VERSION
    }

    /// The privacy notice that is in use.
    #[must_use]
    pub const fn notice(&self) -> Notice {
        notice::CURRENT
    }

    /// From when it has been in use.
    #[must_use]
    pub fn notice_from(&self) -> String {
        spoken(self.notice().from)
    }

    /// The attributes of a link that leads away from the page.
    #[must_use]
    pub const fn away(&self) -> &'static str {
        if self.typed {
            r#" target="_blank" rel="noreferrer noopener""#
        } else {
            ""
        }
    }

    /// What the words of such a link end with.
    #[must_use]
    pub const fn opens(&self) -> &'static str {
        if self.typed {
            " (opens in new tab)"
        } else {
            ""
        }
    }
}

/// What a page says that has no form: a heading, what happened and what to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    heading: &'static str,
    paragraphs: Vec<String>,
}

impl Message {
    /// These words.
    #[must_use]
    pub fn of(heading: &'static str, paragraphs: &[&str]) -> Self {
        let paragraphs = paragraphs.iter().map(|&it| it.to_owned()).collect();
        Self {
            heading,
            paragraphs,
        }
    }

    /// There is no such page at all.
    #[must_use]
    pub fn not_found() -> Self {
        Self::of(
            "Page not found",
            &[
                "If you typed the web address, check it is correct.",
                "If you pasted the web address, check you copied all of it.",
            ],
        )
    }

    /// The page's heading and title.
    #[must_use]
    pub const fn heading(&self) -> &'static str {
        self.heading
    }

    /// The paragraphs below it.
    #[must_use]
    pub fn paragraphs(&self) -> &[String] {
        &self.paragraphs
    }
}

#[derive(Template)]
#[template(path = "message.html", whitespace = "minimize")]
struct MessagePage<'a> {
    page: Page<'a>,
    message: &'a Message,
}

/// The page that says a message and nothing else.
#[must_use]
pub fn message(page: Page<'_>, message: &Message) -> String {
    written(&MessagePage { page, message })
}

/// The HTML of a template.
///
/// # Panics
/// If it cannot be written, which a `String` always can. An empty page, or part of a report, would
/// look as if there were nothing to say.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "an empty page would be believed: better no answer"
)]
pub fn written(template: &impl Template) -> String {
    template
        .render()
        .expect("a template is written into a String")
}

/// A date as people write it: 23 November 2029.
#[must_use]
pub fn spoken(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// A page that no shared computer keeps.
#[must_use]
pub fn never_cached(html: String) -> Response {
    cached(html, NEVER_CACHED)
}

/// A page that caches keep as `cache` says.
#[must_use]
pub fn cached(html: String, cache: &'static str) -> Response {
    typed(html, "text/html; charset=utf-8", cache)
}

/// The same response, whose address is not passed on.
#[must_use]
pub fn discreet(mut response: Response) -> Response {
    for (name, value) in DISCREET {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
