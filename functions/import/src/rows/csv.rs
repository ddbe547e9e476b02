//! Comma-separated values: `csv-core` finds the fields, and this decides what is a row.
//!
//! A row has as many fields as the header: partners' exporters write all of them. What isn't a row costs its first
//! physical line:
//!
//! - The number of fields is wrong, or a quote is not closed up to the limit or the end of the file. Both happen when a
//!   line has a quote too many, and then the lines that it swallowed are good rows. A row on one line with the wrong
//!   number of fields is that line.
//! - A closing quote has text behind it, or (in a row of several lines) a quote stands within an unquoted field. An
//!   opening quote that is one too many is closed by the next good row's opening quote, and together they may well have
//!   the right number of fields; but then the good row's text stands behind a closing quote. Only a field whose text
//!   begins with a comma, a quote or a line break isn't told apart this way. On one line nothing can be swallowed, so
//!   there a quote within an unquoted field is text.
//!
//! Starting afresh costs that lines are read again, but not often. A row is given up once it has more fields than the
//! header. A line that both opens a quote (read from outside) and stays within quotes (read from inside) begins another
//! field, so a line is read again at most once for each column.

use super::held::Held;
use super::{Broken, Framed, Raw, Row, Step, Unreadable};
use csv_core::{ReadRecordResult, Reader};
use memchr::{memchr, memchr2};
use std::collections::HashSet;

/// The most columns that a file may have.
const COLUMNS: usize = 1024;

pub(super) struct Csv {
    reader: Reader,
    header: Option<Vec<String>>,
    stage: Stage,
    limit: usize,
    /// The text of the fields of the row that is being read, one after another, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
}

enum Stage {
    /// At a row's beginning, or at blank lines before it.
    Between,
    /// In a row that is held from its beginning.
    Row(Read),
    /// At the end of a row: how many bytes it has.
    Whole(usize, Read),
    /// In a line that breaks a rule, and how many bytes of it were searched for its end.
    Line(Broken, usize),
    /// In a line that is too long, of which this is kept.
    TooLong(Raw),
}

/// How far a row was read: bytes read, bytes of text written, fields ended.
#[derive(Clone, Copy, Default)]
struct Read {
    bytes: usize,
    text: usize,
    fields: usize,
}

impl Csv {
    pub(super) fn new(header: Option<Vec<String>>, limit: usize) -> Self {
        // One byte more than the longest row with its line break: the text is never full.
        let (text, ends) = (vec![0; limit + 2], vec![0; COLUMNS + 1]);
        let mut csv = Self { reader: Reader::new(), header, stage: Stage::Between, limit, text, ends };
        csv.restart();
        csv
    }

    pub(super) fn header(&self) -> &[String] {
        self.header.as_deref().unwrap_or_default()
    }

    pub(super) fn is_between_rows(&self) -> bool {
        matches!(self.stage, Stage::Between) && self.header.is_some()
    }

    pub(super) fn step(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        match self.stage {
            Stage::Between => self.begin(held),
            Stage::Row(read) => self.read(held, read),
            Stage::Whole(length, read) => self.whole(held, length, read),
            Stage::Line(rule, searched) => Ok(self.line(held, rule, searched)),
            Stage::TooLong(_) => Ok(self.too_long(held)),
        }
    }

    /// Skips blank lines up to a row.
    fn begin(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        match held.line_break(0) {
            None => Ok(Step::Wait),
            Some(0) if held.all().is_empty() && self.header.is_none() => Err(Unreadable::Empty),
            Some(0) if held.all().is_empty() => Ok(Step::Wait),
            Some(0) => {
                self.stage = Stage::Row(Read::default());
                Ok(Step::On)
            }
            Some(bytes) => {
                held.skip(bytes, 1);
                Ok(Step::On)
            }
        }
    }

    /// Reads on in a row, up to one byte more than the longest row has.
    fn read(&mut self, held: &Held, mut read: Read) -> Result<Step, Unreadable> {
        let row = held.first(self.limit + 1);
        let rest = row.get(read.bytes..).unwrap_or_default();
        if rest.is_empty() && row.len() > self.limit {
            return self.give_up(Broken::TooLong);
        }
        if rest.is_empty() && !held.is_finished() {
            return Ok(Step::Wait);
        }
        // At the end of the file, a line break ends the row unless it stands within quotes.
        let (input, is_end) = if rest.is_empty() { (&b"\n"[..], true) } else { (rest, false) };
        let columns = self.columns();
        let text = self.text.get_mut(read.text..).unwrap_or_default();
        let ends = self.ends.get_mut(read.fields..=columns).unwrap_or_default();
        let (result, bytes, written, fields) = self.reader.read_record(input, text, ends);
        read.text += written;
        read.fields += fields;
        if !is_end {
            read.bytes += bytes;
        }
        if read.fields > columns {
            return self.give_up(Broken::WrongNumberOfFields);
        }
        match result {
            ReadRecordResult::Record if is_end => self.stage = Stage::Whole(read.bytes, read),
            ReadRecordResult::Record => self.stage = Stage::Whole(read.bytes.saturating_sub(1), read),
            ReadRecordResult::InputEmpty if is_end => return self.give_up(Broken::QuoteNeverClosed),
            ReadRecordResult::InputEmpty => self.stage = Stage::Row(read),
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull | ReadRecordResult::End => {
                return self.give_up(Broken::TooLong);
            }
        }
        Ok(Step::On)
    }

