//! Responses with their headers.

use crate::blank_form::BlankForm;
use crate::pages;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use custodian_web::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, VARY};
use custodian_web::http::{
    Body, HeaderMap, HeaderName, HeaderValue, NEVER_CACHED, Request, Response, StatusCode, status,
    typed,
};
use custodian_web::{http, page, stylesheet};
use std::borrow::Cow;

/// Whether a program reads a refusal: it sends JSON, or asks for it and not for a page.
pub fn is_for_a_program(request: &Request) -> bool {
    let mentions = |name: HeaderName, word: &str| {
        let value = request
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    let asks_for_page = mentions(ACCEPT, "text/html");
    mentions(CONTENT_TYPE, "json") || (mentions(ACCEPT, "json") && !asks_for_page)
}

/// The stylesheet, compressed for clients that accept it.
pub fn stylesheet(request: &Request) -> Response {
    let is_this = request
        .parameter("v")
        .is_some_and(|version| version == stylesheet::VERSION);
    let cache = if is_this {
        pages::CACHE_THIS_STYLESHEET
    } else {
        pages::CACHE_STYLESHEET
    };
    let mut response = typed(stylesheet::STYLESHEET, "text/css; charset=utf-8", cache);
    if http::takes_gzip(&request.headers) {
        compressed(&mut response, pages::STYLESHEET_GZIP.into());
    }
    vary(response)
}

/// An empty form, compressed for clients that accept that.
pub fn blank_form(form: &BlankForm, token: &str, headers: &HeaderMap) -> Response {
    if !http::takes_gzip(headers) {
        return vary(page::cached(form.page(token), pages::CACHE_EMPTY_FORM));
    }
    let mut response = page::cached(String::new(), pages::CACHE_EMPTY_FORM);
    compressed(&mut response, BASE64.encode(form.gzip(token)).into());
    vary(response)
}

/// Sets a gzip-compressed body, in base64, on a response.
fn compressed(response: &mut Response, body: Cow<'static, str>) {
    *response.body_mut() = Body::Bytes(body);
    response
        .headers_mut()
        .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
}

/// Notes in the response that it depends on the encodings that a client accepts.
fn vary(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// A page that is the same for everybody.
pub fn plain(html: String) -> Response {
    page::cached(html, pages::CACHE_PLAIN_PAGE)
}

/// The answer about the missing icon, once a day to each browser: they all ask.
pub fn no_icon() -> Response {
    status(
        typed(String::new(), "text/plain", pages::CACHE_NO_ICON),
        StatusCode::NOT_FOUND,
    )
}

/// The schema of a package's document, which every document names.
pub fn export_schema() -> Response {
    typed(
        pages::EXPORT_SCHEMA,
        "application/schema+json",
        pages::CACHE_STYLESHEET,
    )
}

/// Redirects a browser, by GET.
pub fn see_other(location: &str) -> Response {
    lead_on(StatusCode::SEE_OTHER, location)
}

/// Redirects to the canonical address, with the same method and the same body.
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

#[cfg(test)]
mod tests {
    use super::stylesheet;
    use crate::pages;
    use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
    use custodian_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING};
    use custodian_web::http::{Body, HeaderMap, HeaderValue, Method, Request};
    use custodian_web::stylesheet::{STYLESHEET, VERSION};
    use flate2::read::GzDecoder;
    use std::io::Read;

    fn request(version: &str, codings: &'static str) -> Request {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(codings))]);
        let (path, query) = ("/assets/custodian.css".to_owned(), format!("v={version}"));
        Request {
            method: Method::GET,
            path,
            query,
            headers,
            body: Vec::new(),
            client: None,
            cookies: Vec::new(),
            claims: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn the_stylesheet_comes_compressed_to_whoever_takes_it_so() {
        let plain = stylesheet(&request(VERSION, "br"));
        assert_eq!(
            (plain.body(), plain.headers().get(CONTENT_ENCODING)),
            (&Body::Text(STYLESHEET.into()), None)
        );
        let packed = stylesheet(&request(VERSION, "gzip, br"));
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        let Body::Bytes(encoded) = packed.body() else {
            panic!("it is packed")
        };
        let (bytes, mut unpacked) = (BASE64.decode(encoded.as_bytes()).unwrap(), String::new());
        GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut unpacked)
            .unwrap();
        assert!(unpacked == STYLESHEET && bytes.len() * 4 < STYLESHEET.len());
    }

    #[test]
    fn it_is_kept_for_good_at_the_address_that_pages_have() {
        let kept = |version| stylesheet(&request(version, "")).headers()[CACHE_CONTROL].clone();
        assert_eq!(kept(VERSION), pages::CACHE_THIS_STYLESHEET);
        assert_eq!(kept("0000000000000000"), pages::CACHE_STYLESHEET);
    }
}
