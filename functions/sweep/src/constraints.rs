//! Applies holds and restrictions to what has arrived since, and finishes what broke off.

use crate::Pass;
use crate::chore::Chore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Holder;
use custodian_domain::rights::package::RequestId;
use custodian_rights::hold_enforcement::{Enforced, HoldEnforcement};
use custodian_store::sweep_cursor::Reached;
use serde::Serialize;
use std::collections::BTreeSet;

/// Its name in the report and the log.
pub(crate) const NAME: &str = "standings";

/// The holds and restrictions in force, and what was applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConstraintsReport {
    /// How many holds and restrictions are in force, or being lifted.
    pub open: u64,
    /// What was done, and how many records are held beyond their date.
    #[serde(flatten)]
    pub settled: Enforced,
}

/// How far a pass over everything in force has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    behind: Option<String>,
    /// How many records are held beyond their date, as of that request.
    past_their_date: u64,
}

impl Progress {
    /// Continues where a sweep was cut short. Returns what the earlier ones found so far.
    pub(crate) fn from(reached: Option<Reached>) -> (Self, ConstraintsReport) {
        let Some(Reached { behind, counted }) = reached else {
            return Default::default();
        };
        let count = |place: usize| counted.get(place).copied().unwrap_or(0);
        let (open, past_their_date) = (count(0), count(1));
        let settled = Enforced {
            past_their_date,
            ..Enforced::default()
        };
        let progress = Self {
            behind: Some(behind),
            past_their_date,
        };
        (progress, ConstraintsReport { open, settled })
    }

    /// Where another sweep continues, with what was found so far; `None` if this has not begun.
    pub(crate) fn reached(&self, report: ConstraintsReport) -> Option<Reached> {
        Some(Reached {
            behind: self.behind.clone()?,
            counted: vec![report.open, self.past_their_date],
        })
    }
}

/// Applies holds and restrictions.
#[derive(Debug)]
pub(crate) struct EnforceConstraints(pub(crate) HoldEnforcement);

#[async_trait]
impl Chore for EnforceConstraints {
    fn name(&self) -> &'static str {
        NAME
    }

    fn weight(&self) -> u32 {
        4
    }

    /// Applies everything in force, from where the last sweep was cut short. The first failure does
    /// not stop the rest. A person with two requests, of which a sweep reached only one, is counted
    /// for both.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let (constraints, now) = (&self.0.constraints, pass.now);
        let (mut seen, mut failed) = (BTreeSet::new(), None);
        let report = &mut pass.report.standings;
        let mut pages = match &pass.constraints.behind {
            Some(behind) => constraints.open_behind(behind),
            None => constraints.open(),
        };
        while let Some(page) = pages.next().await? {
            for request in page {
                let done = &mut report.settled;
                if let Err(error) = self.enforce(&request, &mut seen, done, now).await {
                    failed = Some(error);
                }
                report.open += 1;
                // The next sweep looks again at a request at which this one is cut.
                pass.constraints = Progress {
                    behind: Some(request.as_str().to_owned()),
                    past_their_date: report.settled.past_their_date,
                };
            }
        }
        let ConstraintsReport {
            open,
            settled: Enforced {
                past_their_date, ..
            },
        } = *report;
        tracing::info!(
            outcome = "standings",
            count = open,
            past_their_date,
            "sweep"
        );
        pass.constraints_known = failed.is_none();
        failed.map_or(Ok(()), Err)
    }
}

impl EnforceConstraints {
    async fn enforce(
        &self,
        request: &RequestId,
        seen: &mut BTreeSet<Holder>,
        done: &mut Enforced,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        match self.0.constraints.find(request, now).await? {
            Some(placed) => self.0.reconcile(request, &placed, seen, done, now).await,
            None => Ok(()),
        }
    }
}
