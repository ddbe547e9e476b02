//! Where a row of CSV ends, and whether its quotes are sound: one byte after another, none of them
//! held.
//!
//! The rules are those of RFC 4180 with any line break, as the crate `csv` reads them: a quote at a
//! field's beginning opens it, two quotes within are one, a separator or a line break counts
//! outside quotes only. Where that crate reads the following bytes as text, this says that the
//! quotes are broken: after a closing quote, and where a row of several lines has a quote within an
//! unquoted field. Both are what is left when the beginning of a cell was taken for its end, or its
//! end for a beginning.
//!
//! Some programs correctly write another kind of CSV, and by these rules a line within one of their
//! cells would be a row:
//!
//! - `\"` for a quote within quotes. If a separator or a line break follows, it may also end a text
//!   whose last character is a backslash. The next quote of the file decides, if it can only open a
//!   field or only close one. If it can be both, the quotes are broken if the row has another
//!   number of fields than the header. `\""` before a separator is the same in reverse.
//! - `, "text"`: white space before the quotes. A separator or a line break between them breaks
//!   them.
//! - `'text'`: a row with too few fields, whose last field begins with an apostrophe and ends with
//!   none, is the beginning of another ([`Scan::ends_in_another`]).
//! - `text\` at the end of a line: the backslash escapes the line break if the row has too few
//!   fields, or too many.

use super::Broken;
use memchr::memchr3;

/// How far a row was read, and the state there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    separator: u8,
    place: Place,
    /// The byte that was read last.
    last: u8,
    has_stray_quote: bool,
    /// Whether white space comes before quotes.
    pub(super) has_space_before_quote: bool,
    doubt: Doubt,
    /// Whether a quote after such a backslash may have opened a field as well as closed it.
    is_ambiguous: bool,
    /// How many bytes were read.
    pub(super) bytes: usize,
    /// How many fields have begun.
    pub(super) fields: usize,
    /// How many line breaks are within quotes.
    pub(super) breaks: u64,
}

/// Where the next byte is.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// At the beginning of a field.
    Start,
    /// In the white space that a field begins with.
    Blank,
    /// In a field without quotes.
    Plain,
    /// In a field that an apostrophe begins, and whether none ends it so far.
    Apostrophe(bool),
    /// In a field that white space and quotes begin, and whether they are open.
    Spaced(bool),
    /// Within quotes.
    Quoted,
    /// After a quote within quotes: it closes them, or is the first of two. And whether a backslash
    /// comes before it.
    Quote(bool),
}

/// Whether a backslash before a quote escapes it. The next quote may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    None,
    /// The quote was taken for a closing one.
    Closed,
    /// The next quote was taken for an opening one: the byte after it decides.
    Opened,
    /// It was taken for text: the byte after it decides.
    Stray,
    /// Two quotes were taken for one within a text, and this is the byte after them.
    Doubled,
    /// They were, and a separator or a line break follows them.
    Within,
}

/// The result of continuing in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// There is more to read.
    Inside,
    /// It ends before the next byte, which is a line break, or with the file.
    End,
    /// Its quotes are broken.
    Broken(Broken),
}

impl Scan {
    /// At a row's beginning.
    pub(super) const fn new(separator: u8) -> Self {
        Self {
            separator,
            place: Place::Start,
            last: 0,
            has_stray_quote: false,
            has_space_before_quote: false,
            doubt: Doubt::None,
            is_ambiguous: false,
            bytes: 0,
            fields: 1,
            breaks: 0,
        }
    }

