//! The layout of a CSV file: the names of its columns, and their separator.

use super::Unreadable;
use serde::{Deserialize, Serialize};

/// The first line of a CSV file. As JSON it is a list of names and, if it isn't the comma, the
/// separator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The names of the columns, without the white space around them; empty for JSON.
    #[serde(rename = "header", default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The separator of the fields.
    #[serde(default = "comma", skip_serializing_if = "is_comma")]
    pub separator: char,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            separator: comma(),
        }
    }
}

const fn comma() -> char {
    ','
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_comma(separator: &char) -> bool {
    *separator == ','
}

impl Header {
    /// The possible separators; the comma is the right one.
    pub(super) const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

    pub(super) fn new(fields: &[String], separator: char) -> Self {
        Self {
            names: fields.iter().map(|name| plain(name).to_owned()).collect(),
            separator,
        }
    }

    /// The separator that a line declares for spreadsheet programs, `sep=;`; `None` for another
    /// line.
    pub(super) fn declared(line: &[u8]) -> Option<Result<u8, Unreadable>> {
        let line = line
            .strip_prefix(b"\"")
            .and_then(|line| line.strip_suffix(b"\""))
            .unwrap_or(line);
        match line {
            [s, e, p, b'=', separator] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => {
                let is_known = Self::SEPARATORS.contains(separator);
                Some(if is_known {
                    Ok(*separator)
                } else {
                    Err(Unreadable::Separator)
                })
            }
            _ => None,
        }
    }

    /// Whether a row is this header once more: two reports were put into one file.
    pub(super) fn is_again(&self, fields: &[String]) -> bool {
        let is_same = |(name, field): (&String, &String)| same(name, plain(field));
        self.names.len() == fields.len() && self.names.iter().zip(fields).all(is_same)
    }

    /// Whether a row is the header of another table: most of its fields are names of columns, in
    /// another order.
    pub(super) fn is_another(&self, fields: &[String]) -> bool {
        let longest = self.names.iter().map(String::len).max().unwrap_or(0);
        let is_name = |field: &&String| {
            let field = plain(field);
            !field.is_empty()
                && field.len() <= longest
                && self.names.iter().any(|name| same(name, field))
        };
        let names = fields.iter().filter(is_name).count();
        names > 2 && names * 3 >= fields.len() * 2
    }
}

/// Whether two columns have the same name: capitals make no difference.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// A name without the white space around it; a second file begins with its mark.
fn plain(name: &str) -> &str {
    name.trim_start_matches('\u{feff}').trim()
}
