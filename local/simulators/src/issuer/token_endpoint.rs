//! `/token` and `/revoke`: what a client asks for without a browser.

use super::Issuer;
use super::grants::Code;
use super::parameters::Parameters;
use super::tokens::LIFE;
use axum::body::Body;
use axum::http::header::CACHE_CONTROL;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The lengths that a verifier may have (RFC 7636, section 4.1).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

impl Issuer {
    /// Changes a code or a refresh token for tokens.
    pub(super) fn token(&self, form: &[u8]) -> Response<Body> {
        let Some(form) = Parameters::read(form) else {
            return refused("invalid_request");
        };
        let Some(client) = self.client(form.get("client_id")) else {
            return refused("invalid_client");
        };
        let tokens = match form.get("grant_type") {
            Some("authorization_code") => {
                let (Some(code), Some(redirect_uri), Some(verifier)) = (
                    form.get("code"),
                    form.get("redirect_uri"),
                    form.get("code_verifier"),
                ) else {
                    return refused("invalid_request");
                };
                let is_right = |code: &Code| {
                    code.grant.client == client.id
                        && code.redirect_uri == redirect_uri
                        && VERIFIER.contains(&verifier.len())
                        && code.challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
                };
                let tokens = self.redeem(code, is_right);
                tokens.map(|it| with_refresh(answer(&it.id, &it.access), &it.refresh))
            }
            Some("refresh_token") => {
                let Some(refresh) = form.get("refresh_token") else {
                    return refused("invalid_request");
                };
                let tokens = self.refreshed(refresh, &client.id);
                tokens.map(|(id, access)| answer(&id, &access))
            }
            _ => return refused("unsupported_grant_type"),
        };
        match tokens {
            Some(tokens) => ([(CACHE_CONTROL, "no-store")], axum::Json(tokens)).into_response(),
            None => refused("invalid_grant"),
        }
    }

    /// Ends a refresh token. Whether there was one is not told (RFC 7009, section 2.2).
    pub(super) fn end(&self, form: &[u8]) -> Response<Body> {
        let form = Parameters::read(form);
        let get = |name| form.as_ref().and_then(|form| form.get(name));
        let (Some(client), Some(token)) = (self.client(get("client_id")), get("token")) else {
            return refused("invalid_request");
        };
        self.revoke(token, &client.id);
        StatusCode::OK.into_response()
    }
}

fn answer(id: &str, access: &str) -> Value {
    let seconds = LIFE.num_seconds();
    json!({"id_token": id, "access_token": access, "token_type": "Bearer", "expires_in": seconds})
}

/// A sign-in gets a refresh token; a refresh, as Cognito's, no other one.
fn with_refresh(mut answer: Value, refresh: &str) -> Value {
    answer["refresh_token"] = json!(refresh);
    answer
}

fn refused(error: &str) -> Response<Body> {
    let body = axum::Json(json!({ "error": error }));
    (StatusCode::BAD_REQUEST, [(CACHE_CONTROL, "no-store")], body).into_response()
}
