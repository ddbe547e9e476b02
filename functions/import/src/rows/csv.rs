//! Comma-separated values: [`Scan`] says where a row ends, `csv-core` cuts out its fields, and this
//! module decides what it is.
//!
//! **Text inside a cell is never a row.** A cell within quotes ends at its closing quote and
//! nowhere before it, however long it is and whatever is in it. Up to the limit a row is held. Past
//! it, it is read on without being held.
//!
//! - A row with sound quotes is one row, on however many lines. If it has more fields than the
//!   header, or fewer, or isn't UTF-8, or is the header once more, it is one bad row, passed on
//!   byte for byte.
//! - A row that is too long is one bad row. Its beginning is passed on, and the file is kept as a
//!   whole.
//! - After broken quotes nobody knows any more what is a cell and what is a row. Quotes are broken
//!   if one is never closed, if text follows a closing one, or if a row of several lines has one
//!   within an unquoted field; and where a row begins as it does in another kind of CSV
//!   (`scan.rs`). The same applies after the header of another table. Nothing from there on is
//!   read: one bad row says where it is, and the file is kept as a whole, for somebody to look at.
//!
//! **The invariant**, checked by `invariant_tests.rs`. Each byte of a file belongs to exactly one
//! of:
//!
//! - the header, what says how the file is written, or a blank line;
//! - a row that is passed on. It became, corrected, joined or withdrew a record, or was there
//!   already, or is counted and deliberately not stored (suppressed, too old, in the future); or
//!   its source's reader refuses it, and it is the next:
//! - a bad row, whose bytes go to quarantine as they are;
//! - a file that is kept as a whole: all of one that can't be read; of another, what is too long,
//!   and everything after broken quotes.
//!
//! And a row that is passed on is a row to a second reader as well. Up to where it stops, this
//! module finds the rows that the crate `csv` finds in the same file, one for one and field by
//! field. So no record is corrected or withdrawn by anything else.

use super::held::Held;
use super::scan::{Met, Scan};
use super::{Broken, Framed, Header, Position, Raw, Row, Step, Unreadable, unread};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr, memchr2};

/// The most columns that a file may have.
const COLUMNS: usize = 1024;

pub(super) struct Csv {
    stage: Stage,
    /// The separator of the fields, once it is known.
    separator: Option<u8>,
    header: Option<Header>,
    limit: usize,
    fields: Reader,
    /// How many bytes from a row's beginning were searched for the quote that decides where it
    /// ends.
    searched: usize,
    /// The text of a row's fields, one after another, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
}

enum Stage {
    /// At a row's beginning, or at blank lines before it.
    Between,
    /// In the first line, read with each separator that it may have.
    First([Scan; 4]),
    /// In a row that is held from its beginning.
    Row(Scan),
    /// In a row that is too long, of which this part is kept.
    TooLong(Scan, Raw),
    /// Where nothing more is read.
    BrokenOff,
}

