//! The identity provider: Cognito, or the local stack's own. It speaks `OpenID` Connect with the
//! code flow and PKCE (RFC 7636), and the desk has no secret of its own.

mod token;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_egress::Egress;
use custodian_runtime::{Environment, StartError};
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::time::Duration;
use token::{Expected, Identity, Unbelieved};
use tokio::sync::Mutex;

/// How long the provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How soon its keys are fetched again for a key that is not among them.
const REFETCH: TimeDelta = TimeDelta::minutes(1);
/// How old its keys may be.
const KEYS_LIVE: TimeDelta = TimeDelta::hours(1);
/// What we ask to know.
const SCOPE: &str = "openid custodian/desk";
const FORM: &str = "application/x-www-form-urlencoded";

/// Asks the provider.
#[derive(Debug)]
pub(crate) struct Provider {
    egress: Egress,
    issuer: String,
    client: String,
    /// Our own origin.
    desk: String,
    known: Mutex<Option<Known>>,
}

/// Where the provider is asked, and its keys.
#[derive(Clone, Debug)]
struct Known {
    place: Place,
    keys: JwkSet,
    fetched_at: DateTime<Utc>,
}

#[derive(Clone, Debug, Deserialize)]
struct Place {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    end_session_endpoint: Option<String>,
}

/// What begins a sign-in, and what comes back must fit.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    /// Echoed by the provider.
    pub(crate) state: String,
    /// Repeated in the ID token.
    pub(crate) nonce: String,
    /// Its digest goes ahead; it proves later who began.
    pub(crate) verifier: String,
}

