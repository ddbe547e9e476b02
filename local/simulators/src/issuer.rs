//! An `OpenID` provider whose people are invented: whoever signs in says who they are, and needs no
//! password. Its addresses, tokens and answers are like those of Amazon Cognito.
//!
//! Nobody stays signed in here: it sets no cookie, so every sign-in asks who it is, as
//! `prompt=login` demands of other issuers.

mod authorizing;
mod grants;
mod pages;
mod parameters;
mod people;
mod routes;
mod signing;
mod token_endpoint;
mod tokens;

pub use people::{Client, Person};
pub use signing::Forgery;
pub use tokens::Tokens;

use crate::mode::Conduct;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use custodian_clock::Clock;
use grants::{Grant, Grants};
use serde_json::Value;
use signing::{Signing, forged};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokens::SignIn;

/// An issuer; clones are handles on the same one.
#[derive(Clone)]
pub struct Issuer {
    /// How it answers.
    pub conduct: Conduct,
    url: Arc<str>,
    clock: Clock,
    state: Arc<Mutex<State>>,
}

struct State {
    people: Vec<Person>,
    clients: Vec<Client>,
    grants: Grants,
}

impl Issuer {
    /// An issuer at an address, which has no slash at its end, with these people and no client.
    #[must_use]
    pub fn new(url: &str, clock: &Clock, people: Vec<Person>) -> Self {
        let state = State {
            people,
            clients: Vec::new(),
            grants: Grants::default(),
        };
        Self {
            conduct: Conduct::default(),
            url: url.into(),
            clock: clock.clone(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Its address, which its tokens name as `iss`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets a client use it. One with the same id is replaced.
    pub fn allow(&self, client: Client) {
        let mut state = self.state();
        state.clients.retain(|known| known.id != client.id);
        state.clients.push(client);
    }

    /// Everybody who can sign in.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        self.state().people.clone()
    }

    /// Removes a person. Their refresh tokens are worth nothing from now on.
    pub fn remove(&self, person: &str) {
        self.state().people.retain(|known| known.id != person);
    }

    /// Puts a person into these groups, and out of all others. Their next tokens say so.
    pub fn set_groups(&self, person: &str, groups: &[&str]) {
        let mut state = self.state();
        let known = state.people.iter_mut().filter(|known| known.id == person);
        for known in known {
            known.groups = groups.iter().map(|&group| group.to_owned()).collect();
        }
    }

    /// The tokens of a person who has signed in just now, at the first client; `None` if there is
    /// no such person, or no client.
    #[must_use]
    pub fn tokens_for(&self, person: &str) -> Option<Tokens> {
        let now = self.now();
        let client = self.state().clients.first().cloned()?;
        let sign_in = SignIn::new(client.scopes.clone(), None, now);
        let grant = Grant {
            person: person.to_owned(),
            client: client.id,
            sign_in,
        };
        self.begin(grant, random())
    }

    /// The access token of a person who has signed in just now.
    #[must_use]
    pub fn token_for(&self, person: &str) -> Option<String> {
        self.tokens_for(person).map(|tokens| tokens.access)
    }

    /// What such an access token says. Change it and [sign](Self::sign) or [forge](Self::forge) it.
    #[must_use]
    pub fn claims_for(&self, person: &str) -> Option<Value> {
        tokens::claims(&self.token_for(person)?)
    }

    /// A token with these claims that is signed as the issuer signs, whatever they say.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let _ = self;
        Signing::own().token(claims)
    }

    /// A token with these claims that nobody may take.
    #[must_use]
    pub fn forge(&self, claims: &Value, forgery: Forgery) -> String {
        let _ = self;
        forged(claims, forgery)
    }
}

/// A text that nobody can guess.
#[expect(
    clippy::expect_used,
    reason = "without randomness anybody could sign in as anybody"
)]
fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Issuer(..)")
    }
}

#[cfg(test)]
mod tests;
