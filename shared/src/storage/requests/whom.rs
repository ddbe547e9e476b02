//! Whom a request is about, for those who have to ask or tell a processor.

use super::Request;
use crate::domain::identifier::Identifier;
use crate::domain::identities;
use crate::domain::keyring::{Identities, Keyring};
use crate::domain::record::Holder;
use crate::storage::StorageError;
use crate::storage::people::People;
use chrono::{DateTime, Utc};

impl Request {
    /// The person's identifiers while the request is open: those that were sealed with the order, or else what the person's
    /// records are kept under. Nothing where no version of the secret opens the seal.
    ///
    /// # Errors
    /// [`StorageError`] if the records cannot be read.
    pub async fn identifiers(
        &self,
        keys: &Keyring<Identities>,
        people: &People,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<Identifier>>, StorageError> {
        if let Some(sealed) = &self.sealed {
            return Ok(identities::unseal(keys, sealed));
        }
        let mut identifiers = Vec::new();
        for subject in self.holders().iter().filter_map(Holder::subject) {
            identifiers.extend(people.own(subject, now).await?);
        }
        identifiers.sort();
        identifiers.dedup();
        Ok(Some(identifiers))
    }
}
