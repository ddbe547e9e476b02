//! The issuer's addresses.

use super::Issuer;
use super::signing::Signing;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

impl Issuer {
    /// Everything that it answers.
    pub fn router(&self) -> Router {
        let issuer = self.clone();
        Router::new().fallback(move |method: Method, uri: Uri, body: Bytes| {
            let issuer = issuer.clone();
            async move {
                let mut response = issuer.answer(&method, &uri, &body).await;
                let headers = response.headers_mut();
                let never = header::HeaderValue::from_static("no-store");
                headers.insert(header::CACHE_CONTROL, never);
                response
            }
        })
    }

    pub(super) async fn answer(&self, method: &Method, uri: &Uri, body: &[u8]) -> Response<Body> {
        if let Some(answer) = self.conduct.next_mode().answer().await {
            return answer;
        }
        let query = uri.query().unwrap_or_default();
        match (method, uri.path()) {
            (&Method::GET, "/.well-known/openid-configuration") => {
                axum::Json(self.discovery()).into_response()
            }
            (&Method::GET, "/.well-known/jwks.json") => {
                axum::Json(json!({"keys": [Signing::own().jwk()]})).into_response()
            }
            (&Method::GET, "/authorize") => self.ask(query),
            (&Method::POST, "/authorize") => self.authorize(query, body),
            (&Method::POST, "/token") => self.token(body),
            (&Method::POST, "/revoke") => self.end(body),
            (&Method::GET, "/logout") => self.log_out(query),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    /// How it describes itself (`OpenID` Connect Discovery 1.0, section 3).
    fn discovery(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.url());
        json!({
            "issuer": self.url(),
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "revocation_endpoint": at("/revoke"),
            "end_session_endpoint": at("/logout"),
            "jwks_uri": at("/.well-known/jwks.json"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
        })
    }
}
