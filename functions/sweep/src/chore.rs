//! One of the things that a sweep does, and how the time is shared among them: each chore has a
//! part of what is left, and what it does not need is left to those behind it.
//!
//! A chore whose part is over is dropped where it waits, as Lambda would do with the whole at its
//! end: everything that it does is safe to do again. The next hour goes on where it stopped.

use crate::Pass;
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_runtime::Deadline;
use lambda_runtime::Context;
use std::fmt::Debug;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// What is left of an invocation for telling what was done.
const MARGIN: Duration = Duration::from_secs(20);
/// How long a sweep has where nobody says.
const LONGEST: Duration = Duration::from_mins(15);

/// One of the things that a sweep does.
#[async_trait]
pub(crate) trait Chore: Debug + Send + Sync {
    /// What the report and the log call it.
    fn name(&self) -> &'static str;

    /// How large its part of the time is beside the others'.
    fn weight(&self) -> u32;

    /// Whether it can be done after what came before it.
    fn can_run(&self, _: &Pass) -> bool {
        true
    }

    /// Does it, as of the pass's `now`, and notes in the pass what came of it while it does: it may
    /// be dropped at any await.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError>;
}

/// How long all chores have that are to be done within an invocation.
pub(crate) fn time_of(context: &Context) -> Duration {
    let left = if context.deadline == 0 {
        LONGEST
    } else {
        Deadline::of(context).left().min(LONGEST)
    };
    left.saturating_sub(MARGIN)
}

/// Does these chores in their order, each within its part of the time. One that fails, or takes
/// longer, does not keep the others: those that were cut short are named in the report.
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

/// The time that is left, and among how many it is shared.
#[derive(Debug)]
struct Shares {
    until: Instant,
    /// The weights of those whose turn has not come.
    weights: u32,
}

impl Shares {
    fn of(weights: impl Iterator<Item = u32>, time: Duration) -> Self {
        Self {
            until: Instant::now() + time,
            weights: weights.sum(),
        }
    }

    /// The part of the next: what it leaves goes to those behind it.
    fn next(&mut self, weight: u32) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now());
        let share = left * weight / self.weights.max(1);
        self.weights = self.weights.saturating_sub(weight);
        share
    }
}
