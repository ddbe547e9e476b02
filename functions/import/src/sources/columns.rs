//! The columns of a CSV file, found by name. Capitals make no difference, and neither do invisible
//! characters.

use custodian_domain::validation::text::is_unseen;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The column of each name, in small letters; the first, if several have it.
#[derive(Debug)]
pub struct Columns(HashMap<String, usize>);

/// One row, asked by the names of its columns.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    columns: &'a HashMap<String, usize>,
    fields: &'a [String],
}

/// What a header lacks for its columns to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadColumns {
    /// A column that must be there.
    Missing(String),
    /// A column that is read is there twice: nobody knows which is meant.
    Repeated(String),
}

impl Columns {
    /// The columns of a header that has all of these, each once. Columns that nobody reads may be
    /// there any number of times.
    ///
    /// # Errors
    /// [`BadColumns`] names the first that is missing or repeated.
    pub(super) fn of<'a>(
        header: &[String],
        required: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, BadColumns> {
        let mut columns = HashMap::new();
        let mut repeated = Vec::new();
        for (place, name) in header.iter().map(|name| small(name)).enumerate() {
            match columns.entry(name) {
                Entry::Occupied(first) => repeated.push(first.key().clone()),
                Entry::Vacant(free) => drop(free.insert(place)),
            }
        }
        for name in required {
            let small = small(name);
            if !columns.contains_key(&small) {
                return Err(BadColumns::Missing(name.to_owned()));
            }
            if repeated.contains(&small) {
                return Err(BadColumns::Repeated(name.to_owned()));
            }
        }
        Ok(Self(columns))
    }

    /// A row of this file.
    #[must_use]
    pub const fn row<'a>(&'a self, fields: &'a [String]) -> Fields<'a> {
        Fields {
            columns: &self.0,
            fields,
        }
    }
}

impl<'a> Fields<'a> {
    /// The value of a column, without invisible characters around it; `None` if it is empty.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'a str> {
        let text = self.fields.get(*self.columns.get(&small(column))?)?;
        // A character may end in an invisible one, such as a heart's colour: it stays.
        let text = text.trim();
        (!text.chars().all(|c| is_unseen(c) || c.is_whitespace())).then_some(text)
    }
}

/// A name in small letters, with a space for each run of spaces of any kind and underscores, and
/// without invisible characters.
fn small(name: &str) -> String {
    let seen: String = name.chars().filter(|c| !is_unseen(*c)).collect();
    let words = seen
        .split(|c: char| c.is_whitespace() || c == '_')
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{BadColumns, Columns};

    fn header(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn a_column_is_found_in_any_capitals() {
        let columns = Columns::of(&header("Call Id,ANI"), ["CALL ID", "ani"]).unwrap();
        let row = header(" 1 ,");
        assert_eq!(
            (
                columns.row(&row).get("CALL ID"),
                columns.row(&row).get("Ani")
            ),
            (Some("1"), None)
        );
    }

    #[test]
    fn a_column_is_found_whatever_stands_between_its_words_and_whatever_nobody_sees() {
        for written in [
            "CALL\u{a0}ID",
            "\u{200b}call  id",
            "Call_ID\u{feff}",
            "call\u{ad} id\u{200e}",
        ] {
            assert!(
                Columns::of(&header(written), ["CALL ID"]).is_ok(),
                "{written:?}"
            );
        }
        for written in ["CALLID", "CALL.ID", "CALL"] {
            assert!(
                Columns::of(&header(written), ["CALL ID"]).is_err(),
                "{written:?}"
            );
        }
        let columns = Columns::of(&header("a,b"), ["a"]).unwrap();
        let row = header("\u{200b}\u{a0},\u{2764}\u{fe0f}");
        assert_eq!(
            (columns.row(&row).get("a"), columns.row(&row).get("b")),
            (None, Some("\u{2764}\u{fe0f}"))
        );
    }

    #[test]
    fn only_a_column_that_is_read_must_be_there_once() {
        let header = header("id,note,Note,text,TEXT,,");
        assert!(Columns::of(&header, ["id"]).is_ok());
        assert_eq!(
            Columns::of(&header, ["id", "text"]).unwrap_err(),
            BadColumns::Repeated("text".to_owned())
        );
        assert_eq!(
            Columns::of(&header, ["at", "text"]).unwrap_err(),
            BadColumns::Missing("at".to_owned())
        );
    }
}