impl Csv {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            stage: Stage::Between,
            separator: None,
            header: None,
            limit,
            fields: Reader::new(),
            searched: 0,
            // There is room for one more of each than the longest row needs: they are never full.
            text: vec![0; limit + 2],
            ends: vec![0; COLUMNS + 1],
        }
    }

    /// Continues after the header, or where nothing more is read.
    pub(super) fn resume(header: Header, limit: usize, at: &Position) -> Self {
        let mut csv = Self::new(limit);
        csv.separated_by(u8::try_from(header.separator).unwrap_or(b','));
        csv.header = Some(header);
        if at.line == 0 {
            csv.stage = Stage::BrokenOff;
        }
        csv
    }

    pub(super) const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    pub(super) fn is_between_rows(&self) -> bool {
        matches!(self.stage, Stage::Between | Stage::BrokenOff) && self.header.is_some()
    }

    pub(super) fn step(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Between => self.begin(held),
            Stage::First(scans) => self.first(held, scans),
            Stage::Row(scan) => self.row(held, scan),
            Stage::TooLong(scan, raw) => Ok(self.too_long(held, scan, raw)),
            Stage::BrokenOff => Ok(self.broken_off(held)),
        }
    }

    /// Skips blank lines up to a row.
    fn begin(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        match (held.line_break(0), self.separator) {
            (None, _) => return Ok(Step::Wait),
            (Some(0), _) if held.all().is_empty() => {
                return if self.header.is_some() {
                    Ok(Step::Wait)
                } else {
                    Err(Unreadable::Empty)
                };
            }
            (Some(0), _) if self.header.is_none() && is_json(held.all()) => {
                return Err(Unreadable::Json);
            }
            (Some(0), Some(separator)) => self.stage = Stage::Row(Scan::new(separator)),
            (Some(0), None) => self.stage = Stage::First(Header::SEPARATORS.map(Scan::new)),
            (Some(bytes), _) => held.skip(bytes, 1),
        }
        Ok(Step::On)
    }

    /// Looks for the separator in the first line.
    fn first(&mut self, held: &mut Held, mut scans: [Scan; 4]) -> Result<Step, Unreadable> {
        let line = held.first(self.limit + 1);
        let is_all = held.is_finished() || line.len() > self.limit;
        let mut ended = [false; 4];
        for (scan, ended) in scans.iter_mut().zip(&mut ended) {
            match scan.read(unread(line, scan.bytes)) {
                Met::Inside if is_all => *ended = held.is_finished() && scan.finish() == Met::End,
                Met::Inside => {
                    self.stage = Stage::First(scans);
                    return Ok(Step::Wait);
                }
                Met::End => *ended = true,
                Met::Broken(_) => {}
            }
        }
        let line = &line[..memchr2(b'\n', b'\r', line).unwrap_or(line.len())];
        if let Some(separator) = Header::declared(line) {
            let length = line.len();
            let Some(line_break) = held.line_break(length) else {
                self.stage = Stage::First(scans);
                return Ok(Step::Wait);
            };
            self.separated_by(separator?);
            held.skip(length + line_break, u64::from(line_break > 0));
            return Ok(Step::On);
        }
        let separates = |scan: &Scan, ended: bool| ended && scan.fields > 1;
        let mut found = scans
            .iter()
            .zip(ended)
            .filter(|(scan, ended)| separates(scan, *ended))
            .map(|(scan, _)| scan);
        // The comma is tried first: if another fits as well, the first line does not decide.
        let separator = match (found.next(), found.next()) {
            (Some(one), None) => one.separator(),
            _ => b',',
        };
        self.separated_by(separator);
        self.stage = Stage::Row(Scan::new(separator));
        Ok(Step::On)
    }

    /// Continues in a row that is held.
    fn row(&mut self, held: &mut Held, mut scan: Scan) -> Result<Step, Unreadable> {
        // A row that is longer than the limit is so by this byte.
        let rest = unread(held.first(self.limit + 1), scan.bytes);
        let met = if !rest.is_empty() {
            scan.read(rest)
        } else if held.is_finished() {
            scan.finish()
        } else {
            self.stage = Stage::Row(scan);
            return Ok(Step::Wait);
        };
        match met {
            Met::Inside if scan.bytes > self.limit && self.header.is_none() => {
                Err(Unreadable::HeaderTooLong)
            }
            Met::Inside if scan.bytes > self.limit => {
                let raw = Raw {
                    line: held.line(),
                    bytes: held.cut(self.limit, 0),
                };
                // One more byte was read than is kept.
                held.skip(1, 0);
                self.stage = Stage::TooLong(scan, raw);
                Ok(Step::On)
            }
            Met::Inside => {
                self.stage = Stage::Row(scan);
                Ok(Step::On)
            }
            Met::End => match self.settled(held, &scan) {
                Some(Met::End) => self.whole(held, scan),
                Some(Met::Broken(rule)) => self.broken(held, &scan, rule),
                Some(Met::Inside) | None => {
                    self.stage = Stage::Row(scan);
                    Ok(Step::Wait)
                }
            },
            Met::Broken(rule) => self.broken(held, &scan, rule),
        }
    }

    fn broken(&mut self, held: &mut Held, scan: &Scan, rule: Broken) -> Result<Step, Unreadable> {
        if self.header.is_none() {
            return Err(Unreadable::HeaderQuotes);
        }
        let raw = Raw {
            line: held.line(),
            bytes: held.first(scan.bytes.min(self.limit)).to_vec(),
        };
        Ok(self.break_off(held, raw, rule))
    }

    /// Whether a row ends where it seems to. If that is in doubt, the next quote decides, as far
    /// away as a row may be long. `None` if that takes more bytes.
    fn settled(&mut self, held: &Held, scan: &Scan) -> Option<Met> {
        let from = std::mem::take(&mut self.searched).max(scan.bytes);
        if !scan.is_in_doubt() {
            return Some(Met::End);
        }
        let broken = Some(Met::Broken(Broken::BackslashQuote));
        let rest = held.first(self.limit + 1);
        let is_all = held.is_finished() || rest.len() > self.limit;
        let Some(quote) = memchr(b'"', unread(rest, from)).map(|quote| from + quote) else {
            self.searched = rest.len();
            return if rest.len() > self.limit {
                broken
            } else {
                held.is_finished().then_some(Met::End)
            };
        };
        self.searched = quote;
        let (before, behind) = (
            quote.checked_sub(1).and_then(|before| rest.get(before)),
            rest.get(quote + 1).copied(),
        );
        if behind.is_none() && !is_all {
            return None;
        }
        self.searched = 0;
        let columns = self
            .header
            .as_ref()
            .map_or(scan.fields, |header| header.names.len());
        if scan.goes_on(before.copied(), behind, columns) {
            broken
        } else {
            Some(Met::End)
        }
    }

    /// Passes on a row that is whole, or takes it as the header.
    fn whole(&mut self, held: &mut Held, scan: Scan) -> Result<Step, Unreadable> {
        let Some(line_break) = held.line_break(scan.bytes) else {
            self.stage = Stage::Row(scan);
            return Ok(Step::Wait);
        };
        let raw = Raw {
            line: held.line(),
            bytes: held.first(scan.bytes).to_vec(),
        };
        let columns = self
            .header
            .as_ref()
            .map_or(COLUMNS, |header| header.names.len());
        let fields = if scan.fields <= columns {
            self.fields(&raw.bytes)
        } else {
            None
        };
        if let (Some(rule), Some(_)) = (scan.ends_in_another(columns), &self.header) {
            return Ok(self.break_off(held, raw, rule));
        }
        let step = match (&self.header, fields) {
            (None, _) if scan.fields > COLUMNS => return Err(Unreadable::HeaderTooLong),
            (None, _) if scan.has_space_before_quote => return Err(Unreadable::SpaceBeforeQuote),
            (None, None) => return Err(Unreadable::HeaderNotUtf8),
            (None, Some(fields)) => {
                self.header = Some(Header::new(&fields, char::from(scan.separator())));
                Step::On
            }
            _ if scan.fields != columns => Step::broken(raw, Broken::WrongNumberOfFields),
            (Some(_), None) => Step::broken(raw, Broken::NotUtf8),
            (Some(header), Some(fields)) if header.is_again(&fields) => {
                Step::broken(raw, Broken::HeaderAgain)
            }
            (Some(header), Some(fields)) if header.is_another(&fields) => {
                return Ok(self.break_off(held, raw, Broken::AnotherHeader));
            }
            (Some(_), Some(fields)) => Step::Out(Framed::Row {
                raw,
                row: Row::Fields(fields),
            }),
        };
        held.skip(
            scan.bytes + line_break,
            scan.breaks + u64::from(line_break > 0),
        );
        Ok(step)
    }

    /// Continues in a row that is too long.
    fn too_long(&mut self, held: &mut Held, mut scan: Scan, raw: Raw) -> Step {
        let (rest, before) = (held.all(), scan.bytes);
        let met = if !rest.is_empty() {
            scan.read(rest)
        } else if held.is_finished() {
            scan.finish()
        } else {
            self.stage = Stage::TooLong(scan, raw);
            return Step::Wait;
        };
        held.skip(scan.bytes - before, 0);
        match (met, held.line_break(0)) {
            (Met::Broken(rule), _) => self.break_off(held, raw, rule),
            (Met::End, _) if scan.is_in_doubt() => {
                self.break_off(held, raw, Broken::BackslashQuote)
            }
            (Met::End, Some(line_break)) => {
                held.skip(line_break, scan.breaks + u64::from(line_break > 0));
                Step::broken(raw, Broken::TooLong)
            }
            (Met::End, None) => {
                self.stage = Stage::TooLong(scan, raw);
                Step::Wait
            }
            (Met::Inside, _) => {
                self.stage = Stage::TooLong(scan, raw);
                Step::On
            }
        }
    }

    /// Passes on the first line after which nothing more is read, up to where its quotes break.
    fn break_off(&mut self, held: &mut Held, mut raw: Raw, rule: Broken) -> Step {
        raw.bytes
            .truncate(memchr2(b'\n', b'\r', &raw.bytes).unwrap_or(raw.bytes.len()));
        raw.bytes.shrink_to_fit();
        held.end();
        self.stage = Stage::BrokenOff;
        Step::broken(raw, rule)
    }

    fn broken_off(&mut self, held: &mut Held) -> Step {
        held.skip(held.all().len(), 0);
        self.stage = Stage::BrokenOff;
        Step::Wait
    }

    fn separated_by(&mut self, separator: u8) {
        self.separator = Some(separator);
        self.fields = ReaderBuilder::new().delimiter(separator).build();
        // It skips a byte order mark in what it reads first, and only there: a blank line comes
        // first instead.
        self.fields
            .read_record(b"\n", &mut self.text, &mut self.ends);
    }

    /// The fields of a row whose quotes are sound, if they are UTF-8, one by one.
    fn fields(&mut self, row: &[u8]) -> Option<Vec<String>> {
        let (_, _, text, fields) = self.fields.read_record(row, &mut self.text, &mut self.ends);
        let (more_text, more_fields) = (self.text.get_mut(text..)?, self.ends.get_mut(fields..)?);
        let (result, _, more_text, more_fields) =
            self.fields.read_record(b"\n", more_text, more_fields);
        if result != ReadRecordResult::Record {
            return None;
        }
        let text = std::str::from_utf8(self.text.get(..text + more_text)?).ok()?;
        let mut start = 0;
        self.ends
            .get(..fields + more_fields)?
            .iter()
            .map(|&end| {
                text.get(std::mem::replace(&mut start, end)..end)
                    .map(str::to_owned)
            })
            .collect()
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        let kept = if let Stage::TooLong(_, raw) = &self.stage {
            raw.bytes.capacity()
        } else {
            0
        };
        self.text.capacity() + kept
    }
}

/// Whether a file begins like JSON: a title in brackets does not.
fn is_json(file: &[u8]) -> bool {
    let Some((b'{' | b'[', rest)) = file.split_first() else {
        return false;
    };
    let next = rest.iter().find(|byte| !byte.is_ascii_whitespace());
    next.is_none_or(|next| matches!(next, b'"' | b'{' | b'}' | b'[' | b']' | b'-' | b'0'..=b'9'))
}
