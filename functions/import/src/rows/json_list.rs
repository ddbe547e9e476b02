//! A JSON list: one object with an array of objects, which are the rows.
//!
//! Elements are found by their brackets and read one by one. The fields before and after the array
//! are skipped. Commas between elements are not required. Further pages may follow the first, each
//! an object of its own.
//!
//! An object without the array is a list without rows only if it is `{}`, or has nothing but empty
//! lists: that is how Google writes a place without reviews. An object that may be a row is one, if
//! it is all that there is. Anything else, such as an error message, is not a list, and the file is
//! refused: nobody's rows may disappear in it. An empty list with an error beside it is not a list
//! either. If rows were read, the file is kept as a whole.
//!
//! What can't be found again costs the rest: an array that isn't closed, a bracket that closes too
//! much, or something after the first page that is not a page. The rest is one broken row, cut to
//! the limit, and then the file ends. If only fields after the array are missing, no row is
//! missing, and nothing is broken.

use super::held::Held;
use super::json_element::{ElementReader, ElementStep};
use super::outline::{Outline, Seen};
use super::structure::{framed, is_white};
use super::{Broken, Framed, List, Position, Raw, Row, Step, Unreadable, unread};
use serde_json::{Map, Value};

pub(super) struct JsonList {
    list: List,
    stage: Stage,
    limit: usize,
    /// Whether the first object is over.
    is_behind_first: bool,
    /// Whether a row has begun.
    has_row: bool,
    /// Whether the last object says that there are further pages.
    has_next_page: bool,
}

enum Stage {
    /// Before the object.
    Start,
    /// In the object, before the array; how many held bytes of it were read, unless it is too long
    /// to be a row.
    Before(Outline, Option<usize>),
    /// In the array: before an element, a comma or the closing bracket.
    Between,
    /// After an object that is a row by itself, if nothing follows it.
    Alone(Raw),
    /// In an element.
    Element(ElementReader),
    /// In the object, after the array.
    After(Outline),
    /// After the object.
    Trailing,
    /// In the rest of a list that broke off, of which this part is kept.
    Rest(Raw, Broken),
    /// After a list that broke off, or a row by itself: nothing more comes.
    Over,
}

impl JsonList {
    pub(super) const fn new(list: List, limit: usize) -> Self {
        Self {
            list,
            stage: Stage::Start,
            limit,
            is_behind_first: false,
            has_row: false,
            has_next_page: false,
        }
    }

    /// Continues within the array, or after a list that broke off.
    pub(super) const fn resume(list: List, limit: usize, at: &Position) -> Self {
        let stage = if at.line == 0 {
            Stage::Over
        } else {
            Stage::Between
        };
        Self {
            list,
            stage,
            limit,
            is_behind_first: true,
            has_row: true,
            has_next_page: false,
        }
    }

    /// Whether the last page says that there are others, which are not in the file.
    pub(super) const fn has_more_pages(&self) -> bool {
        match &self.stage {
            Stage::After(outline) => outline.has_next_page() || self.has_next_page,
            _ => self.has_next_page,
        }
    }

    /// After the closing bracket there is no boundary any more: a reader that resumes there meets
    /// it again.
    pub(super) fn is_between_rows(&self) -> bool {
        matches!(self.stage, Stage::Between | Stage::Over)
    }

    pub(super) fn step(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        match &mut self.stage {
            Stage::Start => self.start(held),
            Stage::Before(..) => self.before(held),
            Stage::Alone(_) => self.by_itself(held),
            Stage::Between => Ok(self.between(held)),
            Stage::Element(_) => Ok(self.element(held)),
            Stage::After(_) => self.after(held),
            Stage::Trailing => Ok(self.trailing(held)),
            Stage::Rest(..) => Ok(self.rest(held)),
            Stage::Over => {
                held.skip(held.all().len(), 0);
                Ok(Step::Wait)
            }
        }
    }

    fn start(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        match skip_to(held, is_white) {
            Some(b'{') => {
                self.stage = Stage::Before(Outline::new(self.list.fields), Some(0));
                Ok(Step::On)
            }
            Some(_) => Err(Unreadable::NotAnObject),
            None if held.is_finished() => Err(Unreadable::Empty),
            None => Ok(Step::Wait),
        }
    }

