//! JSON lines: one object a line.
//!
//! A line ends with a line feed, before which a carriage return may stand. Lines of nothing but white space are skipped.

use super::held::Held;
use super::structure::{framed, is_white};
use super::{Broken, Framed, Raw, Step};
use memchr::memchr;

pub(super) struct JsonLines {
    stage: Stage,
    limit: usize,
}

enum Stage {
    /// In a line that is held from its beginning, and how many bytes of it were searched for its end.
    Line(usize),
    /// In a line that is too long, of which this is kept.
    TooLong(Raw),
}

impl JsonLines {
    pub(super) fn new(limit: usize) -> Self {
        Self { stage: Stage::Line(0), limit }
    }

    pub(super) fn is_between_rows(&self) -> bool {
        matches!(self.stage, Stage::Line(_))
    }

    pub(super) fn step(&mut self, held: &mut Held) -> Step {
        match self.stage {
            Stage::Line(searched) => self.line(held, searched),
            Stage::TooLong(_) => self.too_long(held),
        }
    }

    fn line(&mut self, held: &mut Held, searched: usize) -> Step {
        let line = held.first(self.limit + 1);
        let end = memchr(b'\n', line.get(searched..).unwrap_or_default()).map(|end| searched + end);
        let length = match end {
            Some(end) => end,
            None if line.len() > self.limit => {
                self.stage = Stage::TooLong(Raw { line: held.line(), bytes: held.cut(self.limit, 0) });
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
        let raw = (!line.iter().all(|&byte| is_white(byte))).then(|| Raw { line: held.line(), bytes: line.to_vec() });
        held.skip(length + 1, u64::from(end.is_some()));
        self.stage = Stage::Line(0);
        raw.map_or(Step::On, |raw| Step::Out(framed(raw)))
    }

    /// Skips what is left of a line that is too long.
    fn too_long(&mut self, held: &mut Held) -> Step {
        let rest = held.all();
        let end = memchr(b'\n', rest);
        held.skip(end.map_or(rest.len(), |end| end + 1), u64::from(end.is_some()));
        if end.is_none() && !held.is_finished() {
            return Step::Wait;
        }
        match std::mem::replace(&mut self.stage, Stage::Line(0)) {
            Stage::TooLong(raw) => Step::Out(Framed::Broken { raw, rule: Broken::TooLong }),
            Stage::Line(_) => Step::On,
        }
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        if let Stage::TooLong(raw) = &self.stage { raw.bytes.capacity() } else { 0 }
    }
}
