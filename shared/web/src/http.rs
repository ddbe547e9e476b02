//! What functions behind API Gateway share: requests, responses and their headers.

use ::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    RETRY_AFTER,
};
pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A client's request.
#[derive(Debug)]
pub struct Request {
    /// The method; never `HEAD`, which is answered as `GET` is.
    pub method: Method,
    /// The path after the base path, decoded.
    pub path: String,
    /// The query, as the client sent it.
    pub query: String,
    /// The headers, each once.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
    /// The network address that it comes from, if API Gateway gives it.
    pub client: Option<IpAddr>,
    /// The cookies, each as `name=value`.
    pub cookies: Vec<String>,
    /// The claims of the token that API Gateway has checked, each as text.
    pub claims: BTreeMap<String, String>,
}

impl Request {
    /// The value of a cookie.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut pairs = self.cookies.iter().filter_map(|it| it.split_once('='));
        pairs
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The first value of a parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The query in the form that a link needs: a client may send characters that a URI cannot
    /// hold.
    #[must_use]
    pub fn link_query(&self) -> String {
        utf8_percent_encode(&self.query, &NOT_IN_A_QUERY).to_string()
    }
}

/// The response to a client.
pub type Response = ::http::Response<Body>;

/// The body of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text.
    Text(Cow<'static, str>),
    /// Bytes, in base64.
    Bytes(Cow<'static, str>),
}

/// The headers of every response besides its own: nothing may be loaded but our own stylesheet.
pub const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", POLICY),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("strict-transport-security", "max-age=31536000"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=()",
    ),
];
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Where our forms may lead, as in the policy in [`HEADERS`].
const OWN_FORMS: &str = "form-action 'self'";

/// The `cache-control` of responses that no shared computer keeps.
pub const NEVER_CACHED: &str = "no-store";

/// The names of UTF-8 for a body (Encoding Standard, 4.2), and ASCII, which is UTF-8 as well.
const UTF_8: [&str; 7] = [
    "utf-8",
    "utf8",
    "unicode-1-1-utf-8",
    "unicode11utf8",
    "unicode20utf8",
    "x-unicode20utf8",
    "us-ascii",
];

/// Characters that a URI cannot hold and a client may still send.
const NOT_IN_A_QUERY: AsciiSet = CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'|')
    .add(b'\\')
    .add(b'^');

/// The text of a header, as it was sent.
#[must_use]
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// The media type of a body, in lower case, if its parameters and its coding leave it as UTF-8.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let plain = headers
        .get(CONTENT_ENCODING)
        .is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let value = headers
        .get(CONTENT_TYPE)?
        .to_str()
        .ok()?
        .to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let media_type = parts.next()?.to_owned();
    let mut charsets = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim() == "charset");
    let utf8 = charsets.all(|(_, label)| UTF_8.contains(&label.trim().trim_matches('"').trim()));
    (plain && utf8).then_some(media_type)
}

/// Whether a client accepts gzip (RFC 9110, 12.5.3).
#[must_use]
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let taken = headers
        .get(ACCEPT_ENCODING)
        .and_then(|codings| codings.to_str().ok())
        .unwrap_or_default();
    taken.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight
            .trim()
            .strip_prefix("q=")
            .map_or(Ok(1.0), str::parse::<f32>);
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// A response of that type, cached as `cache` says.
#[must_use]
pub fn typed(
    body: impl Into<Cow<'static, str>>,
    content_type: &'static str,
    cache: &'static str,
) -> Response {
    let mut response = Response::new(Body::Text(body.into()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// A response to a program.
#[must_use]
pub fn json(status: StatusCode, document: &Value) -> Response {
    self::status(
        typed(document.to_string(), "application/json", NEVER_CACHED),
        status,
    )
}

/// The same page, whose form may also lead to `origin`: browsers check a redirect that answers a
/// form against the page's policy as well (CSP 3, `form-action`).
#[must_use]
pub fn leading_to(mut response: Response, origin: &str) -> Response {
    if let Ok(wider) =
        HeaderValue::try_from(POLICY.replace(OWN_FORMS, &format!("{OWN_FORMS} {origin}")))
    {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, wider);
    }
    response
}

/// The same response with `Retry-After`, in seconds.
#[must_use]
pub fn retry_soon(response: Response) -> Response {
    retry_after(response, 5)
}

/// The same response with `Retry-After`, in this many seconds.
#[must_use]
pub fn retry_after(mut response: Response, seconds: i64) -> Response {
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The same response with another status.
#[must_use]
pub fn status(mut response: Response, status: StatusCode) -> Response {
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, HeaderValue, header::ACCEPT_ENCODING, takes_gzip};

    #[test]
    fn a_client_says_what_it_takes() {
        let takes = |codings| {
            takes_gzip(&HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static(codings),
            )]))
        };
        for taken in ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5"] {
            assert!(takes(taken), "{taken}");
        }
        for other in [
            "",
            "br",
            "identity",
            "gzip;q=0",
            "gzip;q=0.000, br",
            "gzip;q=x",
            "xgzip",
        ] {
            assert!(!takes(other), "{other}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
