//! One reader for each source: it turns a raw row into a source's version of a record.

mod columns;
mod complaints;
mod five9;
mod interviews;
mod misfit;
mod reviews;
mod social;
mod support;
mod telephone;
mod values;

pub use five9::{BadConfig, Five9};
pub use misfit::Misfit;

use crate::rows::{Format, List, Row};
use chrono::{DateTime, Utc};
use columns::Columns;
use custodian_domain::record::revision::ArrivalTime;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_record::{SourceRecord, Untimely, timely};
use custodian_domain::survey::answers::AnswerRule;
use custodian_domain::validation::rule::Rule;
use custodian_domain::validation::violation::Violation;
use serde_json::{Map, Value};

/// Reads the rows of one file.
pub enum Reader<'a> {
    /// Calls, by the tenant's columns.
    Telephone(&'a Five9, Columns),
    /// Reviews.
    Reviews,
    /// Posts.
    Social(Columns),
    /// Interviews.
    Interviews,
    /// Support interactions.
    Support,
    /// Complaints and compliments.
    Complaints(Columns),
}

/// The position of a row.
#[derive(Clone, Copy, Debug)]
pub struct RowAt {
    /// When its file arrived.
    pub file: ArrivalTime,
    /// Its line.
    pub line: u64,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// Why a row is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It breaks a rule.
    Violation(Violation<Rule>),
    /// Its time was over before it came, or is in the future.
    Untimely(Untimely),
}

impl From<Violation<Rule>> for Problem {
    fn from(violation: Violation<Rule>) -> Self {
        Self::Violation(violation)
    }
}

/// Google's formats of reviews: `reviews.list`, `locations.batchGetReviews`, or one review by
/// itself.
const REVIEWS: List = List {
    fields: &["reviews", "locationReviews"],
    own: &["reviewId", "starRating", "createTime", "reviewer", "review"],
};

/// The format of a source's files; `None` for a source that comes in no file.
#[must_use]
pub const fn format(source: Source) -> Option<Format> {
    match source {
        Source::Telephone | Source::Social | Source::Complaints => Some(Format::Csv),
        Source::Reviews => Some(Format::JsonList(REVIEWS)),
        Source::Interviews | Source::Support => Some(Format::JsonLines),
        Source::WebForm => None,
    }
}

impl<'a> Reader<'a> {
    /// The reader of a source's file with this header.
    ///
    /// # Errors
    /// [`Misfit`] if the header is not this source's.
    pub fn new(
        source: Source,
        header: &[String],
        five9: &'a Five9,
    ) -> Result<Option<Self>, Misfit> {
        let misfit = |bad| Misfit::of(bad, source, header, five9);
        Ok(Some(match source {
            Source::Telephone => Self::Telephone(
                five9,
                Columns::of(header, five9.required()).map_err(misfit)?,
            ),
            Source::Reviews => Self::Reviews,
            Source::Social => Self::Social(Columns::of(header, social::COLUMNS).map_err(misfit)?),
            Source::Interviews => Self::Interviews,
            Source::Support => Self::Support,
            Source::Complaints => {
                Self::Complaints(Columns::of(header, complaints::COLUMNS).map_err(misfit)?)
            }
            Source::WebForm => return Ok(None),
        }))
    }

    /// The record in a row.
    ///
    /// # Errors
    /// The first [`Problem`] with it.
    pub fn read(&self, row: Row, row_at: RowAt) -> Result<SourceRecord, Problem> {
        match (self, row) {
            (Self::Telephone(five9, columns), Row::Fields(fields)) => {
                telephone::read(five9, &columns.row(&fields), row_at)
            }
            (Self::Social(columns), Row::Fields(fields)) => {
                social::read(&columns.row(&fields), row_at)
            }
            (Self::Complaints(columns), Row::Fields(fields)) => {
                complaints::read(&columns.row(&fields), row_at)
            }
            (Self::Reviews, Row::Object(object)) => {
                own(&object, Source::Reviews, |row| reviews::read(row, row_at))
            }
            (Self::Interviews, Row::Object(object)) => own(&object, Source::Interviews, |row| {
                interviews::read(row, row_at)
            }),
            (Self::Support, Row::Object(object)) => {
                own(&object, Source::Support, |row| support::read(row, row_at))
            }
            // Framing gives each source the rows of its format.
            (Self::Telephone(..) | Self::Social(_) | Self::Complaints(_), Row::Object(_))
            | (Self::Reviews | Self::Interviews | Self::Support, Row::Fields(_)) => {
                Err(fault("", AnswerRule::Text))
            }
        }
    }
}

/// Fields that only the JSON of one source has.
const OF_A_SOURCE: [(Source, &[&str]); 4] = [
    (
        Source::Reviews,
        &[
            "reviews",
            "locationReviews",
            "reviewId",
            "review",
            "starRating",
        ],
    ),
    (Source::Interviews, &["interview_id"]),
    (Source::Support, &["interaction_id"]),
    (Source::WebForm, &["case_reference"]),
];

/// Reads a row that has nothing of its own source only if it has nothing of another. So a file in
/// the wrong folder is reported as such, not by a field that it can't have.
fn own(
    row: &Map<String, Value>,
    source: Source,
    read: impl FnOnce(&Map<String, Value>) -> Result<SourceRecord, Problem>,
) -> Result<SourceRecord, Problem> {
    let has = |names: &[&str]| names.iter().any(|name| row.contains_key(*name));
    let is_own = OF_A_SOURCE
        .iter()
        .any(|(of, names)| *of == source && has(names));
    let is_another = OF_A_SOURCE
        .iter()
        .any(|(of, names)| *of != source && has(names));
    let holds_rows = |value: &Value| {
        value
            .as_array()
            .is_some_and(|list| list.iter().any(Value::is_object))
    };
    match (is_own, is_another) {
        (false, true) => Err(fault("", Rule::OtherSource)),
        (false, false) if row.values().any(holds_rows) && !row.contains_key("transcript") => {
            Err(fault("", Rule::ListOfRows))
        }
        _ => read(row),
    }
}

impl RowAt {
    /// Accepts what was collected then: not in the future, and not longer ago than its source's
    /// retention.
    fn collected(self, source: Source, at: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
        timely(source, at, self.now).map_err(Problem::Untimely)?;
        Ok(at)
    }
}

/// The problem of a field.
fn fault(field: &str, rule: impl Into<Rule>) -> Problem {
    Violation::new(field, rule).into()
}

#[cfg(test)]
mod tests;
