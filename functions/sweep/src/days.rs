//! Which days should be empty.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use custodian_domain::record::source::Source;

/// Nothing is older: an earlier start begins here.
const EARLIEST: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
/// How far back the days are that should long be empty. TTL never deletes what was over more than
/// five years ago, which are records of eight years; a restore or a faulty import may bring these
/// back.
const OLDER: Months = Months::new(30 * 12);
/// How many of them are checked each hour, one after another.
const OLDER_AT_ONCE: i64 = 14;
/// After how many hours it begins again: thirty days.
const TURN: i64 = 720;
/// How far a sweep without a cursor looks back. The very first runs within the hour in which the
/// table is made, and nothing that is stored is older than its retention. A restore, which can
/// bring back more, says where to begin.
const FIRST_LOOK: Days = Days::new(35);
/// Days that are checked again, so that what was written during a sweep is not missed.
const MARGIN: Days = Days::new(2);

/// The days that may have something overdue at `now`: from the cursor to the day that expires
/// today.
pub fn to_look_at(cursor: Option<NaiveDate>, now: DateTime<Utc>) -> Vec<NaiveDate> {
    let known = first_not_known_empty(now);
    let first = cursor
        .or_else(|| known.checked_sub_days(FIRST_LOOK))
        .unwrap_or(known);
    let first = first.clamp(EARLIEST, known.max(EARLIEST));
    // One day more: what was collected on 29 February expires on the 28th.
    let last = expiring(now).succ_opt().unwrap_or(known);
    first.iter_days().take_while(|day| *day <= last).collect()
}

/// The days before `first` that this hour checks as well: within thirty days every day of the last
/// thirty years is checked.
pub fn older(first: NaiveDate, now: DateTime<Utc>) -> Vec<NaiveDate> {
    let oldest = now.date_naive().checked_sub_months(OLDER).unwrap_or(first);
    let hour = now.timestamp().div_euclid(3600).rem_euclid(TURN);
    let days = oldest.iter_days().take_while(|day| *day < first);
    days.filter(|day| {
        i64::from(day.num_days_from_ce())
            .div_euclid(OLDER_AT_ONCE)
            .rem_euclid(TURN)
            == hour
    })
    .collect()
}

/// Where the next sweep begins.
pub fn first_not_known_empty(now: DateTime<Utc>) -> NaiveDate {
    let last = expiring(now);
    last.checked_sub_days(MARGIN).unwrap_or(EARLIEST)
}

/// The latest day of collection whose records can be over at `now`: that of the source with the
/// shortest period.
fn expiring(now: DateTime<Utc>) -> NaiveDate {
    let shortest = Source::ALL.into_iter().map(Source::retention_months).min();
    shortest
        .and_then(|months| now.date_naive().checked_sub_months(Months::new(months)))
        .unwrap_or(EARLIEST)
}

#[cfg(test)]
mod tests {
    use super::{first_not_known_empty, older, to_look_at};
    use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
    use std::collections::HashSet;

    fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    #[test]
    fn an_hourly_sweep_looks_at_four_days() {
        let now = at("2026-11-23T14:00:00Z");
        let days = to_look_at(Some(first_not_known_empty(now)), now);
        let told: Vec<String> = days.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["2023-11-21", "2023-11-22", "2023-11-23", "2023-11-24"]
        );
    }

    #[test]
    fn a_leap_day_is_looked_at_when_it_expires() {
        let now = at("2027-02-28T12:00:00Z");
        let days = to_look_at(Some(first_not_known_empty(now)), now);
        assert!(days.contains(&"2024-02-29".parse().unwrap()));
    }

    #[test]
    fn a_sweep_that_was_off_for_a_week_looks_at_the_week() {
        let cursor = first_not_known_empty(at("2026-11-16T14:00:00Z"));
        assert_eq!(
            to_look_at(Some(cursor), at("2026-11-23T14:00:00Z")).len(),
            11
        );
    }

    #[test]
    fn a_sweep_begins_where_it_is_told_to_and_a_clock_that_went_back_is_no_gap() {
        let now = at("2026-11-23T14:00:00Z");
        assert_eq!(to_look_at(None, now)[0].to_string(), "2023-10-17");
        assert_eq!(
            to_look_at(Some("1999-01-01".parse().unwrap()), now)[0].to_string(),
            "1999-01-01"
        );
        assert_eq!(
            to_look_at(Some("0001-01-01".parse().unwrap()), now)[0].to_string(),
            "1970-01-01"
        );
        assert_eq!(
            to_look_at(Some("2030-01-01".parse().unwrap()), now).len(),
            4
        );
    }

    #[test]
    fn within_thirty_days_every_day_of_thirty_years_is_looked_at() {
        let begin = at("2026-11-23T14:59:59Z");
        let mut seen = HashSet::new();
        let mut most = 0;
        for hour in 0..720 {
            let now = begin + TimeDelta::hours(hour);
            let older = older(first_not_known_empty(now), now);
            most = older.len().max(most);
            seen.extend(older);
        }
        let (first, last) = ("1996-12-23".parse().unwrap(), first_not_known_empty(begin));
        let all = NaiveDate::iter_days(&first).take_while(|day| *day < last);
        assert_eq!(
            all.filter(|day| !seen.contains(day)).collect::<Vec<_>>(),
            Vec::<NaiveDate>::new()
        );
        assert_eq!(most, 14, "and an hour looks at few");
    }
}
