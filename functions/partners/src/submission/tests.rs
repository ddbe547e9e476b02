//! How submissions are read, and why they are refused.

use super::{Answer, Rule, Submission, Violation};
use chrono::{DateTime, Utc};
use custodian_domain::record::RecordBody;
use custodian_domain::record::source_record::SourceChange;
use proptest::prelude::*;
use serde_json::{Value, json};

const CREATED: &str = include_str!("../../../../tests/fixtures/granicus/submission-created.json");
const UPDATED: &str = include_str!("../../../../tests/fixtures/granicus/submission-updated.json");
const ANONYMOUS: &str = include_str!("../../../../tests/fixtures/granicus/anonymous.json");

fn now() -> DateTime<Utc> {
    "2026-09-20T08:01:00Z".parse().unwrap()
}

fn read(message: &Value) -> Result<Submission, Vec<Violation<Rule>>> {
    Submission::read(message.to_string().as_bytes(), now())
}

/// The first sample with one field set, by its path; `null` removes the field.
fn with(path: &str, value: Value) -> Value {
    let mut message: Value = serde_json::from_str(CREATED).unwrap();
    let pointer = format!("/{}", path.replace('.', "/"));
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    message.pointer_mut(parent).unwrap()[name] = value;
    message
}

/// What is wrong with a message, as the partner learns it.
fn faults(message: &Value) -> Vec<(String, &'static str)> {
    let faults = read(message).expect_err("it should be refused");
    faults
        .into_iter()
        .map(|fault| (fault.field, fault.rule.name()))
        .collect()
}

fn refused(path: &str, value: Value, rule: &'static str) {
    let message = with(path, value);
    assert_eq!(
        faults(&message),
        [(path.to_owned(), rule)],
        "{}",
        message.pointer("/data").unwrap_or(&message)
    );
}

fn details(submission: Submission) -> RecordBody {
    let SourceChange::Upsert(details) = submission.into_source_record().change else {
        panic!("it is told")
    };
    *details
}

#[test]
fn a_submission_is_read_whole() {
    let read = Submission::read(CREATED.as_bytes(), now()).unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        (read.case_reference.as_str(), read.form.as_str()),
        ("FS-Case-718204411", "Report a missed bin")
    );
    assert_eq!(
        (read.form_version, read.sent_at.to_rfc3339()),
        (7, "2026-09-14T10:22:31+00:00".to_owned())
    );
    assert_eq!(read.submitted_at.to_rfc3339(), "2026-09-14T10:22:29+00:00");
    assert_eq!(
        (read.ucrn, read.name),
        (text("UCRN-00093321"), text("Siân Ó Briain"))
    );
    assert_eq!(
        (read.email, read.phone),
        (
            text("Sian.OBriain+council@Example.org"),
            text("+44 (0)7700 900 118")
        )
    );
    assert_eq!(
        (read.service, read.satisfaction.map(u8::from)),
        (text("waste"), Some(2))
    );
    assert_eq!(
        read.comment,
        text("Third time this month. The crew drove past.")
    );
    assert_eq!(read.answers.len(), 3);
    assert!(read.answers["street"] == Answer::Text("Damers Road".to_owned()));
}

#[test]
fn a_submission_of_nobody_is_one_too() {
    let read = Submission::read(ANONYMOUS.as_bytes(), now()).unwrap();
    assert!(
        read.name.is_none() && read.email.is_none() && read.phone.is_none() && read.ucrn.is_none()
    );
    assert!(details(read).contact.is_empty());
}

#[test]
fn the_later_version_is_the_later_revision_of_the_same_record() {
    let created = Submission::read(CREATED.as_bytes(), now())
        .unwrap()
        .into_source_record();
    let updated = Submission::read(UPDATED.as_bytes(), now())
        .unwrap()
        .into_source_record();
    assert_eq!(created.id, updated.id);
    let (SourceChange::Upsert(created), SourceChange::Upsert(updated)) =
        (created.change, updated.change)
    else {
        panic!("both are told")
    };
    assert!(created.revision < updated.revision);
    assert_eq!(created.collected_at, updated.collected_at);
}

