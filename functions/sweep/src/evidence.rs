//! What was written of requests, holds and restrictions, and waits, is attested in the ledger.

use crate::Sweep;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_store::evidence::Waiting;

/// How many marks are looked at together.
const TOGETHER: usize = 25;

impl Sweep {
    /// Attests everything that waits; gives how many marks are gone. Some that fail do not keep the
    /// rest.
    pub(crate) async fn attest(&self, now: DateTime<Utc>) -> Result<u64, StorageError> {
        let (mut attested, mut failed, mut unreadable) = (0, None, 0_u64);
        let mut pages = self.evidence.waiting();
        while let Some(page) = pages.next().await? {
            let mut marks = Vec::new();
            for waiting in page {
                match waiting {
                    Waiting::Mark(mark) => marks.push(mark),
                    Waiting::Unreadable => unreadable += 1,
                }
            }
            for some in marks.chunks(TOGETHER) {
                match self.evidence.attest_marked(some.to_vec(), now).await {
                    Ok(gone) => attested += gone,
                    Err(error) => failed = Some(error),
                }
            }
        }
        if unreadable > 0 {
            tracing::error!(outcome = "unreadable_mark", count = unreadable, "evidence");
        }
        failed.map_or(Ok(attested), Err)
    }
}
