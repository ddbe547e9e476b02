//! A file while it is read: its bytes, as they stream in, become raw rows.

use crate::checkpoint::{Bytes, Checkpoint};
use crate::report::Reason;
use crate::rows::{Format, Framed, Header, Position, ROW_LIMIT, Rows, Unreadable};
use crate::sources::{self, Five9, Misfit};
use custodian_aws::StorageError;
use custodian_buckets::files::{File, Files, Opened};
use custodian_domain::record::revision::ArrivalTime;
use custodian_domain::record::source::Source;

/// How often a broken connection is opened again at the same row before the invocation fails.
const REOPENED: u32 = 3;
/// On how many lines a header that does not fit is looked for.
const TITLES: usize = 20;

/// A file that is being read.
pub struct Reading {
    files: Files,
    file: File,
    source: Source,
    arrived: ArrivalTime,
    opened: Opened,
    rows: Rows,
    /// The beginning of the file, until the first row was read; then what came before that.
    head: Head,
    ended: bool,
    reopened: u32,
}

/// Why reading stops.
#[derive(Debug)]
pub enum ReadError {
    /// The file as a whole can't be read.
    Unreadable(Reason),
    /// A service does not answer: it continues another time.
    Storage(StorageError),
}

impl From<StorageError> for ReadError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<Unreadable> for ReadError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(Reason {
            rule: unreadable.name().to_owned(),
            field: None,
        })
    }
}

impl From<Misfit> for ReadError {
    fn from(misfit: Misfit) -> Self {
        let (rule, field) = misfit.reason();
        Self::Unreadable(Reason {
            rule: rule.to_owned(),
            field,
        })
    }
}

impl Reading {
    /// Opens a file at the checkpoint; `None` if it is no longer there.
    pub async fn open(
        files: &Files,
        file: &File,
        source: Source,
        checkpoint: &Checkpoint,
    ) -> Result<Option<Self>, StorageError> {
        let Some(format) = sources::format(source) else {
            return Ok(None);
        };
        let Some(opened) = files.open(file, checkpoint.position.offset).await? else {
            return Ok(None);
        };
        let rows = Rows::resume(
            format,
            checkpoint.header.clone(),
            checkpoint.position.clone(),
        );
        Ok(Some(Self {
            files: files.clone(),
            file: file.clone(),
            source,
            // Without a notification from S3, only the listing's whole seconds are known. A file
            // that is brought back from quarantine keeps the time at which it was first dropped:
            // later versions stand.
            arrived: match opened.first_dropped_at {
                Some(first) => first.into(),
                None => checkpoint
                    .arrived
                    .unwrap_or_else(|| opened.dropped_at.into()),
            },
            head: Head::of(format, checkpoint),
            opened,
            rows,
            ended: false,
            reopened: 0,
        }))
    }

