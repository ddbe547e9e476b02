//! What the issuer has handed out: codes, which are good once, and refresh tokens.

use super::tokens::{self, SignIn, Tokens};
use super::{Issuer, random};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// How long a code is good for.
const CODE: TimeDelta = TimeDelta::minutes(5);
/// How long a refresh token is good for, from the sign-in on.
const REFRESH: TimeDelta = TimeDelta::hours(8);

/// Somebody has signed in at a client.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) person: String,
    pub(super) client: String,
    pub(super) sign_in: SignIn,
}

/// A code that somebody brought back to a client.
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    /// The SHA-256 of the verifier, in base64 (RFC 7636, section 4.2).
    pub(super) challenge: String,
    /// The refresh token that it was changed for.
    used: Option<String>,
}

/// Everything that was handed out and is not over.
#[derive(Default)]
pub(super) struct Grants {
    codes: BTreeMap<String, Code>,
    refresh_tokens: BTreeMap<String, Grant>,
}

impl Grants {
    /// Forgets what is over.
    fn prune(&mut self, now: DateTime<Utc>) {
        self.codes
            .retain(|_, code| now < code.grant.sign_in.at + CODE);
        self.refresh_tokens
            .retain(|_, grant| now < grant.sign_in.at + REFRESH);
    }
}

impl Issuer {
    /// A code for somebody who has just said who they are.
    pub(super) fn code(&self, grant: Grant, redirect_uri: &str, challenge: &str) -> String {
        let code = random();
        let mut state = self.state();
        state.grants.prune(self.now());
        let handed_out = Code {
            grant,
            redirect_uri: redirect_uri.to_owned(),
            challenge: challenge.to_owned(),
            used: None,
        };
        state.grants.codes.insert(code.clone(), handed_out);
        code
    }

    /// Changes a code for tokens, if it is good and `is_right`. If it was changed before, somebody
    /// has stolen it, and what it was changed for ends (RFC 6749, section 4.1.2).
    pub(super) fn redeem(
        &self,
        code: &str,
        is_right: impl FnOnce(&Code) -> bool,
    ) -> Option<Tokens> {
        let (now, refresh) = (self.now(), random());
        let grant = {
            let mut state = self.state();
            let grants = &mut state.grants;
            grants.prune(now);
            let found = grants.codes.get_mut(code)?;
            if let Some(refresh) = &found.used {
                grants.refresh_tokens.remove(refresh);
                return None;
            }
            is_right(found).then_some(())?;
            found.used = Some(refresh.clone());
            found.grant.clone()
        };
        self.begin(grant, refresh)
    }

    /// The first tokens of a sign-in.
    pub(super) fn begin(&self, grant: Grant, refresh: String) -> Option<Tokens> {
        let now = self.now();
        let (id, access) = self.issue(&grant, now)?;
        let mut state = self.state();
        state.grants.prune(now);
        let refresh_tokens = &mut state.grants.refresh_tokens;
        refresh_tokens.insert(refresh.clone(), grant);
        Some(Tokens {
            id,
            access,
            refresh,
        })
    }

    /// New tokens for a refresh token of this client: with the groups that the person is in now,
    /// and none if they are not there any more.
    pub(super) fn refreshed(&self, refresh: &str, client: &str) -> Option<(String, String)> {
        let now = self.now();
        let mut grant = {
            let mut state = self.state();
            state.grants.prune(now);
            let grant = state.grants.refresh_tokens.get(refresh)?;
            (grant.client == client).then(|| grant.clone())?
        };
        // A nonce belongs to the answer to one sign-in.
        grant.sign_in.nonce = None;
        self.issue(&grant, now)
    }

    /// Ends a refresh token of this client.
    pub(super) fn revoke(&self, refresh: &str, client: &str) {
        let tokens = &mut self.state().grants.refresh_tokens;
        if tokens.get(refresh).is_some_and(|it| it.client == client) {
            tokens.remove(refresh);
        }
    }

    fn issue(&self, grant: &Grant, now: DateTime<Utc>) -> Option<(String, String)> {
        let people = self.people();
        let person = people.iter().find(|person| person.id == grant.person)?;
        let Grant {
            client, sign_in, ..
        } = grant;
        Some(tokens::issue(self.url(), client, person, sign_in, now))
    }
}
