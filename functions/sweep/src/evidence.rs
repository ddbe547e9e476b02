//! Attests in the ledger what was written of requests, holds and restrictions, and waits.

use crate::Pass;
use crate::chore::Chore;
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_store::evidence::{Evidence, Waiting};

/// How many marks are handled together.
const TOGETHER: usize = 25;

/// Attests what was written of requests.
#[derive(Debug)]
pub(crate) struct Attesting(pub(crate) Evidence);

#[async_trait]
impl Chore for Attesting {
    fn name(&self) -> &'static str {
        "evidence"
    }

    fn weight(&self) -> u32 {
        1
    }

    /// Attests everything that waits. A failure of some does not stop the rest.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let Self(evidence) = self;
        let (mut failed, mut unreadable) = (None, 0_u64);
        let mut pages = evidence.waiting();
        while let Some(page) = pages.next().await? {
            let mut marks = Vec::new();
            for waiting in page {
                match waiting {
                    Waiting::Mark(mark) => marks.push(mark),
                    Waiting::Unreadable => unreadable += 1,
                }
            }
            for some in marks.chunks(TOGETHER) {
                match evidence.attest_marked(some.to_vec(), pass.now).await {
                    Ok(gone) => pass.report.attested += gone,
                    Err(error) => failed = Some(error),
                }
            }
        }
        if unreadable > 0 {
            tracing::error!(outcome = "unreadable_mark", count = unreadable, "evidence");
        }
        failed.map_or(Ok(()), Err)
    }
}
