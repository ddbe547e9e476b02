//! Who was erased and when, so that an import or a restore does not bring them back.

use super::keys::{self, EXPIRES_AT, PK, SK};
use super::table::Table;
use super::{StorageError, failed, n, s, text};
use crate::domain::record::Holder;
use crate::domain::retention::ExpiresAt;
use aws_sdk_dynamodb::error::SdkError;
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

    /// Suppresses everything of a holder that was collected up to `erased_at`; a later erasure stands.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be suppressed.
    pub async fn add(&self, holder: &Holder, erased_at: DateTime<Utc>) -> Result<(), StorageError> {
        let end = erased_at.checked_add_months(MONTHS).unwrap_or(erased_at);
        let key = keys::suppression(holder);
        // Instants as UTC texts sort by time, whether or not they have fractions: `+` sorts before `.` and digits.
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .item(PK, s(key.partition))
            .item(SK, s(key.sort))
            .item("erased_at", s(erased_at.to_rfc3339()))
            .item(EXPIRES_AT, n(ExpiresAt::at(end).epoch()))
            .condition_expression("attribute_not_exists(pk) OR erased_at < :erased_at")
            .expression_attribute_values(":erased_at", s(erased_at.to_rfc3339()));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed("suppress a holder")(error)),
        }
    }

    /// When the holder was last erased, if that still matters at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn erased_at(&self, holder: &Holder, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StorageError> {
        const OPERATION: &str = "look for a suppression";
        let Some(item) = self.0.get(OPERATION, &keys::suppression(holder), now).await? else { return Ok(None) };
        let erased_at = text(&item, "erased_at").and_then(|instant| instant.parse().ok());
        erased_at.map(Some).ok_or_else(|| StorageError::unreadable(OPERATION))
    }
}
