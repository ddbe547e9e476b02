//! GOV.UK Notify's simulator: it takes emails and shows them to the person who runs the stack.
//! Nobody else gets them.

use super::mode::{Conduct, Mode, TRAP};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_clock::Clock;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The service, its secret, and the template that it has.
const SERVICE: &str = "5e41ce00-0000-4000-8000-000000000001";
const SECRET: &str = "5ec4e700-0000-4000-8000-000000000002";
const TEMPLATE: &str = "7e3b1a7e-0000-4000-8000-000000000003";
/// How far a token's time may be from the simulator's.
const SKEW: TimeDelta = TimeDelta::seconds(30);
/// How long an email is kept.
const KEPT: TimeDelta = TimeDelta::days(7);
/// The address at which the emails are shown.
const MAILS: &str = "/mails";

/// A simulator of GOV.UK Notify; clones are handles on the same one.
#[derive(Clone)]
pub struct GovUkNotify {
    /// How it answers.
    pub conduct: Conduct,
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    mails: Vec<Mail>,
    calls: Vec<String>,
}

/// An email that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who gets it.
    pub address: String,
    /// The council's reference for it.
    pub reference: String,
    /// The link in it.
    pub link: String,
    /// What it says that its reader did.
    pub about: String,
    /// When it was accepted.
    pub at: DateTime<Utc>,
}

impl GovUkNotify {
    pub(super) fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            conduct: Conduct::default(),
            state: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The emails that it has.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.state().mails.clone()
    }

    /// Every call that came, as method and path.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// The contents of its secret.
    pub(super) fn secret(&self) -> String {
        let _ = self;
        json!({"token": format!("localstack-{SERVICE}-{SECRET}")}).to_string()
    }

    /// The template that it has.
    pub(super) const fn template() -> &'static str {
        TEMPLATE
    }

    /// Deletes what it has kept long enough.
    pub(super) fn keep_up(&self, now: DateTime<Utc>) {
        self.state().mails.retain(|mail| now < mail.at + KEPT);
    }

    pub(super) fn router(&self) -> Router {
        let double = self.clone();
        Router::new().fallback(
            move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
                let double = double.clone();
                async move { double.answer(&method, &uri, &headers, &body).await }
            },
        )
    }

    async fn answer(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Response<Body> {
        let path = uri.path();
        if (method, path) == (&Method::GET, MAILS) {
            return self.shown().into_response();
        }
        self.state().calls.push(format!("{method} {path}"));
        let mode = self.conduct.next_mode();
        if path == TRAP {
            return StatusCode::OK.into_response();
        }
        if let Some(answer) = mode.answer().await {
            return answer;
        }
        if mode == Mode::Forging || !self.is_ours(headers) {
            return refused(StatusCode::FORBIDDEN, "AuthError", "Invalid token");
        }
        let answer = match (method, path) {
            (&Method::POST, "/v2/notifications/email") => self.take(body, mode),
            (&Method::GET, "/v2/notifications") => self.found(uri.query().unwrap_or_default()),
            _ => refused(StatusCode::NOT_FOUND, "NotFound", "Not found"),
        };
        if mode == Mode::Losing && method == Method::POST {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        answer
    }

    /// Whether a token is signed with its secret, of its service, and of about now.
    fn is_ours(&self, headers: &HeaderMap) -> bool {
        let token = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some((signed, signature)) = token.and_then(|token| token.rsplit_once('.')) else {
            return false;
        };
        let Some((header, claims)) = signed.split_once('.') else {
            return false;
        };
        let read =
            |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        let (Some(header), Some(claims)) = (read(header), read(claims)) else {
            return false;
        };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
            return false;
        };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else {
            return false;
        };
        mac.update(signed.as_bytes());
        let issued = claims["iat"]
            .as_i64()
            .and_then(|iat| DateTime::from_timestamp(iat, 0));
        mac.verify_slice(&signature).is_ok()
            && header == json!({"typ": "JWT", "alg": "HS256"})
            && claims["iss"] == SERVICE
            && issued.is_some_and(|issued| (self.clock.now() - issued).abs() <= SKEW)
    }

    fn take(&self, body: &Bytes, mode: Mode) -> Response<Body> {
        let Ok(order) = serde_json::from_slice::<Value>(body) else {
            return refused(StatusCode::BAD_REQUEST, "BadRequestError", "Invalid JSON");
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let words = &order["personalisation"];
        let mail = Mail {
            address: text(&order["email_address"]),
            reference: text(&order["reference"]),
            link: text(&words["link"]),
            about: text(&words["about"]),
            at: self.clock.now(),
        };
        let whole = mail.address.contains('@') && !mail.link.is_empty() && !mail.about.is_empty();
        if mode == Mode::Wrong || !whole || order["template_id"] != TEMPLATE {
            return refused(
                StatusCode::BAD_REQUEST,
                "BadRequestError",
                "Template not found",
            );
        }
        if mode == Mode::Refusing {
            return refused(
                StatusCode::BAD_REQUEST,
                "ValidationError",
                "email_address Not a valid email address",
            );
        }
        let receipt = json!({"id": TEMPLATE, "reference": mail.reference, "content": {}, "uri": "", "template": {}});
        self.state().mails.push(mail);
        (StatusCode::CREATED, axum::Json(receipt)).into_response()
    }

    fn found(&self, query: &str) -> Response<Body> {
        let wanted = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "reference");
        let wanted = wanted
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default();
        let mails = self
            .mails()
            .into_iter()
            .filter(|mail| mail.reference == wanted);
        let found: Vec<Value> = mails
            .map(|mail| json!({"id": TEMPLATE, "reference": mail.reference, "email_address": mail.address, "status": "sending"}))
            .collect();
        axum::Json(json!({"notifications": found, "links": {}})).into_response()
    }

    /// The emails, for people who try the stack out.
    fn shown(&self) -> String {
        let mails = self.mails();
        if mails.is_empty() {
            return "Nothing was sent yet.\n".to_owned();
        }
        let line = |mail: &Mail| {
            let at = mail.at.format("%F %T UTC");
            format!(
                "{at}  to {}\n  You get this because {}. Is this your address? Say so within 7 days:\n  {}\n\n",
                mail.address, mail.about, mail.link
            )
        };
        mails.iter().map(line).collect()
    }
}

fn refused(status: StatusCode, error: &str, message: &str) -> Response<Body> {
    let body =
        json!({"status_code": status.as_u16(), "errors": [{"error": error, "message": message}]});
    (status, axum::Json(body)).into_response()
}

impl fmt::Debug for GovUkNotify {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("GovUkNotify(..)")
    }
}