    /// Decides whether what was read is a row.
    fn whole(&mut self, held: &mut Held, length: usize, read: Read) -> Result<Step, Unreadable> {
        let Some(line_break) = held.line_break(length) else {
            return Ok(Step::Wait);
        };
        let row = held.first(length);
        let inner = line_breaks(row);
        if self.header.is_some() && read.fields != self.columns() {
            return self.give_up(Broken::WrongNumberOfFields);
        }
        if !is_quoted_cleanly(row, inner > 0) {
            return self.give_up(Broken::StrayQuote);
        }
        let fields = self.fields(read);
        let raw = Raw { line: held.line(), bytes: row.to_vec() };
        held.skip(length + line_break, inner + u64::from(line_break > 0));
        self.stage = Stage::Between;
        if self.header.is_none() {
            self.header = Some(names(&fields.ok_or(Unreadable::HeaderNotUtf8)?)?);
            return Ok(Step::On);
        }
        Ok(Step::Out(match fields {
            Some(fields) => Framed::Row { raw, row: Row::Fields(fields) },
            None => Framed::Broken { raw, rule: Broken::NotUtf8 },
        }))
    }

    /// Leaves what isn't a row to its first physical line; a header must be one.
    fn give_up(&mut self, rule: Broken) -> Result<Step, Unreadable> {
        if self.header.is_none() {
            return Err(match rule {
                Broken::QuoteNeverClosed | Broken::StrayQuote => Unreadable::HeaderQuotes,
                _ => Unreadable::HeaderTooLong,
            });
        }
        self.restart();
        self.stage = Stage::Line(rule, 0);
        Ok(Step::On)
    }

    /// Hands out a line that breaks a rule.
    fn line(&mut self, held: &mut Held, rule: Broken, searched: usize) -> Step {
        let line = held.first(self.limit + 1);
        let end = memchr2(b'\n', b'\r', line.get(searched..).unwrap_or_default()).map(|end| searched + end);
        let length = match end {
            Some(end) => end,
            None if line.len() > self.limit => {
                self.stage = Stage::TooLong(Raw { line: held.line(), bytes: held.cut(self.limit, 0) });
                return Step::On;
            }
            None if held.is_finished() => line.len(),
            None => {
                self.stage = Stage::Line(rule, line.len());
                return Step::Wait;
            }
        };
        let Some(line_break) = held.line_break(length) else {
            self.stage = Stage::Line(rule, length);
            return Step::Wait;
        };
        // A row that is too long though its first line isn't goes on and on within quotes.
        let rule = if rule == Broken::TooLong { Broken::QuoteNeverClosed } else { rule };
        let raw = Raw { line: held.line(), bytes: held.first(length).to_vec() };
        held.skip(length + line_break, u64::from(line_break > 0));
        self.stage = Stage::Between;
        Step::Out(Framed::Broken { raw, rule })
    }

    /// Skips what is left of a line that is too long.
    fn too_long(&mut self, held: &mut Held) -> Step {
        let rest = held.all();
        let rest = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        held.skip(rest, 0);
        let Some(line_break) = held.line_break(0) else {
            return Step::Wait;
        };
        held.skip(line_break, u64::from(line_break > 0));
        match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::TooLong(raw) => Step::Out(Framed::Broken { raw, rule: Broken::TooLong }),
            _ => Step::On,
        }
    }

    /// Forgets the row that was being read.
    fn restart(&mut self) {
        self.reader.reset();
        // It skips a byte order mark in what it reads first, and only there: a blank line comes first instead.
        self.reader.read_record(b"\n", &mut self.text, &mut self.ends);
    }

    fn columns(&self) -> usize {
        self.header.as_ref().map_or(COLUMNS, Vec::len).min(COLUMNS)
    }

    /// The fields that were read, if they are UTF-8, one by one.
    fn fields(&self, read: Read) -> Option<Vec<String>> {
        let text = std::str::from_utf8(self.text.get(..read.text)?).ok()?;
        let mut start = 0;
        self.ends
            .get(..read.fields)?
            .iter()
            .map(|&end| text.get(std::mem::replace(&mut start, end)..end).map(str::to_owned))
            .collect()
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        let kept = if let Stage::TooLong(raw) = &self.stage { raw.bytes.capacity() } else { 0 };
        self.text.capacity() + kept
    }
}

/// A header's names.
fn names(fields: &[String]) -> Result<Vec<String>, Unreadable> {
    let names: Vec<String> = fields.iter().map(|name| name.trim().to_owned()).collect();
    let mut seen = HashSet::new();
    if names.iter().filter(|name| !name.is_empty()).all(|name| seen.insert(name)) {
        Ok(names)
    } else {
        Err(Unreadable::HeaderRepeats)
    }
}

/// How many line breaks are in a row.
fn line_breaks(row: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', row).count();
    let returns = memchr::memchr_iter(b'\r', row).filter(|&at| row.get(at + 1) != Some(&b'\n')).count();
    (feeds + returns) as u64
}

/// Whether each closing quote ends its field and, if it is asked for, no quote stands in an unquoted field.
fn is_quoted_cleanly(row: &[u8], strictly: bool) -> bool {
    let mut outside = row;
    let mut is_first = true;
    while let Some(quote) = memchr(b'"', outside) {
        let opens = quote.checked_sub(1).map_or(is_first, |before| outside.get(before) == Some(&b','));
        let behind = outside.get(quote + 1..).unwrap_or_default();
        outside = match (opens, strictly) {
            (true, _) => match behind_closing_quote(behind) {
                Some(behind @ ([] | [b',', ..])) => behind,
                _ => return false,
            },
            (false, true) => return false,
            (false, false) => behind,
        };
        is_first = false;
    }
    true
}

/// What stands behind the quote that closes a field.
fn behind_closing_quote(mut inside: &[u8]) -> Option<&[u8]> {
    loop {
        let quote = memchr(b'"', inside)?;
        inside = inside.get(quote + 1..)?;
        match inside {
            [b'"', escaped @ ..] => inside = escaped,
            behind => return Some(behind),
        }
    }
}
