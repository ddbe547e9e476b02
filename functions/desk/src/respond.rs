//! Responses of the desk.

use crate::view::{Block, Cell, Input, Look, Screen, Tab};
use askama::Template;
use custodian_web::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use custodian_web::http::{Body, NEVER_CACHED, Response, StatusCode, status, typed};
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
    page::discreet(status(page::never_cached(html), code))
}

/// A redirect that a browser follows with GET, with cookies to set.
pub(crate) fn redirect(to: &str, cookies: &[String]) -> Response {
    let mut response = status(typed("", "text/plain", NEVER_CACHED), StatusCode::SEE_OTHER);
    let headers = response.headers_mut();
    if let Ok(to) = HeaderValue::try_from(to) {
        headers.insert(LOCATION, to);
    }
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::try_from(cookie.as_str()) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    *response.body_mut() = Body::Text("".into());
    response
}
