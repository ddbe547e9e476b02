//! A processor that speaks `OpenDSR` 2.0: the people it holds, the requests it got, and their
//! progress.

use super::calling;
use super::mode::{Conduct, Mode};
use super::signer::Signer;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_clock::Clock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The formats of identities that it accepts, unless it is set otherwise.
const TAKES_AS: [(&str, &str); 4] = [
    ("email", "raw"),
    ("email", "sha256"),
    ("phone_number", "raw"),
    ("controller_customer_id", "raw"),
];

/// A simulator that speaks `OpenDSR`; clones are handles on the same one.
#[derive(Clone)]
pub struct OpenDsr {
    /// How it answers.
    pub conduct: Conduct,
    pub(super) name: &'static str,
    clock: Clock,
    signer: Arc<Signer>,
    stranger: Arc<Signer>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    takes: TimeDelta,
    pub(super) takes_as: Option<Vec<(String, String)>>,
    people: BTreeSet<String>,
    pub(super) matters: BTreeMap<String, SubjectRequest>,
    pub(super) calls: Vec<String>,
    /// The statuses with which its callbacks were answered.
    answered: Vec<u16>,
}

/// A request that it got.
#[derive(Clone, Debug)]
pub struct SubjectRequest {
    /// The identities, as they were sent.
    pub identities: Vec<(String, String)>,
    /// When it will be done.
    pub done_at: DateTime<Utc>,
    /// When it is no longer pending.
    pub begins_at: DateTime<Utc>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Where to call back.
    pub callbacks: Vec<String>,
    /// The last status that it called back with.
    reported: String,
    erased: bool,
}

