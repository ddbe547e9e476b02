//! API Gateway's HTTP API, payload format 2.0: a request becomes an event, an answer becomes a
//! response.

use super::api::Api;
use super::authorizer::Refused;
use super::routes::Route;
use crate::functions::Functions;
use crate::request_id::request_id;
use crate::template::ACCOUNT;
use axum::body::Bytes;
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, request::Parts,
};
use axum::{body::Body, response::IntoResponse};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The largest request that an HTTP API accepts, in bytes.
pub(super) const LARGEST: usize = 10 * 1024 * 1024;

/// Sends a request to the function whose route it is.
pub(super) async fn answer(
    functions: &Functions,
    api: &Api,
    now: DateTime<Utc>,
    parts: &Parts,
    body: &Bytes,
) -> Response<Body> {
    let Some(path) = split(parts.uri.path()) else {
        return message(StatusCode::BAD_REQUEST, "Bad Request");
    };
    // A mapping's path is left out to find the route, and stays in what the function gets.
    let mapped = split(stripped(parts.uri.path(), &api.base)).unwrap_or_default();
    let Some((route, target, parameters)) = api.routes.find(parts.method.as_str(), &mapped) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let admitted = match &target.authorizer {
        None => None,
        Some(authorizer) => match authorizer.admit(&parts.headers, now).await {
            Ok(token) => Some(json!({ "jwt": token })),
            Err(refused) => return turned_away(refused),
        },
    };
    let id = request_id();
    let mut event = event(route, &parameters, &path, now, &id, parts, body);
    if let Some(admitted) = admitted {
        event["requestContext"]["authorizer"] = admitted;
    }
    let function = &target.function;
    let response = match functions.invoke_as(function, event.into(), &id).await {
        Ok(answer) => response(&answer),
        Err(_) => None,
    };
    let mut response = response
        .unwrap_or_else(|| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}

/// What follows the path that is mapped to the API; the whole path if it does not begin so.
fn stripped<'a>(path: &'a str, base: &str) -> &'a str {
    match path.strip_prefix(base) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// The decoded parts of a path; `None` if they are not text.
fn split(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        Some(Vec::new())
    } else {
        path.split('/').map(decoded).collect()
    }
}

/// The answer to who is not let in.
fn turned_away(refused: Refused) -> Response<Body> {
    match refused {
        Refused::Forbidden => message(StatusCode::FORBIDDEN, "Forbidden"),
        Refused::Unauthorized => {
            let mut response = message(StatusCode::UNAUTHORIZED, "Unauthorized");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
    }
}

/// An error in API Gateway's own form.
pub(super) fn message(status: StatusCode, text: &str) -> Response<Body> {
    (status, axum::Json(json!({"message": text}))).into_response()
}

fn event(
    route: &Route,
    parameters: &BTreeMap<String, String>,
    segments: &[String],
    now: DateTime<Utc>,
    id: &str,
    parts: &Parts,
    body: &Bytes,
) -> Value {
    let mut headers = headers(&parts.headers);
    let host = headers.get("host").cloned().unwrap_or_default();
    let (domain, port) = host.rsplit_once(':').unwrap_or((&host, "80"));
    let agent = headers.get("user-agent").cloned().unwrap_or_default();
    headers.insert("x-forwarded-for".into(), "127.0.0.1".into());
    headers.insert("x-forwarded-port".into(), port.into());
    headers.insert("x-forwarded-proto".into(), "http".into());
    let path = format!("/{}", segments.join("/"));
    let query = parts.uri.query().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route.key(),
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": domain.split('.').next(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": agent,
            },
            "requestId": id,
            "routeKey": route.key(),
            "stage": "$default",
            "time": now.format("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.timestamp_millis(),
        },
        "isBase64Encoded": false,
    });
    let cookies: Vec<_> = parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .collect();
    if !cookies.is_empty() {
        event["cookies"] = cookies.iter().flat_map(|line| line.split("; ")).collect();
    }
    if !query.is_empty() {
        event["queryStringParameters"] = json!(joined(
            form_urlencoded::parse(query.as_bytes()).into_owned()
        ));
    }
    if !parameters.is_empty() {
        event["pathParameters"] = json!(parameters);
    }
    if !body.is_empty() {
        let text = is_text(parts.headers.get(header::CONTENT_TYPE))
            .then(|| std::str::from_utf8(body).ok())
            .flatten();
        event["isBase64Encoded"] = text.is_none().into();
        event["body"] = text
            .map_or_else(|| BASE64_STANDARD.encode(body), str::to_owned)
            .into();
    }
    event
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    joined(
        headers
            .iter()
            .filter(|(name, _)| *name != header::COOKIE)
            .map(text),
    )
}

/// Pairs as a map, with the values of a repeated name joined by commas.
fn joined(pairs: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let mut map = BTreeMap::<String, String>::new();
    for (name, value) in pairs {
        map.entry(name)
            .and_modify(|values| *values = format!("{values},{value}"))
            .or_insert(value);
    }
    map
}

/// The media types that arrive unchanged; everything else, including web forms, arrives in base64.
fn is_text(content_type: Option<&HeaderValue>) -> bool {
    let Some(kind) = content_type.and_then(|it| it.to_str().ok()) else {
        return false;
    };
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind.starts_with("text/")
        || matches!(
            kind.as_str(),
            "application/json" | "application/javascript" | "application/xml"
        )
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
}

/// A percent-encoded part of a path as text; `None` if it is not UTF-8, or has a `%` without two
/// digits.
fn decoded(part: &str) -> Option<String> {
    let is_code = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let text = percent_decode_str(part).decode_utf8().ok()?;
    part.split('%')
        .skip(1)
        .all(is_code)
        .then(|| text.into_owned())
}

/// A function's answer as a response; `None` if API Gateway would not understand it.
fn response(answer: &Value) -> Option<Response<Body>> {
    let Some(status) = answer.get("statusCode") else {
        let body = answer
            .as_str()
            .map_or_else(|| answer.to_string(), str::to_owned);
        return Some(([(header::CONTENT_TYPE, "application/json")], body).into_response());
    };
    let status = StatusCode::from_u16(u16::try_from(status.as_u64()?).ok()?).ok()?;
    let body = answer
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let encoded = answer
        .get("isBase64Encoded")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    let body = if encoded {
        BASE64_STANDARD.decode(body).ok()?
    } else {
        body.as_bytes().to_vec()
    };
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let many = answer
        .get("multiValueHeaders")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let many = many.flat_map(|(name, values)| {
        values
            .as_array()
            .into_iter()
            .flatten()
            .map(move |value| (name, value))
    });
    for (name, value) in answer
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
        .chain(many)
    {
        let name = HeaderName::try_from(name.as_str()).ok()?;
        let value = HeaderValue::try_from(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
        .ok()?;
        let listed = headers.get_all(&name).iter().any(|known| *known == value);
        if !listed && name != header::CONTENT_LENGTH {
            headers.append(name, value);
        }
    }
    for cookie in answer
        .get("cookies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        headers.append(
            header::SET_COOKIE,
            HeaderValue::try_from(cookie.as_str()?).ok()?,
        );
    }
    if !empty && !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain;charset=UTF-8"),
        );
    }
    Some(response)
}