#[test]
fn the_record_says_where_it_came_from_and_who_else_holds_it() {
    let details = details(Submission::read(CREATED.as_bytes(), now()).unwrap());
    assert_eq!(details.source_id.as_deref(), Some("FS-Case-718204411"));
    assert_eq!(details.survey.as_deref(), Some("Report a missed bin"));
    assert_eq!(details.contact.reference.as_deref(), Some("UCRN-00093321"));
    assert_eq!(
        details.custody,
        [custodian_domain::record::processor_copy::ProcessorCopy::granicus()]
    );
    assert_eq!(details.source.as_str(), "web_form");
    assert_eq!(details.contact.identifiers().len(), 3);
    assert!(
        details.answers["comment"]
            == Answer::Text("Third time this month. The crew drove past.".to_owned())
    );
}

#[test]
fn a_question_that_is_called_like_the_comment_is_kept_beside_it() {
    let details = details(read(&with("data.answers.comment", json!("Another"))).unwrap());
    assert!(
        details.answers["comment"]
            == Answer::Text("Third time this month. The crew drove past.".to_owned())
    );
    assert!(details.answers["answers.comment"] == Answer::Text("Another".to_owned()));
}

#[test]
fn what_has_to_be_there_has_to_be_there() {
    for path in [
        "type",
        "timestamp",
        "data",
        "data.case_reference",
        "data.form",
        "data.form_version",
        "data.submitted_at",
    ] {
        refused(path, Value::Null, "required");
    }
    for path in [
        "data.case_reference",
        "data.form",
        "data.submitted_at",
        "timestamp",
    ] {
        refused(path, json!(""), "required");
    }
    let mut message: Value = serde_json::from_str(CREATED).unwrap();
    message["data"].as_object_mut().unwrap().remove("form");
    assert_eq!(faults(&message), [("data.form".to_owned(), "required")]);
}

#[test]
fn everything_else_may_be_missing_null_or_empty() {
    for path in [
        "data.ucrn",
        "data.profile.name",
        "data.profile.email",
        "data.profile.phone",
        "data.service",
        "data.comment",
    ] {
        for nothing in [Value::Null, json!(""), json!(" \r\n ")] {
            assert!(read(&with(path, nothing)).is_ok(), "{path}");
        }
    }
    for path in [
        "data.profile",
        "data.answers",
        "data.satisfaction",
        "data.answers.street",
    ] {
        assert!(read(&with(path, Value::Null)).is_ok(), "{path}");
    }
    assert!(
        !read(&with("data.answers.street", json!("")))
            .unwrap()
            .answers
            .contains_key("street")
    );
}

#[test]
fn fields_that_partners_add_are_passed_over() {
    for path in ["attempt", "data.channel", "data.profile.title"] {
        assert_eq!(
            read(&with(path, json!({"new": [1, 2]}))).unwrap(),
            Submission::read(CREATED.as_bytes(), now()).unwrap()
        );
    }
}

#[test]
fn what_is_not_what_it_should_be_is_refused_by_its_name() {
    for (path, value, rule) in [
        ("type", json!("submission.deleted"), "type"),
        ("type", json!(7), "type"),
        ("timestamp", json!(1_789_381_351), "time"),
        ("timestamp", json!("2026-09-14T10:22:31"), "time"),
        ("data.submitted_at", json!("14/09/2026 11:22"), "time"),
        ("data", json!([]), "object"),
        ("data.profile", json!("Siân"), "object"),
        ("data.answers", json!([]), "object"),
        ("data.case_reference", json!(718_204_411), "text"),
        ("data.case_reference", json!("FS-Case\n1"), "text"),
        ("data.form", json!("a".repeat(201)), "length"),
        ("data.form_version", json!("7"), "whole_number"),
        ("data.form_version", json!(-1), "whole_number"),
        ("data.form_version", json!(7.5), "whole_number"),
        (
            "data.form_version",
            json!(4_294_967_296_u64),
            "whole_number",
        ),
        ("data.ucrn", json!("1".repeat(101)), "length"),
        ("data.profile.name", json!("a".repeat(201)), "length"),
        ("data.profile.email", json!("Siân at home"), "email"),
        ("data.profile.phone", json!("call me"), "phone"),
        ("data.profile.phone", json!("4.47701E+11"), "phone"),
        ("data.service", json!(true), "text"),
        ("data.satisfaction", json!(0), "rating"),
        ("data.satisfaction", json!(4.5), "rating"),
        ("data.satisfaction", json!("2"), "rating"),
        ("data.comment", json!("é".repeat(20_001)), "length"),
        ("data.answers.bin", json!({"colour": "green"}), "answer"),
        ("data.answers.bin", json!(["green", 7]), "answer"),
        ("data.answers.bin", json!(1e300), "answer"),
        ("data.answers.bin", json!("a".repeat(20_001)), "length"),
    ] {
        refused(path, value, rule);
    }
}

