//! The one place that reads the wall clock.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// Gives a handler the time, in UTC; everything below the handler takes `now` as a value.
///
/// Clones share one time: moving the clock of the local stack moves it for every function.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Movable(Arc<Mutex<TimeDelta>>),
    Stopped(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's own clock, which nobody moves.
    #[must_use]
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that runs, and that [`Clock::set`] moves.
    #[must_use]
    pub fn movable() -> Self {
        Self(Kind::Movable(Arc::default()))
    }

    /// A clock that stands at one instant until [`Clock::set`] moves it.
    #[must_use]
    pub fn stopped_at(now: DateTime<Utc>) -> Self {
        Self(Kind::Stopped(Arc::new(Mutex::new(now))))
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Kind::System => wall_clock(),
            Kind::Movable(ahead) => {
                wall_clock() + *ahead.lock().unwrap_or_else(PoisonError::into_inner)
            }
            Kind::Stopped(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves the clock to `now`; the system's clock stays as it is.
    pub fn set(&self, now: DateTime<Utc>) {
        match &self.0 {
            Kind::System => {}
            Kind::Movable(ahead) => {
                *ahead.lock().unwrap_or_else(PoisonError::into_inner) = now - wall_clock();
            }
            Kind::Stopped(at) => *at.lock().unwrap_or_else(PoisonError::into_inner) = now,
        }
    }

    /// How far a movable clock is ahead of the machine's; zero for the other kinds.
    #[must_use]
    pub fn ahead(&self) -> TimeDelta {
        match &self.0 {
            Kind::System | Kind::Stopped(_) => TimeDelta::zero(),
            Kind::Movable(ahead) => *ahead.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that is meant for it"
)]
fn wall_clock() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn a_moved_clock_moves_for_all_who_share_it() {
        let clock = Clock::movable();
        let shared = clock.clone();
        let later = clock.now() + TimeDelta::days(1096);
        clock.set(later);
        assert!(shared.now() >= later);
    }

    #[test]
    fn a_stopped_clock_stands_still() {
        let at = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        assert_eq!(Clock::stopped_at(at).now(), at);
    }
}
