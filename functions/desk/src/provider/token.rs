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
    let number = |text: Option<String>| text.and_then(|text| StaffNumber::try_from(text).ok());
    let (entered, username) = (number(claims.staff_number), number(claims.username));
    // An access token says the user name only: two names would be two people to the register.
    if let (Some(entered), Some(username)) = (&entered, &username)
        && !entered.is(username)
    {
        return Err(Unbelieved::Wrong("two_staff_numbers"));
    }
    Ok(Identity {
        subject: claims.sub,
        staff: entered.or(username),
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

#[cfg(test)]
mod tests {
    use super::{Expected, Identity, Unbelieved, read};
    use crate::roles::Role;
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use serde_json::{Value, json};

    /// Keys that were made for these tests and are used nowhere else.
    const OURS: &[u8] = include_bytes!("../../fixtures/test-key.der");
    const OTHER: &[u8] = include_bytes!("../../fixtures/other-key.der");
    /// The modulus of the first.
    const MODULUS: &str = include_str!("../../fixtures/test-key.modulus").trim_ascii();
    const NOW: i64 = 1_763_892_000;

    fn keys() -> JwkSet {
        let key = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "ours", "n": MODULUS, "e": "AQAB"});
        serde_json::from_value(json!({"keys": [key]})).unwrap()
    }

    fn claims() -> Value {
        json!({
            "iss": "https://id.example/pool", "aud": "desk", "sub": "7f2c", "token_use": "id", "nonce": "n",
            "iat": NOW, "auth_time": NOW - 60, "exp": NOW + 300, "cognito:groups": ["dpo", "dpo-trainee"],
            "cognito:username": "d-1",
        })
    }

    fn signed(algorithm: Algorithm, kid: &str, key: &EncodingKey, claims: &Value) -> String {
        let mut header = Header::new(algorithm);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, claims, key).unwrap()
    }

    fn token(claims: &Value) -> String {
        signed(
            Algorithm::RS256,
            "ours",
            &EncodingKey::from_rsa_der(OURS),
            claims,
        )
    }

    fn believed(token: &str) -> Result<Identity, Unbelieved> {
        let expected = Expected {
            issuer: "https://id.example/pool",
            client: "desk",
            nonce: Some("n"),
        };
        let now = chrono::DateTime::from_timestamp(NOW, 0).unwrap();
        read(token, &keys(), expected, now)
    }

    #[test]
    fn a_token_of_the_provider_says_who_it_is() {
        let identity = believed(&token(&claims())).unwrap();
        assert_eq!(identity.staff.unwrap().as_str(), "d-1");
        assert_eq!(identity.roles, [Role::Dpo]);
        assert_eq!(identity.proved_at.timestamp(), NOW - 60);
    }

    #[test]
    fn no_other_token_is_believed() {
        let with = |field: &str, value: Value| {
            let mut claims = claims();
            claims[field] = value;
            token(&claims)
        };
        for (token, why) in [
            (with("iss", json!("https://id.example/other")), "issuer"),
            (with("aud", json!("another-client")), "audience"),
            (with("token_use", json!("access")), "an access token"),
            (with("nonce", json!("m")), "another sign-in"),
            (with("nonce", Value::Null), "no nonce"),
            (with("exp", json!(NOW - 60)), "expired"),
            (with("iat", json!(NOW + 61)), "from tomorrow"),
            (with("nbf", json!(NOW + 61)), "not yet"),
            (with("sub", Value::Null), "nobody"),
        ] {
            assert!(
                matches!(believed(&token), Err(Unbelieved::Wrong(_))),
                "{why}"
            );
        }
        assert!(
            believed(&with("exp", json!(NOW - 59))).is_ok(),
            "a minute's leeway"
        );
    }

    #[test]
    fn no_other_key_or_algorithm_is_believed() {
        let shared = EncodingKey::from_secret(MODULUS.as_bytes()).unwrap();
        let other = EncodingKey::from_rsa_der(OTHER);
        let ours = EncodingKey::from_rsa_der(OURS);
        for (token, why) in [
            (
                signed(Algorithm::HS256, "ours", &shared, &claims()),
                "a shared secret",
            ),
            (
                signed(Algorithm::RS256, "ours", &other, &claims()),
                "another key",
            ),
            (
                signed(Algorithm::RS384, "ours", &ours, &claims()),
                "another algorithm",
            ),
        ] {
            assert!(
                matches!(believed(&token), Err(Unbelieved::Wrong(_))),
                "{why}"
            );
        }
        let unknown = signed(Algorithm::RS256, "theirs", &other, &claims());
        assert_eq!(believed(&unknown), Err(Unbelieved::UnknownKey));
        let genuine = token(&claims());
        let parts: Vec<&str> = genuine.split('.').collect();
        let none = "eyJhbGciOiJub25lIiwia2lkIjoib3VycyJ9";
        for forged in [
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}", parts[0], parts[1]),
            String::new(),
        ] {
            assert!(
                matches!(believed(&forged), Err(Unbelieved::Wrong(_))),
                "{forged}"
            );
        }
    }
}