#[test]
fn what_is_just_within_the_limits_is_taken() {
    for (path, value) in [
        ("data.form", json!("é".repeat(200))),
        ("data.ucrn", json!("1".repeat(100))),
        ("data.profile.phone", json!("01305 221000 ext 12")),
        ("data.comment", json!("é\n\t".repeat(6_666))),
        ("data.form_version", json!(0)),
        ("data.form_version", json!(7.0)),
        ("data.submitted_at", json!("2026-09-14T10:22:29+0000")),
        ("data.submitted_at", json!("2026-09-14 11:22:29.000+01")),
        ("data.satisfaction", json!(5.0)),
        ("data.answers.bin", json!(["green", "", "blue"])),
        ("data.answers.bin", json!(-0.5)),
        ("data.answers.bin", json!(false)),
    ] {
        assert!(read(&with(path, value)).is_ok(), "{path}");
    }
}

#[test]
fn a_word_for_nothing_names_nobody() {
    for nothing in ["n/a", "None", "-", "unknown", "Not given", "withheld"] {
        for path in [
            "data.ucrn",
            "data.profile.name",
            "data.profile.email",
            "data.profile.phone",
        ] {
            let contact = details(read(&with(path, json!(nothing))).unwrap()).contact;
            let fields = [
                contact.reference,
                contact.name,
                contact.email,
                contact.phone,
            ];
            assert_eq!(fields.iter().flatten().count(), 3, "{path}: {nothing}");
        }
    }
}

#[test]
fn a_case_in_other_letters_is_the_same_record() {
    let id = |reference: &str| {
        read(&with("data.case_reference", json!(reference)))
            .unwrap()
            .into_source_record()
            .id
    };
    assert_eq!(id("fs-case-718204411"), id("FS-Case-718204411"));
    assert_eq!(id(" FS-CASE-718204411 "), id("FS-Case-718204411"));
    assert_ne!(id("FS-Case-718204412"), id("FS-Case-718204411"));
}

#[test]
fn half_an_emoji_costs_itself_only() {
    let body = CREATED.replace("The crew drove past.", "The crew drove past \\ud83d");
    let read = Submission::read(body.as_bytes(), now()).unwrap();
    assert_eq!(
        read.comment.as_deref(),
        Some("Third time this month. The crew drove past \u{fffd}")
    );
}

#[test]
fn what_nobody_can_see_goes_and_what_breaks_a_line_is_a_line_break() {
    let read = |path, value| read(&with(path, value)).unwrap();
    assert_eq!(
        read("data.profile.name", json!("Siân\u{0}\tNair"))
            .name
            .as_deref(),
        Some("Siân Nair")
    );
    assert_eq!(
        read("data.comment", json!("It was fine.\u{B}Thank\u{7} you\r"))
            .comment
            .as_deref(),
        Some("It was fine.\nThank you")
    );
    assert_eq!(read("data.comment", json!("\u{7}")).comment, None);
    assert_eq!(
        read("data.answers.bin", json!(["\u{1b}green"])).answers["bin"],
        Answer::Choices(vec!["green".into()])
    );
}

#[test]
fn a_form_has_at_most_a_hundred_answers() {
    let answers = |count: usize| {
        Value::Object(
            (0..count)
                .map(|number| (format!("q{number}"), json!(1)))
                .collect(),
        )
    };
    assert_eq!(
        read(&with("data.answers", answers(100)))
            .unwrap()
            .answers
            .len(),
        100
    );
    refused("data.answers", answers(101), "count");
}

#[test]
fn a_question_s_name_is_held_to_be_one_and_not_repeated_if_it_is_none() {
    for (name, rule) in [
        (String::new(), "text"),
        ("a\u{0}b".to_owned(), "text"),
        ("a".repeat(201), "length"),
    ] {
        let found = faults(&with("data.answers", json!({ (name): 1 })));
        assert_eq!(found, [("data.answers.(unnamed)".to_owned(), rule)]);
    }
    assert_eq!(
        faults(&with("data.answers", json!({"sian@example.org": {}})))[0].0,
        "data.answers.(unnamed)"
    );
}

