//! When something was last taken in from a source.

use super::keys;
use super::table::Table;
use super::{Item, StorageError, s, text};
use crate::domain::source::Source;
use chrono::{DateTime, Utc};

const AT: &str = "at";

/// The marks of imports in the Register.
#[derive(Clone, Debug)]
pub struct Imports(Table);

impl Imports {
    /// The marks in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Remembers that a file of a source was read whole at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be remembered.
    pub async fn mark(&self, source: Source, now: DateTime<Utc>) -> Result<(), StorageError> {
        let item = Item::from([(AT.to_owned(), s(now.to_rfc3339()))]);
        self.0.put("remember an import", &keys::last_import(source), item).await
    }

    /// When a file of a source was last read whole.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn last(&self, source: Source, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StorageError> {
        const OPERATION: &str = "look for the last import";
        let Some(item) = self.0.get(OPERATION, &keys::last_import(source), now).await? else { return Ok(None) };
        text(&item, AT).and_then(|at| at.parse().ok()).map(Some).ok_or(StorageError::unreadable(OPERATION))
    }
}
