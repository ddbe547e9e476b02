//! A file that is being read: its bytes, as they stream in, become raw rows.

use crate::checkpoint::Checkpoint;
use crate::report::Reason;
use crate::rows::{Framed, Position, Rows, Unreadable};
use crate::sources::{self, MissingColumn};
use chrono::{DateTime, Utc};
use shared::domain::source::Source;
use shared::storage::StorageError;
use shared::storage::files::{File, Files, Opened};

/// How often a connection that breaks off is opened again at the same row before the invocation fails.
const REOPENED: u32 = 3;

/// A file that is being read.
pub struct Reading {
    files: Files,
    file: File,
    opened: Opened,
    rows: Rows,
    ended: bool,
    reopened: u32,
}

/// Why reading does not go on.
#[derive(Debug)]
pub enum Refusal {
    /// The file as a whole can't be read.
    Unreadable(Reason),
    /// Something does not answer: it goes on another time.
    Storage(StorageError),
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(Reason { rule: unreadable.name().to_owned(), field: None })
    }
}

impl From<MissingColumn> for Refusal {
    fn from(MissingColumn(column): MissingColumn) -> Self {
        Self::Unreadable(Reason { rule: "missing_column".to_owned(), field: Some(column) })
    }
}

impl Reading {
    /// Opens a file where the checkpoint says; nothing if it is no longer there.
    pub async fn open(files: &Files, file: &File, checkpoint: &Checkpoint) -> Result<Option<Self>, StorageError> {
        let Some(format) = sources::format(file.source) else { return Ok(None) };
        let opened = files.open(file, checkpoint.position.offset).await?;
        let rows = Rows::resume(format, checkpoint.header.clone(), checkpoint.position.clone());
        Ok(opened.map(|opened| Self {
            files: files.clone(),
            file: file.clone(),
            opened,
            rows,
            ended: false,
            reopened: 0,
        }))
    }

    /// The next row; nothing at the end.
    pub async fn next(&mut self) -> Result<Option<Framed>, Refusal> {
        loop {
            if let Some(framed) = self.rows.next()? {
                self.reopened = 0;
                return Ok(Some(framed));
            }
            match self.opened.body.next().await {
                Some(Ok(bytes)) => self.rows.push(&bytes),
                // A row that is not over yet may be the last: the end of the bytes says so.
                None if self.ended => return Ok(None),
                None => {
                    self.rows.finish();
                    self.ended = true;
                }
                Some(Err(_)) => self.reopen().await?,
            }
        }
    }

    /// Begins again behind the last row, with a new connection.
    async fn reopen(&mut self) -> Result<(), Refusal> {
        const OPERATION: &str = "read a file";
        let broken = || StorageError { operation: OPERATION, code: "broken response".to_owned() };
        let format = sources::format(self.file.source).filter(|_| self.reopened < REOPENED).ok_or_else(broken)?;
        self.reopened += 1;
        let position = self.rows.position();
        self.opened = self.files.open(&self.file, position.offset).await?.ok_or_else(broken)?;
        self.rows = Rows::resume(format, self.rows.header().to_vec(), position);
        Ok(())
    }

    /// What the file is of.
    pub const fn source(&self) -> Source {
        self.file.source
    }

    /// The names of its columns, once a row was read.
    pub fn header(&self) -> &[String] {
        self.rows.header()
    }

    /// The boundary behind the last row that was read.
    pub fn position(&self) -> Position {
        self.rows.position()
    }

    /// How many bytes it has.
    pub const fn size(&self) -> u64 {
        self.opened.size
    }

    /// When it was dropped.
    pub const fn dropped_at(&self) -> DateTime<Utc> {
        self.opened.dropped_at
    }
}