/// Who signed in, and what renews it.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// Who.
    pub(crate) identity: Identity,
    /// The refresh token; a renewal may have none, and the one before it goes on.
    pub(crate) refresh: Option<String>,
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSignedIn {
    /// The provider does not answer.
    #[error("unavailable")]
    Unavailable,
    /// The provider refuses, or what it says is not believed.
    #[error("{0}")]
    Refused(&'static str),
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
}

impl Provider {
    /// Reads the settings; the provider is asked when somebody signs in.
    ///
    /// # Errors
    /// [`StartError`] if one is missing or cannot be used.
    pub(crate) fn new(environment: &Environment, desk: String) -> Result<Self, StartError> {
        let egress = Egress::new(environment)?.patient_for(PATIENCE);
        let issuer = egress.address(environment, "DESK_ISSUER")?;
        Ok(Self {
            egress,
            issuer: issuer.as_str().trim_end_matches('/').to_owned(),
            client: environment.owned("DESK_CLIENT_ID")?,
            desk,
            known: Mutex::new(None),
        })
    }

    /// Where a person signs in. `again` makes them prove who they are even if the provider knows
    /// them.
    pub(crate) async fn sign_in(
        &self,
        beginning: &Beginning,
        again: bool,
        now: DateTime<Utc>,
    ) -> Result<String, NotSignedIn> {
        let known = self.known(None, now).await?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(beginning.verifier.as_bytes()));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client)
            .append_pair("redirect_uri", &self.redirect())
            .append_pair("scope", SCOPE)
            .append_pair("state", &beginning.state)
            .append_pair("nonce", &beginning.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if again {
            query.append_pair("prompt", "login");
        }
        Ok(with_query(
            &known.place.authorization_endpoint,
            &query.finish(),
        ))
    }

    /// Where a person signs out at the provider as well, as Cognito has it.
    pub(crate) async fn sign_out(&self, now: DateTime<Utc>) -> Result<Option<String>, NotSignedIn> {
        let known = self.known(None, now).await?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.client)
            .append_pair("logout_uri", &format!("{}/desk/signed-out", self.desk))
            .finish();
        let place = known.place.end_session_endpoint;
        Ok(place.map(|place| with_query(&place, &query)))
    }

    /// Exchanges the code that the person came back with.
    pub(crate) async fn exchange(
        &self,
        code: &str,
        beginning: &Beginning,
        now: DateTime<Utc>,
    ) -> Result<SignedIn, NotSignedIn> {
        let redirect = self.redirect();
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", &self.client)
            .append_pair("redirect_uri", &redirect)
            .append_pair("code", code)
            .append_pair("code_verifier", &beginning.verifier)
            .finish();
        self.tokens(body, Some(&beginning.nonce), now).await
    }

    /// Asks again who somebody is, and which roles they have now.
    pub(crate) async fn renew(
        &self,
        refresh: &str,
        now: DateTime<Utc>,
    ) -> Result<SignedIn, NotSignedIn> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", &self.client)
            .append_pair("refresh_token", refresh)
            .finish();
        self.tokens(body, None, now).await
    }

    async fn tokens(
        &self,
        body: String,
        nonce: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<SignedIn, NotSignedIn> {
        let known = self.known(None, now).await?;
        let request = self.egress.client().post(&known.place.token_endpoint);
        let request = request.header("content-type", FORM).body(body);
        let answer = self.egress.send(request).await;
        let answer = answer.map_err(|_| NotSignedIn::Unavailable)?;
        let tokens: Tokens = match answer.status {
            200 => read(&answer.body)?,
            400 | 401 => return Err(NotSignedIn::Refused("grant")),
            _ => return Err(NotSignedIn::Unavailable),
        };
        let identity = self.believed(&tokens.id_token, nonce, known, now).await?;
        Ok(SignedIn {
            identity,
            refresh: tokens.refresh_token,
        })
    }

    /// Who an ID token says that somebody is. For a key that is not known the keys are fetched
    /// again, once.
    async fn believed(
        &self,
        id_token: &str,
        nonce: Option<&str>,
        known: Known,
        now: DateTime<Utc>,
    ) -> Result<Identity, NotSignedIn> {
        let expected = Expected {
            issuer: &self.issuer,
            client: &self.client,
            nonce,
        };
        let first = token::read(id_token, &known.keys, expected, now);
        let identity = if first == Err(Unbelieved::UnknownKey) {
            let known = self.known(Some(known.fetched_at), now).await?;
            token::read(id_token, &known.keys, expected, now)
        } else {
            first
        };
        identity.map_err(|why| match why {
            Unbelieved::UnknownKey => NotSignedIn::Refused("unknown_key"),
            Unbelieved::Wrong(what) => NotSignedIn::Refused(what),
        })
    }

    /// What is known of the provider; newer than `than` if that is longer ago than a minute.
    async fn known(
        &self,
        than: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Known, NotSignedIn> {
        let mut known = self.known.lock().await;
        let is_good = |known: &&Known| {
            let age = now - known.fetched_at;
            let is_newer = than.is_none_or(|than| known.fetched_at > than);
            age >= TimeDelta::zero() && age < KEYS_LIVE && (is_newer || age < REFETCH)
        };
        if let Some(known) = known.as_ref().filter(is_good) {
            return Ok(known.clone());
        }
        let discovery = format!("{}/.well-known/openid-configuration", self.issuer);
        let place: Place = self.get(&discovery).await?;
        if place.issuer.trim_end_matches('/') != self.issuer {
            return Err(NotSignedIn::Refused("issuer"));
        }
        let keys = self.get(&place.jwks_uri).await?;
        let fetched = Known {
            place,
            keys,
            fetched_at: now,
        };
        *known = Some(fetched.clone());
        drop(known);
        Ok(fetched)
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, NotSignedIn> {
        let answer = self.egress.send(self.egress.client().get(url)).await;
        let answer = answer.map_err(|_| NotSignedIn::Unavailable)?;
        if answer.status == 200 {
            read(&answer.body)
        } else {
            Err(NotSignedIn::Unavailable)
        }
    }

    fn redirect(&self) -> String {
        format!("{}/desk/signed-in", self.desk)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, NotSignedIn> {
    serde_json::from_slice(body).map_err(|_| NotSignedIn::Refused("answer"))
}

fn with_query(place: &str, query: &str) -> String {
    let joint = if place.contains('?') { '&' } else { '?' };
    format!("{place}{joint}{query}")
}
