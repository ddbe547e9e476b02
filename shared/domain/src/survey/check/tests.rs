use super::{Checked, Doubt, SurveyRule, check};
use crate::survey::Survey;
use proptest::prelude::*;
use serde_json::{Value, json};

const RECYCLING: &str = include_str!("../../../../../surveys/recycling-centre.json");
const PLANNING: &str = include_str!("../../../../../surveys/planning-application.json");

/// The faults found in a document, as `place: rule`.
fn faults(document: &Value) -> Vec<(String, SurveyRule)> {
    let Checked { survey, faults, .. } = check(document.to_string().as_bytes());
    assert_eq!(survey.is_some(), faults.is_empty());
    faults
        .into_iter()
        .map(|finding| (finding.at, finding.what))
        .collect()
}

fn doubts(document: &Value) -> Vec<(String, Doubt)> {
    let Checked {
        survey,
        doubts,
        faults,
    } = check(document.to_string().as_bytes());
    assert!(survey.is_some(), "{faults:?}");
    doubts
        .into_iter()
        .map(|finding| (finding.at, finding.what))
        .collect()
}

fn recycling() -> Value {
    serde_json::from_str(RECYCLING).unwrap()
}

/// The survey of the recycling centre with something else in one place.
fn changed(pointer: &str, value: Value) -> Value {
    let mut document = recycling();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Value::Array(values) => values[name.parse::<usize>().unwrap()] = value,
        _ => panic!("{parent} has no parts"),
    }
    document
}

/// The survey of the recycling centre with one more question.
fn with(question: Value) -> Value {
    let mut document = recycling();
    document["questions"].as_array_mut().unwrap().push(question);
    document
}

fn asked(id: &str, kind: &str, purpose: &str) -> Value {
    json!({"id": id, "label": format!("What about {id}?"), "kind": kind, "required": false, "purpose": purpose})
}

fn asked_with(kind: &str, more: &Value) -> Value {
    let mut question = asked("more", kind, "answer");
    question
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    question
}

#[test]
fn the_surveys_of_the_folder_have_no_fault_and_no_doubt() {
    for document in [RECYCLING, PLANNING] {
        let checked = check(document.as_bytes());
        assert!(
            checked.survey.is_some() && checked.doubts.is_empty(),
            "{checked:?}"
        );
        assert_eq!(
            checked.survey.unwrap().version,
            Survey::parse(document).unwrap().version
        );
    }
}

#[test]
fn each_field_that_is_wrong_is_named_with_its_rule() {
    let one = |document: Value| {
        let faults = faults(&document);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults[0].clone()
    };
    let at = |pointer: &str, value: Value| {
        let (at, rule) = one(changed(pointer, value));
        assert_eq!(at, pointer);
        rule
    };
    assert_eq!(at("/id", json!("Recycling centre")), SurveyRule::Name);
    assert_eq!(at("/id", json!("")), SurveyRule::Name);
    assert_eq!(at("/title", json!(7)), SurveyRule::Text);
    assert_eq!(at("/title", json!("\u{A0}")), SurveyRule::Blank);
    assert_eq!(at("/title", json!("a\nb")), SurveyRule::Control);
    assert_eq!(at("/title", json!("a".repeat(201))), SurveyRule::Long(200));
    assert_eq!(at("/opens", json!("2026-02-30")), SurveyRule::Day);
    assert_eq!(at("/opens", json!("2026-2-3")), SurveyRule::Day);
    assert_eq!(
        at("/lawful_basis", json!("legitimate_interests")),
        SurveyRule::OneOf(&["public_task", "consent"])
    );
    assert_eq!(at("/questions", json!([])), SurveyRule::Entries(200));
    assert_eq!(at("/questions", json!({})), SurveyRule::List);
    assert_eq!(at("/questions/3", json!("comment")), SurveyRule::Object);
    assert_eq!(at("/colour", json!("red")), SurveyRule::Unknown);
    assert_eq!(at("/questions/3/max_lenght", json!(7)), SurveyRule::Unknown);
    assert_eq!(
        at("/questions/3/max_length", json!(0)),
        SurveyRule::Length(50_000)
    );
    assert_eq!(
        at("/questions/3/max_length", json!(-1)),
        SurveyRule::Length(50_000)
    );
    assert_eq!(
        at("/questions/3/max_length", json!(50_001)),
        SurveyRule::Length(50_000)
    );
    assert_eq!(
        at("/questions/0/max_length", json!(7)),
        SurveyRule::OnlyWith("text, textarea, email, phone and name")
    );
    assert_eq!(
        at("/questions/0/options", json!(["a"])),
        SurveyRule::OnlyWith("choice and choices")
    );
    assert_eq!(at("/questions/1/options", json!([])), SurveyRule::NoOptions);
    assert_eq!(at("/questions/1/options/3", json!("")), SurveyRule::Blank);
    assert_eq!(at("/questions/1/required", json!("yes")), SurveyRule::YesNo);
    assert_eq!(
        at("/questions/0/purpose", json!("identity")),
        SurveyRule::PurposeOf("email, phone and name")
    );
    assert_eq!(
        at("/questions/0/purpose", json!("newsletter")),
        SurveyRule::PurposeOf("yes_no")
    );
    assert_eq!(
        at("/questions/0/min", json!(1)),
        SurveyRule::OnlyWith("number and date")
    );
    assert_eq!(
        at("/questions/0/past", json!(true)),
        SurveyRule::OnlyWith("date")
    );
    assert_eq!(
        at("/questions/0/whole", json!(true)),
        SurveyRule::OnlyWith("number")
    );
    for own in ["submission_token", "website", "_gotcha", "idempotency-key"] {
        assert_eq!(at("/questions/0/id", json!(own)), SurveyRule::Reserved);
    }
    let last = |question: Value| {
        let (at, rule) = one(with(question));
        (at.trim_start_matches("/questions/7").to_owned(), rule)
    };
    assert_eq!(
        last(asked_with("number", &json!({"min": "1"}))),
        ("/min".to_owned(), SurveyRule::Number)
    );
    assert_eq!(
        last(asked_with("date", &json!({"min": 1}))),
        ("/min".to_owned(), SurveyRule::Day)
    );
    let mut without = recycling();
    without.as_object_mut().unwrap().remove("notice_version");
    assert_eq!(
        one(without),
        ("/notice_version".to_owned(), SurveyRule::Missing)
    );
    assert_eq!(one(json!([])), (String::new(), SurveyRule::Object));
}

