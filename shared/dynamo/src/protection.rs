//! What a table needs whose items end. A restore makes one without any of it.

use crate::key::{EXPIRES_AT, SK};
use crate::query::Index;
use crate::table::Table;
use aws_sdk_dynamodb::types::{
    ContinuousBackupsDescription, KeySchemaElement, PointInTimeRecoverySpecification,
    PointInTimeRecoveryStatus, StreamSpecification, StreamViewType, TableDescription, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use custodian_aws::{Cause, StorageError, failed};
use std::time::Duration;

/// How long one change of a table is waited for, in seconds.
const PATIENCE: u32 = 600;

/// The protection of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is on or off, and all have to be on"
)]
pub struct Protection {
    /// TTL on `expires_at`.
    pub ttl: bool,
    /// A stream of old images.
    pub stream: bool,
    /// Point-in-time recovery, as far back as for every table.
    pub recovery: bool,
    /// Protection from deletion.
    pub deletion: bool,
    /// Encryption with the same key as the other table.
    pub encryption: bool,
    /// Its index.
    pub index: bool,
}

impl Protection {
    /// What is missing.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let all = [
            (self.ttl, "TTL on expires_at"),
            (self.stream, "a stream of old images"),
            (self.recovery, "point-in-time recovery"),
            (self.deletion, "deletion protection"),
            (self.encryption, "encryption with the stack's key"),
            (self.index, "the index by_day"),
        ];
        all.into_iter()
            .filter(|(is_on, _)| !is_on)
            .map(|(_, what)| what)
            .collect()
    }
}

impl Table {
    /// The protection of this table, compared with another one of the stack; `days` is how far back
    /// it should be possible to restore it.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be found out.
    pub async fn protection(
        &self,
        index: Index,
        beside: &Self,
        days: i32,
    ) -> Result<Protection, StorageError> {
        const OPERATION: &str = "look up a table's protection";
        let Self { client, name } = self;
        let table = described(self).await?;
        let beside = described(beside).await?;
        let ttl = client
            .describe_time_to_live()
            .table_name(name)
            .send()
            .await
            .map_err(failed(OPERATION))?;
        let backups = client
            .describe_continuous_backups()
            .table_name(name)
            .send()
            .await
            .map_err(failed(OPERATION))?;
        let key = |it: &TableDescription| {
            it.sse_description()
                .and_then(|sse| sse.kms_master_key_arn())
                .map(str::to_owned)
        };
        let stream = table
            .stream_specification()
            .filter(|stream| stream.stream_enabled());
        Ok(Protection {
            ttl: ttl.time_to_live_description().is_some_and(|it| {
                let is_on = [TimeToLiveStatus::Enabled, TimeToLiveStatus::Enabling];
                it.time_to_live_status()
                    .is_some_and(|status| is_on.contains(status))
                    && it.attribute_name() == Some(EXPIRES_AT)
            }),
            stream: stream.and_then(|stream| stream.stream_view_type())
                == Some(&StreamViewType::OldImage),
            recovery: backups
                .continuous_backups_description()
                .is_some_and(|it| reaches_back(it, days)),
            deletion: table.deletion_protection_enabled() == Some(true),
            encryption: key(&table) == key(&beside),
            index: table.global_secondary_indexes().iter().any(|it| {
                let keys = it.key_schema().iter().map(KeySchemaElement::attribute_name);
                it.index_name() == Some(index.name) && keys.eq([index.partition, SK])
            }),
        })
    }

    /// Adds what a restore leaves out to this table. Returns its protection then. Encryption and
    /// index have to be requested when it is restored.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be added.
    pub async fn protect(
        &self,
        index: Index,
        beside: &Self,
        days: i32,
    ) -> Result<Protection, StorageError> {
        const OPERATION: &str = "restore a table's protection";
        let unreadable = |_| StorageError::unreadable(OPERATION);
        let Self { client, name } = self;
        let before = self.protection(index, beside, days).await?;
        if !before.deletion {
            let update = client
                .update_table()
                .table_name(name)
                .deletion_protection_enabled(true);
            update.send().await.map_err(failed(OPERATION))?;
            self.settled().await?;
        }
        if !before.stream {
            let stream = StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::OldImage);
            let stream = stream.build().map_err(unreadable)?;
            let update = client
                .update_table()
                .table_name(name)
                .stream_specification(stream);
            update.send().await.map_err(failed(OPERATION))?;
            self.settled().await?;
        }
        if !before.recovery {
            let on = PointInTimeRecoverySpecification::builder()
                .point_in_time_recovery_enabled(true)
                .recovery_period_in_days(days)
                .build()
                .map_err(unreadable)?;
            let update = client
                .update_continuous_backups()
                .table_name(name)
                .point_in_time_recovery_specification(on);
            update.send().await.map_err(failed(OPERATION))?;
        }
        if !before.ttl {
            let ttl = TimeToLiveSpecification::builder()
                .enabled(true)
                .attribute_name(EXPIRES_AT)
                .build();
            let update = client.update_time_to_live().table_name(name);
            let update = update.time_to_live_specification(ttl.map_err(unreadable)?);
            update.send().await.map_err(failed(OPERATION))?;
        }
        self.protection(index, beside, days).await
    }

    /// Waits until a change of the table is done: it accepts one at a time.
    async fn settled(&self) -> Result<(), StorageError> {
        for _ in 0..PATIENCE {
            if described(self).await?.table_status() == Some(&TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Err(StorageError::new(
            "wait for a change of the table",
            Cause::Timeout,
        ))
    }
}

async fn described(table: &Table) -> Result<TableDescription, StorageError> {
    const OPERATION: &str = "describe a table";
    let answer = table
        .client
        .describe_table()
        .table_name(&table.name)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    answer
        .table
        .ok_or_else(|| StorageError::unreadable(OPERATION))
}

fn reaches_back(backups: &ContinuousBackupsDescription, days: i32) -> bool {
    backups
        .point_in_time_recovery_description()
        .is_some_and(|it| {
            it.point_in_time_recovery_status() == Some(&PointInTimeRecoveryStatus::Enabled)
                && it.recovery_period_in_days() == Some(days)
        })
}
