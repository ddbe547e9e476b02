//! The issuer's keys. They are made when they are first needed, and end with the process.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::PrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// How long a key is, in bits.
const BITS: usize = 2_048;

/// A key that tokens are signed with.
pub(super) struct Signing {
    key: EncodingKey,
    kid: String,
    /// The modulus and the exponent of its public half, as a JWK has them.
    public: (String, String),
}

/// What makes a token one that nobody may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// It has no signature, and says so: `alg` is `none`.
    Unsigned,
    /// It is signed by `HS256`, with the issuer's public key as the secret.
    SharedSecret,
    /// It is signed with another key, under the id of the issuer's.
    OtherKey,
    /// It is signed with another key, under that key's own id.
    UnknownKey,
}

impl Signing {
    /// The issuer's key.
    pub(super) fn own() -> &'static Self {
        static OWN: OnceLock<Signing> = OnceLock::new();
        OWN.get_or_init(|| Self::new("issuer-key"))
    }

    /// Somebody else's.
    fn other() -> &'static Self {
        static OTHER: OnceLock<Signing> = OnceLock::new();
        OTHER.get_or_init(|| Self::new("other-key"))
    }

    #[expect(clippy::expect_used, reason = "a simulator without a key is of no use")]
    fn new(kid: &str) -> Self {
        let key = PrivateKey::new(&mut rsa::rand_core::UnwrapErr(getrandom::SysRng), BITS);
        let key = key.expect("a key of RSA can be made");
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public = (
            encoded(&key.n().to_be_bytes_trimmed_vartime()),
            encoded(&key.e().to_be_bytes_trimmed_vartime()),
        );
        let der = key.to_pkcs1_der().expect("a key of RSA can be written");
        Self {
            key: EncodingKey::from_rsa_der(der.as_bytes()),
            kid: kid.to_owned(),
            public,
        }
    }

    /// Its public half, as `jwks_uri` shows it (RFC 7517).
    pub(super) fn jwk(&self) -> Value {
        let (n, e) = &self.public;
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e})
    }

    /// A token with these claims.
    pub(super) fn token(&self, claims: &Value) -> String {
        signed(Algorithm::RS256, &self.kid, claims, &self.key)
    }
}

/// A token with these claims that nobody may take.
pub(super) fn forged(claims: &Value, forgery: Forgery) -> String {
    let (own, other) = (Signing::own(), Signing::other());
    match forgery {
        Forgery::Unsigned => {
            let header = json!({"typ": "JWT", "alg": "none", "kid": own.kid});
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", part(&header), part(claims))
        }
        Forgery::SharedSecret => {
            #[expect(clippy::expect_used, reason = "a modulus is not empty")]
            let secret = EncodingKey::from_secret(own.public.0.as_bytes()).expect("a secret");
            signed(Algorithm::HS256, &own.kid, claims, &secret)
        }
        Forgery::OtherKey => signed(Algorithm::RS256, &own.kid, claims, &other.key),
        Forgery::UnknownKey => other.token(claims),
    }
}

#[expect(clippy::expect_used, reason = "a key in memory signs every document")]
fn signed(algorithm: Algorithm, kid: &str, claims: &Value, key: &EncodingKey) -> String {
    let mut header = Header::new(algorithm);
    header.kid = Some(kid.to_owned());
    encode(&header, claims, key).expect("a key signs claims")
}