#[test]
fn what_would_lose_answers_is_refused() {
    let last = |question: Value| {
        let faults = faults(&with(question));
        assert_eq!(faults.len(), 1, "{faults:?}");
        (
            faults[0].0.trim_start_matches("/questions/7").to_owned(),
            faults[0].1.clone(),
        )
    };
    assert_eq!(
        last(asked("email2", "email", "identity")),
        ("/purpose".to_owned(), SurveyRule::SameIdentity)
    );
    assert_eq!(
        last(asked("phone2", "phone", "identity")),
        ("/purpose".to_owned(), SurveyRule::SameIdentity)
    );
    assert_eq!(
        last(asked("more_news", "yes_no", "newsletter")),
        ("/purpose".to_owned(), SurveyRule::SameNewsletter)
    );
    assert_eq!(
        last(asked("site", "text", "answer")),
        ("/id".to_owned(), SurveyRule::SameId)
    );
    let mut dated = with(asked("day", "date", "answer"));
    dated["questions"]
        .as_array_mut()
        .unwrap()
        .push(asked("day-month", "text", "answer"));
    assert_eq!(
        faults(&dated),
        [(
            "/questions/8/id".to_owned(),
            SurveyRule::PartOfADate("day".to_owned())
        )]
    );
    assert_eq!(
        last(asked_with("number", &json!({"min": 3, "max": 2.5}))),
        ("/max".to_owned(), SurveyRule::Empty)
    );
    let days = json!({"min": "2026-02-01", "max": "2026-01-31"});
    assert_eq!(
        last(asked_with("date", &days)),
        ("/max".to_owned(), SurveyRule::Empty)
    );
    let mut closed = changed("/opens", json!("2026-01-02"));
    closed["closes"] = json!("2026-01-01");
    assert_eq!(
        faults(&closed),
        [("/closes".to_owned(), SurveyRule::ClosesFirst)]
    );
    let mut nobody = recycling();
    nobody["questions"].as_array_mut().unwrap().remove(4);
    assert_eq!(
        faults(&nobody),
        [(
            "/questions/5/purpose".to_owned(),
            SurveyRule::NewsletterToNobody
        )]
    );
}

#[test]
fn options_that_read_alike_or_never_come_back_are_refused() {
    let last = |options: Value| {
        let faults = faults(&with(asked_with("choice", &json!({ "options": options }))));
        faults
            .into_iter()
            .map(|(at, rule)| (at.replace("/questions/7/options/", ""), rule))
            .collect::<Vec<_>>()
    };
    let second = |rule: SurveyRule| vec![("1".to_owned(), rule)];
    for same in [
        "Glass",
        "glass",
        "GLASS",
        "Ｇlass",
        "Gla\u{AD}ss",
        "Glas\u{200B}s",
    ] {
        assert_eq!(
            last(json!(["Glass", same])),
            second(SurveyRule::SameOption),
            "{same}"
        );
    }
    assert_eq!(
        last(json!(["Caf\u{E9}", "Cafe\u{301}"])),
        second(SurveyRule::SameOption)
    );
    assert_eq!(
        last(json!(["Green  bin", "Green bin"])),
        second(SurveyRule::SameOption)
    );
    for [one, same] in [
        ["Don't know", "Don\u{2019}t know"],
        ["A \"good\" deal", "a \u{201C}good\u{201D} deal"],
        ["9-5", "9\u{2013}5"],
    ] {
        assert_eq!(
            last(json!([one, same])),
            second(SurveyRule::SameOption),
            "{same}"
        );
    }
    for untidy in [" Glass", "Glass ", "Glass\u{2028}bottles"] {
        assert_eq!(
            last(json!(["Wood", untidy])),
            second(SurveyRule::Untidy),
            "{untidy:?}"
        );
    }
    assert!(last(json!(["Glass", "Glass, plastic", "Grass"])).is_empty());
}

