//! The answers of the `OpenDSR` simulator: discovery, orders, statuses, cancellations.

use super::mode::{Mode, TRAP};
use super::opendsr::OpenDsr;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

impl OpenDsr {
    pub(super) fn router(&self) -> Router {
        let double = self.clone();
        Router::new().fallback(
            move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
                let double = double.clone();
                async move { double.answer(&method, uri.path(), &headers, &body).await }
            },
        )
    }

    async fn answer(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Response<Body> {
        self.state().calls.push(format!("{method} {path}"));
        let mode = self.conduct.next_mode();
        if path == TRAP {
            return StatusCode::OK.into_response();
        }
        if let Some(answer) = mode.answer().await {
            return answer;
        }
        if headers
            .get("authorization")
            .is_none_or(|value| *value != *format!("Bearer {}", self.token()))
        {
            return refused(StatusCode::UNAUTHORIZED, "not authorised");
        }
        self.erase(self.now());
        let answer = match (
            method,
            path.strip_prefix("/v2/")
                .map(|rest| rest.split_once('/').unwrap_or((rest, ""))),
        ) {
            (&Method::GET, Some(("discovery", ""))) => self.discovery(),
            (&Method::POST, Some(("requests", ""))) => self.take_order(body, mode),
            (&Method::GET, Some(("requests", id))) if !id.is_empty() => self.status(id, mode),
            (&Method::DELETE, Some(("requests", id))) if !id.is_empty() => self.take_back(id),
            _ => refused(StatusCode::NOT_FOUND, "there is nothing at this address"),
        };
        if mode == Mode::Losing && method != Method::GET {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        answer
    }

    fn discovery(&self) -> Response<Body> {
        let pairs = self.takes_as();
        let identities: Vec<Value> = pairs
            .iter()
            .map(|(kind, format)| json!({"identity_type": kind, "identity_format": format}))
            .collect();
        let document = json!({
            "api_version": "2.0", "supported_identities": identities,
            "supported_subject_request_types": ["erasure"],
            "processor_certificate": format!("https://{}/cert.pem", self.domain()),
        });
        self.signed(StatusCode::OK, &document)
    }

    fn take_order(&self, body: &Bytes, mode: Mode) -> Response<Body> {
        let Ok(order) = serde_json::from_slice::<Value>(body) else {
            return refused(StatusCode::BAD_REQUEST, "this is not JSON");
        };
        let id = order["subject_request_id"].as_str().unwrap_or_default();
        let whole = ["regulation", "subject_request_type", "submitted_time"]
            .iter()
            .all(|field| order[field].is_string());
        let random = id.len() == 36 && id.as_bytes().get(14) == Some(&b'4');
        if mode == Mode::Refusing || !whole || !random || !self.understands(&order) {
            return refused(StatusCode::BAD_REQUEST, "this cannot be taken");
        }
        let done_at = self.enter(id, &order);
        let receipt = json!({
            "controller_id": "dorset", "expected_completion_time": done_at, "received_time": self.now(),
            "encoded_request": STANDARD.encode(body), "subject_request_id": self.of(id, mode),
        });
        self.signed(StatusCode::CREATED, &receipt)
    }

    /// Whether it accepts every identity of an order.
    fn understands(&self, order: &Value) -> bool {
        let takes = self.takes_as();
        let fits = |it: &Value| {
            takes.iter().any(|(kind, format)| {
                it["identity_type"] == **kind && it["identity_format"] == **format
            })
        };
        order["subject_identities"]
            .as_array()
            .is_some_and(|all| !all.is_empty() && all.iter().all(fits))
    }

    fn status(&self, id: &str, mode: Mode) -> Response<Body> {
        let known = self.state().matters.get(id).cloned();
        let Some(matter) = known.filter(|_| mode != Mode::Refusing) else {
            return refused(StatusCode::NOT_FOUND, "this request is not known");
        };
        let status = match mode {
            Mode::Forging => "completed",
            Mode::Boasting => "in_progress",
            _ => matter.status(self.now()),
        };
        let document = json!({
            "controller_id": "dorset", "expected_completion_time": matter.done_at,
            "subject_request_id": self.of(id, mode), "request_status": status, "api_version": "2.0",
        });
        self.signed(StatusCode::OK, &document)
    }

    fn take_back(&self, id: &str) -> Response<Body> {
        let now = self.now();
        if let Some(matter) = self.state().matters.get_mut(id) {
            if matter.status(now) != "pending" {
                return refused(StatusCode::BAD_REQUEST, "this request is not pending");
            }
            matter.cancelled = true;
            matter.identities.clear();
        } else {
            return refused(StatusCode::NOT_FOUND, "this request is not known");
        }
        let receipt = json!({"controller_id": "dorset", "subject_request_id": id, "received_time": now, "api_version": "2.0"});
        self.signed(StatusCode::ACCEPTED, &receipt)
    }

    /// The id of the request that it answers about.
    fn of(&self, id: &str, mode: Mode) -> String {
        let _ = self;
        if mode == Mode::Wrong {
            "00000000-0000-4000-8000-000000000000".to_owned()
        } else {
            id.to_owned()
        }
    }

    fn signed(&self, status: StatusCode, document: &Value) -> Response<Body> {
        let body = document.to_string();
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("x-opendsr-processor-domain", self.domain()),
            ("x-opendsr-signature", self.sign(&body)),
        ];
        (status, headers, body).into_response()
    }
}

fn refused(status: StatusCode, message: &str) -> Response<Body> {
    let error = json!({"error": {"code": status.as_u16(), "message": message}});
    (status, axum::Json(error)).into_response()
}