#[test]
fn five_minutes_ahead_are_tolerated_and_no_more() {
    for path in ["timestamp", "data.submitted_at"] {
        assert!(read(&with(path, json!("2026-09-20T08:06:00Z"))).is_ok());
        refused(path, json!("2026-09-20T08:06:01Z"), "in_future");
    }
}

#[test]
fn what_would_be_gone_already_is_too_old() {
    refused(
        "data.submitted_at",
        json!("2023-09-20T08:01:00Z"),
        "too_old",
    );
    refused(
        "data.submitted_at",
        json!("0000-01-01T00:00:00Z"),
        "too_old",
    );
    assert!(
        read(&with(
            "data.submitted_at",
            json!("2023-09-20T09:01:01+01:00")
        ))
        .is_ok()
    );
}

#[test]
fn every_fault_is_named() {
    let message = json!({"type": "x", "data": {"case_reference": 7, "profile": {"email": "x"}, "answers": {"a": {}}}});
    let fields: Vec<String> = faults(&message)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(
        fields,
        [
            "type",
            "timestamp",
            "data.case_reference",
            "data.form",
            "data.form_version",
            "data.submitted_at",
            "data.profile.email",
            "data.answers.a"
        ]
    );
}

#[test]
fn what_is_no_message_is_refused_once() {
    for body in [
        "",
        "{",
        "{\"type\":\"a\"} b",
        "{}\u{feff}",
        &"[".repeat(10_000),
    ] {
        let faults = Submission::read(body.as_bytes(), now()).unwrap_err();
        assert_eq!(
            (
                faults[0].field.as_str(),
                faults[0].rule.name(),
                faults.len()
            ),
            ("(body)", "json", 1)
        );
    }
    assert_eq!(
        Submission::read(b"\"\xff\"", now()).unwrap_err()[0]
            .rule
            .name(),
        "json"
    );
    assert_eq!(faults(&json!([1])), [("(body)".to_owned(), "object")]);
    assert_eq!(faults(&json!(null)), [("(body)".to_owned(), "object")]);
}

#[test]
fn a_field_that_is_there_twice_is_refused_wherever_it_lies() {
    for (once, twice, field) in [
        (
            r#""type""#,
            r#""type": "submission.created", "type""#,
            "type",
        ),
        (
            r#""case_reference""#,
            r#""case_reference": "FS-1", "case_reference""#,
            "data",
        ),
        (
            r#""email""#,
            r#""email": "mallory@example.org", "email""#,
            "data",
        ),
    ] {
        let message = CREATED.replacen(once, twice, 1);
        assert_ne!(message, CREATED, "{once}");
        let faults = Submission::read(message.as_bytes(), now()).unwrap_err();
        assert_eq!(
            (
                faults[0].field.as_str(),
                faults[0].rule.name(),
                faults.len()
            ),
            (field, "once", 1)
        );
    }
    let message = CREATED.replacen('{', r#"{"mallory": 1, "mallory": 2, "#, 1);
    let faults = Submission::read(message.as_bytes(), now()).unwrap_err();
    assert_eq!(
        (
            faults[0].field.as_str(),
            faults[0].rule.name(),
            faults.len()
        ),
        ("(body)", "once", 1)
    );
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    let marked = format!("\u{feff}{CREATED}");
    assert_eq!(
        Submission::read(marked.as_bytes(), now()),
        Submission::read(CREATED.as_bytes(), now())
    );
}

#[test]
fn debugging_shows_nobody() {
    assert_eq!(
        format!("{:?}", Submission::read(CREATED.as_bytes(), now()).unwrap()),
        "Submission(..)"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("\\PC{0,6}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_a_submission_or_faults(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!Submission::read(&body, now()).is_err_and(|faults| faults.is_empty()));
    }

    #[test]
    fn whatever_one_field_is_the_fault_is_about_it(
        path in proptest::sample::select(vec!["type", "timestamp", "data", "data.form", "data.form_version", "data.submitted_at",
            "data.ucrn", "data.profile", "data.profile.email", "data.satisfaction", "data.comment", "data.answers", "data.answers.bin"]),
        value in any_json(),
    ) {
        if let Err(faults) = read(&with(path, value)) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| fault.field.starts_with(path)), "{faults:?}");
        }
    }
}
