//! Responses with their headers.

use crate::pages;
use lambda_http::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use lambda_http::http::{HeaderName, HeaderValue, StatusCode};
use lambda_http::{Body, Request, Response};

/// Whether a refusal is read by a program: it sends JSON, or asks for it and not for a page.
pub fn is_for_a_program(request: &Request) -> bool {
    let mentions = |name: HeaderName, word: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    let asks_for_page = mentions(ACCEPT, "text/html");
    mentions(CONTENT_TYPE, "json") || (mentions(ACCEPT, "json") && !asks_for_page)
}

/// A page that no shared computer keeps.
pub fn page(html: String) -> Response<Body> {
    html_response(html, pages::CACHE_PAGE)
}

/// An empty form.
pub fn form(html: String) -> Response<Body> {
    html_response(html, pages::CACHE_EMPTY_FORM)
}

/// The stylesheet.
pub fn stylesheet() -> Response<Body> {
    typed(pages::STYLESHEET.to_owned(), "text/css; charset=utf-8", pages::CACHE_STYLESHEET)
}

/// What a program is told of what was kept.
pub fn created(document: &serde_json::Value) -> Response<Body> {
    status(typed(document.to_string(), "application/json", pages::CACHE_PAGE), StatusCode::CREATED)
}

/// Sends a browser on, by GET.
pub fn see_other(location: &str) -> Response<Body> {
    let mut response = status(typed(String::new(), "text/plain", pages::CACHE_PAGE), StatusCode::SEE_OTHER);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// The same response with the headers that forbid what no page needs.
pub fn guarded(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in pages::HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// The same response with the word that trying again helps, in seconds.
pub fn retry_soon(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// The same response with another status.
pub fn status(mut response: Response<Body>, status: StatusCode) -> Response<Body> {
    *response.status_mut() = status;
    response
}

fn html_response(html: String, cache: &'static str) -> Response<Body> {
    typed(html, "text/html; charset=utf-8", cache)
}

fn typed(body: String, content_type: &'static str, cache: &'static str) -> Response<Body> {
    let mut response = guarded(Response::new(Body::Text(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}
