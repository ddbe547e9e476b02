//! What stands for people is made true of what has arrived since, and what broke off is finished.

use crate::Sweep;
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::package::RequestId;
use shared::storage::StorageError;
use shared::storage::settling::Settled;
use std::collections::BTreeSet;

/// What stands, and what was made true of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// How many holds and restrictions stand, or were being lifted.
    pub open: u64,
    /// What was done, and how many records are held beyond their date.
    #[serde(flatten)]
    pub settled: Settled,
}

impl Sweep {
    /// Looks at everything that stands; the first failure does not keep the rest.
    pub(crate) async fn settle_standings(&self, now: DateTime<Utc>) -> Result<Standing, StorageError> {
        let (mut standing, mut seen, mut failed) = (Standing::default(), BTreeSet::new(), None);
        let mut pages = self.settling.standings.open();
        while let Some(page) = pages.next().await? {
            for request in page {
                standing.open += 1;
                match self.settle_one(&request, &mut seen, now).await {
                    Ok(settled) => standing.settled.add(settled),
                    Err(error) => failed = Some(error),
                }
            }
        }
        let Settled { past_their_date, .. } = standing.settled;
        tracing::info!(outcome = "standings", count = standing.open, past_their_date, "sweep");
        failed.map_or(Ok(standing), Err)
    }

    async fn settle_one(
        &self,
        request: &RequestId,
        seen: &mut BTreeSet<String>,
        now: DateTime<Utc>,
    ) -> Result<Settled, StorageError> {
        match self.settling.standings.find(request, now).await? {
            Some(placed) => self.settling.settle(request, &placed, seen, now).await,
            None => Ok(Settled::default()),
        }
    }
}
