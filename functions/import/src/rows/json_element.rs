//! One element of a JSON list, read to its end. What is longer than a row may be is cut to the limit
//! and the rest of it skipped.

use super::held::Held;
use super::structure::{Met, Structure, framed, is_white};
use super::{Broken, Framed, Raw, unread};

/// An element that is being read.
pub(super) struct ElementReader {
    element: Element,
    /// How many bytes of it were read, while it is held from its beginning.
    read: usize,
    /// Its first bytes, once it is known to be too long.
    cut: Option<Raw>,
}

/// How far a step came.
pub(super) enum ElementStep {
    /// It needs more bytes.
    Wait,
    /// It goes on with the bytes that are there.
    On,
    /// The element is over.
    Out(Framed),
    /// The list broke off in it; of what follows this part is kept already.
    BrokenOff(Raw),
}

#[derive(Clone, Copy)]
enum Element {
    /// An object, an array or a string.
    Structure(Structure),
    /// Anything else: it ends before the next white space, comma, bracket or quote.
    Scalar,
}

impl Element {
    /// Continues, at most to the end of the element. Returns how many bytes that took.
    fn read(&mut self, bytes: &[u8]) -> (usize, Met) {
        match self {
            Self::Structure(structure) => structure.read(bytes),
            Self::Scalar => match bytes
                .iter()
                .position(|&byte| is_white(byte) || b",]}{[\"".contains(&byte))
            {
                Some(end) => (end, Met::End),
                None => (bytes.len(), Met::Inside),
            },
        }
    }
}

impl ElementReader {
    /// At the beginning of an object, an array or a string.
    pub(super) fn structure() -> Self {
        Self::of(Element::Structure(Structure::default()))
    }

    /// At the beginning of anything else.
    pub(super) const fn scalar() -> Self {
        Self::of(Element::Scalar)
    }

    const fn of(element: Element) -> Self {
        Self {
            element,
            read: 0,
            cut: None,
        }
    }

    /// Reads on. An element that is longer than `limit` bytes is cut.
    pub(super) fn step(&mut self, held: &mut Held, limit: usize) -> ElementStep {
        match self.cut.take() {
            None => self.within_limit(held, limit),
            Some(raw) => self.beyond_limit(held, raw),
        }
    }

    fn within_limit(&mut self, held: &mut Held, limit: usize) -> ElementStep {
        let bytes = held.first(limit + 1);
        let (more, met) = self.element.read(unread(bytes, self.read));
        self.read += more;
        match met {
            Met::Stray => broken_off(held),
            // An end at the limit's last byte counts. After it, the element is too long, whether it
            // ends there or not.
            _ if self.read > limit => self.cut(held, limit, met),
            Met::End => {
                let raw = Raw {
                    line: held.line(),
                    bytes: held.first(self.read).to_vec(),
                };
                held.skip_text(raw.bytes.len());
                ElementStep::Out(framed(raw))
            }
            Met::Inside if held.is_finished() => broken_off(held),
            Met::Inside => ElementStep::Wait,
        }
    }

    /// Keeps the beginning of an element that is too long.
    fn cut(&mut self, held: &mut Held, limit: usize, met: Met) -> ElementStep {
        let lines = memchr::memchr_iter(b'\n', held.first(limit)).count() as u64;
        let raw = Raw {
            line: held.line(),
            bytes: held.cut(limit, lines),
        };
        // One more byte was read than is kept.
        held.skip_text(1);
        if met == Met::End {
            return too_long(raw);
        }
        self.cut = Some(raw);
        ElementStep::On
    }

    /// Skips what is left of an element that is too long.
    fn beyond_limit(&mut self, held: &mut Held, raw: Raw) -> ElementStep {
        let (read, met) = self.element.read(held.all());
        held.skip_text(read);
        match met {
            Met::End => too_long(raw),
            Met::Inside if !held.is_finished() => {
                self.cut = Some(raw);
                ElementStep::Wait
            }
            Met::Inside | Met::Stray => ElementStep::BrokenOff(raw),
        }
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.cut.as_ref().map_or(0, |raw| raw.bytes.capacity())
    }
}

const fn too_long(raw: Raw) -> ElementStep {
    ElementStep::Out(Framed::Broken {
        raw,
        rule: Broken::TooLong,
    })
}

fn broken_off(held: &Held) -> ElementStep {
    ElementStep::BrokenOff(Raw {
        line: held.line(),
        bytes: Vec::new(),
    })
}