    /// Whether the next quote after the row decides where this row ends.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.doubt == Doubt::Closed
    }

    /// Whether a row that should have this many fields ends in the middle of one, as another kind
    /// of CSV writes it.
    pub(super) const fn ends_in_another(&self, columns: usize) -> Option<Broken> {
        if self.fields == columns {
            return None;
        }
        match (self.place, self.last) {
            _ if self.is_ambiguous => Some(Broken::BackslashQuote),
            (Place::Apostrophe(true), _) if self.fields < columns => Some(Broken::ApostropheQuote),
            (Place::Plain | Place::Apostrophe(_), b'\\') => Some(Broken::BackslashLineBreak),
            _ => None,
        }
    }

    /// What the next quote after the row decides, by the bytes around it: whether it closes what
    /// the row has opened, or escapes a quote within it. If it may also open a field, the row
    /// should have this many.
    pub(super) fn goes_on(&self, before: Option<u8>, behind: Option<u8>, columns: usize) -> bool {
        let is_closing = behind.is_none_or(|behind| self.is_edge(behind));
        if before.is_some_and(|before| self.is_edge(before)) {
            is_closing && self.fields != columns
        } else {
            is_closing || before == Some(b'\\')
        }
    }

    /// Whether a byte comes between fields.
    fn is_edge(&self, byte: u8) -> bool {
        byte == self.separator || matches!(byte, b'\n' | b'\r')
    }

    /// The separator of the fields.
    pub(super) const fn separator(&self) -> u8 {
        self.separator
    }

    /// Continues, at most to the end of the row.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Met {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            // Within quotes only three bytes have a meaning.
            let skipped = match self.place {
                Place::Quoted if matches!(self.doubt, Doubt::None | Doubt::Within) => {
                    memchr3(b'"', b'\n', b'\r', rest).unwrap_or(rest.len())
                }
                _ => 0,
            };
            if let Some(&last) = skipped.checked_sub(1).and_then(|last| rest.get(last)) {
                self.last = last;
            }
            self.bytes += skipped;
            at += skipped;
            let Some(&byte) = rest.get(skipped) else {
                break;
            };
            match self.meet(byte) {
                Met::Inside => {}
                met => return met,
            }
            (self.last, self.bytes, at) = (byte, self.bytes + 1, at + 1);
        }
        Met::Inside
    }

    /// The result if the file ends here.
    pub(super) fn finish(&self) -> Met {
        match self.place {
            Place::Quoted => Met::Broken(Broken::QuoteNeverClosed),
            _ => self.end(),
        }
    }

    fn meet(&mut self, byte: u8) -> Met {
        if self.settles(byte) {
            return Met::Broken(Broken::BackslashQuote);
        }
        self.place = match (self.place, byte) {
            (Place::Quoted, b'"') => Place::Quote(self.last == b'\\'),
            (Place::Quoted, _) => {
                // A carriage return and a line feed are one line break.
                self.breaks += u64::from(byte == b'\r' || (byte == b'\n' && self.last != b'\r'));
                Place::Quoted
            }
            (_, b'\n' | b'\r') => return self.end(),
            (Place::Spaced(true), byte) if byte == self.separator => {
                return Met::Broken(Broken::SpaceBeforeQuote);
            }
            (_, byte) if byte == self.separator => {
                self.fields += 1;
                Place::Start
            }
            (Place::Start | Place::Quote(_), b'"') => Place::Quoted,
            (Place::Quote(escaped), _) if escaped || self.is_ambiguous => {
                return Met::Broken(Broken::BackslashQuote);
            }
            (Place::Quote(_), _) => return Met::Broken(Broken::StrayQuote),
            (Place::Blank, b'"') => {
                (self.has_stray_quote, self.has_space_before_quote) = (true, true);
                Place::Spaced(true)
            }
            (Place::Spaced(open), byte) => Place::Spaced(open ^ (byte == b'"')),
            (Place::Start | Place::Blank, b' ' | b'\t') => Place::Blank,
            (Place::Start | Place::Blank, b'\'') => Place::Apostrophe(true),
            (Place::Apostrophe(open), byte) => {
                self.has_stray_quote |= byte == b'"';
                Place::Apostrophe(open ^ (byte == b'\''))
            }
            (Place::Start | Place::Blank | Place::Plain, byte) => {
                self.has_stray_quote |= byte == b'"';
                Place::Plain
            }
        };
        Met::Inside
    }

    /// Keeps what a backslash before a quote leaves open. Returns whether a byte settles that it
    /// escapes one.
    fn settles(&mut self, byte: u8) -> bool {
        let is_edge = self.is_edge(byte);
        self.doubt = match (self.doubt, self.place, byte) {
            (Doubt::Closed, Place::Start, b'"') => Doubt::Opened,
            (
                Doubt::Closed,
                Place::Plain | Place::Apostrophe(_) | Place::Blank | Place::Spaced(_),
                b'"',
            ) => {
                if self.last == b'\\' {
                    return true;
                }
                Doubt::Stray
            }
            (Doubt::Stray, ..) if is_edge => return true,
            (Doubt::Stray, ..) => Doubt::Closed,
            (Doubt::Opened, ..) => {
                self.is_ambiguous |= is_edge;
                Doubt::None
            }
            (Doubt::Doubled, ..) => {
                if is_edge {
                    Doubt::Within
                } else {
                    Doubt::None
                }
            }
            (Doubt::Within, Place::Quoted, b'"') => {
                self.is_ambiguous |= self.is_edge(self.last);
                Doubt::None
            }
            (_, Place::Quote(true), b'"') => Doubt::Doubled,
            (_, Place::Quote(true), _) if is_edge => Doubt::Closed,
            (doubt, ..) => doubt,
        };
        false
    }

    fn end(&self) -> Met {
        match self.place {
            Place::Spaced(true) => Met::Broken(Broken::SpaceBeforeQuote),
            // On one line a quote within an unquoted field can't have swallowed anything: it is
            // text.
            _ if self.has_stray_quote && self.breaks > 0 => Met::Broken(Broken::StrayQuote),
            _ => Met::End,
        }
    }
}
