//! The rows of a file that nobody could read, and which of them name a person.
//!
//! A whole file in quarantine is broken somewhere, so rows are cut out more leniently here than in
//! an import: a quote that is never closed costs its line, and a row that is too long is searched
//! in pieces. Memory stays flat whatever comes in.
//!
//! A file that is not text (packed, or in UTF-16) can't be searched. It is counted, and left as it
//! is. It may name anybody, and the caller knows how long it has to wait for it to be deleted.

use super::Mentions;
use super::text::{HEAD, is_text};
use crate::record::quarantined::QuarantinedRow;
use serde_json::{Map, Value};
use std::ops::Range;

/// How many bytes of a row are held.
const HELD: usize = 2 * 1024 * 1024;
/// How many bytes two pieces of a longer row overlap: longer than any spelling of an identifier.
const OVERLAP: usize = 4 * 1024;
/// How deep brackets are tracked.
const DEEPEST: usize = 4_096;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// What an import puts into quarantine: one JSON object a line, with the row as a string.
    Quarantined,
    /// A row is a line.
    Lines,
    /// Comma-separated values: a row is a line, or several within quotes.
    Csv,
    /// JSON: a row is an object in an array.
    List,
    /// The whole file is one row.
    One,
    /// Nobody knows: the beginning of the file decides.
    Unknown,
}

/// Which part of a file names a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many rows.
    pub rows: u64,
    /// Where they are, in bytes, in order.
    pub ranges: Vec<Range<u64>>,
    /// Whether there are any other rows.
    pub others: bool,
    /// How many rows, or files, nobody can look into.
    pub opaque: u64,
}

/// A visitor of a file's rows.
pub trait Look {
    /// Looks at a row, or at a piece of one that is too long. Returns whether it names the person
    /// who is looked for.
    fn look(&mut self, row: &[u8]) -> bool;
}

impl Look for &Mentions {
    fn look(&mut self, row: &[u8]) -> bool {
        self.are_in_bytes(row)
    }
}

/// Two visitors of the same rows. The first says what is named.
#[derive(Debug)]
pub struct Both<A, B>(pub A, pub B);

impl<A: Look, B: Look> Look for Both<A, B> {
    fn look(&mut self, row: &[u8]) -> bool {
        self.1.look(row);
        self.0.look(row)
    }
}

/// A search through a file, a chunk at a time.
#[derive(Debug)]
pub struct Search<L> {
    who: L,
    layout: Layout,
    held: Vec<u8>,
    /// How many of the held bytes are done with.
    used: usize,
    /// Where the remaining bytes begin in the file.
    at: u64,
    /// Where the row begins, and whether it names the person in a piece that is no longer held.
    row: (u64, bool),
    head: Head,
    scan: Scan,
    found: Found,
}

/// Whether a file is text, once enough of it has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    Unknown,
    Text,
    Opaque,
}

/// What was found in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Named,
    Other,
    Opaque,
}

/// How far the row was read in the held bytes, and its state there.
#[derive(Debug, Default)]
struct Scan {
    read: usize,
    quote: Quote,
    /// The first line break within quotes: if they are never closed, the row ends there.
    first_line: Option<usize>,
    /// The brackets that are open outside of any row.
    open: Vec<u8>,
    /// How many brackets are open within a row.
    depth: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quote {
    /// At the beginning of a field.
    #[default]
    MayOpen,
    Closed,
    Open,
    /// After a quote within quotes, or after a backslash in JSON.
    Pending,
}

impl<L: Look> Search<L> {
    /// Begins a search through a file.
    #[must_use]
    pub fn new(who: L, layout: Layout) -> Self {
        // What an import wrote is always text.
        let head = if layout == Layout::Quarantined {
            Head::Text
        } else {
            Head::Unknown
        };
        let (scan, found) = (Scan::default(), Found::default());
        Self {
            who,
            layout,
            held: Vec::new(),
            used: 0,
            at: 0,
            row: (0, false),
            head,
            scan,
            found,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks(HELD) {
            self.held.extend_from_slice(bytes);
            self.go_on(false);
            self.held.drain(..std::mem::take(&mut self.used));
        }
    }

    /// Whether nobody can look into it, so that no more bytes are needed.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        self.head == Head::Opaque
    }

