//! The way through API Gateway (HTTP API, payload 2.0): its event is read once, as far as it is
//! used, and the answer is written once.

use crate::Edge;
use crate::http::{
    self, Body, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
};
use crate::problem::Problem;
use crate::site::BasePath;
use ::http::header::SET_COOKIE;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use custodian_runtime::failure;
use lambda_runtime::Diagnostic;
use serde::de::{MapAccess, Visitor};
use serde::ser::{Error, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The event that such a function is invoked with.
const API_GATEWAY: &str = "an event of API Gateway";
/// How many headers there is room for from the start.
const ROOM: usize = 16;
/// The one of those that begin so which says whether a request comes from our own pages
/// (<https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>).
const ASKED: &str = "sec-fetch-site";
/// The beginnings of headers that browsers, CloudFront and the gateway add and no function uses:
/// not worth reading.
const UNASKED: [&str; 9] = [
    "accept-language",
    "cloudfront-",
    "cookie",
    "host",
    "sec-",
    "user-agent",
    "via",
    "x-amz",
    "x-forwarded-",
];

/// An event as it came. The runtime's log repeats the parts of an event that it cannot read, so the
/// runtime reads nothing of it.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Event(Box<RawValue>);

/// A response in API Gateway's form.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    /// Whether only the headers were asked for.
    head: bool,
}

/// Answers an event with the response of `handle` to its request.
///
/// `edge` says who is let in. `handle` gets the path after `base`. It never gets `HEAD`, which is
/// answered as `GET` is, without the body (RFC 9110, 9.3.2).
///
/// # Errors
/// A constant if the event is not one of API Gateway's.
pub async fn answer<F>(
    event: Event,
    edge: &Edge,
    base: &BasePath,
    handle: impl FnOnce(Request) -> F,
) -> Result<Answer, Diagnostic>
where
    F: Future<Output = Response>,
{
    let Read {
        mut request,
        head,
        is_whole,
    } = event
        .read(base)
        .ok_or_else(|| failure::not_an_event(API_GATEWAY))?;
    drop(event);
    let is_let_in = edge.lets_in(&mut request);
    let response = match (is_let_in, is_whole) {
        (true, true) => handle(request).await,
        (true, false) => unreadable().into_response(),
        (false, _) => not_this_way().into_response(),
    };
    Ok(Answer { response, head })
}

fn not_this_way() -> Problem {
    let problem = Problem::new(
        StatusCode::FORBIDDEN,
        "not-this-way",
        "This address answers to CloudFront only",
    );
    problem.detail("Use the public name of these pages.")
}

fn unreadable() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "broken-body",
        "The body cannot be read as what its content type says",
    )
}

/// A request, and what else an event says about it.
struct Read {
    request: Request,
    head: bool,
    /// Whether the body is in the encoding that the event names.
    is_whole: bool,
}

impl Event {
    /// The request in the event, if it is one of API Gateway's.
    fn read(&self, base: &BasePath) -> Option<Read> {
        let written: Written<'_> = serde_json::from_str(self.0.get()).ok()?;
        let http = written.request_context.http;
        let method = Method::from_bytes(http.method.as_bytes()).ok()?;
        let head = method == Method::HEAD;
        let body = written.body.unwrap_or_default();
        let body = if written.is_base64_encoded {
            BASE64.decode(body).ok()
        } else {
            Some(body.into_bytes())
        };
        let is_whole = body.is_some();
        let request = Request {
            method: if head { Method::GET } else { method },
            path: base.strip(&written.raw_path).to_owned(),
            query: written.raw_query_string.into_owned(),
            headers: written.headers.0,
            body: body.unwrap_or_default(),
            client: http.source_ip.parse().ok(),
            cookies: written.cookies,
            claims: written
                .request_context
                .authorizer
                .map(|authorizer| authorizer.jwt.claims)
                .unwrap_or_default(),
        };
        Some(Read {
            request,
            head,
            is_whole,
        })
    }
}

