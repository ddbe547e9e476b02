//! A whole table.

use crate::Item;
use crate::records::Records;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use custodian_aws::{StorageError, failed};

/// A whole table, a page at a time.
pub(super) struct Scan(Option<ScanFluentBuilder>);

impl Scan {
    pub(super) fn of(records: &Records) -> Self {
        Self(Some(records.0.client.scan().table_name(&records.0.name).consistent_read(true)))
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<Item>>, StorageError> {
        // Kept until it is answered: a table that broke off must not look like one that ended.
        let Some(scan) = &self.0 else { return Ok(None) };
        let page = scan.clone().send().await.map_err(failed("read a whole table"))?;
        self.0 = page.last_evaluated_key.map(|key| scan.clone().set_exclusive_start_key(Some(key)));
        Ok(Some(page.items.unwrap_or_default()))
    }
}
