//! The frame that every page stands in. Its templates, `layout.html` and `message.html`, are in `shared/templates`; a
//! function that has pages names that folder in its `askama.toml`.

use super::http::{NEVER_CACHED, typed};
use lambda_http::http::header::{HeaderName, HeaderValue, REFERRER_POLICY};
use lambda_http::{Body, Response};

/// What an answer may not leave behind whose address holds a token.
const DISCREET: [(HeaderName, &str); 2] =
    [(REFERRER_POLICY, "no-referrer"), (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive")];

/// What every page shows of the council that it speaks for.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The council's name.
    pub council: &'a str,
    /// The address of its Data Protection Officer.
    pub dpo_email: &'a str,
}

/// A page that no shared computer keeps.
#[must_use]
pub fn never_cached(html: String) -> Response<Body> {
    cached(html, NEVER_CACHED)
}

/// A page that caches keep as `cache` says.
#[must_use]
pub fn cached(html: String, cache: &'static str) -> Response<Body> {
    typed(html, "text/html; charset=utf-8", cache)
}

/// The same answer, whose address nobody is told.
#[must_use]
pub fn discreet(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in DISCREET {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
