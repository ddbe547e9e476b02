//! The published schema of surveys and the check that refuses them agree.

use custodian_domain::survey::check::check;
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../../docs/survey.schema.json")).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
});

/// Whether the check finds nothing that a schema can express.
fn is_sound(document: &Value) -> bool {
    check(document.to_string().as_bytes())
        .faults
        .iter()
        .all(|fault| !fault.what.is_in_schema())
}

fn assert_agreed(document: &Value) {
    let said: Vec<String> = SCHEMA
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    let found: Vec<String> = check(document.to_string().as_bytes())
        .faults
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said.is_empty(),
        is_sound(document),
        "the schema: {said:?}; the check: {found:?}; of {document}"
    );
}

#[test]
fn the_schema_is_one_and_the_surveys_of_the_folder_keep_to_it() {
    let text: Value =
        serde_json::from_str(include_str!("../../../docs/survey.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&text));
    for survey in [
        include_str!("../../../surveys/recycling-centre.json"),
        include_str!("../../../surveys/planning-application.json"),
    ] {
        assert!(SCHEMA.is_valid(&serde_json::from_str(survey).unwrap()));
    }
}

#[test]
fn every_example_of_the_page_that_explains_surveys_is_a_question_of_a_survey_that_passes() {
    let page = include_str!("../../../docs/surveys.md");
    let examples: Vec<Value> = page
        .split("```json\n")
        .skip(1)
        .map(|after| serde_json::from_str(after.split("```").next().unwrap()).unwrap())
        .collect();
    let (whole, questions): (Vec<_>, Vec<_>) = examples
        .into_iter()
        .partition(|example| example["questions"].is_array());
    assert_eq!(whole.len(), 1);
    let mut kinds: Vec<_> = questions
        .iter()
        .map(|question| question["kind"].as_str().unwrap().to_owned())
        .collect();
    kinds.dedup();
    let known = [
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
    assert!(
        known.iter().all(|kind| kinds.iter().any(|it| it == kind)),
        "{kinds:?}"
    );
    for question in &questions {
        let mut survey = whole[0].clone();
        let asked = survey["questions"].as_array_mut().unwrap();
        asked.retain(|it| {
            it["id"] != question["id"]
                && (it["purpose"] == "answer" || it["kind"] != question["kind"])
        });
        asked.push(question.clone());
        let found = check(survey.to_string().as_bytes());
        assert!(
            found.survey.is_some() && SCHEMA.is_valid(&survey),
            "{question}: {:?}",
            found.faults
        );
    }
}

/// A value that may be valid or invalid for a field.
fn value() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-7),
        json!(2.5),
        json!(50_000),
        json!(50_001),
        json!(1e15),
        json!(1e-10),
        json!(-1e14),
        json!(""),
        json!(" "),
        json!("\u{FEFF}"),
        json!("\u{200B}"),
        json!("a\u{85}b"),
        json!("Two\nlines"),
        json!("a tab\there"),
        json!("Größe\u{301}"),
        json!("bins"),
        json!("Bins"),
        json!("answer"),
        json!("identity"),
        json!("newsletter"),
        json!("a".repeat(64)),
        json!("a".repeat(65)),
        json!("😀".repeat(200)),
        json!("😀".repeat(201)),
        json!("b".repeat(1_001)),
        json!("2026-03-27"),
        json!("2026-02-30"),
        json!("2026-3-27"),
        json!("2024-02-29"),
        json!("20260327"),
        json!("0000-01-01"),
        json!([]),
        json!(["Wood", "Metal"]),
        json!(["Wood", ""]),
        json!([7]),
        json!({}),
        json!("2026-06"),
        json!("public_task"),
        json!("consent"),
    ])
}

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
const OF_A_QUESTION: [&str; 13] = [
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
    "colour",
];
const OF_A_SURVEY: [&str; 11] = [
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
    "colour",
];

/// A valid question, with some of its fields changed, added or left out.
fn question() -> impl Strategy<Value = Value> {
    let changes = proptest::collection::vec(
        (
            select(OF_A_QUESTION.to_vec()),
            proptest::option::weighted(0.8, value()),
        ),
        0..3,
    );
    (select(KINDS.to_vec()), changes).prop_map(|(kind, changes)| {
        let mut question = json!({"id": "q", "label": "Why?", "kind": kind, "required": false, "purpose": "answer"});
        if kind.starts_with("choice") {
            question["options"] = json!(["Wood", "Metal"]);
        }
        change(question, changes)
    })
}

fn change(mut object: Value, changes: Vec<(&str, Option<Value>)>) -> Value {
    let fields: &mut Map<String, Value> = object.as_object_mut().unwrap();
    for (name, value) in changes {
        match value {
            Some(value) => drop(fields.insert(name.to_owned(), value)),
            None => drop(fields.remove(name)),
        }
    }
    object
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_schema_refuses_what_the_check_refuses_and_nothing_else(
        questions in proptest::collection::vec(question(), 0..3),
        changes in proptest::collection::vec((select(OF_A_SURVEY.to_vec()), proptest::option::weighted(0.8, value())), 0..2),
    ) {
        let survey = json!({"id": "bins", "title": "Bins", "service": "waste", "lawful_basis": "public_task", "notice_version": "2026-11",
            "questions": questions});
        assert_agreed(&change(survey, changes));
    }
}
