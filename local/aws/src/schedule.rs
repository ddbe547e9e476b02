//! When a schedule is due: `rate(…)` of EventBridge Scheduler, and of `cron(…)` what the template
//! uses: a minute of each day.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// When something is due.
#[derive(Debug)]
pub(crate) enum Expression {
    Every(TimeDelta),
    Daily(NaiveTime, Tz),
    Never,
}

impl Expression {
    /// Reads an expression; `zone` is where a cron expression's hours are meant.
    pub(crate) fn parse(text: &str, zone: &str) -> Result<Self, String> {
        let zone: Tz = zone
            .parse()
            .map_err(|_| format!("the time zone {zone} is not known"))?;
        let inside = |name: &str| {
            text.strip_prefix(name)?
                .strip_prefix('(')?
                .strip_suffix(')')
        };
        if let Some(rate) = inside("rate") {
            return rate_of(rate).ok_or_else(|| format!("{text} is not understood"));
        }
        let cron =
            inside("cron").ok_or_else(|| format!("the schedule {text} is not understood"))?;
        minute_of_a_day(cron)
            .map(|time| Self::Daily(time, zone))
            .ok_or_else(|| format!("{text}: the local stack knows cron(MINUTE HOUR * * ? *) only"))
    }

    /// Whether it is due at intervals, from when it was made.
    pub(crate) const fn is_rate(&self) -> bool {
        matches!(self, Self::Every(_))
    }

    /// The first time after `last` when it is due.
    pub(crate) fn next(&self, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Every(period) => last.checked_add_signed(*period),
            Self::Daily(time, zone) => {
                let today = last.with_timezone(zone).date_naive();
                // A time that the clocks skip or repeat makes one day longer to look at.
                let days = (0..3).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
                days.filter_map(|day| zone.from_local_datetime(&day.and_time(*time)).earliest())
                    .map(|time| time.to_utc())
                    .find(|time| *time > last)
            }
            Self::Never => None,
        }
    }

    /// If it was due between `last` and `now`, the time from which the next one counts.
    pub(crate) fn due(&self, last: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.next(last).filter(|next| *next <= now)?;
        match self {
            Self::Every(period) => {
                let missed = (now - next).num_seconds() / period.num_seconds();
                Some(next + TimeDelta::seconds(missed * period.num_seconds()))
            }
            Self::Daily(..) | Self::Never => Some(now),
        }
    }
}

fn rate_of(rate: &str) -> Option<Expression> {
    let (count, unit) = rate.split_once(' ')?;
    let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
    let period = match (count, unit) {
        (1, "minute") | (_, "minutes") => TimeDelta::try_minutes(count),
        (1, "hour") | (_, "hours") => TimeDelta::try_hours(count),
        (1, "day") | (_, "days") => TimeDelta::try_days(count),
        _ => None,
    };
    period.map(Expression::Every)
}

/// The time in `MINUTE HOUR * * ? *`, the fields of a cron expression that is due each day.
fn minute_of_a_day(cron: &str) -> Option<NaiveTime> {
    let mut fields = cron.split_ascii_whitespace();
    let (minute, hour) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    fields
        .eq(["*", "*", "?", "*"])
        .then(|| NaiveTime::from_hms_opt(hour, minute, 0))?
}

#[cfg(test)]
mod tests {
    use super::Expression;
    use chrono::{DateTime, Utc};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn next(expression: &str, zone: &str, last: &str) -> DateTime<Utc> {
        Expression::parse(expression, zone)
            .unwrap()
            .next(at(last))
            .unwrap()
    }

    #[test]
    fn a_jump_over_many_periods_is_due_once() {
        let hourly = Expression::parse("rate(1 hour)", "UTC").unwrap();
        let last = at("2026-01-01T00:00:00Z");
        assert_eq!(hourly.due(last, at("2026-01-01T00:59:59Z")), None);
        let counted = hourly.due(last, at("2029-01-01T00:20:00Z")).unwrap();
        assert_eq!(counted, at("2029-01-01T00:00:00Z"));
        assert_eq!(hourly.due(counted, at("2029-01-01T00:20:00Z")), None);
    }

    #[test]
    fn a_cron_expression_is_due_at_its_minute_of_each_day() {
        for (last, due) in [
            ("2026-01-01T03:14:59Z", "2026-01-01T03:15:00Z"),
            ("2026-01-01T03:15:00Z", "2026-01-02T03:15:00Z"),
            ("2028-02-28T12:00:00Z", "2028-02-29T03:15:00Z"),
        ] {
            assert_eq!(next("cron(15 3 * * ? *)", "UTC", last), at(due), "{last}");
        }
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_due_on_the_next_day() {
        assert_eq!(
            next(
                "cron(30 1 * * ? *)",
                "Europe/London",
                "2026-03-29T00:45:00Z"
            ),
            at("2026-03-30T00:30:00Z")
        );
    }

    #[test]
    fn a_cron_expression_is_meant_in_its_time_zone() {
        assert_eq!(
            next("cron(0 3 * * ? *)", "Europe/London", "2026-07-01T03:00:00Z"),
            at("2026-07-02T02:00:00Z")
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "rate(0 hours)",
            "rate(2 hour)",
            "rate(1 fortnight)",
            "cron(0 3 * * * *)",
            "cron(0 3 ? * ? *)",
            "cron(0 3 L * ? *)",
            "cron(60 3 * * ? *)",
            "cron(0 3 * * ?)",
            "cron(0/20 3 * * ? *)",
            "cron(0 9 ? * MON-FRI *)",
            "at(2026-01-01T00:00:00)",
            "hourly",
        ] {
            assert!(Expression::parse(text, "UTC").is_err(), "{text}");
        }
        assert!(Expression::parse("rate(1 hour)", "Dorset").is_err());
    }
}
