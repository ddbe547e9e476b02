//! What a form sent, as text by name.

use chrono::{DateTime, NaiveTime, Utc};
use custodian_domain::london;
use custodian_domain::validation::violation::Violation;
use std::collections::BTreeMap;

/// The largest form that is read, in bytes.
pub(crate) const LARGEST: usize = 64 * 1024;

/// The values of a form, or of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// Those of a body or a query in the form of URLs.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut values = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            let value = value.trim().replace("\r\n", "\n");
            values.entry(name.into_owned()).or_default().push(value);
        }
        Self(values)
    }

    /// The first value; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    /// The first value, unless it is empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// All values.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Sets a value, in place of what was there.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), vec![value.into()]);
    }

    /// Adds the values of others, in place of what is there under the same names.
    pub(crate) fn add(&mut self, others: &Self) {
        self.0.extend(others.0.clone());
    }

    /// Whether a list has this value.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).iter().any(|one| one == value)
    }

    /// All names with their values.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.flat_map(|(name, values)| values.iter().map(move |it| (name.as_str(), it.as_str())))
    }

    /// An instant, from the three fields of a day and the time that clocks in London show; `None` if
    /// all are empty.
    ///
    /// # Errors
    /// [`Violation`] if they are no time.
    pub(crate) fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Violation> {
        let shown = self.get(&format!("{name}-time"));
        let wrong = || Violation::new(name, "must be a real time, such as 17:45");
        let Some(day) = self.day(name)? else {
            return if shown.is_empty() {
                Ok(None)
            } else {
                Err(wrong())
            };
        };
        let time = NaiveTime::parse_from_str(shown, "%H:%M").map_err(|_| wrong())?;
        london::instant(day.and_time(time))
            .map(Some)
            .ok_or_else(wrong)
    }

    /// A day, from the three fields of a date; `None` if all are empty.
    ///
    /// # Errors
    /// [`Violation`] if they are no day.
    pub(crate) fn day(&self, name: &str) -> Result<Option<chrono::NaiveDate>, Violation> {
        let parts = ["day", "month", "year"].map(|part| self.get(&format!("{name}-{part}")));
        if parts.iter().all(|part| part.is_empty()) {
            return Ok(None);
        }
        let [day, month, year] = parts.map(|part| part.parse::<u32>().ok());
        let date = (|| {
            let year = i32::try_from(year?).ok()?;
            chrono::NaiveDate::from_ymd_opt(year, month?, day?)
        })();
        date.filter(|date| chrono::Datelike::year(date) >= 2000)
            .map(Some)
            .ok_or_else(|| Violation::new(name, "must be a real date, such as 27 11 2026"))
    }
}

#[cfg(test)]
mod tests {
    use super::Values;

    #[test]
    fn a_time_is_that_of_clocks_in_london() {
        let time = |clock: &str| {
            let typed = format!("at-day=24&at-month=10&at-year=2026&at-time={clock}");
            Values::read(typed.as_bytes()).time("at")
        };
        let noon = time("12:00").unwrap().unwrap();
        assert_eq!(noon.to_rfc3339(), "2026-10-24T11:00:00+00:00");
        for wrong in ["", "25:00", "noon", "12"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Values::default().time("at").unwrap(), None);
    }

    #[test]
    fn a_date_is_three_fields() {
        let day = |text: &str| Values::read(text.as_bytes()).day("on");
        assert_eq!(
            day("on-day=27&on-month=11&on-year=2026").unwrap(),
            "2026-11-27".parse().ok()
        );
        assert_eq!(day("on-day=&on-month= &on-year=").unwrap(), None);
        for wrong in [
            "on-day=31&on-month=2&on-year=2026",
            "on-day=1",
            "on-day=x&on-month=1&on-year=2026",
            "on-day=1&on-month=1&on-year=26",
            "on-day=-1&on-month=1&on-year=2026",
        ] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
