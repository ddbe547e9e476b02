//! Who was erased and when, so that an import or a restore does not bring them back.

use super::keys::{self, EXPIRES_AT};
use super::table::Table;
use super::{Item, StorageError, n, s, text};
use crate::domain::retention::ExpiresAt;
use crate::domain::subject::SubjectKey;
use chrono::{DateTime, Months, Utc};

/// How long an entry is needed: nothing older is taken in, and no backup reaches back further.
const MONTHS: Months = Months::new(36);

/// The suppression entries in the Register.
#[derive(Clone, Debug)]
pub struct Suppressions(pub(crate) Table);

impl Suppressions {
    /// The entries in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Suppresses everything of a subject that was collected up to `erased_at`.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be suppressed.
    pub async fn add(&self, subject: &SubjectKey, erased_at: DateTime<Utc>) -> Result<(), StorageError> {
        let end = erased_at.checked_add_months(MONTHS).unwrap_or(erased_at);
        let item = Item::from([
            ("erased_at".to_owned(), s(erased_at.to_rfc3339())),
            (EXPIRES_AT.to_owned(), n(ExpiresAt::at(end).epoch())),
        ]);
        self.0.put("suppress a subject", &keys::suppression(subject), item).await
    }

    /// When the subject was last erased, if that still matters at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn erased_at(
        &self,
        subject: &SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StorageError> {
        const OPERATION: &str = "look for a suppression";
        let Some(item) = self.0.get(OPERATION, &keys::suppression(subject), now).await? else { return Ok(None) };
        let erased_at = text(&item, "erased_at").and_then(|instant| instant.parse().ok());
        erased_at.map(Some).ok_or_else(|| StorageError::unreadable(OPERATION))
    }
}
