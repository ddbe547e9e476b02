//! One part of a sweep, and how the chores share the time: each has a share of what is left, and
//! what it does not need is left to those after it.
//!
//! A chore whose share is over is dropped where it waits, as Lambda would do with the whole at its
//! end: everything that it does is safe to do again. The next hour continues where it stopped.

use crate::Pass;
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_runtime::Deadline;
use lambda_runtime::Context;
use std::fmt::Debug;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How much of an invocation is kept to report what was done.
const MARGIN: Duration = Duration::from_secs(20);
/// How long a sweep may take if nobody says.
const LONGEST: Duration = Duration::from_mins(15);

/// One part of a sweep.
#[async_trait]
pub(crate) trait Chore: Debug + Send + Sync {
    /// Its name in the report and the log.
    fn name(&self) -> &'static str;

    /// Its share of the time, relative to the others'.
    fn weight(&self) -> u32;

    /// Whether it can be done after the results of earlier chores.
    fn can_run(&self, _: &Pass) -> bool {
        true
    }

    /// Does it, as of the pass's `now`, and notes its results in the pass as it goes: it may be
    /// dropped at any await.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError>;
}

/// How long all chores of an invocation may take together.
pub(crate) fn time_of(context: &Context) -> Duration {
    let left = if context.deadline == 0 {
        LONGEST
    } else {
        Deadline::of(context).left().min(LONGEST)
    };
    left.saturating_sub(MARGIN)
}

/// Does these chores in order, each within its share of the time. One that fails, or takes longer,
/// does not stop the others. The report names those that were cut short.
///
/// # Errors
/// The first failure of all.
pub(crate) async fn run_all(
    chores: &[Box<dyn Chore>],
    pass: &mut Pass,
    time: Duration,
) -> Result<(), StorageError> {
    let mut shares = Shares::of(chores.iter().map(|chore| chore.weight()), time);
    let mut failed = None;
    for chore in chores {
        let share = shares.next(chore.weight());
        if !chore.can_run(pass) {
            continue;
        }
        if let Ok(outcome) = timeout(share, chore.run(pass)).await {
            failed = failed.or(outcome.err());
        } else {
            tracing::warn!(outcome = "cut_short", chore = chore.name(), "sweep");
            pass.report.unfinished.push(chore.name());
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The time that is left, and the chores that share it.
#[derive(Debug)]
struct Shares {
    until: Instant,
    /// The weights of the chores that are still to come.
    weights: u32,
}

impl Shares {
    fn of(weights: impl Iterator<Item = u32>, time: Duration) -> Self {
        Self {
            until: Instant::now() + time,
            weights: weights.sum(),
        }
    }

    /// The share of the next chore: what it leaves goes to those after it.
    fn next(&mut self, weight: u32) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now());
        let share = left * weight / self.weights.max(1);
        self.weights = self.weights.saturating_sub(weight);
        share
    }
}
