//! The columns of a CSV file, found by name.

use super::MissingColumn;
use std::collections::HashMap;

/// Which column has which name.
#[derive(Debug)]
pub struct Columns(HashMap<String, usize>);

/// One row, asked by the names of its columns.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    columns: &'a HashMap<String, usize>,
    fields: &'a [String],
}

impl Columns {
    /// The columns of a header that has all of these.
    ///
    /// # Errors
    /// [`MissingColumn`] names the first that it lacks.
    pub fn of<'a>(header: &[String], required: impl IntoIterator<Item = &'a str>) -> Result<Self, MissingColumn> {
        let columns = header.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect();
        let columns = Self(columns);
        match required.into_iter().find(|name| !columns.0.contains_key(*name)) {
            Some(missing) => Err(MissingColumn(missing.to_owned())),
            None => Ok(columns),
        }
    }

    /// A row of this file.
    #[must_use]
    pub const fn row<'a>(&'a self, fields: &'a [String]) -> Fields<'a> {
        Fields { columns: &self.0, fields }
    }
}

impl<'a> Fields<'a> {
    /// What stands in a column, without the white space around it; nothing where it is empty.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'a str> {
        let text = self.fields.get(*self.columns.get(column)?)?.trim();
        (!text.is_empty()).then_some(text)
    }
}
