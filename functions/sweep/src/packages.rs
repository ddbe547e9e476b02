//! Packages whose time is over.

use crate::Sweep;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::rights::package::RequestId;
use custodian_store::Key;
use custodian_store::packages::State;

impl Sweep {
    /// Deletes every package that is over at `now`; gives how many were still there.
    pub(crate) async fn sweep_packages(&self, now: DateTime<Utc>) -> Result<u64, StorageError> {
        let (mut gone, mut failed) = (0, None);
        let mut pages = self.packages.due(now);
        while let Some(page) = pages.next().await? {
            for (entry, request) in page {
                // One package that cannot be deleted must not keep the rest.
                match self.sweep_package(&entry, &request, now).await {
                    Ok(was_there) => gone += u64::from(was_there),
                    Err(error) => failed = Some(error),
                }
            }
        }
        failed.map_or(Ok(gone), Err)
    }

    /// Objects first, then the entry: what is said to be gone is gone.
    async fn sweep_package(
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