    fn before(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        let Stage::Before(outline, kept) = &mut self.stage else {
            return Ok(Step::On);
        };
        // The opening bracket is held with the rest, and the outline begins after it.
        let before = kept.map_or(0, |read| read.max(1));
        let (more, seen) = outline.read(unread(held.all(), before));
        let read = before + more;
        if seen == Seen::Inside && !held.is_finished() {
            *kept = kept.map(|_| read).filter(|read| *read <= self.limit);
            if kept.is_none() {
                held.skip_text(read);
            }
            return Ok(Step::Wait);
        }
        match seen {
            Seen::List if outline.has_error() => {
                return self.refuse(held, Unreadable::ErrorMessage);
            }
            Seen::List => {
                self.has_next_page = outline.has_next_page();
                held.skip_text(read);
                self.stage = Stage::Between;
            }
            Seen::End if outline.is_empty() => {
                held.skip_text(read);
                (self.stage, self.has_next_page) = (Stage::Trailing, false);
            }
            Seen::End => {
                let is_whole = kept.is_some() && read <= self.limit;
                return self.alone(held, read, is_whole);
            }
            Seen::NotAList => return self.refuse(held, Unreadable::NotAList),
            Seen::Inside | Seen::Broken => return self.refuse(held, Unreadable::NotAnObject),
        }
        Ok(Step::On)
    }

    /// Passes on an object without a list, if it can be a row.
    fn alone(&mut self, held: &mut Held, read: usize, is_whole: bool) -> Result<Step, Unreadable> {
        if !is_whole {
            return self.refuse(held, Unreadable::NoList);
        }
        let raw = Raw {
            line: held.line(),
            bytes: held.first(read).to_vec(),
        };
        match framed(raw) {
            // After pages, a row by itself is not a page.
            Framed::Row {
                raw,
                row: Row::Object(object),
            } if self.list.is_row(&object) && !self.is_behind_first => {
                held.skip_text(read);
                self.stage = Stage::Alone(raw);
                Ok(Step::On)
            }
            Framed::Broken {
                raw,
                rule: Broken::RepeatedField,
            } if !self.is_behind_first => {
                held.skip_text(read);
                self.stage = Stage::Alone(raw);
                Ok(Step::On)
            }
            Framed::Row {
                row: Row::Object(object),
                ..
            } if is_error(&object) => self.refuse(held, Unreadable::ErrorMessage),
            Framed::Row { .. } => self.refuse(held, Unreadable::NoList),
            Framed::Broken { .. } => self.refuse(held, Unreadable::NotAnObject),
        }
    }

    /// Passes on a row by itself once the file is over: if something follows it, nobody knows what
    /// it is.
    fn by_itself(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        let Stage::Alone(raw) = &mut self.stage else {
            return Ok(Step::On);
        };
        match skip_to(held, is_white) {
            Some(b'{') => Err(Unreadable::RowsWithoutList),
            Some(_) => Err(Unreadable::NotAList),
            None if !held.is_finished() => Ok(Step::Wait),
            None => {
                let raw = Raw {
                    line: raw.line,
                    bytes: std::mem::take(&mut raw.bytes),
                };
                held.end();
                self.stage = Stage::Over;
                Ok(Step::Out(framed(raw)))
            }
        }
    }

    /// The whole file if nothing of it was passed on, or the rest of it.
    fn refuse(&mut self, held: &Held, unreadable: Unreadable) -> Result<Step, Unreadable> {
        if !self.is_behind_first {
            return Err(unreadable);
        }
        let rule = if unreadable == Unreadable::ErrorMessage {
            Broken::ErrorBeside
        } else {
            Broken::ListBrokenOff
        };
        self.stage = rest(held, rule);
        Ok(Step::On)
    }

