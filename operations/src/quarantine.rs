//! Quarantine for a person: listed with its reasons, restored to the byte, and brought back when it
//! is corrected.
//!
//! A listing shows lines, fields and rules, and nothing of what the rows say. Restored bytes are
//! personal data.

use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_buckets::files::{Beside, File, Files, Folder, Kept, KeptKind, KeptObject, Why};
use custodian_domain::record::quarantined::QuarantinedRow;
use custodian_domain::record::source::Source;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The operation that errors name.
const OPERATION: &str = "read quarantine";

/// Why something could not be done with what is in quarantine.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// Nothing there has this name.
    #[error("nothing in quarantine is called {0}: `make quarantine` lists what is there")]
    Unknown(String),
    /// The request makes no sense.
    #[error("{0}")]
    Wrong(&'static str),
    /// A file on this machine can't be read or written.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// The output can't be written.
    #[error("it cannot be written: {0}")]
    Output(#[from] io::Error),
    /// S3 does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// An import with something in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The folder that its file was dropped in.
    pub folder: Folder,
    /// Its name.
    pub id: String,
    /// Its objects, in the order of the file.
    pub objects: Vec<Kept>,
}

/// Where a row was, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The line of the file; `None` for a file or a message that is kept whole.
    pub line: Option<u64>,
    /// Why it could not be read.
    pub why: Why,
}

impl Import {
    /// The name by which a person asks for it: `{folder}/{id}`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.folder.as_str(), self.id)
    }

    /// The day on which the last of it is deleted.
    #[must_use]
    pub fn goes_on(&self) -> NaiveDate {
        self.objects
            .iter()
            .map(|kept| kept.goes_on)
            .max()
            .unwrap_or_default()
    }

    fn whole(&self) -> Option<&Kept> {
        self.objects
            .iter()
            .find(|kept| kept.kind == KeptKind::Whole)
    }

    fn rows(&self) -> impl Iterator<Item = &Kept> {
        self.objects
            .iter()
            .filter(|kept| kept.kind == KeptKind::Rows)
    }
}

/// Everything in quarantine, by import.
///
/// # Errors
/// [`StorageError`] if S3 does not answer.
pub async fn imports(files: &Files) -> Result<Vec<Import>, StorageError> {
    let (mut pages, mut imports) = (files.kept(), BTreeMap::<(Folder, String), Vec<Kept>>::new());
    while let Some(page) = pages.next().await? {
        for kept in page {
            imports
                .entry((kept.folder, kept.import.clone()))
                .or_default()
                .push(kept);
        }
    }
    Ok(imports
        .into_iter()
        .map(|((folder, id), objects)| Import {
            folder,
            id,
            objects,
        })
        .collect())
}

/// The import of this name, `{folder}/{id}`.
///
/// # Errors
/// [`QuarantineError::Unknown`] if nothing there has this name.
pub async fn find(files: &Files, name: &str) -> Result<Import, QuarantineError> {
    let found = imports(files)
        .await?
        .into_iter()
        .find(|import| import.name() == name);
    found.ok_or_else(|| QuarantineError::Unknown(name.to_owned()))
}

/// Passes on each row of an import that could not be read, and why; then why it is kept whole, if
/// it is.
///
/// # Errors
/// [`QuarantineError`] if it can't be read, or passed on.
pub async fn list(
    files: &Files,
    import: &Import,
    mut tell: impl FnMut(Listed) -> io::Result<()>,
) -> Result<(), QuarantineError> {
    for kept in import.rows() {
        let Some(object) = files.open_kept(kept).await? else {
            continue;
        };
        for row in rows(object).await? {
            let QuarantinedRow {
                line, field, rule, ..
            } = row;
            let [rule, field] = [rule, field].map(|it| Some(it).filter(|it| !it.is_empty()));
            tell(Listed {
                line: Some(line),
                why: Why { rule, field },
            })?;
        }
    }
    if let Some(kept) = import.whole()
        && let Some(object) = files.open_kept(kept).await?
    {
        tell(Listed {
            line: None,
            why: object.why,
        })?;
    }
    Ok(())
}

