//! The rows of a file that nobody could read, and which of them name a person.
//!
//! What lies in quarantine whole is broken somewhere, so rows are cut out here more leniently than an import does: a
//! quote that is never closed costs its line, what is too long for a row is looked at in pieces. Memory stays flat
//! whatever comes in.

use super::Mentions;
use serde::Deserialize;
use std::borrow::Cow;
use std::ops::Range;

/// How many bytes are held of a row.
const HELD: usize = 2 * 1024 * 1024;
/// How far two pieces of a row that is longer reach into each other: longer than any spelling of an identifier.
const OVERLAP: usize = 4 * 1024;
/// How deep brackets are told apart.
const DEEPEST: usize = 4_096;
/// How files begin that are no text: zip (and so xlsx), gzip, PDF, OLE (xls), 7z, RAR, xz, bzip2.
const PACKED: [&[u8]; 8] =
    [b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"\xd0\xcf\x11\xe0", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh"];

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// What an import puts into quarantine: one JSON object a line, which has the row as a string.
    Told,
    /// A row is a line.
    Lines,
    /// Comma-separated values: a row is a line, or several within quotes.
    Csv,
    /// JSON: a row is an object in an array.
    List,
}

/// Which part of a file names a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many rows.
    pub rows: u64,
    /// Where they stand, in bytes, in order.
    pub ranges: Vec<Range<u64>>,
    /// Whether there are any other rows.
    pub others: bool,
}

/// A look through a file, a chunk at a time.
#[derive(Debug)]
pub struct Search<'a> {
    mentions: &'a Mentions,
    layout: Layout,
    held: Vec<u8>,
    /// How much of what is held is done with.
    used: usize,
    /// Where the rest begins in the file.
    at: u64,
    /// Where the row begins, and whether it names the person in a piece that is no longer held.
    row: (u64, bool),
    is_packed: bool,
    scan: Scan,
    found: Found,
}

/// How far into what is held the row was read, and what it was then.
#[derive(Debug, Default)]
struct Scan {
    read: usize,
    quote: Quote,
    /// The first line break within quotes: if they are never closed, the row ends there.
    first_line: Option<usize>,
    /// The brackets that are open outside of any row.
    open: Vec<u8>,
    /// How many brackets are open within one.
    depth: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quote {
    /// At the beginning of a field.
    #[default]
    MayOpen,
    Closed,
    Open,
    /// Behind a quote within quotes, or behind a backslash in JSON.
    Pending,
}

impl<'a> Search<'a> {
    /// Looks for a person in a file.
    #[must_use]
    pub fn new(mentions: &'a Mentions, layout: Layout) -> Self {
        let (scan, found) = (Scan::default(), Found::default());
        Self { mentions, layout, held: Vec::new(), used: 0, at: 0, row: (0, false), is_packed: false, scan, found }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks(HELD) {
            self.held.extend_from_slice(bytes);
            self.go_on(false);
            self.held.drain(..std::mem::take(&mut self.used));
        }
    }

    /// Says that no more bytes will come.
    #[must_use]
    pub fn finish(mut self) -> Found {
        self.go_on(true);
        if self.is_packed {
            // Nobody can look into it: it may name anybody.
            self.found.rows = 1;
            self.found.ranges.push(0..u64::MAX);
        }
        self.found
    }

    fn go_on(&mut self, is_last: bool) {
        self.is_packed |= self.at == 0 && PACKED.iter().any(|begin| self.held.starts_with(begin));
        if self.is_packed {
            (self.held, self.used) = (Vec::new(), 0);
            return;
        }
        loop {
            let left = self.held.len() - self.used;
            match self.scan.end_of_row(self.layout, &self.held[self.used..], is_last) {
                Some(length) => self.end(length),
                None if left == 0 || !(is_last || left > HELD) => return,
                None => match self.scan.first_line {
                    Some(length) => self.end(length),
                    None if is_last => self.end(left),
                    None => self.look_ahead(),
                },
            }
        }
    }

