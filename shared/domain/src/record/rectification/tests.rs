use super::{NAMED, RecordField, STATEMENT, Statement};
use crate::record::RecordBody;
use crate::record::revision::Revision;
use crate::record::source_details::{Interview, SourceDetails, TelephoneDetails};
use crate::survey::answers::Answer;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

fn at(minute: i64) -> DateTime<Utc> {
    "2026-11-20T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minute)
}

fn interview(minute: i64, name: &str) -> RecordBody {
    let details = Interview {
        notes: Some("Said the bins are late.".to_owned()),
        themes: vec!["bins".to_owned()],
    };
    let revision = Revision::updated(at(minute));
    let mut body =
        RecordBody::from_source("i-1", at(0), revision, SourceDetails::Interviews(details));
    body.contact.name = Some(name.to_owned());
    body.contact.email = Some("rsoa@example.org".to_owned());
    body.answers.insert("wait".to_owned(), Answer::Number(4.0));
    body.answers
        .insert("bins".to_owned(), Answer::Choices(vec!["blue".to_owned()]));
    body
}

fn field(name: &str) -> RecordField {
    RecordField::try_from(name.to_owned()).unwrap()
}

#[test]
fn every_field_is_read_as_it_is_spelt() {
    for (name, field) in NAMED {
        assert_eq!(RecordField::try_from(name.to_owned()).unwrap(), field);
        assert_eq!(String::from(field), name);
    }
    assert_eq!(String::from(field("answers.wait")), "answers.wait");
    for wrong in [
        "",
        "contact",
        "answers.",
        "expires_at",
        "collected_at",
        "source",
        "Contact.email",
    ] {
        assert!(RecordField::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn a_field_takes_what_it_may_say_and_the_error_never_repeats_it() {
    for (name, right, wrong) in [
        ("contact.name", json!(" Rosa  Diaz "), json!("")),
        (
            "contact.email",
            json!("rosa@example.org"),
            json!("rosa at example"),
        ),
        ("contact.phone", json!("07700 900142"), json!("12")),
        ("contact.reference", json!("C-77"), json!(77)),
        ("satisfaction", json!(5), json!(6)),
        ("service", json!("Waste"), json!(["Waste"])),
        ("details.notes", json!("Line\r\nand line"), json!({"a": 1})),
        ("details.themes", json!(["late", "bins"]), json!("late")),
        ("answers.wait", json!(2), json!("2")),
        ("answers.bins", json!(["green"]), json!("green")),
    ] {
        let mut body = interview(0, "Rosa");
        assert_eq!(
            body.correct(&field(name), &right, at(1)),
            Ok(true),
            "{name}"
        );
        assert_eq!(
            body.correct(&field(name), &right, at(2)),
            Ok(false),
            "{name}"
        );
        assert_eq!(body.rectification.corrected[&field(name)], at(1));
        let said = body
            .correct(&field(name), &wrong, at(3))
            .unwrap_err()
            .to_string();
        assert!(said.starts_with("changes."), "{said}");
        assert!(
            !said.contains("example") && !said.contains("green"),
            "{said}"
        );
        assert_eq!(
            body.correct(&field(name), &Value::Null, at(4)),
            Ok(true),
            "{name}"
        );
    }
}

#[test]
fn a_record_has_the_fields_of_its_source_only() {
    let body = interview(0, "Rosa");
    let fields: Vec<String> = body.correctable().into_keys().map(String::from).collect();
    assert!(fields.contains(&"details.notes".to_owned()));
    assert!(fields.contains(&"answers.wait".to_owned()));
    for other in ["details.stars", "details.topic", "answers.other"] {
        assert!(!fields.contains(&other.to_owned()), "{other}");
        assert!(
            body.clone()
                .correct(&field(other), &json!(1), at(1))
                .is_err()
        );
    }
}

#[test]
fn what_was_wrong_is_nowhere_in_the_record() {
    let mut body = interview(0, "Rosa");
    body.fingerprint = Some(crate::record::Fingerprint::of(&"what was sent"));
    body.correct(&field("contact.email"), &json!("rosa@example.org"), at(1))
        .unwrap();
    body.correct(&field("details.notes"), &Value::Null, at(1))
        .unwrap();
    let stored = serde_json::to_string(&body).unwrap();
    assert!(
        !stored.contains("rsoa") && !stored.contains("bins are late"),
        "{stored}"
    );
    assert!(!stored.contains("fingerprint"), "{stored}");
    let read: RecordBody = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, body);
}

#[test]
fn a_source_that_has_not_heard_does_not_bring_it_back() {
    let mut body = interview(0, "Rosa");
    body.correct(&field("contact.email"), &json!("rosa@example.org"), at(1))
        .unwrap();
    body.correct(&field("answers.bins"), &Value::Null, at(1))
        .unwrap();
    body.state(
        Statement::read("text", &json!("I never said so."), at(2)).unwrap(),
        at(2),
    );
    let sent = interview(60, "Rosa Diaz");
    for after in [body.corrected(&sent), sent.corrected(&body)] {
        assert_eq!(after.contact.email.as_deref(), Some("rosa@example.org"));
        assert_eq!(
            after.contact.name.as_deref(),
            Some("Rosa Diaz"),
            "what was not corrected follows"
        );
        assert!(!after.answers.contains_key("bins"));
        assert_eq!(after.rectification, body.rectification);
        assert_eq!(after.collected_at, body.collected_at);
        assert_eq!(after.retention, body.retention);
    }
}

#[test]
fn of_a_call_the_corrected_name_stands_whichever_leg_names_the_person() {
    let leg = |minute: i64, phone: &str| {
        let details = SourceDetails::Telephone(TelephoneDetails {
            named_at: Some(at(minute)),
            ..TelephoneDetails::default()
        });
        let mut body =
            RecordBody::from_source("5-1", at(minute), Revision::row(at(minute), 1), details);
        body.contact.phone = Some(phone.to_owned());
        body
    };
    let mut call = leg(5, "07700 900142");
    call.correct(&field("contact.phone"), &json!("07700 900143"), at(9))
        .unwrap();
    for other in [leg(1, "07700 900144"), leg(20, "07700 900142")] {
        let joined = call.corrected(&other);
        assert_eq!(joined.contact.phone.as_deref(), Some("07700 900143"));
        assert_eq!(joined, other.corrected(&call));
    }
}

#[test]
fn a_statement_has_an_end() {
    let read = |value: Value| Statement::read("text", &value, at(0));
    assert_eq!(read(Value::Null), Ok(None));
    assert!(read(json!("x".repeat(STATEMENT))).unwrap().is_some());
    for wrong in [
        json!(""),
        json!(" \n"),
        json!("x".repeat(STATEMENT + 1)),
        json!(1),
    ] {
        assert_eq!(
            read(wrong).unwrap_err().to_string(),
            "text must be a text of 1 to 1250 characters, or null"
        );
    }
}

proptest! {
    /// Whatever a source sends, and in whichever order, the last correction of each field stands.
    #[test]
    fn the_last_correction_of_a_field_stands(
        steps in proptest::collection::vec((0_u8..3, 0_u8..4, any::<bool>()), 1..12),
    ) {
        let mut body = interview(0, "Rosa");
        let mut expected = std::collections::BTreeMap::new();
        for (place, (what, which, null)) in steps.into_iter().enumerate() {
            let minute = i64::try_from(place).unwrap() + 1;
            let name = ["contact.name", "contact.email", "details.notes", "answers.wait"][usize::from(which)];
            let value = match (null, which) {
                (true, _) => Value::Null,
                (false, 1) => json!(format!("r{place}@example.org")),
                (false, 3) => json!(100 + place),
                (false, _) => json!(format!("text {place}")),
            };
            match what {
                0 if body.correctable().contains_key(&field(name)) => {
                    if body.correct(&field(name), &value, at(minute)).unwrap() {
                        expected.insert(field(name), value);
                    }
                }
                1 => body = body.corrected(&interview(minute, "From the source")),
                _ => body = interview(minute, "From the source").corrected(&body),
            }
        }
        for (field, value) in expected {
            let now = body.correctable().remove(&field).unwrap_or(Value::Null);
            let same = now == value || now.as_f64().is_some_and(|it| Some(it) == value.as_f64());
            prop_assert!(same, "{field:?}: {now} is not {value}");
        }
    }
}
