//! How many requests a client has sent within the hour, as far as one instance alone does not know
//! it.

use crate::keys;
use crate::{n, number};
use custodian_aws::StorageError;
use custodian_domain::identity::client::{Client, Hour};
use custodian_domain::retention::ExpiresAt;
use custodian_dynamo::{Returning, Table, Write};

const SEEN: &str = "seen";

/// The counts in the Register.
#[derive(Clone, Debug)]
pub struct ClientCounts(Table);

impl ClientCounts {
    /// The counts in the Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Counts `more` requests of a client in an hour. Returns how many they are now. The count is
    /// deleted after the hour.
    ///
    /// # Errors
    /// [`StorageError`] unless they are certain to be counted.
    pub async fn add(&self, client: &Client, hour: Hour, more: u32) -> Result<u64, StorageError> {
        const OPERATION: &str = "count the requests of a client";
        let counted = Write::update(&self.0, keys::client(client))
            .add(SEEN, n(more.into()))
            .ending(ExpiresAt::at(hour.end()).epoch())
            .returning(Returning::Changed)
            .send(OPERATION)
            .await?
            .applied();
        let seen = counted.and_then(|counted| u64::try_from(number(&counted, SEEN)?).ok());
        seen.ok_or(StorageError::unreadable(OPERATION))
    }
}
