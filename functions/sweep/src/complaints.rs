//! Complaints that must be acknowledged or answered about now.

use crate::chore::Chore;
use crate::{AT_ONCE, Pass};
use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::london;
use custodian_domain::rights::calendar::{COVERS_UNTIL, add_working_days};
use custodian_domain::rights::complaint_deadlines::ComplaintDeadline;
use custodian_store::SHARDS;
use custodian_store::deadlines::Running;
use custodian_store::records::Records;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

/// How far back complaints are looked for. The longest way through both stages, with every
/// extension, is 70 working days (5 + 10 + 10, then 5 + 20 + 20): fourteen weeks, and one for the
/// bank holidays of a winter. Two more are left to see that the last deadline was missed.
const LOOK_BACK: Days = Days::new(120);
/// A deadline is reported when it is within this many working days.
const SOON: u32 = 2;
/// How many complaints are named; the counts include the rest.
const NAMED: usize = 100;

/// The deadlines of complaints that somebody has to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Complaints {
    /// Those that end today or within the next two working days.
    pub due: Ending,
    /// Those that have ended.
    pub late: Ending,
}

/// Deadlines that end soon or have ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// How many complaints wait to be acknowledged.
    pub acknowledge: usize,
    /// How many wait to be answered.
    pub answer: usize,
    /// The hundred of them that end first.
    pub first: Vec<Running>,
}

/// Looks at complaints.
#[derive(Debug)]
pub(crate) struct WatchComplaints(pub(crate) Records);

#[async_trait]
impl Chore for WatchComplaints {
    fn name(&self) -> &'static str {
        "complaints"
    }

    fn weight(&self) -> u32 {
        2
    }

    /// Looks for complaints whose deadline is soon, or has passed.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let now = pass.now;
        let today = london::date(now);
        let soon = soon(today);
        let last = now.date_naive();
        let first = last.checked_sub_days(LOOK_BACK).unwrap_or(last);
        let days = first.iter_days().take_while(|day| *day <= last);
        let shards: Vec<(NaiveDate, u8)> = days
            .flat_map(|day| (0..SHARDS).map(move |shard| (day, shard)))
            .collect();
        let mut looked = stream::iter(shards)
            .map(|(day, shard)| self.deadlines_until(soon, day, shard, now))
            .buffer_unordered(AT_ONCE);
        let mut ending = Vec::new();
        while let Some(clocks) = looked.try_next().await? {
            ending.extend(clocks);
        }
        let (late, due) = ending.into_iter().partition(|clock| clock.ends < today);
        let complaints = Complaints {
            due: Ending::of(due),
            late: Ending::of(late),
        };
        complaints.log(days_left(today));
        pass.report.complaints = complaints;
        Ok(())
    }
}

impl WatchComplaints {
    /// The deadlines of complaints of one shard of one day up to `soon`.
    async fn deadlines_until(
        &self,
        soon: NaiveDate,
        day: NaiveDate,
        shard: u8,
        now: DateTime<Utc>,
    ) -> Result<Vec<Running>, StorageError> {
        let (mut pages, mut ending) = (self.0.clocks(day, shard, now), Vec::new());
        while let Some(page) = pages.next().await? {
            ending.extend(page.into_iter().filter(|clock| clock.ends <= soon));
        }
        Ok(ending)
    }
}

impl Complaints {
    /// Logs how many there are, and nothing else about them; and for how many days more there are
    /// deadlines at all.
    fn log(&self, calendar_days: i64) {
        let Self { due, late } = self;
        tracing::info!(
            outcome = "complaints",
            acknowledgements_due = due.acknowledge,
            answers_due = due.answer,
            acknowledgements_late = late.acknowledge,
            answers_late = late.answer,
            calendar_days,
            "sweep"
        );
    }
}

impl Ending {
    fn of(mut clocks: Vec<Running>) -> Self {
        let acknowledge = clocks
            .iter()
            .filter(|running| running.clock == ComplaintDeadline::Acknowledge)
            .count();
        let answer = clocks.len() - acknowledge;
        clocks
            .sort_by(|one, other| (one.ends, &one.reference).cmp(&(other.ends, &other.reference)));
        clocks.truncate(NAMED);
        Self {
            acknowledge,
            answer,
            first: clocks,
        }
    }
}

/// For how many days more the bank holidays are known, by which deadlines are counted.
fn days_left(today: NaiveDate) -> i64 {
    (COVERS_UNTIL - today).num_days()
}

/// The last day that is soon. No deadline ends after the calendar: if the calendar does not reach
/// far enough, all are soon.
fn soon(today: NaiveDate) -> NaiveDate {
    add_working_days(today, SOON).unwrap_or(COVERS_UNTIL)
}

#[cfg(test)]
mod tests {
    use super::{Ending, NAMED, days_left, soon};
    use chrono::{Days, NaiveDate};
    use custodian_domain::record::RecordId;
    use custodian_domain::record::reference::Reference;
    use custodian_domain::record::source::Source;
    use custodian_domain::rights::complaint_deadlines::ComplaintDeadline;
    use custodian_store::deadlines::Running;

    #[test]
    fn soon_is_within_two_working_days() {
        for (today, last) in [
            ("2026-11-23", "2026-11-25"),
            ("2026-11-27", "2026-12-01"),
            ("2026-11-28", "2026-12-01"),
            ("2026-12-23", "2026-12-29"),
            ("2026-12-24", "2026-12-30"),
        ] {
            assert_eq!(soon(today.parse().unwrap()).to_string(), last, "{today}");
        }
    }

    #[test]
    fn the_calendar_s_days_are_counted_down_and_beyond() {
        for (today, days) in [("2027-12-31", 366), ("2028-12-31", 0), ("2029-01-01", -1)] {
            assert_eq!(days_left(today.parse().unwrap()), days, "{today}");
        }
    }

    #[test]
    fn at_the_end_of_the_calendar_every_clock_that_still_runs_is_soon() {
        for today in ["2028-12-29", "2028-12-31", "2029-03-01"] {
            assert_eq!(
                soon(today.parse().unwrap()).to_string(),
                "2028-12-31",
                "{today}"
            );
        }
    }

    #[test]
    fn a_hundred_are_named_and_all_are_counted() {
        let first: NaiveDate = "2026-11-23".parse().unwrap();
        let running = |number: u32| Running {
            reference: Reference::of(&RecordId::at_source(
                Source::Complaints,
                &number.to_string(),
            )),
            clock: if number.is_multiple_of(3) {
                ComplaintDeadline::Acknowledge
            } else {
                ComplaintDeadline::Answer
            },
            ends: first
                .checked_add_days(Days::new(u64::from(299 - number)))
                .unwrap(),
            service: None,
        };
        let ending = Ending::of((0..300).map(running).collect());
        assert_eq!(
            (ending.acknowledge, ending.answer, ending.first.len()),
            (100, 200, NAMED)
        );
        assert_eq!(ending.first[0].ends, first);
        assert!(ending.first.is_sorted_by_key(|running| running.ends));
    }
}