    /// Ends the search. Returns what was found, and the visitor.
    #[must_use]
    pub fn finish(mut self) -> (Found, L) {
        self.go_on(true);
        if self.head == Head::Opaque {
            (self.found.opaque, self.found.others) = (1, true);
        }
        (self.found, self.who)
    }

    fn go_on(&mut self, is_last: bool) {
        if self.head == Head::Unknown && (is_last || self.held.len() >= HEAD) {
            let head = self.held.get(..HEAD).unwrap_or(&self.held);
            self.head = if is_text(head) {
                Head::Text
            } else {
                Head::Opaque
            };
            if self.layout == Layout::Unknown {
                self.layout = layout_of(head);
            }
        }
        match self.head {
            Head::Unknown => return,
            Head::Opaque => {
                (self.held, self.used) = (Vec::new(), 0);
                return;
            }
            Head::Text => {}
        }
        loop {
            let left = self.held.len() - self.used;
            match self
                .scan
                .end_of_row(self.layout, &self.held[self.used..], is_last)
            {
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

    /// Ends a row of this length in the held bytes.
    fn end(&mut self, length: usize) {
        let (from, hit) = self.row;
        let bytes = &self.held[self.used..self.used + length];
        let (is_element, is_blank) = (
            self.scan.depth > 0,
            bytes.iter().all(u8::is_ascii_whitespace),
        );
        let to = self.at + length as u64;
        let seen = if hit {
            Seen::Named
        } else {
            look(&mut self.who, self.layout, bytes)
        };
        self.found.opaque += u64::from(seen == Seen::Opaque);
        if seen == Seen::Named {
            self.found.rows += 1;
            // An element leaves its brackets, so that the list stays a list.
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

    /// Searches the held part of a row that is too long, and then holds only its end.
    fn look_ahead(&mut self) {
        self.row.1 |= look(&mut self.who, self.layout, &self.held[self.used..]) == Seen::Named;
        let done = self.held.len() - self.used - OVERLAP;
        self.used += done;
        self.at += done as u64;
        self.scan.read = OVERLAP;
    }
}

fn look(who: &mut impl Look, layout: Layout, row: &[u8]) -> Seen {
    let quarantined = if layout == Layout::Quarantined {
        QuarantinedRow::parse(row)
    } else {
        None
    };
    let row = quarantined
        .as_ref()
        .map_or(row, |quarantined| &quarantined.bytes);
    if who.look(row) {
        Seen::Named
    } else if quarantined.is_some() && std::str::from_utf8(row).is_err() && !is_text(row) {
        Seen::Opaque
    } else {
        Seen::Other
    }
}

/// The layout of a file that begins like this.
fn layout_of(head: &[u8]) -> Layout {
    let text = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    if !text.starts_with(b"{") && !text.starts_with(b"[") {
        return Layout::Csv;
    }
    let end = text.iter().position(|byte| *byte == b'\n');
    let first = &text[..end.unwrap_or(text.len())];
    let is_object =
        text.len() > first.len() && serde_json::from_slice::<Map<String, Value>>(first).is_ok();
    if is_object {
        Layout::Lines
    } else {
        Layout::List
    }
}

impl Scan {
    fn restart(&mut self) {
        (self.read, self.quote, self.first_line, self.depth) = (0, Quote::MayOpen, None, 0);
    }

    /// The length of the row, if it ends in the held bytes; continues from where it stopped.
    fn end_of_row(&mut self, layout: Layout, held: &[u8], is_last: bool) -> Option<usize> {
        if layout == Layout::One {
            self.read = held.len();
            return None;
        }
        if layout == Layout::Quarantined || layout == Layout::Lines {
            let behind = held[self.read..].iter().position(|byte| *byte == b'\n');
            self.read = behind.map_or(held.len(), |behind| self.read + behind + 1);
            return behind.map(|_| self.read);
        }
        while let Some(&byte) = held.get(self.read) {
            let next = held.get(self.read + 1);
            let ends = match layout {
                Layout::Quarantined
                | Layout::Lines
                | Layout::One
                | Layout::Unknown
                | Layout::Csv => {
                    if byte == b'\r' && next.is_none() && !is_last {
                        return None;
                    }
                    self.meet_in_csv(byte, next == Some(&b'\n'))
                }
                Layout::List if self.is_element_at(byte) && self.read > 0 => {
                    return Some(self.read);
                }
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
