//! What stands for people is made true of what has arrived since, and what broke off is finished.

use crate::Sweep;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Holder;
use custodian_domain::rights::package::RequestId;
use custodian_rights::hold_enforcement::Enforced;
use custodian_store::sweep_cursor::Reached;
use serde::Serialize;
use std::collections::BTreeSet;

/// What stands, and what was made true of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// How many holds and restrictions stand, or were being lifted.
    pub open: u64,
    /// What was done, and how many records are held beyond their date.
    #[serde(flatten)]
    pub settled: Enforced,
}

/// How far a look at everything that stands has come.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    /// What was found so far, by this sweep and by those before it that were cut short.
    pub(crate) standing: Standing,
    behind: Option<String>,
}

impl Pass {
    /// Goes on where a sweep was cut short.
    pub(crate) fn from(reached: Option<Reached>) -> Self {
        let Some(Reached { behind, counted }) = reached else {
            return Self::default();
        };
        let count = |place: usize| counted.get(place).copied().unwrap_or(0);
        let settled = Enforced {
            past_their_date: count(1),
            ..Enforced::default()
        };
        Self {
            standing: Standing {
                open: count(0),
                settled,
            },
            behind: Some(behind),
        }
    }

    /// Where another goes on; nothing if this has not begun.
    pub(crate) fn reached(&self) -> Option<Reached> {
        let Standing { open, settled } = self.standing;
        Some(Reached {
            behind: self.behind.clone()?,
            counted: vec![open, settled.past_their_date],
        })
    }
}

impl Sweep {
    /// Looks at everything that stands, from where the pass has come to; the first failure does not
    /// keep the rest. Whoever has two requests, of which a sweep reached only one, is counted for
    /// both.
    pub(crate) async fn settle_standings(
        &self,
        pass: &mut Pass,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let (mut seen, mut failed) = (BTreeSet::new(), None);
        let mut pages = match &pass.behind {
            Some(behind) => self.hold_enforcement.constraints.open_behind(behind),
            None => self.hold_enforcement.constraints.open(),
        };
        while let Some(page) = pages.next().await? {
            for request in page {
                match self.settle_one(&request, &mut seen, now).await {
                    Ok(settled) => pass.standing.settled.add(settled),
                    Err(error) => failed = Some(error),
                }
                pass.standing.open += 1;
                pass.behind = Some(request.as_str().to_owned());
            }
        }
        let Standing {
            open,
            settled: Enforced {
                past_their_date, ..
            },
        } = pass.standing;
        tracing::info!(
            outcome = "standings",
            count = open,
            past_their_date,
            "sweep"
        );
        failed.map_or(Ok(()), Err)
    }

    async fn settle_one(
        &self,
        request: &RequestId,
        seen: &mut BTreeSet<Holder>,
        now: DateTime<Utc>,
    ) -> Result<Enforced, StorageError> {
        match self.hold_enforcement.constraints.find(request, now).await? {
            Some(placed) => {
                self.hold_enforcement
                    .reconcile(request, &placed, seen, now)
                    .await
            }
            None => Ok(Enforced::default()),
        }
    }
}
