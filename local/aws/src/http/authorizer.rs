//! A JWT authorizer, which lets in who has a token of its issuer
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>).

mod claims;
pub(crate) mod keys;

use crate::template::JwtAuthorizer;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use claims::texts;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use keys::{Key, Keys};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The algorithms that tokens may be signed by: RSA's, as API Gateway's.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];

/// What a token says, by name.
type Claims = Map<String, Value>;

/// Lets people in to a route.
#[derive(Clone)]
pub(crate) struct Authorizer {
    accepted: JwtAuthorizer,
    keys: Arc<Keys>,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no token, or not one that the authorizer takes.
    Unauthorized,
    /// The token is good, but none of its scopes is one of the route's.
    Forbidden,
}

impl Authorizer {
    pub(crate) const fn new(accepted: JwtAuthorizer, keys: Arc<Keys>) -> Self {
        Self { accepted, keys }
    }

    /// What the function is told about the token of a request.
    ///
    /// # Errors
    /// [`Refused`] if the request has no such token.
    pub(crate) async fn admit(
        &self,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Result<Value, Refused> {
        let token = token(headers).ok_or(Refused::Unauthorized)?;
        let header = decode_header(token).map_err(|_| Refused::Unauthorized)?;
        let key = match &header.kid {
            Some(kid) if ALGORITHMS.contains(&header.alg) => self.keys.find(kid, now).await,
            _ => None,
        };
        let key = key.ok_or(Refused::Unauthorized)?;
        let claims = self.accepted.check(token, &key, now)?;
        let scopes = (!self.accepted.scopes.is_empty()).then_some(&self.accepted.scopes);
        Ok(json!({"claims": texts(&claims), "scopes": scopes}))
    }
}

/// The token of a request. The word `Bearer` before it may be missing.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let value = value.to_str().ok()?.trim();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim()),
        Some(_) => None,
        None => Some(value),
    }
}

impl JwtAuthorizer {
    /// The claims of a token that is signed with this key, of this issuer, for this audience, and
    /// of now.
    fn check(&self, token: &str, key: &Key, now: DateTime<Utc>) -> Result<Claims, Refused> {
        let claims = signed(token, key).ok_or(Refused::Unauthorized)?;
        let is_taken = self.is_ours(&claims) && is_of_now(&claims, now);
        match (is_taken, self.has_scope(&claims)) {
            (true, true) => Ok(claims),
            (true, false) => Err(Refused::Forbidden),
            (false, _) => Err(Refused::Unauthorized),
        }
    }

    fn is_ours(&self, claims: &Claims) -> bool {
        // API Gateway looks at the client's id only if there is no audience.
        let named = claims.get("aud").or_else(|| claims.get("client_id"));
        let is_for_us = named.is_some_and(|named| {
            let mut named = several(named);
            named.any(|name| self.audience.iter().any(|known| known == name))
        });
        claims.get("iss").and_then(Value::as_str) == Some(&self.issuer) && is_for_us
    }

    fn has_scope(&self, claims: &Claims) -> bool {
        let said = claims.get("scope").or_else(|| claims.get("scp"));
        let mut said = said
            .into_iter()
            .flat_map(several)
            .flat_map(str::split_whitespace);
        self.scopes.is_empty() || said.any(|scope| self.scopes.iter().any(|known| known == scope))
    }
}

/// The claims of a token that is signed with this key.
fn signed(token: &str, key: &Key) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.algorithms.clone_from(&key.algorithms);
    // Claims are checked here: by the stack's clock, and as API Gateway does.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = decode::<Claims>(token, &key.decoding, &validation);
    Some(decoded.ok()?.claims)
}

/// Whether a token is neither over nor of the future. It has to have an end.
fn is_of_now(claims: &Claims, now: DateTime<Utc>) -> bool {
    let begun = |name| {
        claims
            .get(name)
            .is_none_or(|at| seconds(at).is_some_and(|at| at <= now.timestamp()))
    };
    let end = claims.get("exp").and_then(seconds);
    end.is_some_and(|end| now.timestamp() < end) && begun("nbf") && begun("iat")
}

/// A moment in seconds since 1970, without its fraction.
fn seconds(value: &Value) -> Option<i64> {
    let from_fraction = || {
        let fraction = value.as_f64().filter(|it| it.abs() < 1e15)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is small, and the fraction goes"
        )]
        Some(fraction as i64)
    };
    value.as_i64().or_else(from_fraction)
}

/// A text, or each text of a list.
fn several(value: &Value) -> impl Iterator<Item = &str> {
    let list = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}