/// The parts of an event that are used
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(borrow)]
    raw_path: Cow<'a, str>,
    #[serde(borrow, default)]
    raw_query_string: Cow<'a, str>,
    #[serde(default)]
    headers: Headers,
    #[serde(borrow)]
    request_context: Context<'a>,
    body: Option<String>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    http: Http<'a>,
    #[serde(default)]
    authorizer: Option<Authorizer>,
}

#[derive(Deserialize)]
struct Authorizer {
    jwt: Jwt,
}

#[derive(Deserialize)]
struct Jwt {
    claims: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    source_ip: Cow<'a, str>,
}

/// The headers, without invalid ones.
#[derive(Default)]
struct Headers(HeaderMap);

/// A text that is borrowed where it needs no decoding.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Headers;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("headers")
            }

            fn visit_unit<E>(self) -> Result<Headers, E> {
                Ok(Headers::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Headers, A::Error> {
                let mut headers = HeaderMap::with_capacity(ROOM);
                while let Some((Text(name), Text(value))) = fields.next_entry()? {
                    if name != ASKED && UNASKED.iter().any(|begun| name.starts_with(begun)) {
                        continue;
                    }
                    let header = HeaderName::from_bytes(name.as_bytes())
                        .ok()
                        .zip(HeaderValue::from_str(&value).ok());
                    // A map of headers has its limit, and so have API Gateway's. Headers beyond
                    // ours are left out.
                    header.map(|(name, value)| headers.try_insert(name, value).ok());
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_any(Fields)
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_map(None)?;
        answer.serialize_entry("statusCode", &self.response.status().as_u16())?;
        answer.serialize_entry("headers", &Sent(self.response.headers()))?;
        let cookies = self.response.headers().get_all(SET_COOKIE).iter();
        let cookies: Vec<&str> = cookies.filter_map(|cookie| cookie.to_str().ok()).collect();
        if !cookies.is_empty() {
            answer.serialize_entry("cookies", &cookies)?;
        }
        if !self.head {
            match self.response.body() {
                Body::Text(text) => answer.serialize_entry("body", text)?,
                Body::Bytes(encoded) => answer.serialize_entry("body", encoded)?,
            }
        }
        answer.serialize_entry(
            "isBase64Encoded",
            &matches!(self.response.body(), Body::Bytes(_)),
        )?;
        answer.end()
    }
}

/// The headers of an answer but its cookies, after those that every answer has. No answer of ours
/// has one twice.
struct Sent<'a>(&'a HeaderMap);

impl Serialize for Sent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut headers = serializer.serialize_map(None)?;
        for (name, value) in http::HEADERS
            .iter()
            .filter(|(name, _)| !self.0.contains_key(*name))
        {
            headers.serialize_entry(name, value)?;
        }
        for (name, value) in self.0.iter().filter(|(name, _)| **name != SET_COOKIE) {
            let value = std::str::from_utf8(value.as_bytes())
                .map_err(|_| S::Error::custom("a header is no text"))?;
            headers.serialize_entry(name.as_str(), value)?;
        }
        headers.end()
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Event, answer};
    use crate::Edge;
    use crate::http::{Body, HEADERS, Request, Response, json};
    use crate::site::BasePath;
    use ::http::StatusCode;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// Repeats the request as its response.
    async fn echo(request: Request) -> Response {
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().ok()))
            .collect();
        json(
            StatusCode::OK,
            &json!({
                "method": request.method.as_str(), "path": request.path, "query": request.link_query(), "x": request.parameter("x"),
                "headers": headers, "body": request.body, "client": request.client,
            }),
        )
    }

    fn ask(event: &Value) -> Result<Value, String> {
        let base = BasePath::of("https://www.example/insight").unwrap();
        let event: Event = serde_json::from_str(&event.to_string()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime
            .block_on(answer(event, &Edge::default(), &base, echo))
            .map(|answer| serde_json::to_value(answer).unwrap())
            .map_err(|failure| failure.error_message)
    }

    fn event() -> Value {
        json!({
            "version": "2.0", "rawPath": "/insight/surveys", "rawQueryString": "x=a%20b&x=c&y=\"<é>\"",
            "headers": {"content-type": "text/plain", "x-é": "no name", "x-line": "no\nvalue", "x-late": "ß"},
            "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.7"}}, "body": "Qg==", "isBase64Encoded": true,
        })
    }

    fn said(answer: &Value) -> Value {
        serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
    }

    #[test]
    fn what_is_used_of_an_event_becomes_a_request() {
        let answer = ask(&event()).unwrap();
        assert_eq!(
            (&answer["statusCode"], &answer["isBase64Encoded"]),
            (&json!(200), &json!(false))
        );
        assert_eq!(answer["headers"]["content-type"], "application/json");
        assert_eq!(
            said(&answer),
            json!({
                "method": "GET", "path": "/surveys", "query": "x=a%20b&x=c&y=%22%3C%C3%A9%3E%22", "x": "a b",
                "headers": [["content-type", "text/plain"], ["x-late", null]], "body": [66], "client": "192.0.2.7",
            })
        );
    }

    #[test]
    fn head_is_get_without_a_body() {
        let mut asked = event();
        asked["requestContext"]["http"]["method"] = json!("HEAD");
        let answer = ask(&asked).unwrap();
        assert_eq!(
            (&answer["statusCode"], answer.get("body")),
            (&json!(200), None)
        );
    }

    #[test]
    fn a_body_that_is_not_the_base64_it_says_is_400() {
        let mut asked = event();
        asked["body"] = json!("no base64!");
        assert_eq!(ask(&asked).unwrap()["statusCode"], 400);
    }

    #[test]
    fn what_is_no_event_fails_and_shows_nothing_of_it() {
        let mut asked = event();
        asked["headers"] = json!({"x": ["rosa@example.org"]});
        for other in [
            asked,
            json!(null),
            json!("rosa@example.org"),
            json!({"Records": []}),
        ] {
            assert_eq!(ask(&other).unwrap_err(), "not an event of API Gateway");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            let name = prop_oneof![
                "[a-zA-Z\\PC-]{0,12}",
                Just("http".to_owned()),
                Just("method".to_owned())
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(name, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_event_makes_it_panic(
            field in proptest::sample::select(vec!["/rawPath", "/rawQueryString", "/headers", "/headers/content-type",
                "/requestContext", "/requestContext/http", "/requestContext/http/method", "/requestContext/http/sourceIp",
                "/body", "/isBase64Encoded"]),
            value in any_json(),
        ) {
            let mut asked = event();
            *asked.pointer_mut(field).unwrap() = value;
            if let Ok(answer) = ask(&asked) {
                prop_assert!([200, 400].map(Value::from).contains(&answer["statusCode"]));
            }
        }

        #[test]
        fn whatever_a_client_sends_is_answered(path in any::<String>(), query in any::<String>(), body in any::<String>(),
            name in any::<String>(), value in any::<String>(), encoded: bool)
        {
            let mut asked = event();
            (asked["rawPath"], asked["rawQueryString"], asked["body"]) = (path.into(), query.into(), body.into());
            asked["headers"] = json!({name: value});
            asked["isBase64Encoded"] = encoded.into();
            let answer = ask(&asked).unwrap();
            prop_assert!([200, 400].map(Value::from).contains(&answer["statusCode"]));
        }

        #[test]
        fn what_is_no_json_at_all_is_no_event(text in "\\PC{0,60}") {
            if let Ok(event) = serde_json::from_str::<Event>(&text) {
                prop_assert!(event.read(&BasePath::default()).is_none());
            }
        }
    }

    #[test]
    fn an_answer_is_written_as_it_is_read() {
        let response = Response::new(Body::Text("“5 £”\n".into()));
        let written = serde_json::to_string(&Answer {
            response,
            head: false,
        })
        .unwrap();
        let written: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(
            (&written["statusCode"], &written["body"]),
            (&json!(200), &json!("“5 £”\n"))
        );
        assert_eq!(
            written["headers"],
            Value::Object(
                HEADERS
                    .iter()
                    .map(|(k, v)| ((*k).to_owned(), json!(v)))
                    .collect()
            )
        );
    }
}
