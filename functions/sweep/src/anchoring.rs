//! Anchors the ledger's chain: its present state is stored where nobody can change it.

use crate::Pass;
use crate::chore::Chore;
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_buckets::anchors::{Anchor, Anchors};
use custodian_domain::ledger::Head;
use custodian_store::ledger::Ledger;

/// Anchors the ledger's chain.
#[derive(Debug)]
pub(crate) struct Anchoring {
    pub(crate) ledger: Ledger,
    pub(crate) anchors: Anchors,
}

#[async_trait]
impl Chore for Anchoring {
    fn name(&self) -> &'static str {
        "anchoring"
    }

    fn weight(&self) -> u32 {
        2
    }

    /// Anchors the end of the chain, and every closed day that is not anchored yet. It makes up for
    /// what earlier runs missed.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let Some(head) = self.ledger.head().await? else {
            return Ok(());
        };
        // First, because what was written within the last hour could still be cut off unseen.
        if let Some(anchor) = Anchor::of_head(&head) {
            self.anchors.put(&anchor).await?;
        }
        self.anchor_days(&head, &mut pass.report.anchored_days)
            .await
    }
}

impl Anchoring {
    async fn anchor_days(&self, head: &Head, anchored: &mut usize) -> Result<(), StorageError> {
        let Some(closed) = head.closed else {
            return Ok(());
        };
        let (mut pages, mut page) = (self.anchors.days(), Vec::new().into_iter());
        let mut next = None;
        for day in head.first.iter_days().take_while(|day| *day <= closed) {
            while next.is_none_or(|next| next < day) {
                next = page.next();
                if next.is_none() {
                    let Some(more) = pages.next().await? else {
                        break;
                    };
                    page = more.into_iter();
                }
            }
            if next == Some(day) {
                continue;
            }
            let Some(link) = self.ledger.certificate(day).await? else {
                // Somebody has removed or changed it: there is nothing true to anchor.
                tracing::error!(outcome = "broken_block", count = 1, "sweep");
                continue;
            };
            let anchor = Anchor::of_day(day, &link);
            if self.anchors.put(&anchor).await? {
                *anchored += 1;
                tracing::info!(outcome = "day_anchored", anchor = anchor.line(), "sweep");
            }
        }
        Ok(())
    }
}
