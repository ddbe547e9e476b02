//! By what the people are found whom a breach affects.

use crate::identity::staff::StaffNumber;
use crate::london;
use crate::record::processor_copy::Processor;
use crate::record::source::Source;
use crate::retention::periods;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// By what the affected are found. A record is affected if all of it applies to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedQuery {
    /// It is from one of these sources; any, if there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sources: BTreeSet<Source>,
    /// It answers this survey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
    /// It was collected on this day in London or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// It was collected on this day in London or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// It can have come with this file: it is of the file's source, and was collected between the
    /// first and the last of its rows. Which records a file had is noted nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<Imported>,
    /// This processor has, or had, a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<Processor>,
    /// This member of staff looked at the person's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked: Option<Looked>,
}

/// A partner's file, as the report of its import describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Its name in our own keys, which the report has.
    pub import: String,
    /// Its source.
    pub source: Source,
    /// When the first of its rows was collected.
    pub first: DateTime<Utc>,
    /// When the last was.
    pub last: DateTime<Utc>,
}

/// Whose looks count, and on which days in London.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The member of staff.
    pub by: StaffNumber,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// A record, as far as a query asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How it reached the council.
    pub source: Source,
    /// The survey that it answers.
    pub survey: Option<String>,
    /// When it was collected.
    pub collected_at: DateTime<Utc>,
    /// Which processors have, or had, a copy.
    pub processors: Vec<Processor>,
}

impl Imported {
    fn may_have(&self, record: &Candidate) -> bool {
        record.source == self.source && (self.first..=self.last).contains(&record.collected_at)
    }
}

impl AffectedQuery {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a record is affected, apart from who looked at it.
    #[must_use]
    pub fn matches(&self, record: &Candidate) -> bool {
        let collected_on = london::date(record.collected_at);
        (self.sources.is_empty() || self.sources.contains(&record.source))
            && (self.survey.is_none() || self.survey == record.survey)
            && self.from.is_none_or(|from| from <= collected_on)
            && self.to.is_none_or(|to| collected_on <= to)
            && self
                .import
                .as_ref()
                .is_none_or(|file| file.may_have(record))
            && self
                .processor
                .is_none_or(|processor| record.processors.contains(&processor))
    }

    /// The first and the last day, by the days of the index (UTC), on which an affected record can
    /// have been collected. Without a period: from twice the period of records before `now`, because
    /// a hold can keep a record beyond its date.
    #[must_use]
    pub fn days(&self, now: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
        let today = now.date_naive();
        let longest = periods::RECORDS.as_u32() * 2;
        let earliest = today.checked_sub_months(chrono::Months::new(longest));
        // In summer a day in London begins on the day before in UTC.
        let from = self
            .from
            .and_then(|from| from.checked_sub_days(Days::new(1)));
        let file = self.import.as_ref();
        let first = file.map(|file| file.first.date_naive()).max(from);
        let last = file.map_or(today, |file| file.last.date_naive());
        let to = self.to.map_or(today, |to| to.min(today)).min(last);
        (first.or(earliest).unwrap_or(today), to)
    }
}

#[cfg(test)]
mod tests {
    use super::{AffectedQuery, Candidate, Imported};
    use crate::record::processor_copy::Processor;
    use crate::record::source::Source;

    fn collected(at: &str) -> Candidate {
        Candidate {
            source: Source::WebForm,
            survey: Some("bins".to_owned()),
            collected_at: at.parse().unwrap(),
            processors: vec![Processor::Granicus],
        }
    }

    fn file(first: &str, last: &str) -> Imported {
        Imported {
            import: "3f9a".to_owned(),
            source: Source::WebForm,
            first: first.parse().unwrap(),
            last: last.parse().unwrap(),
        }
    }

    fn between(from: &str, to: &str) -> AffectedQuery {
        AffectedQuery {
            from: Some(from.parse().unwrap()),
            to: Some(to.parse().unwrap()),
            ..AffectedQuery::default()
        }
    }

    #[test]
    fn a_day_in_summer_begins_an_hour_before_utc_s() {
        let query = between("2026-07-01", "2026-07-01");
        for (at, is_in) in [
            ("2026-06-30T22:59:59Z", false),
            ("2026-06-30T23:00:00Z", true),
            ("2026-07-01T22:59:59Z", true),
            ("2026-07-01T23:00:00Z", false),
        ] {
            assert_eq!(query.matches(&collected(at)), is_in, "{at}");
        }
        let (from, to) = query.days("2026-11-23T10:00:00Z".parse().unwrap());
        assert_eq!(
            (from.to_string(), to.to_string()),
            ("2026-06-30".to_owned(), "2026-07-01".to_owned())
        );
    }

    #[test]
    fn a_file_has_what_was_collected_from_its_first_row_to_its_last() {
        let of_a_file = AffectedQuery {
            import: Some(file("2026-06-30T12:00:00Z", "2026-07-01T12:00:00Z")),
            ..AffectedQuery::default()
        };
        for (at, is_in) in [
            ("2026-06-30T11:59:59Z", false),
            ("2026-06-30T12:00:00Z", true),
            ("2026-07-01T12:00:00Z", true),
            ("2026-07-01T12:00:01Z", false),
        ] {
            assert_eq!(of_a_file.matches(&collected(at)), is_in, "{at}");
        }
        let (first, last) = of_a_file.days("2026-11-23T10:00:00Z".parse().unwrap());
        assert_eq!(
            (first.to_string(), last.to_string()),
            ("2026-06-30".to_owned(), "2026-07-01".to_owned())
        );
    }

    #[test]
    fn everything_that_is_asked_has_to_apply() {
        let record = collected("2026-07-01T12:00:00Z");
        let all = AffectedQuery {
            sources: [Source::WebForm, Source::Reviews].into(),
            survey: Some("bins".to_owned()),
            processor: Some(Processor::Granicus),
            ..between("2026-07-01", "2026-07-31")
        };
        assert!(all.matches(&record));
        for other in [
            AffectedQuery {
                sources: [Source::Reviews].into(),
                ..all.clone()
            },
            AffectedQuery {
                survey: Some("parks".to_owned()),
                ..all.clone()
            },
            AffectedQuery {
                processor: Some(Processor::Five9),
                ..all.clone()
            },
            AffectedQuery {
                import: Some(file("2026-07-01T12:00:01Z", "2026-07-02T12:00:00Z")),
                ..all.clone()
            },
            AffectedQuery {
                from: Some("2026-07-02".parse().unwrap()),
                ..all.clone()
            },
            AffectedQuery {
                to: Some("2026-06-30".parse().unwrap()),
                ..all.clone()
            },
        ] {
            assert!(!other.matches(&record), "{other:?}");
        }
    }
}
