//! How much one client may send in an hour, without storing who it was.
//!
//! An instance counts in its memory. Only a client that sends it more than most is counted in the
//! Register as well, together with the counts of other instances. So an ordinary answer costs no
//! call.

use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::identity::client::{Client, Clients, Hour};
use custodian_domain::identity::keyring::{Forms, Keyring};
use custodian_runtime::{Environment, StartError};
use custodian_store::clients::ClientCounts;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// The share of a client's hourly limit that an instance lets pass before it counts in the Register
/// (one part in this many).
const SHARE: u32 = 10;
/// How many clients an instance counts at once (some megabytes). Clients beyond that are not
/// counted.
const CLIENTS: usize = 20_000;

/// Counts what clients send.
#[derive(Debug)]
pub struct Limits {
    clients: Clients,
    counts: ClientCounts,
    most: u32,
    seen: Mutex<Seen>,
}

/// What one instance has counted in one hour.
#[derive(Debug)]
struct Seen {
    hour: Hour,
    clients: HashMap<Client, Count>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    here: u32,
    is_over: bool,
}

/// A client has sent as much as it may within the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// How long it has to wait.
    pub wait: TimeDelta,
}

impl Limits {
    /// The limits of a function: the setting `ANSWERS_PER_HOUR` says how much a client may send.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or is not a number above 0.
    pub fn start(
        environment: &Environment,
        counts: ClientCounts,
        keys: &Keyring<Forms>,
    ) -> Result<Self, StartError> {
        const MOST: &str = "ANSWERS_PER_HOUR";
        let most = environment
            .setting(MOST)?
            .parse()
            .ok()
            .filter(|most| *most > 0);
        Ok(Self {
            clients: Clients::new(keys),
            counts,
            most: most.ok_or(StartError::Invalid(MOST, "must be a number above 0"))?,
            seen: Mutex::new(Seen {
                hour: Hour::of(environment.clock().now()),
                clients: HashMap::new(),
            }),
        })
    }

    /// Counts one thing that somebody sends from this address. If the address is unknown, or
    /// counting fails, it passes: too much is better than nothing.
    ///
    /// # Errors
    /// [`TooMany`] if the client has sent as much as it may.
    pub async fn admit(&self, address: Option<IpAddr>, now: DateTime<Utc>) -> Result<(), TooMany> {
        let Some(address) = address else {
            return Ok(());
        };
        let hour = Hour::of(now);
        let client = self.clients.at(address, hour);
        let Some(count) = self.count(&client, hour) else {
            return Ok(());
        };
        let too_many = TooMany {
            wait: hour.end() - now,
        };
        let share = (self.most / SHARE).max(1);
        let more = match count.here {
            _ if count.is_over => return Err(too_many),
            here if here < share => return Ok(()),
            // Everything that has passed so far, at once.
            here if here == share => share,
            _ => 1,
        };
        match self.counts.add(&client, hour, more).await {
            Ok(seen) if seen > self.most.into() => {
                self.is_over(&client);
                Err(too_many)
            }
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(error = %error, outcome = "uncounted", "limits");
                Ok(())
            }
        }
    }

    /// Counts in memory; `None` if there is no room for another client.
    fn count(&self, client: &Client, hour: Hour) -> Option<Count> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.hour != hour {
            *seen = Seen {
                hour,
                clients: HashMap::new(),
            };
        }
        if seen.clients.len() >= CLIENTS && !seen.clients.contains_key(client) {
            return None;
        }
        let count = seen.clients.entry(client.clone()).or_default();
        count.here = count.here.saturating_add(1);
        let counted = *count;
        drop(seen);
        Some(counted)
    }

    /// Stores that a client has sent too much, so that its further requests cost no call.
    fn is_over(&self, client: &Client) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = seen.clients.get_mut(client) {
            count.is_over = true;
        }
    }
}
