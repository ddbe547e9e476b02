//! What is wrong with the fields of one question, one by one.

use super::document::day;
use super::{Findings, SurveyRule, given};
use crate::survey::answers::can_be_kept;
use serde_json::{Map, Value};

/// The fields of a question.
pub(super) const FIELDS: [&str; 12] = [
    "id",
    "label",
    "hint",
    "kind",
    "required",
    "options",
    "max_length",
    "min",
    "max",
    "whole",
    "past",
    "purpose",
];
const REQUIRED: [&str; 5] = ["id", "label", "kind", "required", "purpose"];
const KINDS: [&str; 11] = [
    "satisfaction",
    "text",
    "textarea",
    "choice",
    "choices",
    "yes_no",
    "number",
    "date",
    "email",
    "phone",
    "name",
];
const PURPOSES: [&str; 3] = ["answer", "identity", "newsletter"];
/// The fields that belong to the form, or the API, itself.
const RESERVED: [&str; 2] = ["idempotency-key", "idempotency_key"];

/// The most choices.
const MOST_OPTIONS: usize = 100;
/// The longest choice, in characters.
pub(super) const LONGEST_OPTION: usize = 200;
/// The longest `max_length`, in characters: as much as one record holds.
const LONGEST: usize = 50_000;

pub(super) fn check(at: &str, value: &Value, findings: &mut Findings) {
    let Some(fields) = findings.object(at, value, &FIELDS, &REQUIRED) else {
        return;
    };
    let field = |name: &str| format!("{at}/{name}");
    findings.name(field("id"), fields.get("id"));
    let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
    if RESERVED.contains(&id) || super::super::OWN_FIELDS.contains(&id) || id.starts_with('_') {
        findings.fault(field("id"), SurveyRule::Reserved);
    }
    findings.line(field("label"), fields.get("label"), 500);
    findings.line(field("hint"), given(fields, "hint"), 1_000);
    findings.word(field("kind"), fields.get("kind"), &KINDS);
    findings.yes_no(field("required"), fields.get("required"));
    findings.word(field("purpose"), fields.get("purpose"), &PURPOSES);
    for name in ["whole", "past"] {
        findings.yes_no(field(name), fields.get(name));
    }
    options(&field("options"), fields.get("options"), findings);
    if given(fields, "max_length").is_some_and(|value| length(value).is_none()) {
        findings.fault(field("max_length"), SurveyRule::Length(LONGEST));
    }
    if let Some(kind) = fields
        .get("kind")
        .and_then(Value::as_str)
        .filter(|kind| KINDS.contains(kind))
    {
        goes_with(at, fields, kind, findings);
    }
}

/// The longest answer that a question states, in characters.
pub(super) fn length(value: &Value) -> Option<usize> {
    value
        .as_u64()
        .and_then(|length| usize::try_from(length).ok())
        .filter(|length| (1..=LONGEST).contains(length))
}

fn options(at: &str, value: Option<&Value>, findings: &mut Findings) {
    match value {
        None => {}
        Some(Value::Array(options)) if options.len() <= MOST_OPTIONS => {
            for (place, option) in options.iter().enumerate() {
                findings.line(format!("{at}/{place}"), Some(option), LONGEST_OPTION);
            }
        }
        Some(Value::Array(_)) => findings.fault(at, SurveyRule::Entries(MOST_OPTIONS)),
        Some(_) => findings.fault(at, SurveyRule::List),
    }
}

/// What is allowed with some kinds only.
fn goes_with(at: &str, fields: &Map<String, Value>, kind: &str, findings: &mut Findings) {
    let field = |name: &str| format!("{at}/{name}");
    let offers = matches!(kind, "choice" | "choices");
    let options = fields.get("options").and_then(Value::as_array);
    if offers
        && options.is_none_or(Vec::is_empty)
        && fields.get("options").is_none_or(Value::is_array)
    {
        findings.fault(field("options"), SurveyRule::NoOptions);
    }
    if !offers && options.is_some_and(|options| !options.is_empty()) {
        findings.fault(field("options"), SurveyRule::OnlyWith("choice and choices"));
    }
    let is_text = matches!(kind, "text" | "textarea" | "email" | "phone" | "name");
    if !is_text && given(fields, "max_length").is_some() {
        findings.fault(
            field("max_length"),
            SurveyRule::OnlyWith("text, textarea, email, phone and name"),
        );
    }
    for name in ["min", "max"] {
        let Some(bound) = given(fields, name) else {
            continue;
        };
        match kind {
            "number" if bound.as_f64().is_none_or(|number| !can_be_kept(number)) => {
                findings.fault(field(name), SurveyRule::Number);
            }
            "date" if day(bound).is_none() => findings.fault(field(name), SurveyRule::Day),
            "number" | "date" => {}
            _ => findings.fault(field(name), SurveyRule::OnlyWith("number and date")),
        }
    }
    if is_turned_round(given(fields, "min"), given(fields, "max")) {
        findings.fault(field("max"), SurveyRule::Empty);
    }
    let is_set = |name: &str| fields.get(name) == Some(&Value::Bool(true));
    if is_set("whole") && kind != "number" {
        findings.fault(field("whole"), SurveyRule::OnlyWith("number"));
    }
    if is_set("past") && kind != "date" {
        findings.fault(field("past"), SurveyRule::OnlyWith("date"));
    }
    match fields.get("purpose").and_then(Value::as_str) {
        Some("identity") if !matches!(kind, "email" | "phone" | "name") => {
            findings.fault(
                field("purpose"),
                SurveyRule::PurposeOf("email, phone and name"),
            );
        }
        Some("newsletter") if kind != "yes_no" => {
            findings.fault(field("purpose"), SurveyRule::PurposeOf("yes_no"));
        }
        _ => {}
    }
}

/// Whether the greatest is less than the least; for days, earlier.
fn is_turned_round(min: Option<&Value>, max: Option<&Value>) -> bool {
    match (min, max) {
        (Some(Value::Number(min)), Some(Value::Number(max))) => max.as_f64() < min.as_f64(),
        (Some(min), Some(max)) => day(min).zip(day(max)).is_some_and(|(min, max)| max < min),
        _ => false,
    }
}
