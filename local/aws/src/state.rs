//! What the stack itself stores: how far its clock is ahead, how far it has read, what waits and
//! what failed.

use chrono::{DateTime, TimeDelta, Utc};
use custodian_clock::Clock;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A message in a queue.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// When it was sent, by the stack's clock.
    pub sent_at: DateTime<Utc>,
    /// Its contents.
    pub body: Value,
}

/// An event of S3 that its function has not finished.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Pending {
    /// The function's logical id.
    pub(crate) function: String,
    pub(crate) event: Value,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Saved {
    /// How far the clock is ahead of the machine's, in milliseconds.
    pub(crate) ahead: i64,
    /// The last record of a stream that was delivered, by mapping.
    pub(crate) positions: BTreeMap<String, String>,
    /// The time from which the next run counts, by schedule.
    pub(crate) schedules: BTreeMap<String, DateTime<Utc>>,
    /// The messages of a queue, by its ARN.
    pub(crate) queues: BTreeMap<String, Vec<Message>>,
    /// The events of S3 that no function has finished, by the id of their invocation.
    pub(crate) events: BTreeMap<String, Pending>,
    /// How many events of S3 there were.
    pub(crate) sequence: u64,
}

/// The stack's own data, in memory and, with a folder, across restarts.
#[derive(Debug)]
pub(crate) struct State {
    saved: Mutex<Saved>,
    file: Option<PathBuf>,
    /// Held as long as the stack lives.
    _lock: Option<File>,
}

impl State {
    /// Opens the folder for one stack.
    pub(crate) fn open(data: Option<&Path>) -> io::Result<Self> {
        let Some(folder) = data else {
            return Ok(Self {
                saved: Mutex::default(),
                file: None,
                _lock: None,
            });
        };
        std::fs::create_dir_all(folder)?;
        let lock = File::create(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "another stack is using it",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let file = folder.join("stack.json");
        let saved = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Saved::default(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            saved: Mutex::new(saved),
            file: Some(file),
            _lock: Some(lock),
        })
    }

    /// Moves a clock that nobody has moved to where it was when the folder was last used.
    pub(crate) fn restore(&self, clock: &Clock) {
        let ahead = TimeDelta::milliseconds(self.read(|saved| saved.ahead));
        if clock.ahead().is_zero() && !ahead.is_zero() {
            clock.set(clock.now() + ahead);
        }
        let ahead = clock.ahead().num_milliseconds();
        self.update(|saved| saved.ahead = ahead);
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Saved) -> T) -> T {
        look(&self.saved.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the data and writes it to the folder.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Saved)) {
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut saved);
        if let Some(file) = &self.file
            && let Err(error) = write(file, &saved)
        {
            tracing::error!(
                error = error.to_string(),
                "the state of the stack cannot be written"
            );
        }
    }

    /// Puts a message into a queue.
    pub(crate) fn send(&self, queue: &str, body: Value, sent_at: DateTime<Utc>) {
        let message = Message {
            id: crate::request_id::request_id(),
            sent_at,
            body,
        };
        self.update(|saved| {
            saved
                .queues
                .entry(queue.to_owned())
                .or_default()
                .push(message);
        });
    }
}

fn write(file: &Path, saved: &Saved) -> io::Result<()> {
    let beside = file.with_extension("new");
    std::fs::write(&beside, serde_json::to_vec(saved)?)?;
    std::fs::rename(&beside, file)
}
