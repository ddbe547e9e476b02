//! Where the sweep remembers up to which day everything is gone.

use super::keys;
use super::table::Table;
use super::{Item, StorageError, s, text};
use chrono::{DateTime, NaiveDate, Utc};

/// The cursor in the Register.
#[derive(Clone, Debug)]
pub struct SweepCursor(Table);

impl SweepCursor {
    /// The cursor in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// The first day of which it is not known that everything is gone.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn read(&self, now: DateTime<Utc>) -> Result<Option<NaiveDate>, StorageError> {
        let item = self.0.get("read the sweep's cursor", &keys::sweep_cursor(), now).await?;
        Ok(item.and_then(|item| text(&item, "day")?.parse().ok()))
    }

    /// Remembers the first day of which it is not known.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be remembered.
    pub async fn write(&self, day: NaiveDate) -> Result<(), StorageError> {
        let item = Item::from([("day".to_owned(), s(day.to_string()))]);
        self.0.put("write the sweep's cursor", &keys::sweep_cursor(), item).await
    }
}
