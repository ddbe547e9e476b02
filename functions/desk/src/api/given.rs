//! What a call gives: the fields of its body or query, and the headers that say how it is meant.

use super::refusal::{Refusal, field};
use super::routes::{Route, Verb};
use crate::fields::LARGEST;
use custodian_domain::validation::json::{self, Unreadable};
use custodian_web::http::{HeaderMap, Request, header, media_type};
use serde_json::{Map, Value, json};

const JSON: &str = "application/json";
/// How long an `Idempotency-Key` is at most; a UUID has 36 characters.
const KEY: usize = 64;

/// What a call gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Given {
    /// The fields of the body or of the query, by the API's names.
    pub(crate) fields: Map<String, Value>,
    /// The `Idempotency-Key`.
    pub(crate) key: Option<String>,
    /// What `If-Match` says was seen.
    pub(crate) seen: Option<String>,
    /// Whether nobody waits for the answer (RFC 7240, `Prefer: respond-async`).
    pub(crate) is_async: bool,
}

impl Given {
    /// Reads a call.
    pub(crate) fn read(request: &Request, route: &Route) -> Result<Self, Refusal> {
        let is_post = route.verb == Verb::Post;
        let fields = if is_post {
            if !request.query.is_empty() {
                let rule = "must be empty: fields belong in the body";
                return Err(field("query", "unknown", rule));
            }
            body(request)?
        } else {
            query(&request.query)?
        };
        if let Some(unknown) = unknown(&fields, route.fields) {
            return Err(unknown);
        }
        let seen = seen(&request.headers)?;
        if seen.is_some() && route.seen.is_none() {
            return Err(Refusal::Header("If-Match", "cannot be used here"));
        }
        Ok(Self {
            fields,
            key: if is_post {
                key(&request.headers)?
            } else {
                None
            },
            seen,
            is_async: prefers_async(&request.headers),
        })
    }

    /// The text of a field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}

fn body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    if request.body.len() > LARGEST {
        return Err(Refusal::TooLarge);
    }
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    if media_type(&request.headers).as_deref() != Some(JSON) {
        return Err(Refusal::MediaType);
    }
    match json::read(&request.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(field("", "invalid", "must be a JSON object")),
        Err(Unreadable::NotJson) => Err(Refusal::Broken),
        Err(Unreadable::Repeated(_)) => Err(field("", "repeated", "must give each field once")),
    }
}

fn query(query: &str) -> Result<Map<String, Value>, Refusal> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if fields.insert(name.into_owned(), json!(value)).is_some() {
            return Err(field("query", "repeated", "must give each parameter once"));
        }
    }
    Ok(fields)
}

/// The refusal of fields that a call does not have. They could be anything, so they are not named.
fn unknown(fields: &Map<String, Value>, known: &[&str]) -> Option<Refusal> {
    let is_known = |name: &String| known.contains(&name.as_str());
    if fields.keys().all(is_known) {
        return None;
    }
    let rule = if known.is_empty() {
        "must have no fields".to_owned()
    } else {
        format!("must have no fields but {}", known.join(", "))
    };
    Some(field("", "unknown", rule))
}

/// The key, with or without the quotation marks of a structured header (RFC 8941).
fn key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    const NAME: &str = "Idempotency-Key";
    let Some(sent) = header(headers, "idempotency-key") else {
        return Ok(None);
    };
    let sent = sent.trim();
    let bare = sent.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let key = bare.unwrap_or(sent);
    let is_sound = (1..=KEY).contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let rule = "must have 1 to 64 letters, digits, hyphens and underscores";
    is_sound
        .then(|| Some(key.to_owned()))
        .ok_or(Refusal::Header(NAME, rule))
}

/// The one entity tag of `If-Match`; `*` asks for nothing.
fn seen(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(sent) = header(headers, "if-match") else {
        return Ok(None);
    };
    let sent = sent.trim();
    if sent == "*" {
        return Ok(None);
    }
    let tag = sent.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let tag = tag.filter(|tag| !tag.contains('"') && !tag.is_empty());
    tag.map(|tag| Some(tag.to_owned())).ok_or(Refusal::Header(
        "If-Match",
        "must be one entity tag, such as \"7\"",
    ))
}

