//! Responses with their headers.

use crate::pages;
use custodian_web::http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use custodian_web::http::{HeaderName, HeaderValue, NEVER_CACHED, Request, Response, StatusCode, status, typed};
use custodian_web::page;

/// Whether a refusal is read by a program: it sends JSON, or asks for it and not for a page.
pub fn is_for_a_program(request: &Request) -> bool {
    let mentions = |name: HeaderName, word: &str| {
        let value = request.headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    let asks_for_page = mentions(ACCEPT, "text/html");
    mentions(CONTENT_TYPE, "json") || (mentions(ACCEPT, "json") && !asks_for_page)
}

/// The stylesheet.
pub fn stylesheet() -> Response {
    typed(pages::STYLESHEET.to_owned(), "text/css; charset=utf-8", pages::CACHE_STYLESHEET)
}

/// A page that says the same to everybody.
pub fn plain(html: String) -> Response {
    page::cached(html, pages::CACHE_PLAIN_PAGE)
}

/// That there is no icon, said once a day to each browser: they all ask.
pub fn no_icon() -> Response {
    status(typed(String::new(), "text/plain", pages::CACHE_NO_ICON), StatusCode::NOT_FOUND)
}

/// The schema of a package's document, which each of them names.
pub fn export_schema() -> Response {
    typed(pages::EXPORT_SCHEMA.to_owned(), "application/schema+json", pages::CACHE_STYLESHEET)
}

/// Sends a browser on, by GET.
pub fn see_other(location: &str) -> Response {
    lead_on(StatusCode::SEE_OTHER, location)
}

/// Sends whoever asked to the one address of what they asked for, by the same method and with the same body.
pub fn permanent(location: &str) -> Response {
    lead_on(StatusCode::PERMANENT_REDIRECT, location)
}

fn lead_on(code: StatusCode, location: &str) -> Response {
    let mut response = status(typed(String::new(), "text/plain", NEVER_CACHED), code);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
