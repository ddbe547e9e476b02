//! What an ID token says, once it is certain whose it is.

use crate::roles::{self, Role};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::identity::staff::StaffNumber;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

/// How far the provider's clock may be from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Somebody whom the provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The provider's name for them, for ever.
    pub(crate) subject: String,
    /// Their staff number; `None` if nobody has entered one.
    pub(crate) staff: Option<StaffNumber>,
    /// Their roles now.
    pub(crate) roles: Vec<Role>,
    /// When they last proved who they are.
    pub(crate) proved_at: DateTime<Utc>,
}

/// What a token must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// Who made it.
    pub(crate) issuer: &'a str,
    /// For whom.
    pub(crate) client: &'a str,
    /// What the sign-in began with; `None` for a token that renews one.
    pub(crate) nonce: Option<&'a str>,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unbelieved {
    /// No key of the provider has this name: it may have a new one.
    #[error("unknown_key")]
    UnknownKey,
    /// Anything else, as a constant.
    #[error("{0}")]
    Wrong(&'static str),
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    iat: i64,
    auth_time: i64,
    #[serde(default)]
    nonce: Option<String>,
    token_use: String,
    #[serde(default, rename = "cognito:groups")]
    groups: Option<Value>,
    #[serde(default, rename = "cognito:username")]
    username: Option<String>,
    #[serde(default, rename = "custom:staff_number")]
    staff_number: Option<String>,
}

/// Reads an ID token that one of these keys has signed: RS256 and nothing else.
pub(crate) fn read(
    token: &str,
    keys: &JwkSet,
    expected: Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Identity, Unbelieved> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Unbelieved::Wrong("no_token"))?;
    if header.alg != Algorithm::RS256 {
        return Err(Unbelieved::Wrong("algorithm"));
    }
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid));
    let key = key.ok_or(Unbelieved::UnknownKey)?;
    let claims = signed(token, key, expected)?;
    let (now, leeway) = (now.timestamp(), LEEWAY.num_seconds());
    let wrong = [
        (claims.token_use != "id", "token_use"),
        (claims.exp <= now - leeway, "expired"),
        (
            claims.nbf.is_some_and(|from| from > now + leeway),
            "too_early",
        ),
        (claims.iat > now + leeway, "too_early"),
        (claims.auth_time > now + leeway, "too_early"),
        (
            expected
                .nonce
                .is_some_and(|nonce| claims.nonce.as_deref() != Some(nonce)),
            "nonce",
        ),
    ];
    if let Some((_, what)) = wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
        return Err(Unbelieved::Wrong(what));
    }
    let numbers = [claims.staff_number, claims.username].into_iter().flatten();
    let staff = numbers.filter_map(|number| StaffNumber::try_from(number).ok());
    Ok(Identity {
        subject: claims.sub,
        staff: staff.into_iter().next(),
        roles: roles::of_claim(claims.groups.as_ref()),
        proved_at: DateTime::from_timestamp(claims.auth_time, 0)
            .ok_or(Unbelieved::Wrong("auth_time"))?,
    })
}

/// The claims of a token with a signature that holds, from the issuer that is expected. Times are
/// compared with our own clock afterwards.
fn signed(token: &str, key: &Jwk, expected: Expected<'_>) -> Result<Claims, Unbelieved> {
    let key = DecodingKey::from_jwk(key).map_err(|_| Unbelieved::Wrong("key"))?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map(|token| token.claims)
        .map_err(|_| Unbelieved::Wrong("signature_or_claims"))
}
