//! The ledger's chain is anchored: what it says by now is told where nobody can take it back.

use crate::Sweep;
use custodian_aws::StorageError;
use custodian_buckets::anchors::Anchor;
use custodian_domain::ledger::Head;

impl Sweep {
    /// Tells how the chain ends, and of every day that is closed and of which it was not told yet;
    /// gives how many days that were. Whatever was missed before is made up for.
    pub(crate) async fn anchor(&self) -> Result<usize, StorageError> {
        let Some(head) = self.ledger.head().await? else {
            return Ok(0);
        };
        // First, because what was written since the last hour is what could still be cut off
        // unseen.
        if let Some(anchor) = Anchor::of_head(&head) {
            self.anchors.put(&anchor).await?;
        }
        self.anchor_days(&head).await
    }

    async fn anchor_days(&self, head: &Head) -> Result<usize, StorageError> {
        let Some(closed) = head.closed else {
            return Ok(0);
        };
        let (mut anchored, mut pages, mut page) = (0, self.anchors.days(), Vec::new().into_iter());
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
                // Somebody has taken it out, or changed it: there is nothing true to tell of it.
                tracing::error!(outcome = "broken_block", count = 1, "sweep");
                continue;
            };
            let anchor = Anchor::of_day(day, &link);
            if self.anchors.put(&anchor).await? {
                anchored += 1;
                tracing::info!(outcome = "day_anchored", anchor = anchor.line(), "sweep");
            }
        }
        Ok(anchored)
    }
}
