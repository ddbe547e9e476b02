//! Civil dates and times in London; everything else is UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::London;

/// The civil date in London at `instant`.
#[must_use]
pub fn date(instant: DateTime<Utc>) -> NaiveDate {
    time(instant).date()
}

/// The time that clocks in London show at `instant`.
#[must_use]
pub fn time(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.with_timezone(&London).naive_local()
}

/// The instant at which clocks in London show this time; the first, if they show it twice, and
/// nothing, if they never do.
#[must_use]
pub fn instant(shown: NaiveDateTime) -> Option<DateTime<Utc>> {
    let instant = London.from_local_datetime(&shown).earliest();
    instant.map(|it| it.to_utc())
}

/// The first instant at which it is no longer `day` in London.
#[must_use]
pub fn end(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
    // London's clocks change at one or two in the morning, so each day has one midnight.
    London
        .from_local_datetime(&midnight)
        .earliest()
        .map_or_else(|| midnight.and_utc(), |it| it.to_utc())
}

#[cfg(test)]
mod tests {
    use super::{date, end, instant, time};
    use chrono::{Days, NaiveDate, TimeDelta};

    #[test]
    fn half_past_eleven_utc_in_summer_is_tomorrow_in_london() {
        assert_eq!(
            date("2026-06-30T23:30:00Z".parse().unwrap()).to_string(),
            "2026-07-01"
        );
        assert_eq!(
            date("2026-12-31T23:30:00Z".parse().unwrap()).to_string(),
            "2026-12-31"
        );
        assert_eq!(
            time("2026-06-30T23:30:00Z".parse().unwrap()).to_string(),
            "2026-07-01 00:30:00"
        );
    }

    #[test]
    fn a_time_in_london_is_an_instant_unless_the_clocks_skip_it() {
        let at = |shown: &str| instant(shown.parse().unwrap()).map(|it| it.to_rfc3339());
        for (shown, instant) in [
            ("2026-10-24T12:00:00", "2026-10-24T11:00:00+00:00"),
            ("2026-10-25T01:30:00", "2026-10-25T00:30:00+00:00"),
            ("2026-11-27T17:45:00", "2026-11-27T17:45:00+00:00"),
        ] {
            assert_eq!(at(shown).unwrap(), instant);
        }
        assert_eq!(at("2027-03-28T01:30:00"), None);
    }

    #[test]
    fn a_day_in_london_ends_when_the_next_begins_whatever_the_clocks_do() {
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        for day in (0..15 * 366).map(|days| first + Days::new(days)) {
            assert_eq!(date(end(day) - TimeDelta::seconds(1)), day);
            assert_eq!(date(end(day)), day.succ_opt().unwrap());
        }
        assert_eq!(
            end("2026-12-31".parse().unwrap()).to_string(),
            "2027-01-01 00:00:00 UTC"
        );
        assert_eq!(
            end("2026-06-30".parse().unwrap()).to_string(),
            "2026-06-30 23:00:00 UTC"
        );
    }
}
