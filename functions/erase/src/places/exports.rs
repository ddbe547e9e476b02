//! Packages are deleted.

use super::{OwnPlace, PlaceJob, TaskOutcome};
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_buckets::exports::Exports;
use custodian_store::packages::{Packages, State};

/// The packages that were made for requests.
#[derive(Debug)]
pub(crate) struct ExportsPlace {
    pub(crate) packages: Packages,
    pub(crate) exports: Exports,
}

#[async_trait]
impl OwnPlace for ExportsPlace {
    /// Objects first, then what the Register says about them: what is reported gone is gone.
    async fn forget(&self, job: &mut PlaceJob<'_>) -> Result<Option<TaskOutcome>, StorageError> {
        let mut count = 0;
        for holder in &job.request.holders {
            let mut pages = self.packages.holding(holder);
            while let Some(requests) = pages.next().await? {
                for request in requests {
                    if job.is_out_of_time() {
                        return Ok(Some(job.unfinished(count)));
                    }
                    self.exports.discard(&request).await?;
                    let now = job.now();
                    if let Some(package) = self.packages.find(&request, now).await? {
                        self.packages
                            .close(&request, &package, State::Erased, now)
                            .await?;
                    }
                    self.packages.no_longer_holds(holder, &request).await?;
                    count += 1;
                }
            }
        }
        Ok(None)
    }
}
