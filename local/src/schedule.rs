//! When a schedule is due: `rate(…)` and `cron(…)` of EventBridge Scheduler.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// When something is due.
#[derive(Debug)]
pub(crate) enum Expression {
    Every(TimeDelta),
    Cron(Box<Cron>),
    Never,
}

/// The fields of a cron expression; a field that may be anything is `None`.
#[derive(Debug)]
pub(crate) struct Cron {
    zone: Tz,
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: Option<BTreeSet<u32>>,
    months: BTreeSet<u32>,
    weekdays: Option<BTreeSet<u32>>,
    years: Option<BTreeSet<u32>>,
}

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/// How many days ahead a cron expression is looked for: the leap years around 2100 are eight years
/// apart.
const DAYS_AHEAD: u64 = 8 * 366 + 2;

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
        Cron::parse(cron, zone)
            .map(|cron| Self::Cron(Box::new(cron)))
            .map_err(|problem| format!("{text}: {problem}"))
    }

    /// Whether it is due at intervals, from when it was made.
    pub(crate) const fn is_rate(&self) -> bool {
        matches!(self, Self::Every(_))
    }

    /// The first time after `last` when it is due.
    pub(crate) fn next(&self, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Every(period) => last.checked_add_signed(*period),
            Self::Cron(cron) => cron.next(last),
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
            _ => Some(now),
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

impl Cron {
    fn parse(text: &str, zone: Tz) -> Result<Self, String> {
        let fields: Vec<&str> = text.split(' ').filter(|field| !field.is_empty()).collect();
        let [minutes, hours, days, months, weekdays, years] = fields.as_slice() else {
            return Err("a cron expression has six fields".into());
        };
        if (*days == "?") == (*weekdays == "?") {
            return Err("exactly one of day-of-month and day-of-week must be ?".into());
        }
        let any = |field: &str| matches!(field, "?" | "*");
        let some = |field: &str, low, high, names| {
            if any(field) {
                Ok(None)
            } else {
                set(field, low, high, names).map(Some)
            }
        };
        let cron = Self {
            zone,
            minutes: set(minutes, 0, 59, &[])?,
            hours: set(hours, 0, 23, &[])?,
            days: some(days, 1, 31, &[])?,
            months: set(months, 1, 12, &MONTHS)?,
            weekdays: some(weekdays, 1, 7, &WEEKDAYS)?,
            years: some(years, 1970, 2199, &[])?,
        };
        Ok(cron)
    }

    fn next(&self, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let first = last.with_timezone(&self.zone).date_naive();
        let days = (0..DAYS_AHEAD).filter_map(|ahead| first.checked_add_days(Days::new(ahead)));
        days.filter(|day| self.holds_on(*day))
            .find_map(|day| self.times(day).find(|time| *time > last))
    }

    fn holds_on(&self, day: NaiveDate) -> bool {
        let year = u32::try_from(day.year()).unwrap_or_default();
        let in_set = |set: &Option<BTreeSet<u32>>, value| {
            set.as_ref().is_none_or(|set| set.contains(&value))
        };
        self.months.contains(&day.month())
            && in_set(&self.days, day.day())
            && in_set(&self.weekdays, day.weekday().number_from_sunday())
            && in_set(&self.years, year)
    }

    fn times(&self, day: NaiveDate) -> impl Iterator<Item = DateTime<Utc>> {
        let times = self
            .hours
            .iter()
            .flat_map(|hour| self.minutes.iter().map(|minute| (*hour, *minute)));
        let times = times.filter_map(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0));
        times
            .filter_map(move |time| {
                self.zone
                    .from_local_datetime(&day.and_time(time))
                    .earliest()
            })
            .map(|time| time.to_utc())
    }
}

fn set(field: &str, low: u32, high: u32, names: &[&str]) -> Result<BTreeSet<u32>, String> {
    let wrong = || format!("{field} is not understood");
    let value = |text: &str| {
        let by_name = names
            .iter()
            .position(|name| *name == text)
            .and_then(|at| u32::try_from(at).ok())
            .map(|at| at + low);
        by_name
            .or_else(|| text.parse().ok())
            .filter(|value| (low..=high).contains(value))
            .ok_or_else(wrong)
    };
    let mut values = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = part
            .split_once('/')
            .map_or((part, None), |(range, step)| (range, Some(step)));
        let step = step.map_or(Ok(1), |step| {
            step.parse::<usize>()
                .ok()
                .filter(|step| *step > 0)
                .ok_or_else(wrong)
        })?;
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from)?, value(to)?),
            None if range == "*" => (low, high),
            None if part.contains('/') => (value(range)?, high),
            None => (value(range)?, value(range)?),
        };
        if from > to {
            return Err(wrong());
        }
        values.extend((from..=to).step_by(step));
    }
    Ok(values)
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
    fn a_cron_expression_is_due_at_its_minute() {
        assert_eq!(
            next("cron(15 3 * * ? *)", "UTC", "2026-01-01T03:15:00Z"),
            at("2026-01-02T03:15:00Z")
        );
        assert_eq!(
            next("cron(0/20 * * * ? *)", "UTC", "2026-01-01T03:15:00Z"),
            at("2026-01-01T03:20:00Z")
        );
        assert_eq!(
            next("cron(0 9 ? * MON-FRI *)", "UTC", "2026-11-20T09:00:00Z"),
            at("2026-11-23T09:00:00Z")
        );
        assert_eq!(
            next("cron(0 0 29 2 ? *)", "UTC", "2026-01-01T00:00:00Z"),
            at("2028-02-29T00:00:00Z")
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
            "at(2026-01-01T00:00:00)",
            "hourly",
        ] {
            assert!(Expression::parse(text, "UTC").is_err(), "{text}");
        }
        assert!(Expression::parse("rate(1 hour)", "Dorset").is_err());
    }
}
