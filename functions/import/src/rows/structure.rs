//! The structure of JSON: where a value ends, without reading its contents.

use super::{Broken, Framed, Raw, Row};
use custodian_domain::validation::json::{self, Unreadable};
use custodian_domain::validation::surrogates::mended;
use memchr::memchr3;
use serde_json::Value;

/// Whether a byte is white space in JSON (RFC 8259, 2).
pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Reads a row that should be a JSON object. Serde's message is not passed on: it prints data.
pub(super) fn framed(raw: Raw) -> Framed {
    let Ok(text) = std::str::from_utf8(&raw.bytes) else {
        return Framed::Broken {
            raw,
            rule: Broken::NotUtf8,
        };
    };
    match json::read(mended(text).as_bytes()) {
        Ok(Value::Object(object)) => Framed::Row {
            raw,
            row: Row::Object(object),
        },
        Ok(_) => Framed::Broken {
            raw,
            rule: Broken::NotAnObject,
        },
        Err(Unreadable::NotJson) => Framed::Broken {
            raw,
            rule: Broken::NotJson,
        },
        Err(Unreadable::Repeated(_)) => Framed::Broken {
            raw,
            rule: Broken::RepeatedField,
        },
    }
}

/// How deep the kinds of brackets are tracked; as deep as `serde_json` reads.
const DEEPEST: u32 = u128::BITS;

/// How far a value was read: an object, an array or a string.
///
/// A string ends at a line break, which JSON doesn't allow in one, so that a missing quote costs as
/// little as possible. For the same reason, a closing bracket of the other kind closes everything
/// up to its opening one.
#[derive(Clone, Copy, Default)]
pub(super) struct Structure {
    depth: u32,
    /// A bit for each open bracket: set for a square one.
    square: u128,
    in_string: bool,
    is_escaped: bool,
}

/// The result of continuing in a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// There is more to read.
    Inside,
    /// It is whole.
    End,
    /// A bracket that closes nothing that is open in it.
    Stray,
}

impl Structure {
    /// Continues, at most to the end of the value. Returns how many bytes that took.
    pub(super) fn read(&mut self, bytes: &[u8]) -> (usize, Met) {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let skipped = if self.in_string && !self.is_escaped {
                memchr3(b'"', b'\\', b'\n', rest)
            } else if self.in_string {
                Some(0)
            } else {
                rest.iter()
                    .position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))
            };
            let Some((skipped, &byte)) =
                skipped.and_then(|skipped| Some((skipped, rest.get(skipped)?)))
            else {
                return (bytes.len(), Met::Inside);
            };
            at += skipped + 1;
            match self.meet(byte) {
                Met::Inside => {}
                met => return (at, met),
            }
        }
        (bytes.len(), Met::Inside)
    }

    fn meet(&mut self, byte: u8) -> Met {
        if self.in_string {
            let closes = byte == b'\n' || (byte == b'"' && !self.is_escaped);
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            self.in_string = !closes;
            return if closes && self.depth == 0 {
                Met::End
            } else {
                Met::Inside
            };
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' => self.open(false),
            b'[' => self.open(true),
            b'}' => return self.close(false),
            b']' => return self.close(true),
            _ => {}
        }
        Met::Inside
    }

    fn open(&mut self, square: bool) {
        // Deeper brackets count as one kind.
        let bit = 1_u128.checked_shl(self.depth).unwrap_or(0);
        self.square = if square {
            self.square | bit
        } else {
            self.square & !bit
        };
        self.depth = self.depth.saturating_add(1);
    }

    fn close(&mut self, square: bool) -> Met {
        while let Some(depth) = self.depth.checked_sub(1) {
            self.depth = depth;
            let matches = depth >= DEEPEST || ((self.square >> depth) & 1 == 1) == square;
            match (matches, depth) {
                (true, 0) => return Met::End,
                (true, _) => return Met::Inside,
                (false, _) => {}
            }
        }
        Met::Stray
    }
}