    fn between(&mut self, held: &mut Held) -> Step {
        self.stage = match skip_to(held, |byte| is_white(byte) || byte == b',') {
            Some(b']') => Stage::Trailing,
            Some(b'{' | b'[' | b'"') => Stage::Element(ElementReader::structure()),
            Some(b'}') => rest(held, Broken::ListBrokenOff),
            Some(_) => Stage::Element(ElementReader::scalar()),
            None if held.is_finished() => rest(held, Broken::ListBrokenOff),
            None => return Step::Wait,
        };
        self.has_row |= matches!(self.stage, Stage::Element(_));
        if let Stage::Trailing = self.stage {
            held.skip(1, 0);
            self.stage = Stage::After(Outline::new(self.list.fields));
        }
        Step::On
    }

    fn element(&mut self, held: &mut Held) -> Step {
        let Stage::Element(element) = &mut self.stage else {
            return Step::On;
        };
        match element.step(held, self.limit) {
            ElementStep::Wait => Step::Wait,
            ElementStep::On => Step::On,
            ElementStep::Out(framed) => {
                self.stage = Stage::Between;
                Step::Out(framed)
            }
            ElementStep::BrokenOff(raw) => {
                self.stage = Stage::Rest(raw, Broken::ListBrokenOff);
                Step::On
            }
        }
    }

    fn after(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        let Stage::After(outline) = &mut self.stage else {
            return Ok(Step::On);
        };
        let (read, seen) = outline.read(held.all());
        let (has_next_page, has_error) = (outline.has_next_page(), outline.has_error());
        // What went wrong may have cost rows: a list without any is not a list.
        if seen == Seen::End && has_error && !self.has_row {
            return self.refuse(held, Unreadable::ErrorMessage);
        }
        held.skip_text(read);
        self.stage = match seen {
            Seen::Inside => return Ok(Step::Wait),
            Seen::End if has_error => rest(held, Broken::ErrorBeside),
            Seen::End => {
                self.has_next_page |= has_next_page;
                Stage::Trailing
            }
            Seen::List | Seen::NotAList => rest(held, Broken::SecondList),
            Seen::Broken => rest(held, Broken::ListBrokenOff),
        };
        Ok(Step::On)
    }

    fn trailing(&mut self, held: &mut Held) -> Step {
        self.is_behind_first = true;
        self.stage = match skip_to(held, is_white) {
            None => return Step::Wait,
            // Another page.
            Some(b'{') => Stage::Before(Outline::new(self.list.fields), Some(0)),
            Some(_) => rest(held, Broken::ListBrokenOff),
        };
        Step::On
    }

    /// Passes on the rest of the file, as much as a row may be.
    fn rest(&mut self, held: &mut Held) -> Step {
        let Stage::Rest(raw, rule) = &mut self.stage else {
            return Step::On;
        };
        let rule = *rule;
        let more = held.first(self.limit.saturating_sub(raw.bytes.len()));
        if raw.bytes.capacity() < self.limit {
            raw.bytes.reserve_exact(self.limit);
        }
        raw.bytes.extend_from_slice(more);
        held.skip(more.len(), 0);
        if raw.bytes.len() < self.limit && !held.is_finished() {
            return Step::Wait;
        }
        raw.bytes.shrink_to_fit();
        let raw = Raw {
            line: raw.line,
            bytes: std::mem::take(&mut raw.bytes),
        };
        held.end();
        self.stage = Stage::Over;
        Step::Out(Framed::Broken { raw, rule })
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        match &self.stage {
            Stage::Element(element) => element.held_bytes(),
            Stage::Rest(raw, _) | Stage::Alone(raw) => raw.bytes.capacity(),
            _ => 0,
        }
    }
}

fn rest(held: &Held, rule: Broken) -> Stage {
    Stage::Rest(
        Raw {
            line: held.line(),
            bytes: Vec::new(),
        },
        rule,
    )
}

/// Whether an object is what a service answers when something went wrong.
fn is_error(object: &Map<String, Value>) -> bool {
    object.contains_key("error") || (object.contains_key("code") && object.contains_key("message"))
}

/// Skips bytes up to the first that isn't skipped.
fn skip_to(held: &mut Held, skipped: impl Fn(u8) -> bool) -> Option<u8> {
    let all = held.all();
    let read = all
        .iter()
        .position(|&byte| !skipped(byte))
        .unwrap_or(all.len());
    held.skip_text(read);
    held.all().first().copied()
}