    /// Ends a row that reaches so far into what is held.
    fn end(&mut self, length: usize) {
        let (from, hit) = self.row;
        let bytes = &self.held[self.used..self.used + length];
        let (is_element, is_blank) = (self.scan.depth > 0, bytes.iter().all(u8::is_ascii_whitespace));
        let to = self.at + length as u64;
        if hit || self.names(bytes) {
            self.found.rows += 1;
            // An element leaves its brackets, so that the list stays one.
            let brackets = u64::from(is_element && self.layout == Layout::List);
            let range = from + brackets..to.saturating_sub(brackets).max(from + brackets);
            match self.found.ranges.last_mut() {
                Some(before) if before.end == range.start => before.end = range.end,
                _ => self.found.ranges.push(range),
            }
        } else if self.layout == Layout::List {
            self.found.others |= is_element && bytes != b"{}";
        } else {
            self.found.others |= !is_blank;
        }
        self.used += length;
        self.at = to;
        self.row = (to, false);
        self.scan.restart();
    }

    /// Looks at what is held of a row that is too long, and holds its end only.
    fn look_ahead(&mut self) {
        self.row.1 |= self.names(&self.held[self.used..]);
        let done = self.held.len() - self.used - OVERLAP;
        self.used += done;
        self.at += done as u64;
        self.scan.read = OVERLAP;
    }

    fn names(&self, row: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Told<'a> {
            #[serde(borrow)]
            row: Cow<'a, str>,
        }
        let text = String::from_utf8_lossy(row);
        let told = if self.layout == Layout::Told { serde_json::from_str(&text).ok() } else { None };
        told.map_or_else(|| self.mentions.are_in(&text), |Told { row }| self.mentions.are_in(&row))
    }
}

impl Scan {
    fn restart(&mut self) {
        (self.read, self.quote, self.first_line, self.depth) = (0, Quote::MayOpen, None, 0);
    }

    /// How long the row is, if it ends in what is held; goes on from where it was.
    fn end_of_row(&mut self, layout: Layout, held: &[u8], is_last: bool) -> Option<usize> {
        if layout == Layout::Told || layout == Layout::Lines {
            let behind = held[self.read..].iter().position(|byte| *byte == b'\n');
            self.read = behind.map_or(held.len(), |behind| self.read + behind + 1);
            return behind.map(|_| self.read);
        }
        while let Some(&byte) = held.get(self.read) {
            let next = held.get(self.read + 1);
            let ends = match layout {
                Layout::Told | Layout::Lines | Layout::Csv => {
                    if byte == b'\r' && next.is_none() && !is_last {
                        return None;
                    }
                    self.meet_in_csv(byte, next == Some(&b'\n'))
                }
                Layout::List if self.is_element_at(byte) && self.read > 0 => return Some(self.read),
                Layout::List => self.meet_in_list(byte),
            };
            self.read += 1;
            if ends {
                return Some(self.read);
            }
        }
        None
    }

    fn meet_in_csv(&mut self, byte: u8, before_line_feed: bool) -> bool {
        let breaks = byte == b'\n' || (byte == b'\r' && !before_line_feed);
        self.quote = match (self.quote, byte) {
            (Quote::MayOpen | Quote::Pending, b'"') => Quote::Open,
            (Quote::Open, b'"') => Quote::Pending,
            (Quote::Open, _) => {
                if breaks {
                    self.first_line.get_or_insert(self.read + 1);
                }
                return false;
            }
            (_, b',' | b';' | b'\t' | b'|') => Quote::MayOpen,
            _ => Quote::Closed,
        };
        breaks
    }

    /// Whether an element begins here: an object in an array, outside of any other.
    fn is_element_at(&self, byte: u8) -> bool {
        let quoted = matches!(self.quote, Quote::Open | Quote::Pending);
        byte == b'{' && self.depth == 0 && !quoted && self.open.last() == Some(&b'[')
    }

    fn meet_in_list(&mut self, byte: u8) -> bool {
        self.quote = match (self.quote, byte) {
            // A string that is not closed ends with its line.
            (Quote::Open | Quote::Pending, b'\n') | (Quote::Open, b'"') => Quote::Closed,
            (Quote::Open, b'\\') => Quote::Pending,
            (Quote::Open | Quote::Pending, _) | (_, b'"') => Quote::Open,
            (quote, b'{' | b'[') => {
                if self.depth > 0 || self.is_element_at(byte) {
                    self.depth += 1;
                } else if self.open.len() < DEEPEST {
                    self.open.push(byte);
                }
                quote
            }
            (quote, b'}' | b']') => {
                match self.depth {
                    0 => drop(self.open.pop()),
                    1 => return true,
                    _ => self.depth -= 1,
                }
                quote
            }
            (quote, _) => quote,
        };
        false
    }
}
