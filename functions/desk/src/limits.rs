//! How often one member of staff may search for people: enough for the work, too little to look
//! around.

use crate::Desk;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::staff::StaffNumber;

/// How many searches one member of staff may make within an hour of the clock. Each page of what
/// is found is a search.
const SEARCHES: u64 = 40;

/// Somebody has searched as often as they may within the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// How long they have to wait.
    pub(crate) wait: TimeDelta,
}

impl Desk {
    /// Counts a search before it is made.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be counted: then there is no search.
    pub(crate) async fn may_search(
        &self,
        staff: &StaffNumber,
        now: DateTime<Utc>,
    ) -> Result<Result<(), TooMany>, StorageError> {
        let (hour, ends) = hour_of(now);
        let searches = self.sessions.searched(staff, hour, ends).await?;
        if searches <= SEARCHES {
            return Ok(Ok(()));
        }
        tracing::warn!(outcome = "too_many_searches", "search");
        Ok(Err(TooMany { wait: ends - now }))
    }
}

/// When the hour of the clock began, and when it ends.
fn hour_of(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let hour = TimeDelta::hours(1);
    let began = now.duration_trunc(hour).unwrap_or(now);
    (began, began + hour)
}

#[cfg(test)]
mod tests {
    use super::hour_of;
    use chrono::{DateTime, Utc};

    #[test]
    fn an_hour_is_one_of_the_clock() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for now in ["2026-11-23T10:00:00Z", "2026-11-23T10:59:59Z"] {
            let hour = (at("2026-11-23T10:00:00Z"), at("2026-11-23T11:00:00Z"));
            assert_eq!(hour_of(at(now)), hour);
        }
    }
}
