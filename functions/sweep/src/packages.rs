//! Packages whose time is over.

use crate::Pass;
use crate::chore::Chore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_buckets::exports::Exports;
use custodian_domain::rights::package::RequestId;
use custodian_store::Key;
use custodian_store::packages::{Packages, State};

/// Deletes packages that are over.
#[derive(Debug)]
pub(crate) struct DeletePackages {
    pub(crate) packages: Packages,
    pub(crate) exports: Exports,
}

#[async_trait]
impl Chore for DeletePackages {
    fn name(&self) -> &'static str {
        "packages"
    }

    fn weight(&self) -> u32 {
        2
    }

    /// Deletes every package whose time is over, and counts those that still existed.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let mut failed = None;
        let mut pages = self.packages.due(pass.now);
        while let Some(page) = pages.next().await? {
            for (entry, request) in page {
                // One package that cannot be deleted must not stop the rest.
                match self.delete(&entry, &request, pass.now).await {
                    Ok(was_there) => pass.report.packages += u64::from(was_there),
                    Err(error) => failed = Some(error),
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

impl DeletePackages {
    /// Objects first, then the entry: what is reported gone is gone.
    async fn delete(
        &self,
        entry: &Key,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        self.exports.discard(request).await?;
        let package = self.packages.find(request, now).await?;
        let open = package.filter(|package| package.state.is_open());
        if let Some(package) = &open {
            self.packages
                .close(request, package, State::Expired, now)
                .await?;
        }
        self.packages.drop_entry(entry).await?;
        Ok(open.is_some())
    }
}
