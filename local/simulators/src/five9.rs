//! Five9's contacts: who is in them, and which imports delete from them.

use super::mode::Conduct;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_clock::Clock;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The user that may call, and their password.
pub(super) const USER: (&str, &str) = ("custodian", "localstack-five9-processor");

/// A contact: its fields by name, such as `number1` and `email`.
pub type Contact = BTreeMap<String, String>;

/// A simulator of Five9; clones are handles on the same one.
#[derive(Clone)]
pub struct Five9 {
    /// How it answers.
    pub conduct: Conduct,
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    takes: TimeDelta,
    pub(super) contacts: Vec<Contact>,
    pub(super) imports: BTreeMap<String, Import>,
    pub(super) calls: Vec<String>,
}

/// A requested deletion.
#[derive(Debug)]
pub(super) struct Import {
    field: String,
    values: Vec<String>,
    pub(super) done_at: DateTime<Utc>,
    pub(super) removed: usize,
}

impl Five9 {
    pub(super) fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            conduct: Conduct::default(),
            state: Arc::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Sets how long an import takes, by the stack's clock.
    pub fn take(&self, time: TimeDelta) {
        self.state().takes = time;
    }

    /// Adds a contact with these fields.
    pub fn give(&self, fields: &[(&str, &str)]) {
        let contact = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.state().contacts.push(contact);
    }

    /// Whether a contact has this in any of its fields.
    #[must_use]
    pub fn holds(&self, value: &str) -> bool {
        self.state()
            .contacts
            .iter()
            .any(|contact| contact.values().any(|it| it == value))
    }

    /// Every contact.
    #[must_use]
    pub fn contacts(&self) -> Vec<Contact> {
        self.state().contacts.clone()
    }

    /// Every operation that was called.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// Drops its imports, as Five9 does after a while.
    pub fn forget_imports(&self) {
        self.state().imports.clear();
    }

    /// The contents of its secret.
    pub(super) fn secret(&self) -> String {
        let _ = self;
        json!({"user": USER.0, "password": USER.1}).to_string()
    }

    /// Begins an import that deletes. Returns its identifier.
    pub(super) fn begin(&self, field: &str, values: Vec<String>) -> String {
        let (now, mut state) = (self.now(), self.state());
        let id = format!("import-{}", state.imports.len() + 1);
        let import = Import {
            field: field.to_owned(),
            values,
            done_at: now + state.takes,
            removed: 0,
        };
        state.imports.insert(id.clone(), import);
        id
    }

    /// Deletes what is due.
    pub(super) fn keep_up(&self, now: DateTime<Utc>) {
        let mut state = self.state();
        let State {
            contacts, imports, ..
        } = &mut *state;
        if !self.conduct.mode().acts() {
            return;
        }
        for import in imports.values_mut().filter(|it| it.done_at <= now) {
            let values = std::mem::take(&mut import.values);
            let before = contacts.len();
            contacts.retain(|contact| {
                contact
                    .get(&import.field)
                    .is_none_or(|value| !values.contains(value))
            });
            import.removed += before - contacts.len();
        }
    }
}

impl fmt::Debug for Five9 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Five9(..)")
    }
}
