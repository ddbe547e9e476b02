//! The columns of a CSV file, found by name: capitals make no difference, and neither does what
//! nobody sees.

use custodian_domain::validation::text::is_unseen;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Which column has which name, in small letters; of those of one name, the first.
#[derive(Debug)]
pub struct Columns(HashMap<String, usize>);

/// One row, asked by the names of its columns.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    columns: &'a HashMap<String, usize>,
    fields: &'a [String],
}

/// What a header lacks that its columns are found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadColumns {
    /// A column that must be there.
    Missing(String),
    /// A column that is read is there twice: nobody knows which is meant.
    Repeated(String),
}

impl Columns {
    /// The columns of a header that has all of these, each once. What nobody reads may be there as
    /// often as it likes.
    ///
    /// # Errors
    /// [`BadColumns`] names the first that is not so.
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
    /// What stands in a column, without what nobody sees around it; nothing where it is empty.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'a str> {
        let text = self.fields.get(*self.columns.get(&small(column))?)?;
        // A sign may end in one that nobody sees, such as a heart's colour: it stays.
        let text = text.trim();
        (!text.chars().all(|c| is_unseen(c) || c.is_whitespace())).then_some(text)
    }
}

/// A name in small letters, with a space for each stretch of spaces of any kind and underscores,
/// and nothing unseen.
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
