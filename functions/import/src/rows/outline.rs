//! The object around a JSON list: its fields are skipped, however large, up to the wanted list.

use super::structure::{Met, Structure, is_white};
use super::unread;

/// The field that says that there are further pages.
const NEXT_PAGE: &str = "nextPageToken";
/// The field in which a service says what went wrong.
const ERROR: &str = "error";
/// The longest name that is compared, in bytes.
const NAME: usize = 24;

/// How far the fields of an object were read.
pub(super) struct Outline {
    fields: &'static [&'static str],
    stage: Stage,
    /// The name while it is read, as far as it can be a wanted one.
    name: Vec<u8>,
    /// How many bytes the current value has, without white space.
    weight: usize,
    /// Whether there was anything but empty lists.
    has_more: bool,
    has_next_page: bool,
    has_error: bool,
}

#[derive(Clone, Copy)]
enum Stage {
    /// Before a name, a comma or the closing bracket.
    Between,
    /// In a name, and whether a backslash came last.
    Name(bool),
    /// Between a name and its colon.
    Colon(Field),
    /// Between a colon and its value.
    Value(Field),
    /// In an object, an array or a string that is skipped, and whether it is an array.
    Skipped(Field, Structure, bool),
    /// In another value that is skipped.
    Scalar,
}

/// The meaning of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    /// The wanted list.
    List,
    /// What leads to the next page.
    NextPage,
    /// The error message.
    Error,
    /// Anything else.
    Other,
}

/// The result of continuing in an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// There is more to read.
    Inside,
    /// The wanted array begins.
    List,
    /// The wanted field is there, but is not an array.
    NotAList,
    /// The object is whole.
    End,
    /// This is not an object.
    Broken,
}

impl Outline {
    /// After the opening bracket, or after a value.
    pub(super) const fn new(fields: &'static [&'static str]) -> Self {
        Self {
            fields,
            stage: Stage::Between,
            name: Vec::new(),
            weight: 0,
            has_more: false,
            has_next_page: false,
            has_error: false,
        }
    }

    /// Whether the object has nothing but empty lists, so far.
    pub(super) const fn is_empty(&self) -> bool {
        !self.has_more
    }

    /// Whether it says that there are further pages, so far.
    pub(super) const fn has_next_page(&self) -> bool {
        self.has_next_page
    }

    /// Whether it says that something went wrong, so far.
    pub(super) const fn has_error(&self) -> bool {
        self.has_error
    }

    /// Continues. Returns how many bytes that took.
    pub(super) fn read(&mut self, bytes: &[u8]) -> (usize, Seen) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let (read, seen) = self.meet(byte, unread(bytes, at));
            at += read;
            if seen != Seen::Inside {
                return (at, seen);
            }
        }
        (bytes.len(), Seen::Inside)
    }

    /// Reads at least one byte, the first of the rest, or changes the stage.
    fn meet(&mut self, byte: u8, rest: &[u8]) -> (usize, Seen) {
        let (stage, read, seen) = match self.stage {
            Stage::Skipped(field, structure, is_list) => self.skip(field, structure, is_list, rest),
            Stage::Scalar if matches!(byte, b',' | b'}') => (Stage::Between, 0, Seen::Inside),
            Stage::Name(is_escaped) => (self.name(byte, is_escaped), 1, Seen::Inside),
            stage @ (Stage::Between | Stage::Colon(_) | Stage::Value(_)) if is_white(byte) => {
                (stage, 1, Seen::Inside)
            }
            Stage::Between => match byte {
                b'"' => {
                    self.name.clear();
                    (Stage::Name(false), 1, Seen::Inside)
                }
                b',' => (Stage::Between, 1, Seen::Inside),
                b'}' => (Stage::Between, 1, Seen::End),
                _ => (Stage::Between, 1, Seen::Broken),
            },
            Stage::Colon(field) if byte == b':' => (Stage::Value(field), 1, Seen::Inside),
            Stage::Colon(_) => (Stage::Between, 1, Seen::Broken),
            Stage::Value(Field::List) if byte == b'[' => (Stage::Between, 1, Seen::List),
            Stage::Value(Field::List) => (Stage::Between, 1, Seen::NotAList),
            Stage::Value(field) if matches!(byte, b'{' | b'[' | b'"') => {
                self.weight = 0;
                (
                    Stage::Skipped(field, Structure::default(), byte == b'['),
                    0,
                    Seen::Inside,
                )
            }
            Stage::Value(_) if matches!(byte, b',' | b'}' | b']' | b':') => {
                (Stage::Between, 1, Seen::Broken)
            }
            stage @ (Stage::Scalar | Stage::Value(_)) => {
                self.has_more = true;
                // `null` and `false` say that nothing went wrong.
                self.has_error |=
                    matches!(stage, Stage::Value(Field::Error)) && !matches!(byte, b'n' | b'f');
                (Stage::Scalar, 1, Seen::Inside)
            }
        };
        self.stage = stage;
        (read, seen)
    }

    /// Continues in a value that is skipped.
    fn skip(
        &mut self,
        field: Field,
        mut structure: Structure,
        is_list: bool,
        rest: &[u8],
    ) -> (Stage, usize, Seen) {
        /// An empty list, or an empty text, is two brackets or quotes.
        const EMPTY: usize = 2;
        let (read, met) = structure.read(rest);
        if self.weight <= EMPTY {
            let more = rest[..read].iter().filter(|byte| !is_white(**byte)).count();
            self.weight = self.weight.saturating_add(more);
        }
        match met {
            Met::Inside => (
                Stage::Skipped(field, structure, is_list),
                read,
                Seen::Inside,
            ),
            Met::Stray => (Stage::Between, read, Seen::Broken),
            Met::End => {
                let is_empty = self.weight <= EMPTY;
                self.has_more |= !(is_list && is_empty);
                self.has_next_page |= field == Field::NextPage && !is_empty;
                self.has_error |= field == Field::Error && !is_empty;
                (Stage::Between, read, Seen::Inside)
            }
        }
    }

    /// Reads a byte of a name. An escaped spelling is not the field's: nobody writes one.
    fn name(&mut self, byte: u8, is_escaped: bool) -> Stage {
        if byte == b'"' && !is_escaped {
            let is = |name: &str| name.as_bytes() == self.name;
            let field = if self.fields.iter().any(|field| is(field)) {
                Field::List
            } else if is(NEXT_PAGE) {
                Field::NextPage
            } else if is(ERROR) {
                Field::Error
            } else {
                Field::Other
            };
            return Stage::Colon(field);
        }
        if self.name.len() < NAME {
            self.name.push(byte);
        }
        Stage::Name(byte == b'\\' && !is_escaped)
    }
}
