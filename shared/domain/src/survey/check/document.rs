//! What is wrong with the fields of a survey, one by one.

use super::{Findings, MOST_QUESTIONS, SurveyRule, given, question};
use crate::validation::notice;
use chrono::NaiveDate;
use serde_json::Value;

/// The fields of a survey.
pub(super) const FIELDS: [&str; 10] = [
    "id",
    "title",
    "service",
    "journey",
    "stage",
    "opens",
    "closes",
    "lawful_basis",
    "notice_version",
    "questions",
];
const REQUIRED: [&str; 6] = [
    "id",
    "title",
    "service",
    "lawful_basis",
    "notice_version",
    "questions",
];
const BASES: [&str; 2] = ["public_task", "consent"];

pub(super) fn check(value: &Value, findings: &mut Findings) {
    let Some(fields) = findings.object("", value, &FIELDS, &REQUIRED) else {
        return;
    };
    findings.name("/id".to_owned(), fields.get("id"));
    findings.line("/title".to_owned(), fields.get("title"), 200);
    findings.line("/service".to_owned(), fields.get("service"), 100);
    for name in ["journey", "stage"] {
        findings.line(format!("/{name}"), given(fields, name), 100);
    }
    for name in ["opens", "closes"] {
        if given(fields, name).is_some_and(|value| day(value).is_none()) {
            findings.fault(format!("/{name}"), SurveyRule::Day);
        }
    }
    findings.word(
        "/lawful_basis".to_owned(),
        fields.get("lawful_basis"),
        &BASES,
    );
    findings.word(
        "/notice_version".to_owned(),
        fields.get("notice_version"),
        &notice::VERSIONS,
    );
    match fields.get("questions") {
        None => {}
        Some(Value::Array(questions)) if (1..=MOST_QUESTIONS).contains(&questions.len()) => {
            for (place, value) in questions.iter().enumerate() {
                question::check(&format!("/questions/{place}"), value, findings);
            }
        }
        Some(Value::Array(_)) => findings.fault("/questions", SurveyRule::of_questions()),
        Some(_) => findings.fault("/questions", SurveyRule::List),
    }
}

/// A day of the calendar, written as ISO 8601 has it.
pub(super) fn day(value: &Value) -> Option<NaiveDate> {
    let text = value
        .as_str()
        .filter(|text| text.len() == 10 && text.is_ascii())?;
    text.parse()
        .ok()
        .filter(|day: &NaiveDate| day.to_string() == text)
}
