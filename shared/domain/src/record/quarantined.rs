//! A row in quarantine, as it is written there: where it was, what is wrong with it, and its bytes
//! exactly as they came.
//!
//! One JSON object a line. A row in UTF-8 is text (`row`), so that a person can read it. Any other
//! is in base64 (`row_base64`), because text could not give its bytes back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// A row in quarantine.
#[derive(Clone, PartialEq, Eq)]
pub struct QuarantinedRow {
    /// The line of the file on which it began, counted from 1.
    pub line: u64,
    /// The field that broke a rule; empty if the row as a whole did.
    pub field: String,
    /// The rule's name.
    pub rule: String,
    /// The row as it came, without its line break.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for QuarantinedRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "QuarantinedRow(line {}, {} {}, {} bytes)",
            self.line,
            self.field,
            self.rule,
            self.bytes.len()
        )
    }
}

#[derive(Serialize)]
struct Written<'a> {
    line: u64,
    field: &'a str,
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row_base64: Option<String>,
}

#[derive(Deserialize)]
struct Read {
    line: u64,
    field: String,
    rule: String,
    row: Option<String>,
    row_base64: Option<String>,
}

impl QuarantinedRow {
    /// The line that is written, with its line break.
    ///
    /// # Errors
    /// If it can't be written as JSON. Then the row must not be given up where it came from.
    pub fn to_line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let text = std::str::from_utf8(&self.bytes).ok();
        let written = Written {
            line: self.line,
            field: &self.field,
            rule: &self.rule,
            row: text,
            row_base64: text.is_none().then(|| STANDARD.encode(&self.bytes)),
        };
        let mut line = serde_json::to_vec(&written)?;
        line.push(b'\n');
        Ok(line)
    }

    /// Reads a line, with or without its line break; `None` if it is not one.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        let Read {
            line,
            field,
            rule,
            row,
            row_base64,
        } = serde_json::from_slice(line).ok()?;
        let bytes = match (row, row_base64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(base64)) => STANDARD.decode(base64).ok()?,
            _ => return None,
        };
        Some(Self {
            line,
            field,
            rule,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::QuarantinedRow;
    use proptest::prelude::*;

    fn row(bytes: &[u8]) -> QuarantinedRow {
        QuarantinedRow {
            line: 7,
            field: "a".to_owned(),
            rule: "b".to_owned(),
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn a_row_is_text_where_it_can_be_and_base64_where_text_would_lose_a_byte() {
        let line = |bytes| String::from_utf8(row(bytes).to_line().unwrap()).unwrap();
        assert_eq!(
            line("Siân".as_bytes()),
            "{\"line\":7,\"field\":\"a\",\"rule\":\"b\",\"row\":\"Siân\"}\n"
        );
        assert_eq!(
            line(b"Si\xe2n"),
            "{\"line\":7,\"field\":\"a\",\"rule\":\"b\",\"row_base64\":\"U2nibg==\"}\n"
        );
    }

    #[test]
    fn what_is_no_such_line_is_none() {
        for other in [
            "",
            "{}",
            "[]",
            r#"{"line":1,"field":"","rule":"x"}"#,
            r#"{"line":1,"field":"","rule":"x","row":"a","row_base64":"YQ=="}"#,
        ] {
            assert_eq!(QuarantinedRow::parse(other.as_bytes()), None, "{other}");
        }
        // Lines of earlier versions have a row, and nothing else.
        let earlier = r#"{"line":8,"field":"Survey.Q1","rule":"rating","row":"1,\ufffd"}"#;
        assert_eq!(
            QuarantinedRow::parse(earlier.as_bytes()).unwrap().bytes,
            "1,\u{fffd}".as_bytes()
        );
    }

    proptest! {
        #[test]
        fn every_byte_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let line = row(&bytes).to_line().unwrap();
            prop_assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
            prop_assert_eq!(QuarantinedRow::parse(&line), Some(row(&bytes)));
        }
    }
}
