//! How far a file is read: where another invocation goes on.

use crate::reading::Reading;
use crate::report::Report;
use crate::rows::{Header, Position};
use serde::{Deserialize, Serialize};
use shared::domain::revision::Arrived;
use shared::storage::StorageError;
use shared::storage::files::{self, File};

/// How far a file is read, at a row's boundary, and what became of it up to there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    key: String,
    etag: String,
    /// When it arrived, as S3 told; nothing if S3 told nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Arrived>,
    /// How many bytes the file has.
    size: u64,
    #[serde(flatten)]
    pub position: Position,
    /// How a CSV is written.
    #[serde(flatten)]
    pub header: Header,
    /// What stands before the first row of a CSV, if that is text: with it, bad rows are a file again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_first_row: Option<String>,
    pub report: Report,
}

impl Checkpoint {
    /// The beginning of a file.
    pub fn start(file: &File, arrived: Option<Arrived>) -> Self {
        Self {
            key: file.key.clone(),
            etag: file.etag.clone(),
            arrived,
            size: 0,
            position: Position { offset: 0, line: 1 },
            header: Header::default(),
            before_first_row: None,
            report: Report::new(file.id(), file.folder),
        }
    }

    /// Reads back what was written; what can't be read is not there.
    pub fn parse(saved: &[u8]) -> Option<Self> {
        serde_json::from_slice(saved).ok()
    }

    /// As it is written.
    ///
    /// # Errors
    /// [`StorageError`] if it can't be.
    pub fn to_json(&self) -> Result<Vec<u8>, StorageError> {
        files::json("remember how far a file is read", self)
    }

    /// The file that it is about.
    pub fn file(&self) -> File {
        File { folder: self.report.source, key: self.key.clone(), etag: self.etag.clone() }
    }

    /// Moves on to a boundary that the reading has passed.
    pub fn reached(&mut self, reading: &Reading, position: Position) {
        self.position = position;
        self.header = reading.written();
        self.size = reading.size();
        let before = std::str::from_utf8(reading.before_first_row()).unwrap_or_default();
        self.before_first_row = Some(before.to_owned()).filter(|before| !before.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::{Checkpoint, File, Header};

    #[test]
    fn how_a_file_is_written_is_remembered_and_one_of_an_earlier_version_has_commas() {
        let mut checkpoint = Checkpoint::start(&File::dropped("social/file", "e").unwrap(), None);
        for separator in [';', ','] {
            checkpoint.header = Header { names: vec!["post_id".to_owned(), "text".to_owned()], separator };
            let saved = checkpoint.to_json().unwrap();
            assert_eq!(Checkpoint::parse(&saved).unwrap().header, checkpoint.header);
            assert_eq!(String::from_utf8(saved).unwrap().contains("separator"), separator == ';');
        }
    }
}