    /// The next row; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Framed>, ReadError> {
        loop {
            if let Some(framed) = self.rows.next()? {
                self.head.meet(&framed);
                self.reopened = 0;
                return Ok(Some(framed));
            }
            match self.opened.body.next().await {
                Some(Ok(bytes)) => {
                    self.head.push(&bytes);
                    self.rows.push(&bytes);
                }
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

    /// Why the header does not fit, which the next rows may show. The file is then not read on.
    pub async fn unfit(
        &mut self,
        misfit: Misfit,
        first: Option<Framed>,
        five9: &Five9,
    ) -> ReadError {
        let mut lines = Vec::new();
        let mut framed = first;
        while let Some(Framed::Row { raw, .. } | Framed::Broken { raw, .. }) = framed {
            lines.push(raw);
            framed = match self.next().await {
                Ok(next) if lines.len() < TITLES => next,
                Ok(_) | Err(ReadError::Unreadable(_)) => None,
                Err(storage) => return storage,
            };
        }
        misfit
            .written(&self.written())
            .among(&lines, self.source(), five9)
            .into()
    }

    /// Begins again after the last row, with a new connection.
    async fn reopen(&mut self) -> Result<(), ReadError> {
        const OPERATION: &str = "read a file";
        let broken = || StorageError::because(OPERATION, "broken response");
        let format = sources::format(self.source)
            .filter(|_| self.reopened < REOPENED)
            .ok_or_else(broken)?;
        self.reopened += 1;
        let position = self.rows.position();
        self.opened = self
            .files
            .open(&self.file, position.offset)
            .await?
            .ok_or_else(broken)?;
        self.head.reopen(position.offset);
        self.rows = Rows::resume(format, self.written(), position);
        Ok(())
    }

    /// The file's source.
    pub const fn source(&self) -> Source {
        self.source
    }

    /// The names of its columns, once a row was read.
    pub fn header(&self) -> &[String] {
        self.rows.header()
    }

    /// Its layout, once a row was read.
    pub fn written(&self) -> Header {
        self.rows
            .written()
            .map_or_else(Header::default, Clone::clone)
    }

    /// Whether the file says that there are further pages, which are not in it.
    pub fn has_more_pages(&self) -> bool {
        self.rows.has_more_pages()
    }

    /// The boundary after the last row that was read.
    pub fn position(&self) -> Position {
        self.rows.position()
    }

    /// Moves a checkpoint on to a boundary that was passed.
    pub fn reached(&self, checkpoint: &mut Checkpoint, position: Position) {
        checkpoint.position = position;
        checkpoint.header = self.written();
        checkpoint.size = self.size();
        let before = Some(Bytes(self.before_first_row().to_vec()));
        checkpoint.before_first_row = before.filter(|before| !before.0.is_empty());
    }

    /// How many bytes it has.
    pub const fn size(&self) -> u64 {
        self.opened.size
    }

    /// When it arrived.
    pub const fn arrived(&self) -> ArrivalTime {
        self.arrived
    }

    /// The name given by the person who brought the file back.
    pub fn errand(&self) -> Option<&str> {
        self.opened.errand.as_deref()
    }

    /// What comes before the first row of a CSV, once a row was read; empty for anything else, and
    /// if reading began after it.
    pub fn before_first_row(&self) -> &[u8] {
        match &self.head {
            Head::Before(bytes) => bytes,
            Head::Coming(_) | Head::Passed => &[],
        }
    }
}

/// What comes before the first row: the header, and whatever a program put before it.
enum Head {
    /// The file's first bytes: the first row has not come.
    Coming(Vec<u8>),
    /// What came before the first row.
    Before(Vec<u8>),
    /// Not there, or not seen.
    Passed,
}

impl Head {
    /// As much as a header may have, with what comes before it.
    const LONGEST: usize = 2 * ROW_LIMIT;

    fn of(format: Format, checkpoint: &Checkpoint) -> Self {
        match &checkpoint.before_first_row {
            Some(before) => Self::Before(before.0.clone()),
            None if format == Format::Csv && checkpoint.position.offset == 0 => {
                Self::Coming(Vec::new())
            }
            None => Self::Passed,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Self::Coming(head) = self {
            head.extend_from_slice(
                bytes
                    .get(..Self::LONGEST.saturating_sub(head.len()))
                    .unwrap_or(bytes),
            );
        }
    }

    fn reopen(&mut self, offset: u64) {
        if let Self::Coming(head) = self {
            head.truncate(usize::try_from(offset).unwrap_or(usize::MAX));
        }
    }

    fn meet(&mut self, first: &Framed) {
        let Self::Coming(head) = self else { return };
        let line = match first {
            Framed::Row { raw, .. } | Framed::Broken { raw, .. } => raw.line,
        };
        let end =
            physical_lines(head).nth(usize::try_from(line.saturating_sub(2)).unwrap_or(usize::MAX));
        *self = match end {
            Some(end) if line > 1 => Self::Before(head.drain(..end).collect()),
            _ => Self::Passed,
        };
    }
}

/// Where each physical line ends, after its line break.
fn physical_lines(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'\n' => Some(at + 1),
        b'\r' if bytes.get(at + 1) != Some(&b'\n') => Some(at + 1),
        _ => None,
    };
    bytes.iter().enumerate().filter_map(ends)
}

#[cfg(test)]
mod tests {
    use super::Head;
    use crate::rows::{Format, Framed, Rows};

    /// What is kept of the beginning, if the file comes in chunks of this size.
    fn before(file: &[u8], chunk: usize) -> Vec<u8> {
        let (mut head, mut rows) = (Head::Coming(Vec::new()), Rows::new(Format::Csv));
        for bytes in file.chunks(chunk) {
            head.push(bytes);
            rows.push(bytes);
            while let Some(framed) = rows.next().unwrap() {
                head.meet(&framed);
            }
        }
        rows.finish();
        let last: Option<Framed> = rows.next().unwrap();
        if let Some(framed) = &last {
            head.meet(framed);
        }
        if let Head::Before(bytes) = head {
            bytes
        } else {
            Vec::new()
        }
    }

    #[test]
    fn what_stands_before_the_first_row_is_kept_to_the_byte() {
        for (file, expected) in [
            ("a,b\r\n1,2\r\n", "a,b\r\n"),
            ("\u{feff}a,b\n\n\n1,2\n", "\u{feff}a,b\n\n\n"),
            ("a,b\r1,2\r", "a,b\r"),
            ("\"a\nc\",b\n1,2\n", "\"a\nc\",b\n"),
            ("a,b\n1\n", "a,b\n"),
            ("a,b\n", ""),
        ] {
            for chunk in [1, 3, usize::MAX] {
                assert_eq!(
                    before(file.as_bytes(), chunk),
                    expected.as_bytes(),
                    "{file:?} in chunks of {chunk}"
                );
            }
        }
    }
}
