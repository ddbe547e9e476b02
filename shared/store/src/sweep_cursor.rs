//! Where the sweep stores up to which day everything is deleted, and where it was cut short.

use crate::keys;
use crate::{read, to_item};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_dynamo::Table;
use serde::{Deserialize, Serialize};

/// What a sweep leaves to the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The first day for which it is not certain that everything is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// How far it came with holds and restrictions, if it was cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standings: Option<Reached>,
    /// How far it came with the tasks, if it was cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Reached>,
    /// The number of the last entry of the audit trail that the ledger has a witness of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<u64>,
    /// The last day, in London, on which all open requests' dates were worked out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated_on: Option<NaiveDate>,
    /// Behind which request that continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated_behind: Option<String>,
}

impl Remembered {
    /// The state before the first sweep.
    const NOTHING: Self = Self {
        day: None,
        standings: None,
        tasks: None,
        audit: None,
        dated_on: None,
        dated_behind: None,
    };
}

/// How far a chore came that works through a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// The sort key of the last item that it looked at.
    pub behind: String,
    /// What was counted up to there.
    pub counted: Vec<u64>,
}

/// The cursor in the Register.
#[derive(Clone, Debug)]
pub struct SweepCursor(Table);

impl SweepCursor {
    /// The cursor in the Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// What the last sweep left; nothing before the first. Unreadable parts count as missing.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn read(&self, now: DateTime<Utc>) -> Result<Remembered, StorageError> {
        let item = self
            .0
            .get("read the sweep's cursor", keys::sweep_cursor(), now)
            .await?;
        Ok(item.and_then(read).unwrap_or(Remembered::NOTHING))
    }

    /// Stores it for the next sweep.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn write(&self, remembered: &Remembered) -> Result<(), StorageError> {
        const OPERATION: &str = "write the sweep's cursor";
        let item = to_item(OPERATION, remembered)?;
        self.0.put(OPERATION, keys::sweep_cursor(), item).await
    }
}
