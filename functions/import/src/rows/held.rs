//! The bytes that were pushed and are not framed yet.

use super::{Position, unread};

/// The held bytes of a file, and their position in it.
pub(super) struct Held {
    bytes: Vec<u8>,
    /// Where in `bytes` it begins: everything before that is framed.
    start: usize,
    at: Position,
    finished: bool,
    /// Whether the byte order mark was passed.
    begun: bool,
    /// By how much the buffer grows at least, so that single bytes don't move it each time.
    growth: usize,
}

impl Held {
    pub(super) fn new(at: Position, limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            begun: at.offset > 0,
            at,
            finished: false,
            growth: limit / 16,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.finished {
            return;
        }
        self.bytes.drain(..self.start.min(self.bytes.len()));
        self.start = 0;
        if self.bytes.capacity() - self.bytes.len() < bytes.len() {
            self.bytes
                .reserve_exact(bytes.len() + self.growth.min(self.bytes.len()));
        }
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    /// Whether no more bytes will come.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// The position in the file where it begins.
    pub(super) fn at(&self) -> Position {
        self.at.clone()
    }

    /// The physical line on which it begins.
    pub(super) fn line(&self) -> u64 {
        self.at.line
    }

    /// All of it.
    pub(super) fn all(&self) -> &[u8] {
        unread(&self.bytes, self.start)
    }

    /// Its first bytes, up to this many.
    pub(super) fn first(&self, most: usize) -> &[u8] {
        let all = self.all();
        all.get(..most).unwrap_or(all)
    }

    /// Moves on, by bytes and physical lines.
    pub(super) fn skip(&mut self, bytes: usize, lines: u64) {
        let bytes = bytes.min(self.all().len());
        self.start += bytes;
        self.at.offset += bytes as u64;
        self.at.line += lines;
    }

    /// Moves on over bytes in which only a line feed ends a line.
    pub(super) fn skip_text(&mut self, bytes: usize) {
        let lines = memchr::memchr_iter(b'\n', self.first(bytes)).count() as u64;
        self.skip(bytes, lines);
    }

    /// Moves on like [`skip`](Self::skip) and returns the bytes, with their buffer, so that they
    /// are not held twice.
    pub(super) fn cut(&mut self, bytes: usize, lines: u64) -> Vec<u8> {
        let bytes = bytes.min(self.all().len());
        let rest = self.bytes.split_off(self.start + bytes);
        let mut cut = std::mem::replace(&mut self.bytes, rest);
        cut.drain(..self.start);
        cut.shrink_to_fit();
        self.start = 0;
        self.at.offset += bytes as u64;
        self.at.line += lines;
        cut
    }

    /// Says that nothing more comes of this file, wherever it is read from.
    pub(super) fn end(&mut self) {
        self.skip(self.all().len(), 0);
        self.at.line = 0;
    }

    /// Whether the file's first bytes were not looked at yet.
    pub(super) fn is_at_beginning(&self) -> bool {
        !self.begun
    }

    /// Moves on over the file's byte order mark, which has this many bytes.
    pub(super) fn begin(&mut self, mark: usize) {
        self.skip(mark, 0);
        self.begun = true;
    }

    /// The length of the line break that begins at this held byte; 0 at the end of the file.
    ///
    /// `None` if that takes another byte: a carriage return may be half of a line break.
    pub(super) fn line_break(&self, byte: usize) -> Option<usize> {
        let rest = unread(self.all(), byte);
        match rest {
            [b'\r', b'\n', ..] => Some(2),
            [b'\r'] | [] if !self.finished => None,
            [b'\r' | b'\n', ..] => Some(1),
            _ => Some(0),
        }
    }

    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.bytes.capacity()
    }
}
