//! How much time an invocation has left.

use crate::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use lambda_runtime::Context;
use std::time::Duration;

/// When Lambda ends an invocation, by the machine's own clock.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(DateTime<Utc>);

impl Deadline {
    /// The deadline of an invocation.
    #[must_use]
    pub fn of(context: &Context) -> Self {
        let at = i64::try_from(context.deadline)
            .ok()
            .and_then(DateTime::from_timestamp_millis);
        Self(at.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// How much time is left; zero once it has passed.
    #[must_use]
    pub fn left(&self) -> Duration {
        (self.0 - Clock::system().now())
            .to_std()
            .unwrap_or(Duration::ZERO)
    }

    /// Whether at most this much time is left.
    #[must_use]
    pub fn is_within(&self, left: TimeDelta) -> bool {
        self.0 - Clock::system().now() <= left
    }
}
