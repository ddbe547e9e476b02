//! How often a client has knocked within the hour, as far as one instance alone does not know it.

use crate::keys::{self, PK, SK};
use crate::table::Table;
use crate::{n, number, s};
use aws_sdk_dynamodb::types::ReturnValue;
use custodian_aws::{StorageError, failed};
use custodian_domain::identity::client::{Client, Hour};
use custodian_domain::retention::ExpiresAt;

const SEEN: &str = "seen";

/// The counts in the Register.
#[derive(Clone, Debug)]
pub struct ClientCounts(Table);

impl ClientCounts {
    /// The counts in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Counts `more` requests of a client in an hour; gives how many they are by now. What was
    /// counted goes with the hour.
    ///
    /// # Errors
    /// [`StorageError`] if they are not known to be counted.
    pub async fn add(&self, client: &Client, hour: Hour, more: u32) -> Result<u64, StorageError> {
        const OPERATION: &str = "count the requests of a client";
        let key = keys::client(client);
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort))
            .update_expression("ADD seen :more SET expires_at = :end")
            .expression_attribute_values(":more", n(more.into()))
            .expression_attribute_values(":end", n(ExpiresAt::at(hour.end()).epoch()))
            .return_values(ReturnValue::UpdatedNew);
        let counted = update
            .send()
            .await
            .map_err(failed(OPERATION))?
            .attributes
            .unwrap_or_default();
        let seen = number(&counted, SEEN).and_then(|seen| u64::try_from(seen).ok());
        seen.ok_or(StorageError::unreadable(OPERATION))
    }
}
