//! The rows in quarantine that name a person, with their bytes: for orders that ask what is held
//! about a person.

use super::folder::QUARANTINE;
use super::kept::{Kept, why};
use super::layout::layout;
use super::listing::Listing;
use super::{Files, Folder, Why, has_status};
use aws_sdk_s3::primitives::ByteStream;
use chrono::NaiveDate;
use custodian_aws::{StorageError, failed};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::mention::Mentions;
use custodian_domain::identity::mention::rows::Layout;
use custodian_domain::record::quarantined::QuarantinedRow;
use std::collections::VecDeque;
use std::ops::Range;

/// Roughly how many bytes of rows are on a page.
const PAGE: usize = 1024 * 1024;
/// How much of a file is returned at once if nobody knows its rows.
const PIECE: usize = 256 * 1024;
/// The operation that errors name.
const OPERATION: &str = "read quarantine";

/// A row in quarantine that names the person.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedRow {
    /// The folder that its file was dropped in.
    pub folder: Folder,
    /// The name of the import, or of the message.
    pub import: String,
    /// The line where it was; `None` for a file that was kept whole.
    pub line: Option<u64>,
    /// Why it could not be read; for a file that was kept whole, why that was.
    pub why: Why,
    /// The day on which the bucket's lifecycle deletes it.
    pub goes_on: NaiveDate,
    /// The row as it came. A very long row comes in pieces, and so do several adjacent rows of a
    /// file that was kept whole.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for NamedRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "NamedRow({}, {}, {} bytes)",
            self.folder.as_str(),
            self.import,
            self.bytes.len()
        )
    }
}

/// The rows that name a person, a page at a time.
#[derive(Debug)]
pub struct RowsNaming<'a> {
    files: &'a Files,
    mentions: Mentions,
    listing: Listing,
    waiting: VecDeque<Kept>,
    open: Option<Open>,
    unreadable: u64,
}

/// An object with rows that name the person.
#[derive(Debug)]
struct Open {
    kept: Kept,
    why: Why,
    layout: Layout,
    etag: String,
    ranges: VecDeque<Range<u64>>,
    body: Option<ByteStream>,
    held: Vec<u8>,
    /// Whether another object has replaced it.
    is_changed: bool,
}

impl Files {
    /// The rows in quarantine that name a person: those that an erasure would take out.
    #[must_use]
    pub fn rows_naming(&self, identities: &[Identifier]) -> RowsNaming<'_> {
        RowsNaming {
            files: self,
            mentions: Mentions::of(identities),
            listing: Listing::of(QUARANTINE),
            waiting: VecDeque::new(),
            open: None,
            unreadable: 0,
        }
    }
}

impl RowsNaming<'_> {
    /// The next page, or `None` after the last. What others change meanwhile may come twice.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<NamedRow>>, StorageError> {
        loop {
            if let Some(open) = &mut self.open {
                let page = open.page(self.files).await?;
                if open.is_changed {
                    // Somebody else has taken rows out of it: search the rest again.
                    self.waiting.push_front(open.kept.clone());
                    self.open = None;
                }
                if !page.is_empty() {
                    return Ok(Some(page));
                }
                self.open = None;
                continue;
            }
            let Some(kept) = self.waiting.pop_front() else {
                let Some(objects) = self.listing.next(self.files).await? else {
                    return Ok(None);
                };
                let may = self.files.may_name(&objects, &self.mentions).await?;
                self.waiting
                    .extend(may.iter().filter_map(|may| Kept::of(may.object)));
                continue;
            };
            self.open = self.look_into(kept).await?;
        }
    }

    /// How many rows and files nobody could look into, of those searched so far.
    #[must_use]
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    async fn look_into(&mut self, kept: Kept) -> Result<Option<Open>, StorageError> {
        let Some((object, found, _)) = self.files.look(&kept.key, &self.mentions, false).await?
        else {
            return Ok(None);
        };
        self.unreadable += found.opaque;
        if found.rows == 0 {
            return Ok(None);
        }
        let etag = object
            .e_tag()
            .ok_or_else(|| StorageError::unreadable(OPERATION))?
            .to_owned();
        let (why, layout) = (why(object.metadata()), layout(&kept.key));
        Ok(Some(Open {
            kept,
            why,
            layout,
            etag,
            ranges: found.ranges.into(),
            body: None,
            held: Vec::new(),
            is_changed: false,
        }))
    }
}

impl Open {
    /// Some more rows; empty when there are no more.
    async fn page(&mut self, files: &Files) -> Result<Vec<NamedRow>, StorageError> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while bytes < PAGE {
            if let Some(row) = self.cut(false) {
                bytes += row.bytes.len();
                rows.push(row);
                continue;
            }
            match &mut self.body {
                Some(body) => {
                    if let Some(some) = body.next().await {
                        self.held
                            .extend(some.map_err(|_| StorageError::unreadable(OPERATION))?);
                    } else {
                        self.body = None;
                        rows.extend(self.cut(true));
                    }
                }
                None => match self.ranges.pop_front() {
                    Some(range) => self.body = self.fetch(files, range).await?,
                    None => break,
                },
            }
        }
        Ok(rows)
    }

    async fn fetch(
        &mut self,
        files: &Files,
        range: Range<u64>,
    ) -> Result<Option<ByteStream>, StorageError> {
        let get = files
            .client
            .get_object()
            .bucket(&files.bucket)
            .key(&self.kept.key)
            .if_match(&self.etag);
        match get
            .range(format!(
                "bytes={}-{}",
                range.start,
                range.end.saturating_sub(1)
            ))
            .send()
            .await
        {
            Ok(object) => Ok(Some(object.body)),
            // What is gone is not held.
            Err(error) if has_status(&error, &[404, 412]) => {
                self.is_changed = has_status(&error, &[412]);
                self.ranges.clear();
                Ok(None)
            }
            Err(error) => Err(failed(OPERATION)(error)),
        }
    }

    /// The next row of the bytes so far.
    fn cut(&mut self, is_last: bool) -> Option<NamedRow> {
        let is_quarantined = self.layout == Layout::Quarantined;
        let end = if is_quarantined {
            self.held
                .iter()
                .position(|byte| *byte == b'\n')
                .map(|end| end + 1)
        } else {
            None
        };
        let length = match end {
            Some(end) => end,
            None if !is_quarantined && self.held.len() >= PIECE => PIECE,
            None if is_last && !self.held.is_empty() => self.held.len(),
            None => return None,
        };
        let bytes: Vec<u8> = self.held.drain(..length).collect();
        let row = if is_quarantined {
            QuarantinedRow::parse(&bytes)
        } else {
            None
        };
        let (line, why, bytes) = match row {
            Some(QuarantinedRow {
                line,
                field,
                rule,
                bytes,
            }) => (
                Some(line),
                Why {
                    rule: Some(rule).filter(|rule| !rule.is_empty()),
                    field: Some(field).filter(|field| !field.is_empty()),
                },
                bytes,
            ),
            None => (None, self.why.clone(), bytes),
        };
        let Kept {
            folder,
            import,
            goes_on,
            ..
        } = &self.kept;
        Some(NamedRow {
            folder: *folder,
            import: import.clone(),
            line,
            why,
            goes_on: *goes_on,
            bytes,
        })
    }
}
