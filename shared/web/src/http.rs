//! What functions behind API Gateway have in common: the way from an event to a request, and headers.

use crate::Edge;
use crate::problem::Problem;
use crate::site::BasePath;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use custodian_runtime::failure;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Body, Request, RequestExt, Response, Service, service_fn};
use lambda_runtime::{Diagnostic, LambdaEvent};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use std::borrow::Cow;
use std::convert::Infallible;
use std::net::IpAddr;

/// What such a function is invoked with.
const API_GATEWAY: &str = "an event of API Gateway";

/// The headers of every answer beside its content type and cache: nothing may be loaded but our own stylesheet.
pub static HEADERS: [(HeaderName, HeaderValue); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];
/// How many more an answer has at most: its content type, how long it is kept, where it leads, when to come again.
const MORE: usize = 4;

/// Where a form of ours may lead, as the policy in [`HEADERS`] says it.
const OWN_FORMS: &str = "form-action 'self'";

/// The `cache-control` of what no shared computer keeps.
pub const NEVER_CACHED: &str = "no-store";

/// What a body in UTF-8 may be called (Encoding Standard, 4.2), and ASCII, which is UTF-8 as well.
const UTF_8: [&str; 7] =
    ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8", "us-ascii"];

/// What a URI cannot hold and a client may send all the same; without this, `lambda_http` panics on it.
const NOT_IN_A_QUERY: AsciiSet =
    CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'|').add(b'\\').add(b'^');

/// Answers an event of API Gateway (HTTP API, payload 2.0) as `handle` answers its request.
///
/// `edge` says who is let in. `handle` is given the path behind `base`. It is never asked for `HEAD`: that is answered as `GET` is, less the body
/// (RFC 9110, 9.3.2).
///
/// # Errors
/// A constant if the event is not one of API Gateway's.
pub async fn answer<H, F>(
    event: LambdaEvent<Value>,
    edge: &Edge,
    base: &BasePath,
    handle: H,
) -> Result<Value, Diagnostic>
where
    H: Fn(Request) -> F,
    F: Future<Output = Response<Body>> + Send,
{
    let (mut payload, context) = event.into_parts();
    let is_let_in = edge.lets_in(&mut payload);
    tame(&mut payload, base);
    let head = is_made_a_get(&mut payload);
    let is_whole = is_whole(&mut payload);
    // Not by way of `LambdaRequest`, which writes the event out once more to read it.
    let request: ApiGatewayV2httpRequest =
        serde_json::from_value(payload).map_err(|_| failure::not_an_event(API_GATEWAY))?;
    let service = service_fn(|request| {
        let answer = (is_let_in && is_whole).then(|| handle(request));
        async move {
            Ok::<_, Infallible>(match answer {
                Some(answer) => answer.await,
                None if is_let_in => guarded(unreadable().into_response()),
                None => guarded(not_this_way().into_response()),
            })
        }
    });
    let response = Adapter::from(service).call(LambdaEvent::new(LambdaRequest::ApiGatewayV2(request), context)).await;
    let Ok(response) = response;
    let mut answer = serde_json::to_value(response).map_err(|_| failure::not_an_event(API_GATEWAY))?;
    if head && let Some(answer) = answer.as_object_mut() {
        answer.remove("body");
    }
    Ok(answer)
}

/// Makes a `GET` of a `HEAD`; gives whether it was one.
fn is_made_a_get(event: &mut Value) -> bool {
    match event.pointer_mut("/requestContext/http/method") {
        Some(method) if *method == "HEAD" => {
            *method = Value::from("GET");
            true
        }
        _ => false,
    }
}

/// Takes a body away that says it is base64 and is not: `lambda_http` panics on it, and it means nothing.
fn is_whole(event: &mut Value) -> bool {
    let is_encoded = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    let Some(body) = event.get_mut("body").filter(|_| is_encoded) else { return true };
    let is_whole = body.as_str().is_none_or(|encoded| BASE64.decode(encoded).is_ok());
    if !is_whole {
        *body = Value::Null;
    }
    is_whole
}

fn not_this_way() -> Problem {
    let problem = Problem::new(StatusCode::FORBIDDEN, "not-this-way", "This address answers to CloudFront only");
    problem.detail("Use the public name of these pages.")
}

fn unreadable() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "broken-body", "The body cannot be read as what its content type says")
}

/// Makes a URI of what a client sent as one, less the base path: the gateway's own name and scheme stand for those that
/// a client names.
fn tame(event: &mut Value, base: &BasePath) {
    if let Some(path) = event.get_mut("rawPath") {
        *path = Value::from(base.strip(path.as_str().unwrap_or_default()));
    }
    if let Some(query) = event.get_mut("rawQueryString") {
        let tamed = query.as_str().map(|raw| utf8_percent_encode(raw, &NOT_IN_A_QUERY).to_string());
        *query = Value::String(tamed.unwrap_or_default());
    }
    if let Some(headers) = event.get_mut("headers").and_then(Value::as_object_mut) {
        headers.remove("host");
        headers.remove("x-forwarded-proto");
    }
}

/// The network address that a request comes from, as far as API Gateway tells it.
#[must_use]
pub fn client(request: &Request) -> Option<IpAddr> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else { return None };
    context.http.source_ip.as_deref()?.parse().ok()
}

/// The text of a header, as it was sent.
#[must_use]
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// The media type of a body, in lower case, if its parameters and its coding leave it as UTF-8.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let media_type = parts.next()?.to_owned();
    let mut charsets = parts.filter_map(|part| part.split_once('=')).filter(|(name, _)| name.trim() == "charset");
    let utf8 = charsets.all(|(_, label)| UTF_8.contains(&label.trim().trim_matches('"').trim()));
    (plain && utf8).then_some(media_type)
}

/// A response of that type, kept in caches as `cache` says, with the [`HEADERS`].
#[must_use]
pub fn typed(body: String, content_type: &'static str, cache: &'static str) -> Response<Body> {
    let mut response = guarded(Response::new(Body::Text(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// What a program is told.
#[must_use]
pub fn json(status: StatusCode, document: &Value) -> Response<Body> {
    self::status(typed(document.to_string(), "application/json", NEVER_CACHED), status)
}

/// The same response with the [`HEADERS`], which forbid what no answer needs.
#[must_use]
pub fn guarded(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.reserve(HEADERS.len() + MORE);
    for (name, value) in &HEADERS {
        headers.insert(name, value.clone());
    }
    response
}

/// The same page, whose form may also lead on to `origin`: browsers hold a redirect that answers a form against the
/// page's policy as well (CSP 3, `form-action`).
#[must_use]
pub fn leading_to(mut response: Response<Body>, origin: &str) -> Response<Body> {
    let own = response.headers().get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let wider = own.map(|policy| policy.replace(OWN_FORMS, &format!("{OWN_FORMS} {origin}")));
    if let Some(wider) = wider.and_then(|policy| HeaderValue::try_from(policy).ok()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, wider);
    }
    response
}

/// The same response with `Retry-After`, in seconds.
#[must_use]
pub fn retry_soon(response: Response<Body>) -> Response<Body> {
    retry_after(response, 5)
}

/// The same response with `Retry-After`, in so many seconds.
#[must_use]
pub fn retry_after(mut response: Response<Body>, seconds: i64) -> Response<Body> {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The same response with another status.
#[must_use]
pub fn status(mut response: Response<Body>, status: StatusCode) -> Response<Body> {
    *response.status_mut() = status;
    response
}
