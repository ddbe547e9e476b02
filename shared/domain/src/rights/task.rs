//! One place's part of a request: what it is asked, its state, and when it is tried again.

use crate::place::Place;
use crate::rights::erasure::{Counts, Receipt};
use crate::rights::package::RequestId;
use crate::rights::processor_exchange::ProcessorExchange;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a place is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// To erase the person (Article 17).
    Erase,
    /// To send no more newsletters (Article 21(3)).
    Unsubscribe,
    /// To store only (Article 18), as the council does: recipients are informed (Article 19).
    Restrict,
    /// To end a restriction that was lifted.
    Unrestrict,
    /// To correct something (Articles 16 and 19).
    Rectify,
}

impl Action {
    /// The name, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Erase => "erase",
            Self::Unsubscribe => "unsubscribe",
            Self::Restrict => "restrict",
            Self::Unrestrict => "unrestrict",
            Self::Rectify => "rectify",
        }
    }
}

/// The state of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has begun.
    Pending,
    /// An invocation works on it, until the lease ends.
    Running,
    /// It waits for a processor, a human, or files to be read.
    Waiting,
    /// It is done, and its receipt filed.
    Done,
    /// A try failed; there will be another.
    Failed,
    /// It was stopped before it had done anything.
    Stopped,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The place.
    pub place: Place,
    /// What the place is asked.
    pub action: Action,
    /// Its state.
    pub state: State,
    /// What the place held when the request was approved, as far as the council knows.
    #[serde(default)]
    pub held: Counts,
    /// When it has to be done.
    pub due: NaiveDate,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// How often it failed since it last made progress.
    #[serde(default)]
    pub failures: u32,
    /// When it is tried next.
    pub next_try: DateTime<Utc>,
    /// Until when an invocation may work on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<DateTime<Utc>>,
    /// Why the last try failed: the operation and a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What was exchanged with the processor.
    #[serde(default)]
    pub correspondence: ProcessorExchange,
    /// Its receipt, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

impl Task {
    /// A task that nobody has begun.
    #[must_use]
    pub fn new(
        place: Place,
        action: Action,
        held: Counts,
        due: NaiveDate,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            place,
            action,
            state: State::Pending,
            held,
            due,
            attempts: 0,
            failures: 0,
            next_try: now,
            lease_until: None,
            error: None,
            correspondence: ProcessorExchange::default(),
            receipt: None,
        }
    }

    /// Whether nothing more will be done.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.state, State::Done | State::Stopped)
    }

    /// Whether somebody should try it at `now`: its time has come, and nobody works on it.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            State::Done | State::Stopped => false,
            State::Running => self.lease_until.is_none_or(|until| until <= now),
            State::Pending | State::Waiting | State::Failed => self.next_try <= now,
        }
    }

    /// The same after a failed try: later each time, and not all tasks at once.
    pub fn fail(&mut self, request: &RequestId, error: String, now: DateTime<Utc>) {
        self.failures = self.failures.saturating_add(1);
        self.state = State::Failed;
        self.error = Some(error);
        self.next_try = now
            + backoff(
                self.failures,
                &format!("{}#{}", request.as_str(), self.place.as_str()),
            );
    }
}

/// Two minutes after the first failure, then twice as long after each, up to six hours. Of that a
/// random part between half and all is waited, so that what failed together is not tried together.
#[must_use]
pub fn backoff(failures: u32, task: &str) -> TimeDelta {
    let longest = 120_u32
        .saturating_mul(1 << failures.saturating_sub(1).min(12))
        .min(21_600);
    let digest = Sha256::new()
        .chain_update(task)
        .chain_update(failures.to_be_bytes())
        .finalize();
    let jitter = u32::from(u16::from_be_bytes([digest[0], digest[1]]));
    TimeDelta::seconds(i64::from(
        longest / 2 + longest / 2 * jitter / u32::from(u16::MAX),
    ))
}

#[cfg(test)]
mod tests {
    use super::{Action, State, Task, backoff};
    use crate::place::Place;
    use crate::rights::erasure::Counts;
    use chrono::{DateTime, TimeDelta, Utc};

    #[test]
    fn an_action_is_stored_by_its_name() {
        for action in [
            Action::Erase,
            Action::Unsubscribe,
            Action::Restrict,
            Action::Unrestrict,
            Action::Rectify,
        ] {
            let stored = serde_json::to_value(action).unwrap();
            assert_eq!(stored, action.as_str());
        }
    }

    #[test]
    fn what_fails_is_tried_later_each_time_and_never_much_later_than_six_hours() {
        for failures in 1..40 {
            let longest = TimeDelta::seconds((120_i64 << (failures - 1).min(12)).min(21_600));
            let wait = backoff(failures, "ERA-1#records");
            assert!(longest / 2 <= wait && wait <= longest, "{failures}: {wait}");
        }
        assert_ne!(
            backoff(9, "ERA-1#records"),
            backoff(9, "ERA-1#five9"),
            "not all at once"
        );
    }

    #[test]
    fn a_task_is_due_when_its_time_has_come_and_nobody_is_at_it() {
        let now: DateTime<Utc> = "2026-11-23T10:00:00Z".parse().unwrap();
        let mut task = Task::new(
            Place::Five9,
            Action::Erase,
            Counts::new(),
            now.date_naive(),
            now,
        );
        assert!(task.is_due(now) && !task.is_over());
        task.state = State::Running;
        task.lease_until = Some(now + TimeDelta::minutes(16));
        assert!(
            !task.is_due(now) && task.is_due(now + TimeDelta::minutes(16)),
            "whoever was at it is gone"
        );
        task.fail(
            &"ERA-1".to_owned().try_into().unwrap(),
            "ask a processor: timeout".to_owned(),
            now,
        );
        assert!(!task.is_due(now) && task.is_due(now + TimeDelta::minutes(2)));
        task.state = State::Stopped;
        assert!(!task.is_due(now + TimeDelta::days(9)) && task.is_over());
    }
}