#[test]
fn whatever_can_be_judged_is_found_at_once_and_in_the_order_of_the_document() {
    let document = json!({
        "id": "Bins", "title": "", "service": "waste", "lawful_basis": "public_task", "notice_version": "2031-01",
        "opens": "2026-02-01", "closes": "2026-01-01", "colour": "red",
        "questions": [
            {"id": "d-day", "label": "Why?", "kind": "text", "required": "no", "purpose": "answer"},
            {"id": "d", "label": "When?", "kind": "date", "required": false, "purpose": "answer"},
            {"id": "d", "label": "Which?", "kind": "choice", "required": false, "purpose": "answer", "options": ["Wood", "", "wood"]},
            {"id": "website", "label": "Newsletter?", "kind": "yes_no", "required": false, "purpose": "newsletter", "max": 3},
            {"id": "a", "label": "Name?", "kind": "name", "required": false, "purpose": "identity"},
            {"id": "b", "label": "Name again?", "kind": "name", "required": false, "purpose": "identity"}
        ]
    });
    let found = faults(&document);
    let found: Vec<(&str, SurveyRule)> = found
        .iter()
        .map(|(at, rule)| (at.as_str(), rule.clone()))
        .collect();
    let expected = [
        ("/id", SurveyRule::Name),
        ("/title", SurveyRule::Blank),
        ("/closes", SurveyRule::ClosesFirst),
        (
            "/notice_version",
            SurveyRule::OneOf(&crate::validation::notice::VERSIONS),
        ),
        ("/questions/0/id", SurveyRule::PartOfADate("d".to_owned())),
        ("/questions/0/required", SurveyRule::YesNo),
        ("/questions/2/id", SurveyRule::SameId),
        ("/questions/2/options/1", SurveyRule::Blank),
        ("/questions/2/options/2", SurveyRule::SameOption),
        ("/questions/3/id", SurveyRule::Reserved),
        ("/questions/3/max", SurveyRule::OnlyWith("number and date")),
        ("/questions/3/purpose", SurveyRule::NewsletterToNobody),
        ("/questions/5/purpose", SurveyRule::SameIdentity),
        ("/colour", SurveyRule::Unknown),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_depends_on_a_field_that_cannot_be_read_is_not_judged() {
    // The address for the newsletter may be the question that cannot be read.
    for (field, value) in [("kind", json!("e-mail")), ("purpose", json!(7))] {
        let mut document = recycling();
        document["questions"][4][field] = value;
        let found = faults(&document);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, format!("/questions/4/{field}"));
    }
    let document = changed("/opens", json!("soon"));
    assert_eq!(faults(&document), [("/opens".to_owned(), SurveyRule::Day)]);
}

#[test]
fn a_privacy_notice_that_there_never_was_is_refused_and_a_former_one_is_a_doubt() {
    assert!(
        faults(&changed(
            "/notice_version",
            json!(crate::validation::notice::CURRENT.version)
        ))
        .is_empty()
    );
    for unknown in [json!("1"), json!("2026-11 "), json!(7), json!("")] {
        let rule = SurveyRule::OneOf(&crate::validation::notice::VERSIONS);
        assert_eq!(
            faults(&changed("/notice_version", unknown)),
            [("/notice_version".to_owned(), rule)]
        );
    }
    let former = changed("/notice_version", json!("2026-06"));
    assert_eq!(
        doubts(&former),
        [("/notice_version".to_owned(), Doubt::FormerNotice)]
    );
}

#[test]
fn what_is_there_twice_is_named_and_the_rest_is_checked_all_the_same() {
    let twice = RECYCLING.replacen("\"title\"", "\"title\": \"\", \"title\"", 1);
    let twice = twice.replacen(
        "\"hint\"",
        "\"kind\": \"text\", \"label\": \"\", \"hint\"",
        1,
    );
    let twice = twice
        .replacen("\"max_length\": 1250", "\"max_length\": 0", 1)
        .replace("\"waste\"", "\"\"");
    for document in [twice.clone(), format!("\u{FEFF}{twice}")] {
        let found = check(document.as_bytes()).faults;
        let found: Vec<_> = found
            .iter()
            .map(|finding| (finding.at.as_str(), finding.what.clone()))
            .collect();
        let expected = [
            ("/title", SurveyRule::Repeated),
            ("/service", SurveyRule::Blank),
            ("/questions/3/label", SurveyRule::Repeated),
            ("/questions/3/kind", SurveyRule::Repeated),
            ("/questions/3/max_length", SurveyRule::Length(50_000)),
        ];
        assert_eq!(found, expected);
    }
}

#[test]
fn equal_keys_are_named_where_they_are() {
    let faults = |document: &str| {
        let faults = check(document.as_bytes()).faults;
        faults
            .into_iter()
            .map(|finding| (finding.at, finding.what))
            .collect::<Vec<_>>()
    };
    let twice = RECYCLING.replacen("\"title\"", "\"title\": \"Another\", \"title\"", 1);
    assert_eq!(
        faults(&twice),
        [("/title".to_owned(), SurveyRule::Repeated)]
    );
    let twice = RECYCLING.replacen("\"hint\"", "\"label\": \"Another\", \"hint\"", 1);
    assert_eq!(
        faults(&twice),
        [("/questions/3/label".to_owned(), SurveyRule::Repeated)]
    );
    let twice = RECYCLING.replacen("\"questions\"", "\"questions\": [], \"questions\"", 1);
    assert_eq!(
        faults(&twice),
        [("/questions".to_owned(), SurveyRule::Repeated)]
    );
}

#[test]
fn what_is_not_json_or_too_large_is_said_to_be_so() {
    let faults = |document: &[u8]| {
        check(document)
            .faults
            .into_iter()
            .map(|finding| finding.what)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        faults(b"{\"id\":\n oops}"),
        [SurveyRule::NotJson { line: 2, column: 2 }]
    );
    assert_eq!(
        faults(b"\xff"),
        [SurveyRule::NotJson { line: 1, column: 1 }]
    );
    assert_eq!(faults(&b" ".repeat(200_001)), [SurveyRule::TooLarge]);
    assert!(
        check(format!("\u{FEFF}{RECYCLING}").as_bytes())
            .survey
            .is_some(),
        "a byte order mark is passed over"
    );
}

#[test]
fn what_is_often_meant_otherwise_is_a_doubt() {
    let last = |question: Value| {
        doubts(&with(question))
            .into_iter()
            .map(|(_, doubt)| doubt)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        last(asked("carer_email", "email", "answer")),
        [Doubt::NobodyIsFoundByIt]
    );
    assert_eq!(
        last(asked("again", "satisfaction", "answer")),
        [Doubt::SecondRating]
    );
    assert_eq!(
        last(asked_with("choice", &json!({"options": ["Yes"]}))),
        [Doubt::OneOption]
    );
    assert_eq!(
        last(asked_with(
            "text",
            &json!({"label": "which site did you visit?"})
        )),
        [Doubt::SameLabel]
    );
    let numbered = changed("/questions/3/kind", json!("number"));
    let mut numbered = numbered;
    numbered["questions"][3]
        .as_object_mut()
        .unwrap()
        .remove("max_length");
    assert_eq!(
        doubts(&numbered),
        [("/questions/3/id".to_owned(), Doubt::NotAComment)]
    );
    assert_eq!(
        last(asked_with(
            "textarea",
            &json!({"max_length": 50_000, "hint": null})
        )),
        []
    );
    let mut long = with(asked_with("textarea", &json!({"max_length": 50_000})));
    long["questions"].as_array_mut().unwrap().push(
        json!({"id": "yet", "label": "Yet more?", "kind": "textarea", "required": false,
        "max_length": 50_000, "purpose": "answer"}),
    );
    assert_eq!(
        doubts(&long),
        [("/questions".to_owned(), Doubt::LongTogether)]
    );
}

proptest! {
    #[test]
    fn any_bytes_are_a_survey_or_have_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let checked = check(&bytes);
        prop_assert_eq!(checked.survey.is_some(), checked.faults.is_empty());
    }

    #[test]
    fn a_survey_that_passes_is_read_from_the_register_as_the_same(at in 0_usize..2_000, with in "[\"\\[\\]{}:,a-z0-9 -]{0,3}") {
        let mut document: Vec<u8> = RECYCLING.bytes().collect();
        let at = at.min(document.len() - 4);
        document.splice(at..at + 3, with.bytes());
        if let Some(survey) = check(&document).survey {
            let read = Survey::parse(std::str::from_utf8(&document).unwrap()).unwrap();
            prop_assert_eq!(read.version, survey.version);
        }
    }
}
