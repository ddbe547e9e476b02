//! The bytes of a partner's file, pushed in chunks of any size, become raw rows.
//!
//! It is pure, and what it holds is bounded whatever comes in: a row, or an element of a list, of
//! at most [`ROW_LIMIT`] bytes, the text of its fields, and what was pushed last. So a caller
//! pushes a chunk and asks for rows until there are none before it pushes the next. Every byte is
//! looked at once as it comes, even if a long row arrives a byte at a time: each format keeps how
//! far it has read into the row that it holds, and continues from there.
//!
//! **One bad row must never cost a good one, and text within a row must never become one.** A bad
//! row is passed on as [`Framed::Broken`], with its line and the rule that it breaks, and the rest
//! continues:
//!
//! - *CSV* (`csv.rs`): sound quotes say where a row ends. After broken quotes nothing more is read,
//!   and the file is kept as a whole.
//! - *JSON lines* (`json_lines.rs`): a line is a row, whatever is on it.
//! - *JSON list* (`json_list.rs`): the brackets say where an element ends; what is between them
//!   need not be JSON.
//!
//! A file may begin with a UTF-8 byte order mark. A packed file, a workbook or a file in UTF-16 is
//! refused by its first bytes, whatever its format (`opening.rs`).

mod csv;
mod framed;
mod header;
mod held;
mod json_element;
mod json_lines;
mod json_list;
mod opening;
mod outline;
mod scan;
mod structure;

#[cfg(test)]
mod csv_tests;
#[cfg(test)]
mod invariant_tests;
#[cfg(test)]
mod json_tests;
#[cfg(test)]
mod promises_tests;

use held::Held;
use opening::Opening;

pub use framed::{Broken, Format, Framed, List, Position, ROW_LIMIT, Raw, Row, Unreadable};
pub use header::Header;

/// The bytes that are not read yet; empty once all are.
fn unread(bytes: &[u8], read: usize) -> &[u8] {
    debug_assert!(read <= bytes.len(), "{read} of {} are read", bytes.len());
    &bytes[read.min(bytes.len())..]
}

/// One reader of one file.
pub struct Rows {
    held: Held,
    framing: Framing,
    /// The last row boundary.
    at: Position,
    failed: Option<Unreadable>,
}

enum Framing {
    Csv(Box<csv::Csv>),
    JsonLines(json_lines::JsonLines),
    JsonList(json_list::JsonList),
}

/// The result of a stage of framing.
enum Step {
    /// The next stage can continue with the held bytes.
    On,
    /// It takes more bytes; or there are none any more, and this is the end.
    Wait,
    /// A row.
    Out(Framed),
}

impl Step {
    fn broken(raw: Raw, rule: Broken) -> Self {
        Self::Out(Framed::Broken { raw, rule })
    }
}

impl Rows {
    /// Reads a file from its beginning.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self::start(format, None, Position::START, ROW_LIMIT)
    }

    /// Continues where another reader of the same file was at `at`; the bytes that are pushed begin
    /// at `at.offset`.
    ///
    /// At offset 0 the file is read from its beginning, and its header with it.
    #[must_use]
    pub fn resume(format: Format, header: Header, at: Position) -> Self {
        Self::start(format, Some(header), at, ROW_LIMIT)
    }

    fn start(format: Format, header: Option<Header>, at: Position, limit: usize) -> Self {
        let begun = at.offset > 0;
        let framing = match format {
            Format::Csv => Framing::Csv(Box::new(match header.filter(|_| begun) {
                Some(header) => csv::Csv::resume(header, limit, &at),
                None => csv::Csv::new(limit),
            })),
            Format::JsonLines => Framing::JsonLines(json_lines::JsonLines::new(limit, begun)),
            Format::JsonList(list) if begun => {
                Framing::JsonList(json_list::JsonList::resume(list, limit, &at))
            }
            Format::JsonList(list) => Framing::JsonList(json_list::JsonList::new(list, limit)),
        };
        Self {
            held: Held::new(at.clone(), limit),
            framing,
            at,
            failed: None,
        }
    }

    /// Takes the next bytes of the file. Ask for all rows before pushing more: rows that nobody
    /// asked for are held.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.push(bytes);
    }

    /// Says that no more bytes will come.
    pub fn finish(&mut self) {
        self.held.finish();
    }

    /// The next row. `None` means that it takes more bytes or, after [`finish`](Self::finish), that
    /// this is the end.
    ///
    /// # Errors
    /// [`Unreadable`] if the whole file can't be read; then every further call says so too.
    #[expect(
        clippy::should_implement_trait,
        reason = "none is not the end: an iterator would be misread"
    )]
    pub fn next(&mut self) -> Result<Option<Framed>, Unreadable> {
        if let Some(unreadable) = self.failed {
            return Err(unreadable);
        }
        if self.held.is_at_beginning() {
            match Opening::of(self.held.all(), self.held.is_finished()) {
                Opening::Unclear => return Ok(None),
                Opening::Text(mark) => self.held.begin(mark),
                Opening::Refused(unreadable) => return self.fail(unreadable),
            }
        }
        loop {
            let (step, boundary) = match &mut self.framing {
                Framing::Csv(csv) => (csv.step(&mut self.held), csv.is_between_rows()),
                Framing::JsonLines(lines) => (lines.step(&mut self.held), lines.is_between_rows()),
                Framing::JsonList(list) => (list.step(&mut self.held), list.is_between_rows()),
            };
            if boundary {
                self.at = self.held.at();
            }
            match step {
                Ok(Step::On) => {}
                Ok(Step::Wait) => return Ok(None),
                Ok(Step::Out(framed)) => return Ok(Some(framed)),
                Err(unreadable) => return self.fail(unreadable),
            }
        }
    }

    fn fail(&mut self, unreadable: Unreadable) -> Result<Option<Framed>, Unreadable> {
        self.failed = Some(unreadable);
        Err(unreadable)
    }

    /// The names of a CSV's columns, trimmed, once a row or the end was reached; empty for JSON.
    #[must_use]
    pub fn header(&self) -> &[String] {
        self.written().map_or(&[], |header| &header.names)
    }

    /// The layout of a CSV, once a row or the end was reached: [`resume`](Self::resume) needs it.
    #[must_use]
    pub fn written(&self) -> Option<&Header> {
        match &self.framing {
            Framing::Csv(csv) => csv.header(),
            Framing::JsonLines(_) | Framing::JsonList(_) => None,
        }
    }

    /// Whether a JSON list says, as far as it was read, that it has further pages, which are not in
    /// the file.
    #[must_use]
    pub const fn has_more_pages(&self) -> bool {
        match &self.framing {
            Framing::JsonList(list) => list.has_more_pages(),
            Framing::Csv(_) | Framing::JsonLines(_) => false,
        }
    }

    /// Where to [`resume`](Self::resume): after the last row that [`next`](Self::next) returned.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at.clone()
    }
}

#[cfg(test)]
impl Rows {
    /// A reader with a row limit of its own.
    fn limited(format: Format, header: Option<Header>, at: Position, limit: usize) -> Self {
        Self::start(format, header, at, limit)
    }

    /// The bytes that are allocated for what is held.
    fn held_bytes(&self) -> usize {
        let framing = match &self.framing {
            Framing::Csv(csv) => csv.held_bytes(),
            Framing::JsonLines(lines) => lines.held_bytes(),
            Framing::JsonList(list) => list.held_bytes(),
        };
        self.held.allocated() + framing
    }
}