/// Writes an import's bytes as they came: the file or the message, if it is kept whole; else its
/// rows, as a file that can be imported again. Returns when it was dropped, and how many rows there
/// are; `None` for a whole file.
///
/// # Errors
/// [`QuarantineError`] if it is gone meanwhile, or can't be read or written.
pub async fn restore(
    files: &Files,
    import: &Import,
    into: &mut impl Write,
) -> Result<(DateTime<Utc>, Option<u64>), QuarantineError> {
    let gone = || QuarantineError::Unknown(import.name());
    if let Some(kept) = import.whole() {
        let mut object = files.open_kept(kept).await?.ok_or_else(gone)?;
        while let Some(bytes) = object.body.next().await {
            into.write_all(&bytes.map_err(|_| StorageError::unreadable(OPERATION))?)?;
        }
        return Ok((object.dropped_at, None));
    }
    let mut frame = Frame::of(import.folder);
    if let Some(header) = import
        .objects
        .iter()
        .find(|kept| kept.kind == KeptKind::Header)
    {
        frame.begin(&read(files.open_kept(header).await?.ok_or_else(gone)?).await?);
    }
    into.write_all(&frame.before)?;
    let (mut dropped_at, mut count) = (None, 0);
    for kept in import.rows() {
        let object = files.open_kept(kept).await?.ok_or_else(gone)?;
        dropped_at.get_or_insert(object.dropped_at);
        for row in rows(object).await? {
            if count > 0 {
                into.write_all(&frame.between)?;
            }
            into.write_all(&row.bytes)?;
            count += 1;
        }
    }
    into.write_all(&frame.after)?;
    Ok((dropped_at.ok_or_else(gone)?, Some(count)))
}

/// Drops what is in quarantine, or a corrected version of it, again. Returns the file that `import`
/// reads. It keeps its place in the order of files: later versions of its records stand.
///
/// # Errors
/// [`QuarantineError`] if it can't be brought back, or not without naming its source.
pub async fn bring_back(
    files: &Files,
    import: &Import,
    mended: Option<Vec<u8>>,
    source: Option<Source>,
    errand: &str,
) -> Result<File, QuarantineError> {
    const MESSAGE: &str = "a message is taken with its sender's signature only, and no copy of it has one: mend what refused \
                           it, then have Granicus send it again; RESTORE= writes what it said";
    const NO_SOURCE: &str =
        "it lay where no source is agreed on: say SOURCE=telephone, or whatever it is of";
    if import.folder == Folder::Granicus {
        return Err(QuarantineError::Wrong(MESSAGE));
    }
    let source = source
        .or(import.folder.source())
        .filter(|source| source.comes_in_files());
    let source = source.ok_or(QuarantineError::Wrong(NO_SOURCE))?;
    let (content, dropped_at) = if let Some(mended) = mended {
        (mended, restore(files, import, &mut io::sink()).await?.0)
    } else {
        let mut kept = Vec::new();
        let (dropped_at, _) = restore(files, import, &mut kept).await?;
        (kept, dropped_at)
    };
    Ok(files
        .bring_back(source, &import.id, content, (errand, dropped_at))
        .await?)
}

/// The report on a file that was brought back, once there is one.
///
/// # Errors
/// [`StorageError`] if S3 does not answer.
pub async fn report(
    files: &Files,
    file: &File,
    errand: &str,
) -> Result<Option<serde_json::Value>, StorageError> {
    let report = files.read(file.folder, &file.id(), Beside::Report).await?;
    let report = report.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    Ok(report.filter(|report| report["errand"] == errand))
}

/// The rows of an object. None is skipped, because the person who restores them would never notice
/// that one is missing.
async fn rows(object: KeptObject) -> Result<Vec<QuarantinedRow>, StorageError> {
    let lines = read(object).await?;
    let lines = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| QuarantinedRow::parse(line).ok_or_else(|| StorageError::unreadable(OPERATION)))
        .collect()
}

async fn read(object: KeptObject) -> Result<Vec<u8>, StorageError> {
    let bytes = object
        .body
        .collect()
        .await
        .map_err(|_| StorageError::unreadable(OPERATION))?;
    Ok(bytes.to_vec())
}

/// What is around rows, so that they are a file of their source again.
struct Frame {
    before: Vec<u8>,
    between: Vec<u8>,
    after: Vec<u8>,
}

impl Frame {
    fn of(folder: Folder) -> Self {
        let [before, between, after] = match folder {
            Folder::Of(Source::Reviews) => ["{\"reviews\": [\n", ",\n", "\n]}\n"],
            _ => ["", "\n", "\n"],
        };
        Self {
            before: before.into(),
            between: between.into(),
            after: after.into(),
        }
    }

    /// Begins with what came before the first row; the rows get the same line breaks.
    fn begin(&mut self, header: &[u8]) {
        let line_break: &[u8] = match header {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\r'] => b"\r",
            _ => b"\n",
        };
        (self.before, self.between, self.after) =
            (header.to_vec(), line_break.to_vec(), line_break.to_vec());
    }
}