fn prefers_async(headers: &HeaderMap) -> bool {
    let sent = header(headers, "prefer").unwrap_or_default();
    let mut preferences = sent.split(',').map(str::trim);
    preferences.any(|one| one.eq_ignore_ascii_case("respond-async"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Given;
    use crate::api::routes::{Found, Route, all, find};
    use custodian_web::http::{Body, HeaderName, HeaderValue, Method, Request};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    /// A request with these headers and this body.
    pub(crate) fn request(
        method: Method,
        address: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Request {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        });
        Request {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
            client: None,
            cookies: Vec::new(),
            claims: BTreeMap::new(),
        }
    }

    /// The call that a request makes.
    pub(crate) fn route(request: &Request) -> &'static Route {
        match find(&request.method, &request.path) {
            Found::Route(route, _) => route,
            found => panic!("{found:?}"),
        }
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    fn read(request: &Request) -> Result<Given, (u16, Value)> {
        Given::read(request, route(request)).map_err(|refusal| {
            let response = refusal.into_response();
            let Body::Text(text) = response.body() else {
                panic!("no text");
            };
            let status = response.status().as_u16();
            (status, serde_json::from_str(text).unwrap())
        })
    }

    fn posted(headers: &[(&'static str, &str)], body: &str) -> Result<Given, (u16, Value)> {
        let path = "/api/requests/C-1-access/questions";
        read(&request(Method::POST, path, headers, body))
    }

    #[test]
    fn a_body_is_json_with_known_fields_each_once() {
        let given = posted(&[JSON], r#"{"on": "2026-11-23"}"#).unwrap();
        assert_eq!(json!(given.fields), json!({"on": "2026-11-23"}));
        assert_eq!(posted(&[], "").unwrap(), Given::default());
        let large = format!(r#"{{"note": "{}"}}"#, "a".repeat(64 * 1024));
        let form = ("content-type", "application/x-www-form-urlencoded");
        let latin = ("content-type", "application/json; charset=iso-8859-1");
        for (headers, body, status) in [
            (&[JSON][..], large.as_str(), 413),
            (&[], r#"{"on": "2026-11-23"}"#, 415),
            (&[form], "on=2026-11-23", 415),
            (&[latin], "{}", 415),
            (&[JSON], "{", 400),
            (&[JSON], "[]", 422),
            (&[JSON], r#"{"on": "2026-11-23", "on": "2026-11-24"}"#, 422),
            (&[JSON], r#"{"rosa@example.org": 1}"#, 422),
        ] {
            let (answered, told) = posted(headers, body).unwrap_err();
            assert_eq!(answered, status, "{told}");
            assert!(!told.to_string().contains("rosa"), "{told}");
        }
    }

    #[test]
    fn no_body_says_who_gives_an_order_or_which_one_it_is() {
        for field in [
            "order",
            "by",
            "approved_by",
            "requested_by",
            "released_by",
            "release",
            "read",
            "withdraw",
            "status",
            "link_for",
            "request_id",
            "event_id",
            "revision",
        ] {
            for route in all() {
                assert!(!route.fields.contains(&field), "{} {field}", route.path);
            }
            let (status, _) = posted(&[JSON], &json!({field: "dpo-9"}).to_string()).unwrap_err();
            assert_eq!(status, 422, "{field}");
        }
    }

    #[test]
    fn a_query_has_known_parameters_each_once_and_a_body_has_none_beside_it() {
        let asked = |address| read(&request(Method::GET, address, &[], ""));
        let given = asked("/api/cases?kind=access&cursor=a%23b").unwrap();
        assert_eq!(given.text("cursor"), Some("a#b"));
        for address in [
            "/api/cases?email=rosa",
            "/api/cases?kind=access&kind=erasure",
        ] {
            let (status, told) = asked(address).unwrap_err();
            assert_eq!(status, 422);
            assert!(!told.to_string().contains("rosa"), "{told}");
        }
        let path = "/api/requests/C-1-access/search?email=rosa@example.org";
        let (status, told) = read(&request(Method::POST, path, &[], "")).unwrap_err();
        assert_eq!(status, 422);
        assert!(!told.to_string().contains("rosa"), "{told}");
    }

    #[test]
    fn headers_say_which_call_it_is_and_what_was_seen() {
        let uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324";
        let quoted = format!("\"{uuid}\"");
        for sent in [uuid, &quoted] {
            let given = posted(&[("idempotency-key", sent)], "").unwrap();
            assert_eq!(given.key.as_deref(), Some(uuid));
        }
        let long = "a".repeat(65);
        for wrong in ["", "\"\"", "rosa@example.org", "a b", &long] {
            let (status, told) = posted(&[("idempotency-key", wrong)], "").unwrap_err();
            assert_eq!(status, 400);
            assert!(!told.to_string().contains("rosa"), "{told}");
        }
        let seen = |tag| posted(&[("if-match", tag)], "");
        assert_eq!(seen("\"7\"").unwrap().seen.as_deref(), Some("7"));
        assert_eq!(seen("*").unwrap().seen, None);
        for wrong in ["7", "W/\"7\"", "\"7\", \"8\"", "\"\"", ""] {
            assert_eq!(seen(wrong).unwrap_err().0, 400, "{wrong}");
        }
        let path = "/api/requests/C-1-erasure/plan";
        let plan = request(Method::POST, path, &[("if-match", "\"7\"")], "");
        assert_eq!(read(&plan).unwrap_err().0, 400);
        let prefer = [("prefer", "wait=5, Respond-Async")];
        assert!(posted(&prefer, "").unwrap().is_async);
        assert!(!posted(&[("prefer", "wait=5")], "").unwrap().is_async);
    }
}
