//! Responses of the desk.

use crate::view::{Block, Cell, Input, Look, Screen, Tab};
use askama::Template;
use custodian_web::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use custodian_web::http::{NEVER_CACHED, Response, StatusCode, status, typed};
use custodian_web::page;
use custodian_web::stylesheet;

/// The stylesheet, built by `npm run build` in `web/`.
pub(crate) const STYLESHEET: &str = include_str!("../assets/desk.css");
/// The part of its address that changes with it.
const DIGITS: [u8; 16] = stylesheet::version_of(STYLESHEET);

/// What stands around every page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) council: String,
    pub(crate) who: Option<Who>,
    pub(crate) menu: Vec<Tab>,
}

impl Frame {
    /// The part of the stylesheet's address that changes with it.
    pub(crate) fn stylesheet() -> &'static str {
        str::from_utf8(&DIGITS).unwrap_or_default()
    }
}

/// Who is signed in, as a page shows it.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) staff: String,
    pub(crate) ends: String,
    pub(crate) token: String,
}

#[derive(Template)]
#[template(path = "desk.html", whitespace = "minimize")]
struct Whole<'a> {
    frame: &'a Frame,
    screen: &'a Screen,
}

/// A page. No cache keeps it.
pub(crate) fn page(frame: &Frame, screen: &Screen, code: StatusCode) -> Response {
    let html = page::written(&Whole { frame, screen });
    status(page::never_cached(html), code)
}

/// Leads to another page, which says what was done.
pub(crate) fn go(to: &str) -> Response {
    redirect(to, &[])
}

/// The same response, which sets a cookie as well.
pub(crate) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A redirect that a browser follows with GET, with cookies to set.
pub(crate) fn redirect(to: &str, cookies: &[String]) -> Response {
    let mut response = status(typed("", "text/plain", NEVER_CACHED), StatusCode::SEE_OTHER);
    if let Ok(to) = HeaderValue::try_from(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    cookies
        .iter()
        .fold(response, |response, cookie| with_cookie(response, cookie))
}
