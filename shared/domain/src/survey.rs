//! Surveys are data: a document of questions, with the days between which it is open.

pub mod answers;
pub mod form_token;

pub mod check;
pub mod version;
pub mod words;

use crate::london;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;
pub use version::VersionId;

/// The hidden field with a form's token.
pub const TOKEN_FIELD: &str = "submission_token";
/// The field that people do not see and programs fill in. No browser or password manager knows its
/// name.
pub const HONEYPOT_FIELD: &str = "leave_empty";
/// What that field was called before; forms that were handed out then still come back.
pub const FORMER_HONEYPOT_FIELD: &str = "website";
/// The question of a form that looked as if a program had filled it in.
pub const PERSON_FIELD: &str = "sent_by_a_person";

/// The fields that belong to the form itself: no question may have these names.
pub const OWN_FIELDS: [&str; 4] = [
    TOKEN_FIELD,
    HONEYPOT_FIELD,
    FORMER_HONEYPOT_FIELD,
    PERSON_FIELD,
];

/// A survey, as its document describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// Short name in addresses: lower-case letters, digits and hyphens.
    pub id: String,
    /// What people see above it.
    pub title: String,
    /// The council's service that it asks about.
    pub service: String,
    /// The journey that its answers count towards.
    pub journey: Option<String>,
    /// The stage of that journey.
    pub stage: Option<String>,
    /// First day on which it takes answers, in London.
    pub opens: Option<NaiveDate>,
    /// Last day on which it takes answers, in London.
    pub closes: Option<NaiveDate>,
    /// Why the council may ask.
    pub lawful_basis: LawfulBasis,
    /// The privacy notice that goes with it.
    pub notice_version: String,
    /// What it asks, in order.
    pub questions: Vec<Question>,
    /// Which version of the survey this document is; computed from the document itself.
    #[serde(skip, default = "VersionId::unset")]
    pub version: VersionId,
}

/// One question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The field's name.
    pub id: String,
    /// What people read.
    pub label: String,
    /// Help below the label.
    pub hint: Option<String>,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// Whether it must be answered.
    pub required: bool,
    /// What can be chosen.
    #[serde(default)]
    pub options: Vec<String>,
    /// The longest answer, in characters.
    pub max_length: Option<usize>,
    /// The least number, or the first day, that is accepted.
    pub min: Option<Bound>,
    /// The greatest number, or the last day, that is accepted.
    pub max: Option<Bound>,
    /// Whether a number must be a whole one.
    #[serde(default)]
    pub whole: bool,
    /// Whether a date must be today or in the past, in London.
    #[serde(default)]
    pub past: bool,
    /// What the answer is for.
    pub purpose: Purpose,
}

/// The limit of what a question accepts, itself included.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// Of a number.
    Number(f64),
    /// Of a date, `YYYY-MM-DD`.
    Day(NaiveDate),
}

/// JSON has no number that differs from itself.
impl Eq for Bound {}

impl Bound {
    /// The bound of a number.
    #[must_use]
    pub const fn number(self) -> Option<f64> {
        if let Self::Number(number) = self {
            Some(number)
        } else {
            None
        }
    }

    /// The bound of a date.
    #[must_use]
    pub const fn day(self) -> Option<NaiveDate> {
        if let Self::Day(day) = self {
            Some(day)
        } else {
            None
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Day(day) => day.format("%-d %B %Y").fmt(formatter),
        }
    }
}

/// The kinds of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// The five-point scale.
    Satisfaction,
    /// A line of text.
    Text,
    /// Lines of text.
    Textarea,
    /// One of the options.
    Choice,
    /// Any of the options.
    Choices,
    /// Yes or no.
    YesNo,
    /// A number.
    Number,
    /// A date.
    Date,
    /// An email address.
    Email,
    /// A telephone number.
    Phone,
    /// A name.
    Name,
}

/// The use of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To learn from.
    Answer,
    /// To know who it is and to reply.
    Identity,
    /// To send the newsletter.
    Newsletter,
}

/// The lawful basis of Article 6(1) UK GDPR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LawfulBasis {
    /// 6(1)(e): performing a public task.
    PublicTask,
    /// 6(1)(a): consent.
    Consent,
}

/// Whether a survey takes answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It does.
    Open,
    /// Not before this day.
    Opens(NaiveDate),
    /// Not since the end of this day.
    Closed(NaiveDate),
}

/// Why a document is not a survey.
#[derive(Debug, thiserror::Error)]
pub enum BadSurvey {
    /// Not the JSON that FORMATS asks for; only the position is shown.
    #[error("line {line}, column {column}: this is not a survey's JSON")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A rule that a survey breaks.
    #[error("{0}")]
    Rule(&'static str),
}

impl Survey {
    /// Reads a survey's document.
    ///
    /// # Errors
    /// [`BadSurvey`], naming the place or the rule.
    pub fn parse(document: &str) -> Result<Self, BadSurvey> {
        let survey = Self::read(document)?;
        survey
            .rules()
            .find(|(kept, _)| !kept)
            .map_or(Ok(()), |(_, rule)| Err(BadSurvey::Rule(rule)))?;
        Ok(survey)
    }