impl OpenDsr {
    pub(super) fn new(name: &'static str, clock: &Clock) -> Result<Self, String> {
        let domain = format!("{name}.localhost");
        Ok(Self {
            name,
            clock: clock.clone(),
            conduct: Conduct::default(),
            signer: Arc::new(Signer::new(&domain)?),
            stranger: Arc::new(Signer::new(&domain)?),
            state: Arc::default(),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Sets how long it takes to erase somebody, by the stack's clock; at first it takes no time.
    pub fn take(&self, time: TimeDelta) {
        self.state().takes = time;
    }

    /// Accepts identities in these pairs of type and format, and in no others.
    pub fn take_as(&self, pairs: &[(&str, &str)]) {
        let pairs = pairs
            .iter()
            .map(|(kind, format)| ((*kind).to_owned(), (*format).to_owned()));
        self.state().takes_as = Some(pairs.collect());
    }

    /// Holds somebody, by an identity in its canonical spelling.
    pub fn give(&self, identity: &str) {
        self.state().people.insert(identity.to_owned());
    }

    /// Whether it holds somebody by this identity.
    #[must_use]
    pub fn holds(&self, identity: &str) -> bool {
        self.state().people.contains(identity)
    }

    /// Every identity that it knows in any way: of the people that it holds, and in requests.
    ///
    /// A request is dropped together with its person.
    #[must_use]
    pub fn inventory(&self) -> BTreeSet<String> {
        let state = self.state();
        let asked = state
            .matters
            .values()
            .flat_map(|matter| &matter.identities)
            .map(|(_, value)| value.clone());
        state.people.iter().cloned().chain(asked).collect()
    }

    /// The requests that it got, by id.
    #[must_use]
    pub fn matters(&self) -> BTreeMap<String, SubjectRequest> {
        self.state().matters.clone()
    }

    /// Every call that came, as method and path.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// The statuses with which its callbacks were answered.
    #[must_use]
    pub fn answered(&self) -> Vec<u16> {
        self.state().answered.clone()
    }

    pub(super) fn domain(&self) -> String {
        format!("{}.localhost", self.name)
    }

    pub(super) fn token(&self) -> String {
        format!("localstack-{}-processor", self.name)
    }

    /// The contents of its secret: the token that it expects.
    pub(super) fn secret(&self) -> String {
        json!({"token": self.token()}).to_string()
    }

    /// The contents of the secret of its certificate.
    pub(super) fn certificate(&self) -> String {
        json!({"certificate": self.signer.certificate}).to_string()
    }

    /// Signs as itself, or as somebody else if it forges.
    #[must_use]
    pub fn sign(&self, body: &str) -> String {
        let forging = self.conduct.mode() == Mode::Forging;
        if forging {
            self.stranger.sign(body.as_bytes())
        } else {
            self.signer.sign(body.as_bytes())
        }
    }

    /// Takes an order. Returns when it will be done.
    pub(super) fn enter(&self, id: &str, order: &Value) -> DateTime<Utc> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let identities = order["subject_identities"].as_array().into_iter().flatten();
        let callbacks = order["status_callback_urls"]
            .as_array()
            .into_iter()
            .flatten();
        let (now, mut state) = (self.now(), self.state());
        let takes = state.takes;
        let matter = state
            .matters
            .entry(id.to_owned())
            .or_insert_with(|| SubjectRequest {
                identities: identities
                    .map(|it| (text(&it["identity_format"]), text(&it["identity_value"])))
                    .collect(),
                done_at: now + takes,
                begins_at: now + takes / 2,
                cancelled: false,
                callbacks: callbacks.map(text).collect(),
                reported: "pending".to_owned(),
                erased: false,
            });
        matter.done_at
    }

    pub(super) fn takes_as(&self) -> Vec<(String, String)> {
        let usual = || {
            TAKES_AS
                .map(|(kind, format)| (kind.to_owned(), format.to_owned()))
                .to_vec()
        };
        self.state().takes_as.clone().unwrap_or_else(usual)
    }

    /// Erases the people who are due, and calls back where something changed.
    pub(super) async fn keep_up(&self, now: DateTime<Utc>) {
        self.erase(now);
        let mode = self.conduct.mode();
        let mut calls = Vec::new();
        for (id, matter) in &mut self.state().matters {
            let status = if mode == Mode::Boasting {
                "completed"
            } else {
                matter.status(now)
            };
            if matter.reported != status && mode != Mode::Down {
                status.clone_into(&mut matter.reported);
                calls.extend(
                    matter
                        .callbacks
                        .iter()
                        .map(|url| (id.clone(), url.clone(), status, matter.done_at)),
                );
            }
        }
        for (id, url, status, done_at) in calls {
            self.call(&id, &url, status, done_at).await;
        }
    }

    /// Calls an address with any news about a request, signed as its mode says. Returns the status
    /// of the answer.
    pub async fn call(
        &self,
        id: &str,
        url: &str,
        status: &str,
        done_at: DateTime<Utc>,
    ) -> Option<u16> {
        let body = json!({
            "controller_id": "dorset", "status_callback_url": url, "subject_request_id": id, "request_status": status,
            "expected_completion_time": done_at, "results_count": 0,
        })
        .to_string();
        let answer = calling::post(url, &self.domain(), &self.sign(&body), body).await;
        self.state().answered.extend(answer);
        answer
    }

    /// Erases the people who are due.
    pub(super) fn erase(&self, now: DateTime<Utc>) {
        let mut state = self.state();
        let State {
            people, matters, ..
        } = &mut *state;
        if !self.conduct.mode().acts() {
            return;
        }
        for matter in matters
            .values_mut()
            .filter(|it| !it.erased && it.status(now) == "completed")
        {
            for (format, value) in std::mem::take(&mut matter.identities) {
                let digest = |it: &String| hex::encode(Sha256::digest(it.as_bytes()));
                people.retain(|it| {
                    if format == "sha256" {
                        digest(it) != value
                    } else {
                        *it != value
                    }
                });
            }
            matter.erased = true;
        }
    }
}

impl SubjectRequest {
    /// Its state, in the specification's words.
    #[must_use]
    pub fn status(&self, now: DateTime<Utc>) -> &'static str {
        if self.cancelled {
            "cancelled"
        } else if now >= self.done_at {
            "completed"
        } else if now >= self.begins_at {
            "in_progress"
        } else {
            "pending"
        }
    }
}

impl fmt::Debug for OpenDsr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OpenDsr({})", self.name)
    }
}
