//! How far a file is read: where another invocation goes on.

use crate::reading::Reading;
use crate::report::Report;
use crate::rows::Position;
use serde::{Deserialize, Serialize};
use shared::storage::files::File;

/// How far a file is read, at a row's boundary, and what became of it up to there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    key: String,
    etag: String,
    /// How many bytes the file has.
    size: u64,
    #[serde(flatten)]
    pub position: Position,
    /// The names of a CSV's columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    pub report: Report,
}

impl Checkpoint {
    /// The beginning of a file.
    pub fn start(file: &File) -> Self {
        Self {
            key: file.key.clone(),
            etag: file.etag.clone(),
            size: 0,
            position: Position { offset: 0, line: 1 },
            header: Vec::new(),
            report: Report::new(file.id(), file.source),
        }
    }

    /// Reads back what was written; what can't be read is not there.
    pub fn parse(saved: &[u8]) -> Option<Self> {
        serde_json::from_slice(saved).ok()
    }

    /// As it is written.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The file that it is about.
    pub fn file(&self) -> File {
        File { source: self.report.source, key: self.key.clone(), etag: self.etag.clone() }
    }

    /// Moves on to a boundary that the reading has passed.
    pub fn reached(&mut self, reading: &Reading, position: Position) {
        self.position = position;
        self.header = reading.header().to_vec();
        self.size = reading.size();
    }
}
