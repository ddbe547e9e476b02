//! The object around a JSON list: its fields are skipped, however large, up to the one that is looked for.

use super::structure::{Met, Structure, is_white};

/// How far the fields of an object were read.
pub(super) struct Outline {
    field: &'static str,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    /// Before a name, a comma or the closing bracket.
    Between,
    /// In a name: how many of its bytes are the field's, if all are so far; whether a backslash came last.
    Name(Option<usize>, bool),
    /// Between a name and its colon; whether it is the field's.
    Colon(bool),
    /// Between a colon and its value.
    Value(bool),
    /// In an object, an array or a string that is skipped.
    Skipped(Structure),
    /// In another value that is skipped.
    Scalar,
}

/// What reading on in an object came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It goes on.
    Inside,
    /// The array that is looked for begins.
    List,
    /// What is looked for is there, but is no array.
    NotAList,
    /// The object is whole.
    End,
    /// This is no object.
    Broken,
}

impl Outline {
    /// Behind the opening bracket, or behind a value.
    pub(super) fn new(field: &'static str) -> Self {
        Self { field, stage: Stage::Between }
    }

    /// Reads on, and says how many bytes that took.
    pub(super) fn read(&mut self, bytes: &[u8]) -> (usize, Seen) {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (read, seen) = self.meet(rest);
            at += read;
            if seen != Seen::Inside {
                return (at, seen);
            }
        }
        (bytes.len(), Seen::Inside)
    }

    /// Reads at least one byte, or changes the stage.
    fn meet(&mut self, rest: &[u8]) -> (usize, Seen) {
        let byte = rest.first().copied().unwrap_or_default();
        let (stage, read, seen) = match self.stage {
            Stage::Skipped(mut structure) => match structure.read(rest) {
                (read, Met::Inside) => (Stage::Skipped(structure), read, Seen::Inside),
                (read, Met::End) => (Stage::Between, read, Seen::Inside),
                (read, Met::Stray) => (Stage::Between, read, Seen::Broken),
            },
            Stage::Scalar if matches!(byte, b',' | b'}') => (Stage::Between, 0, Seen::Inside),
            Stage::Name(matching, is_escaped) => (self.name(byte, matching, is_escaped), 1, Seen::Inside),
            stage @ (Stage::Between | Stage::Colon(_) | Stage::Value(_)) if is_white(byte) => (stage, 1, Seen::Inside),
            Stage::Between => match byte {
                b'"' => (Stage::Name(Some(0), false), 1, Seen::Inside),
                b',' => (Stage::Between, 1, Seen::Inside),
                b'}' => (Stage::Between, 1, Seen::End),
                _ => (Stage::Between, 1, Seen::Broken),
            },
            Stage::Colon(is_field) if byte == b':' => (Stage::Value(is_field), 1, Seen::Inside),
            Stage::Colon(_) => (Stage::Between, 1, Seen::Broken),
            Stage::Value(true) if byte == b'[' => (Stage::Between, 1, Seen::List),
            Stage::Value(true) => (Stage::Between, 1, Seen::NotAList),
            Stage::Value(false) if matches!(byte, b'{' | b'[' | b'"') => {
                (Stage::Skipped(Structure::default()), 0, Seen::Inside)
            }
            Stage::Value(false) if matches!(byte, b',' | b'}' | b']' | b':') => (Stage::Between, 1, Seen::Broken),
            Stage::Scalar | Stage::Value(false) => (Stage::Scalar, 1, Seen::Inside),
        };
        self.stage = stage;
        (read, seen)
    }

    /// Reads a byte of a name. An escaped spelling is not the field's: nobody writes one.
    fn name(&self, byte: u8, matching: Option<usize>, is_escaped: bool) -> Stage {
        if byte == b'"' && !is_escaped {
            return Stage::Colon(matching == Some(self.field.len()));
        }
        let matching = matching.filter(|&at| self.field.as_bytes().get(at) == Some(&byte)).map(|at| at + 1);
        Stage::Name(matching, byte == b'\\' && !is_escaped)
    }
}
