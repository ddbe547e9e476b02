//! Civil dates and times where the council is; everything else is UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Europe::London;

/// The civil date in London at `instant`.
#[must_use]
pub fn date(instant: DateTime<Utc>) -> NaiveDate {
    time(instant).date()
}

/// What clocks in London show at `instant`.
#[must_use]
pub fn time(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.with_timezone(&London).naive_local()
}

#[cfg(test)]
mod tests {
    use super::{date, time};

    #[test]
    fn half_past_eleven_utc_in_summer_is_tomorrow_in_london() {
        assert_eq!(date("2026-06-30T23:30:00Z".parse().unwrap()).to_string(), "2026-07-01");
        assert_eq!(date("2026-12-31T23:30:00Z".parse().unwrap()).to_string(), "2026-12-31");
        assert_eq!(time("2026-06-30T23:30:00Z".parse().unwrap()).to_string(), "2026-07-01 00:30:00");
    }
}
