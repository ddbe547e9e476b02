//! Moving the clock: what a person may ask for, and the clock that the embedded DynamoDB reads.

use chrono::{DateTime, Months, TimeDelta, Utc};
use custodian_clock::Clock;
use serde::Deserialize;

/// A move of the clock.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Move {
    /// To be at this time, earlier or later.
    Now(DateTime<Utc>),
    /// To go forward by an ISO 8601 duration.
    Advance(String),
}

/// Where the move leads; months and years are calendar ones, clamped to the end of the month.
pub(crate) fn moved(now: DateTime<Utc>, order: &Move) -> Result<DateTime<Utc>, String> {
    match order {
        Move::Now(to) => Ok(*to),
        Move::Advance(text) if text.starts_with('-') => {
            Err(r#"advance goes forward only; {"now": …} can go back"#.into())
        }
        Move::Advance(text) => advanced(now, text)
            .ok_or_else(|| format!("{text:?} is not an ISO 8601 duration such as P3Y or PT1H")),
    }
}

fn advanced(now: DateTime<Utc>, text: &str) -> Option<DateTime<Utc>> {
    let inside = text
        .strip_prefix('P')
        .filter(|inside| !inside.is_empty() && !inside.ends_with('T'))?;
    let (date, time) = inside.split_once('T').unwrap_or((inside, ""));
    let mut to = now;
    for (part, units) in [(date, "YMWD"), (time, "HMS")] {
        let (mut rest, mut units) = (part, units);
        while let Some(at) = rest.find(|it: char| !it.is_ascii_digit()) {
            let (count, tail) = rest.split_at(at);
            let count: u32 = count.parse().ok()?;
            let unit = tail.chars().next()?;
            units = units.split_once(unit)?.1;
            rest = tail.get(unit.len_utf8()..)?;
            let elapsed = |seconds: i64| {
                to.checked_add_signed(TimeDelta::try_seconds(seconds.checked_mul(count.into())?)?)
            };
            to = match (unit, part.as_ptr() == date.as_ptr()) {
                ('Y', true) => to.checked_add_months(Months::new(count.checked_mul(12)?))?,
                ('M', true) => to.checked_add_months(Months::new(count))?,
                ('W', true) => elapsed(7 * 86_400)?,
                ('D', true) => elapsed(86_400)?,
                ('H', false) => elapsed(3_600)?,
                ('M', false) => elapsed(60)?,
                ('S', false) => elapsed(1)?,
                _ => return None,
            };
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(to)
}

/// The stack's clock, as the embedded DynamoDB wants it.
#[derive(Debug)]
pub(crate) struct Shared(pub(crate) Clock);

impl dynoxide::storage_backend::Clock for Shared {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now().timestamp()).unwrap_or_default()
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds since 1970 fit a double until the year 2255"
    )]
    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().timestamp_micros() as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::{Move, moved};

    fn advanced(from: &str, by: &str) -> Result<String, String> {
        moved(from.parse().unwrap(), &Move::Advance(by.into()))
            .map(|to| to.format("%FT%T").to_string())
    }

    #[test]
    fn years_and_months_are_calendar_ones_and_clamped() {
        assert_eq!(
            advanced("2024-02-29T12:00:00Z", "P3Y").unwrap(),
            "2027-02-28T12:00:00"
        );
        assert_eq!(
            advanced("2026-01-31T12:00:00Z", "P1M").unwrap(),
            "2026-02-28T12:00:00"
        );
    }

    #[test]
    fn the_parts_of_a_duration_add_up() {
        assert_eq!(
            advanced("2026-01-01T00:00:00Z", "P1Y2M1W3DT4H5M6S").unwrap(),
            "2027-03-11T04:05:06"
        );
        assert_eq!(
            advanced("2026-01-01T00:00:00Z", "PT90M").unwrap(),
            "2026-01-01T01:30:00"
        );
    }

    #[test]
    fn what_is_no_forward_duration_is_refused() {
        for by in [
            "",
            "P",
            "PT",
            "P1",
            "3Y",
            "P1H",
            "PT1D",
            "P1.5D",
            "P1D1Y",
            "P1YT",
            "-P1D",
            "P-1D",
            "P99999999999Y",
            "P400000Y",
        ] {
            assert!(advanced("2026-01-01T00:00:00Z", by).is_err(), "{by}");
        }
    }
}