    /// A document with the fields of a survey, not yet checked against each other.
    fn read(document: &str) -> Result<Self, BadSurvey> {
        let unreadable = |error: &serde_json::Error| BadSurvey::Json {
            line: error.line(),
            column: error.column(),
        };
        let survey: Self = serde_json::from_str(document).map_err(|error| unreadable(&error))?;
        let value: Value = serde_json::from_str(document).map_err(|error| unreadable(&error))?;
        Ok(Self {
            version: VersionId::of(&value),
            ..survey
        })
    }

    fn rules(&self) -> impl Iterator<Item = (bool, &'static str)> {
        let mut fields: HashSet<&str> = HashSet::from(OWN_FIELDS);
        let distinct = self
            .questions
            .iter()
            .all(|question| fields.insert(&question.id));
        let questions = |rule: fn(&Question) -> bool| self.questions.iter().all(rule);
        [
            (
                is_name(&self.id),
                "the id must have 1 to 64 lower-case letters, digits and hyphens",
            ),
            (!self.questions.is_empty(), "there must be a question"),
            (
                distinct,
                "the ids of questions must differ, and be none of the form's own fields",
            ),
            (
                questions(|q| is_name(&q.id)),
                "an id of a question must have lower-case letters, digits, - and _",
            ),
            (
                questions(|q| q.offers() != q.options.is_empty()),
                "options go with choice and choices, and only there",
            ),
            (
                questions(Question::identifies_soundly),
                "identity is for email, phone and name",
            ),
            (
                questions(|q| {
                    (q.purpose == Purpose::Newsletter) <= (q.kind == QuestionKind::YesNo)
                }),
                "a newsletter is asked for by yes_no",
            ),
            (
                self.opens.zip(self.closes).is_none_or(|(o, c)| o <= c),
                "it must open before it closes",
            ),
        ]
        .into_iter()
    }

    /// Whether it takes answers at `now`.
    #[must_use]
    pub fn opening(&self, now: DateTime<Utc>) -> Opening {
        let today = london::date(now);
        match (self.opens, self.closes) {
            (Some(opens), _) if today < opens => Opening::Opens(opens),
            (_, Some(closes)) if today > closes => Opening::Closed(closes),
            _ => Opening::Open,
        }
    }
}

impl QuestionKind {
    /// The longest answer if a question states none, in characters.
    const fn limit(self) -> usize {
        match self {
            Self::Textarea => 5_000,
            Self::Email => 254,
            Self::Phone => 40,
            _ => 200,
        }
    }
}

/// The three fields of a date in a form: day, month, year.
fn date_fields(id: &str) -> [String; 3] {
    ["day", "month", "year"].map(|part| format!("{id}-{part}"))
}

impl Question {
    /// The longest answer that is taken, in characters.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.max_length.unwrap_or(self.kind.limit())
    }

    /// The three fields of a date in a form: day, month, year.
    #[must_use]
    pub fn date_fields(&self) -> [String; 3] {
        date_fields(&self.id)
    }

    const fn offers(&self) -> bool {
        matches!(self.kind, QuestionKind::Choice | QuestionKind::Choices)
    }

    fn identifies_soundly(&self) -> bool {
        self.purpose != Purpose::Identity
            || matches!(
                self.kind,
                QuestionKind::Email | QuestionKind::Phone | QuestionKind::Name
            )
    }
}

fn is_name(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::{Opening, Survey};

    const PLANNING: &str = include_str!("../../../surveys/planning-application.json");

    #[test]
    fn a_survey_is_open_from_its_first_day_to_the_end_of_its_last_in_london() {
        let survey = Survey::parse(PLANNING).unwrap();
        let at = |instant: &str| survey.opening(instant.parse().unwrap());
        assert_eq!(
            at("2025-12-31T23:59:59Z"),
            Opening::Opens(survey.opens.unwrap())
        );
        assert_eq!(at("2026-01-01T00:00:00Z"), Opening::Open);
        assert_eq!(at("2029-12-31T23:59:59Z"), Opening::Open);
        assert_eq!(
            at("2030-01-01T00:00:00Z"),
            Opening::Closed(survey.closes.unwrap())
        );
    }

    #[test]
    fn a_document_that_breaks_a_rule_is_told_which() {
        let broken = |from: &str, to: &str| {
            Survey::parse(&PLANNING.replace(from, to))
                .unwrap_err()
                .to_string()
        };
        assert!(broken("\"questions\"", "\"question\"").contains("not a survey's JSON"));
        assert!(broken("\"id\": \"comment\"", "\"id\": \"website\"").contains("must differ"));
        assert!(broken("2029-12-31", "2025-12-31").contains("open before it closes"));
        assert!(broken("\"kind\": \"number\"", "\"kind\": \"choice\"").contains("options"));
        assert!(broken("planning-application", "Planning Application").contains("lower-case"));
    }
}
