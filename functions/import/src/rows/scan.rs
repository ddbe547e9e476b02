//! Where a row of CSV ends, and whether its quotes are sound: one byte after another, and none of them held.
//!
//! The rules are those of RFC 4180 with any line break, as the crate `csv` reads them: a quote at a field's beginning
//! opens it, two quotes within are one, a separator or a line break counts outside of quotes only. Where that crate
//! takes what comes for text, this says that the quotes are broken: behind a closing quote, and where a row of several
//! lines has a quote within an unquoted field. Both are what the beginning of a cell leaves behind that was taken for its
//! end, or its end for a beginning.

use super::Broken;
use memchr::memchr3;

/// How far a row was read, and in what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    separator: u8,
    place: Place,
    /// The byte that was read last.
    last: u8,
    has_stray_quote: bool,
    /// How many bytes were read.
    pub(super) bytes: usize,
    /// How many fields have begun.
    pub(super) fields: usize,
    /// How many line breaks stand within quotes.
    pub(super) breaks: u64,
}

/// In what the next byte stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// At the beginning of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// Within quotes.
    Quoted,
    /// Behind a quote within quotes: it closes them, or is the first of two. And whether a backslash stands before it.
    Quote(bool),
}

/// What reading on in a row came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// It goes on.
    Inside,
    /// It ends before the next byte, which is a line break, or with the file.
    End,
    /// Its quotes are broken.
    Broken(Broken),
}

impl Scan {
    /// At a row's beginning.
    pub(super) const fn new(separator: u8) -> Self {
        Self { separator, place: Place::Start, last: 0, has_stray_quote: false, bytes: 0, fields: 1, breaks: 0 }
    }

    /// What separates the fields.
    pub(super) const fn separator(&self) -> u8 {
        self.separator
    }

    /// Reads on, at most to the end of the row.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Met {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            // Within quotes only three bytes say anything.
            let skipped = match self.place {
                Place::Quoted => memchr3(b'"', b'\n', b'\r', rest).unwrap_or(rest.len()),
                _ => 0,
            };
            if let Some(&last) = skipped.checked_sub(1).and_then(|last| rest.get(last)) {
                self.last = last;
            }
            self.bytes += skipped;
            at += skipped;
            let Some(&byte) = rest.get(skipped) else { break };
            match self.meet(byte) {
                Met::Inside => {}
                met => return met,
            }
            (self.last, self.bytes, at) = (byte, self.bytes + 1, at + 1);
        }
        Met::Inside
    }

    /// What it came to if the file ends here.
    pub(super) fn finish(&self) -> Met {
        match self.place {
            Place::Quoted => Met::Broken(Broken::QuoteNeverClosed),
            _ => self.end(),
        }
    }

    fn meet(&mut self, byte: u8) -> Met {
        self.place = match (self.place, byte) {
            (Place::Quoted, b'"') => Place::Quote(self.last == b'\\'),
            (Place::Quoted, _) => {
                // A carriage return and a line feed are one line break.
                self.breaks += u64::from(byte == b'\r' || (byte == b'\n' && self.last != b'\r'));
                Place::Quoted
            }
            (_, b'\n' | b'\r') => return self.end(),
            (_, byte) if byte == self.separator => {
                self.fields += 1;
                Place::Start
            }
            (Place::Start | Place::Quote(_), b'"') => Place::Quoted,
            (Place::Quote(true), _) => return Met::Broken(Broken::BackslashQuote),
            (Place::Quote(false), _) => return Met::Broken(Broken::StrayQuote),
            (Place::Plain, b'"') => {
                self.has_stray_quote = true;
                Place::Plain
            }
            (Place::Start | Place::Plain, _) => Place::Plain,
        };
        Met::Inside
    }

    fn end(&self) -> Met {
        // On one line a quote within an unquoted field can't have swallowed anything: it is text.
        if self.has_stray_quote && self.breaks > 0 { Met::Broken(Broken::StrayQuote) } else { Met::End }
    }
}
