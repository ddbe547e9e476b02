//! What the issuer's tokens say, which is what Cognito's say
//! (<https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html>).

use super::people::Person;
use super::signing::Signing;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Builder;

/// How long ID tokens and access tokens are good for.
pub(super) const LIFE: TimeDelta = TimeDelta::minutes(5);

/// What somebody gets who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Says who they are, to the client.
    pub id: String,
    /// Lets them in at APIs.
    pub access: String,
    /// Gets new tokens. It is opaque.
    pub refresh: String,
}

/// One sign-in of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignIn {
    pub(super) scopes: Vec<String>,
    pub(super) nonce: Option<String>,
    pub(super) at: DateTime<Utc>,
    /// The id that all its tokens share.
    pub(super) origin: String,
}

impl SignIn {
    pub(super) fn new(scopes: Vec<String>, nonce: Option<String>, at: DateTime<Utc>) -> Self {
        Self {
            scopes,
            nonce,
            at,
            origin: unique(),
        }
    }
}

/// The ID token and the access token of a person, with the groups that they are in now.
pub(super) fn issue(
    issuer: &str,
    client: &str,
    person: &Person,
    sign_in: &SignIn,
    now: DateTime<Utc>,
) -> (String, String) {
    let both = json!({
        "iss": issuer, "sub": person.sub(), "origin_jti": sign_in.origin, "auth_time": sign_in.at.timestamp(),
        "iat": now.timestamp(), "exp": (now + LIFE).timestamp(),
    });
    let mut access = both.clone();
    access["token_use"] = json!("access");
    access["client_id"] = json!(client);
    access["version"] = json!(2);
    access["scope"] = json!(sign_in.scopes.join(" "));
    access["username"] = json!(person.username);
    let mut id = both;
    id["token_use"] = json!("id");
    id["aud"] = json!(client);
    id["cognito:username"] = json!(person.username);
    for (claim, value) in &person.attributes {
        id[claim] = json!(value);
    }
    if let Some(nonce) = &sign_in.nonce {
        id["nonce"] = json!(nonce);
    }
    for claims in [&mut id, &mut access] {
        claims["jti"] = json!(unique());
        // Who is in no group has no such claim.
        if !person.groups.is_empty() {
            claims["cognito:groups"] = json!(person.groups);
        }
    }
    let access = Signing::own().token(&access);
    id["at_hash"] = json!(URL_SAFE_NO_PAD.encode(&Sha256::digest(&access)[..16]));
    (Signing::own().token(&id), access)
}

/// What a token says, unchecked.
pub(super) fn claims(token: &str) -> Option<Value> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// An id that no other token has.
#[expect(clippy::expect_used, reason = "two tokens with one id would be one")]
fn unique() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}
