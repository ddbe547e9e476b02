//! How a sweep's time is shared: each chore has a part of what is left, and what it does not need
//! is left to those behind it.
//!
//! A chore whose part is over is dropped where it waits, as Lambda would do with the whole at its
//! end: everything that it does is safe to do again. The next hour goes on where it stopped.

use custodian_runtime::Deadline;
use lambda_runtime::Context;
use serde::Serialize;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// What is left of an invocation for telling what was done.
const MARGIN: Duration = Duration::from_secs(20);
/// How long a sweep has where nobody says.
const LONGEST: Duration = Duration::from_mins(15);

/// What a sweep does, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Chore {
    /// To make true what stands for people.
    Standings,
    /// To delete what is overdue.
    Deletion,
    /// To close days of the ledger.
    Closing,
    /// To attest what was written of requests.
    Evidence,
    /// To anchor the ledger's chain.
    Anchoring,
    /// To delete packages that are over.
    Packages,
    /// To let go of versions of surveys.
    Surveys,
    /// To start files that nobody reads.
    Intake,
    /// To look for telephone data.
    Telephone,
    /// To look at complaints.
    Complaints,
    /// To start tasks that are stuck.
    Tasks,
}

impl Chore {
    const ALL: [Self; 11] = [
        Self::Standings,
        Self::Deletion,
        Self::Closing,
        Self::Evidence,
        Self::Anchoring,
        Self::Packages,
        Self::Surveys,
        Self::Intake,
        Self::Telephone,
        Self::Complaints,
        Self::Tasks,
    ];

    /// How large its part is beside the others'.
    const fn weight(self) -> u32 {
        match self {
            Self::Deletion => 8,
            Self::Standings | Self::Closing => 4,
            Self::Anchoring | Self::Packages | Self::Intake | Self::Complaints | Self::Tasks => 2,
            Self::Evidence | Self::Surveys | Self::Telephone => 1,
        }
    }

    /// What the log calls it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Standings => "standings",
            Self::Deletion => "deletion",
            Self::Closing => "closing",
            Self::Evidence => "evidence",
            Self::Anchoring => "anchoring",
            Self::Packages => "packages",
            Self::Surveys => "surveys",
            Self::Intake => "intake",
            Self::Telephone => "telephone",
            Self::Complaints => "complaints",
            Self::Tasks => "tasks",
        }
    }
}

/// The time that is left, and whose it is.
#[derive(Debug)]
pub struct Shares {
    until: Instant,
    /// The weights of this chore and those behind it.
    weights: u32,
    /// What has not come to its end.
    pub unfinished: Vec<Chore>,
}

impl Shares {
    /// The time of an invocation.
    pub fn of(context: &Context) -> Self {
        let left = if context.deadline == 0 {
            LONGEST
        } else {
            Deadline::of(context).left().min(LONGEST)
        };
        Self::within(left.saturating_sub(MARGIN))
    }

    /// So much time.
    pub fn within(left: Duration) -> Self {
        let weights = Chore::ALL.into_iter().map(Chore::weight).sum();
        Self {
            until: Instant::now() + left,
            weights,
            unfinished: Vec::new(),
        }
    }

    /// Does a chore within its part; nothing if that is over before. Each chore is done once, in
    /// their order.
    pub async fn give<T>(&mut self, chore: Chore, doing: impl Future<Output = T>) -> Option<T> {
        let left = self.until.saturating_duration_since(Instant::now());
        let share = left * chore.weight() / self.weights.max(1);
        self.weights = self.weights.saturating_sub(chore.weight());
        let done = timeout(share, doing).await.ok();
        if done.is_none() {
            tracing::warn!(outcome = "cut_short", chore = chore.as_str(), "sweep");
            self.unfinished.push(chore);
        }
        done
    }

    /// Leaves a chore out: its part is left to those behind it.
    pub fn pass_over(&mut self, chore: Chore) {
        self.weights = self.weights.saturating_sub(chore.weight());
    }
}

#[cfg(test)]
mod tests {
    use super::{Chore, Shares};
    use std::future::pending;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn whoever_never_ends_takes_nobody_else_s_time() {
        for endless in Chore::ALL {
            let (begun, mut shares) = (Instant::now(), Shares::within(Duration::from_millis(400)));
            for chore in Chore::ALL {
                let doing = async {
                    if chore == endless {
                        pending::<()>().await;
                    }
                };
                assert_eq!(
                    shares.give(chore, doing).await.is_none(),
                    chore == endless,
                    "{chore:?}"
                );
            }
            assert_eq!(shares.unfinished, [endless]);
            assert!(
                begun.elapsed() < Duration::from_secs(2),
                "{:?}",
                begun.elapsed()
            );
        }
    }

    #[tokio::test]
    async fn even_if_none_ends_each_has_had_its_part() {
        let mut shares = Shares::within(Duration::from_millis(520));
        for chore in Chore::ALL {
            let begun = Instant::now();
            assert_eq!(shares.give(chore, pending::<()>()).await, None);
            assert!(
                begun.elapsed() >= Duration::from_millis(15),
                "{chore:?} had {:?}",
                begun.elapsed()
            );
        }
        assert_eq!(shares.unfinished, Chore::ALL);
    }
}
