//! The keys that an issuer signs with, fetched as API Gateway fetches them.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long keys are used before they are fetched again.
const FRESH: TimeDelta = TimeDelta::hours(2);
/// How long nothing is fetched after the issuer was asked, whatever key a token names.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// How long the issuer may take for each answer.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// The longest answer of an issuer, in bytes.
const LONGEST: usize = 256 * 1024;
/// Where an issuer describes itself (`OpenID` Connect Discovery 1.0, section 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A public key of an issuer.
#[derive(Clone)]
pub(crate) struct Key {
    pub(super) decoding: DecodingKey,
    /// What it may be used for.
    pub(super) algorithms: Vec<Algorithm>,
}

/// The keys of one issuer.
pub(crate) struct Keys {
    issuer: String,
    client: Client<HttpConnector, Body>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: BTreeMap<String, Key>,
    fetched: Option<DateTime<Utc>>,
    /// When the issuer was last asked, whatever came of it.
    asked: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Keys {
    /// The keys of an issuer, none of which is known yet.
    pub(crate) fn of(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            known: Mutex::default(),
        }
    }

    /// The key of this id. Asks the issuer if it is not known, or was fetched too long ago.
    pub(super) async fn find(&self, kid: &str, now: DateTime<Utc>) -> Option<Key> {
        let mut known = self.known.lock().await;
        let since = |at: Option<DateTime<Utc>>| at.map(|at| (now - at).abs());
        if since(known.fetched).is_some_and(|age| age < FRESH)
            && let Some(key) = known.keys.get(kid)
        {
            return Some(key.clone());
        }
        if since(known.asked).is_some_and(|age| age < PAUSE) {
            return None;
        }
        known.asked = Some(now);
        match self.fetch().await {
            Ok(keys) => {
                known.keys = keys;
                known.fetched = Some(now);
            }
            Err(problem) => {
                tracing::warn!(
                    error = problem,
                    "the keys of an issuer could not be fetched"
                );
                return None;
            }
        }
        known.keys.get(kid).cloned()
    }

    async fn fetch(&self) -> Result<BTreeMap<String, Key>, &'static str> {
        let address = format!("{}{DISCOVERY}", self.issuer.trim_end_matches('/'));
        let discovery: Discovery = self.get(&address).await?;
        if discovery.issuer != self.issuer {
            return Err("it says that it is another issuer");
        }
        let set: JwkSet = self.get(&discovery.jwks_uri).await?;
        Ok(set.keys.iter().filter_map(usable).collect())
    }

    /// The JSON at an address. The local stack only speaks HTTP without TLS.
    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, &'static str> {
        let request = Request::get(address).body(Body::empty());
        let request = request.map_err(|_| "its address cannot be understood")?;
        let asked = async {
            let answer = self.client.request(request).await;
            let answer = answer.map_err(|_| "it cannot be reached over http://")?;
            if answer.status() != StatusCode::OK {
                return Err("it does not answer with 200");
            }
            let body = to_bytes(Body::new(answer.into_body()), LONGEST).await;
            body.map_err(|_| "its answer is too long, or breaks off")
        };
        let body = tokio::time::timeout(PATIENCE, asked).await;
        let body = body.map_err(|_| "it takes longer than 1,500 ms")??;
        serde_json::from_slice(&body).map_err(|_| "its answer is not what was asked for")
    }
}

/// A key of RSA that has an id and is for signatures, with the algorithms that it is for.
fn usable(jwk: &Jwk) -> Option<(String, Key)> {
    let common = &jwk.common;
    let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let algorithms = match common.key_algorithm {
        None => super::ALGORITHMS.to_vec(),
        Some(KeyAlgorithm::RS256) => vec![Algorithm::RS256],
        Some(KeyAlgorithm::RS384) => vec![Algorithm::RS384],
        Some(KeyAlgorithm::RS512) => vec![Algorithm::RS512],
        Some(_) => return None,
    };
    let decoding = DecodingKey::from_jwk(jwk).ok()?;
    let is_rsa = decoding.family() == jsonwebtoken::AlgorithmFamily::Rsa;
    (signs && is_rsa).then(|| {
        let kid = common.key_id.clone()?;
        Some((
            kid,
            Key {
                decoding,
                algorithms,
            },
        ))
    })?
}
