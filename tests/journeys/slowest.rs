//! How long the journeys take, for anybody who wants to make them faster. `make test` shows the
//! slowest.

use std::env::var_os;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Instant;

/// Measures how long a test waits for a stack or something else, until this value is dropped.
pub struct Taken {
    since: Instant,
    /// The test: its thread has its name.
    test: String,
}

impl Taken {
    /// Begins now.
    pub fn begin() -> Self {
        Self {
            since: Instant::now(),
            test: std::thread::current().name().unwrap_or_default().to_owned(),
        }
    }
}

impl Drop for Taken {
    /// Adds a line to the file that `CUSTODIAN_SLOWEST` names, if it names one.
    fn drop(&mut self) {
        let Some(file) = var_os("CUSTODIAN_SLOWEST") else {
            return;
        };
        let line = format!("{:.2}\t{}\n", self.since.elapsed().as_secs_f64(), self.test);
        let file = OpenOptions::new().create(true).append(true).open(file);
        // No test fails because this cannot be written.
        drop(file.and_then(|mut file| file.write_all(line.as_bytes())));
    }
}
