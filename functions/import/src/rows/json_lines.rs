//! JSON lines: one object a line.
//!
//! A line ends with a line feed, before which a carriage return may come. Lines with only white
//! space are skipped.
//!
//! A file is checked before its first line is: an array, objects that are spread over lines, or a
//! file in which no line begins as an object does are refused as a whole. Otherwise each of their
//! lines would be a bad row, and none would give the real reason.

use super::held::Held;
use super::structure::{framed, is_white};
use super::{Broken, Framed, Raw, Step, Unreadable, unread};
use memchr::{memchr, memrchr};

pub(super) struct JsonLines {
    stage: Stage,
    limit: usize,
}

enum Stage {
    /// Before the first line, and how many bytes were searched for its end.
    Start(usize),
    /// In a line that is held from its beginning, and how many bytes of it were searched for its
    /// end.
    Line(usize),
    /// In a line that is too long, of which this part is kept.
    TooLong(Raw),
}

impl JsonLines {
    /// At the file's beginning, or at a line within it.
    pub(super) const fn new(limit: usize, is_within: bool) -> Self {
        let stage = if is_within {
            Stage::Line(0)
        } else {
            Stage::Start(0)
        };
        Self { stage, limit }
    }

    pub(super) fn is_between_rows(&self) -> bool {
        matches!(self.stage, Stage::Line(_))
    }

    pub(super) fn step(&mut self, held: &mut Held) -> Result<Step, Unreadable> {
        match self.stage {
            Stage::Start(searched) => self.start(held, searched),
            Stage::Line(searched) => Ok(self.line(held, searched)),
            Stage::TooLong(_) => Ok(self.too_long(held)),
        }
    }

    /// Looks at as much of the file as a row may have, or up to a line that begins as an object
    /// does.
    fn start(&mut self, held: &Held, searched: usize) -> Result<Step, Unreadable> {
        let first = held.first(self.limit);
        let is_enough = held.is_finished() || first.len() == self.limit;
        // A line is judged only when it is whole.
        let is_object = first.trim_ascii_start().starts_with(b"{");
        let is_ended = || memrchr(b'\n', unread(first.trim_ascii_start(), searched)).is_some();
        if is_object && !is_enough && !is_ended() {
            self.stage = Stage::Start(first.trim_ascii_start().len());
            return Ok(Step::Wait);
        }
        let mut lines = first
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty());
        let is_cut = |line: &[u8]| line.starts_with(b"{") && line != b"{" && !line.ends_with(b"}");
        match (lines.next(), lines.next()) {
            (Some(line), None) if is_cut(line) && !is_enough => return Ok(Step::Wait),
            // A line that was cut off is one bad row. After the first line of an object that
            // continues on further lines, no line is a whole object.
            (Some(line), Some(second)) if is_cut(line) && second.starts_with(b"\"") => {
                let end = if is_enough {
                    Some(first.len())
                } else {
                    memrchr(b'\n', first)
                };
                let is_whole = |line: &[u8]| line.starts_with(b"{") && line.ends_with(b"}");
                let mut whole = first[..end.unwrap_or(0)]
                    .split(|byte| *byte == b'\n')
                    .map(<[u8]>::trim_ascii);
                if !whole.any(is_whole) {
                    return if is_enough {
                        Err(Unreadable::SpreadOverLines)
                    } else {
                        Ok(Step::Wait)
                    };
                }
            }
            (None, _) if is_enough => {}
            (Some(line), _) if line.starts_with(b"[") => return Err(Unreadable::AnArray),
            (Some(b"{"), Some(second)) if second.starts_with(b"\"") => {
                return Err(Unreadable::SpreadOverLines);
            }
            (Some(b"{"), None) if !is_enough => return Ok(Step::Wait),
            (Some(first), second) => {
                let begins = |line: &[u8]| line.starts_with(b"{");
                if !begins(first) && !second.is_some_and(begins) && !lines.any(begins) {
                    return if is_enough {
                        Err(Unreadable::NotJsonLines)
                    } else {
                        Ok(Step::Wait)
                    };
                }
            }
            (None, _) => return Ok(Step::Wait),
        }
        self.stage = Stage::Line(0);
        Ok(Step::On)
    }

    fn line(&mut self, held: &mut Held, searched: usize) -> Step {
        let line = held.first(self.limit + 1);
        let end = memchr(b'\n', unread(line, searched)).map(|end| searched + end);
        let length = match end {
            Some(end) => end,
            None if line.len() > self.limit => {
                self.stage = Stage::TooLong(Raw {
                    line: held.line(),
                    bytes: held.cut(self.limit, 0),
                });
                return Step::On;
            }
            None if held.is_finished() && !line.is_empty() => line.len(),
            None => {
                self.stage = Stage::Line(line.len());
                return Step::Wait;
            }
        };
        let line = held.first(length);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let raw = (!line.iter().all(|&byte| is_white(byte))).then(|| Raw {
            line: held.line(),
            bytes: line.to_vec(),
        });
        held.skip(length + 1, u64::from(end.is_some()));
        self.stage = Stage::Line(0);
        raw.map_or(Step::On, |raw| Step::Out(framed(raw)))
    }

    /// Skips what is left of a line that is too long.
    fn too_long(&mut self, held: &mut Held) -> Step {
        let rest = held.all();
        let end = memchr(b'\n', rest);
        held.skip(
            end.map_or(rest.len(), |end| end + 1),
            u64::from(end.is_some()),
        );
        if end.is_none() && !held.is_finished() {
            return Step::Wait;
        }
        match std::mem::replace(&mut self.stage, Stage::Line(0)) {
            Stage::TooLong(raw) => Step::Out(Framed::Broken {
                raw,
                rule: Broken::TooLong,
            }),
            Stage::Start(_) | Stage::Line(_) => Step::On,
        }
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        if let Stage::TooLong(raw) = &self.stage {
            raw.bytes.capacity()
        } else {
            0
        }
    }
}
