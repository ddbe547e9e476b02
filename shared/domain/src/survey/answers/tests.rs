//! The rules of answers.

use super::{Answer, AnswerRule, Answers, FormData, RawValue};
use crate::survey::{Bound, Survey};
use crate::validation::violation::Violation;
use chrono::NaiveDate;
use proptest::prelude::*;

fn today() -> NaiveDate {
    "2026-11-23".parse().unwrap()
}

fn check(survey: &Survey, sheet: FormData) -> Result<Answers, Vec<Violation<AnswerRule>>> {
    super::check(survey, sheet, today())
}

/// A survey with one more question than the planning application's.
fn asking(question: &str) -> Survey {
    let document = include_str!("../../../../../surveys/planning-application.json");
    let first = r#"{"id": "satisfaction""#;
    Survey::parse(&document.replacen(first, &format!("{question},\n{first}"), 1)).unwrap()
}

fn recycling() -> Survey {
    Survey::parse(include_str!("../../../../../surveys/recycling-centre.json")).unwrap()
}

fn planning() -> Survey {
    Survey::parse(include_str!(
        "../../../../../surveys/planning-application.json"
    ))
    .unwrap()
}

fn sheet(fields: &[(&str, &str)]) -> FormData {
    let mut sheet = FormData::new();
    for (field, value) in fields {
        match sheet
            .entry((*field).to_owned())
            .or_insert(RawValue::Texts(vec![]))
        {
            RawValue::Texts(texts) => texts.push((*value).to_owned()),
            _ => unreachable!(),
        }
    }
    sheet
}

fn faults(survey: &Survey, extra: &[(&str, &str)]) -> Vec<(String, AnswerRule)> {
    let required: &[(&str, &str)] = if survey.id == "recycling-centre" {
        &[("satisfaction", "4"), ("site", "Wareham")]
    } else {
        &[("satisfaction", "4"), ("email", "priya.nair@example.org")]
    };
    let missing = required
        .iter()
        .filter(|(field, _)| !extra.iter().any(|(other, _)| field == other));
    let fields: Vec<(&str, &str)> = missing.chain(extra).copied().collect();
    let refused = check(survey, sheet(&fields)).err().unwrap_or_default();
    refused
        .into_iter()
        .map(|Violation { field, rule }| (field, rule))
        .collect()
}

#[test]
fn a_full_sheet_is_sorted_into_answers_contact_and_newsletter() {
    let given = sheet(&[
        ("satisfaction", "5"),
        ("site", "Wareham"),
        ("materials", "Metal"),
        ("materials", "Wood"),
        ("comment", " Fine.\r\nThank you. "),
        ("email", "Priya.Nair@example.org"),
        ("phone", "07700 900142"),
        ("newsletter", "no"),
    ]);
    let answers = check(&recycling(), given).unwrap();
    assert_eq!(answers.satisfaction.map(u8::from), Some(5));
    assert_eq!(answers.newsletter, Some(false));
    assert_eq!(
        answers.contact.email.as_deref(),
        Some("Priya.Nair@example.org")
    );
    assert_eq!(
        answers.answers["comment"],
        Answer::Text("Fine.\nThank you.".into())
    );
    assert_eq!(
        answers.answers["materials"],
        Answer::Choices(vec!["Wood".into(), "Metal".into()])
    );
    assert!(
        !answers.answers.contains_key("email"),
        "who a person is lies in one place"
    );
}

#[test]
fn a_newsletter_that_is_asked_for_needs_an_address() {
    let address = || ("email".to_owned(), AnswerRule::Address);
    assert_eq!(faults(&recycling(), &[("newsletter", "yes")]), [address()]);
    assert_eq!(
        faults(&recycling(), &[("newsletter", "true"), ("email", "  ")]),
        [address()]
    );
    assert_eq!(
        faults(
            &recycling(),
            &[("newsletter", "yes"), ("phone", "07700 900142")]
        ),
        [address()]
    );
    let wrong = ("email".to_owned(), AnswerRule::Email);
    assert_eq!(
        faults(&recycling(), &[("newsletter", "yes"), ("email", "nobody")]),
        [wrong],
        "and is told so once"
    );
    let told = [
        ("site".to_owned(), AnswerRule::Choice),
        address(),
        ("phone".to_owned(), AnswerRule::Phone),
    ];
    let sent = [
        ("newsletter", "yes"),
        ("site", "Atlantis"),
        ("phone", "none"),
    ];
    assert_eq!(
        faults(&recycling(), &sent),
        told,
        "in the order of the questions"
    );
    assert!(faults(&recycling(), &[("newsletter", "no")]).is_empty());
    assert!(
        faults(
            &recycling(),
            &[("newsletter", "yes"), ("email", "priya.nair@example.org")]
        )
        .is_empty()
    );
}

#[test]
fn a_survey_without_an_address_takes_no_newsletter() {
    let mut survey = recycling();
    survey.questions.retain(|question| question.id != "email");
    assert_eq!(
        faults(&survey, &[("newsletter", "yes")]),
        [("newsletter".to_owned(), AnswerRule::Address)]
    );
    assert!(faults(&survey, &[("newsletter", "no")]).is_empty());
}

#[test]
fn every_fault_is_told_and_none_of_what_was_sent() {
    let given = sheet(&[
        ("satisfaction", "6"),
        ("colour", "red"),
        ("alice@example.org", "x"),
        ("email", "nonsense"),
    ]);
    let told: Vec<_> = check(&recycling(), given)
        .unwrap_err()
        .into_iter()
        .map(|f| (f.field, f.rule.name()))
        .collect();
    let expected = [
        ("satisfaction", "rating"),
        ("site", "required"),
        ("email", "email"),
        ("colour", "unknown"),
        ("(unnamed)", "unknown"),
    ];
    assert_eq!(told, expected.map(|(field, rule)| (field.to_owned(), rule)));
}

#[test]
fn a_rating_is_a_whole_number_from_1_to_5() {
    for typed in [
        "0",
        "6",
        "2.5",
        "five",
        "-1",
        "1e0x",
        "NaN",
        "inf",
        "99999999999999999999",
    ] {
        assert_eq!(
            faults(&recycling(), &[("satisfaction", typed)]),
            [("satisfaction".into(), AnswerRule::Rating)],
            "{typed}"
        );
    }
    assert_eq!(
        faults(&recycling(), &[("satisfaction", "")]),
        [("satisfaction".into(), AnswerRule::Required)]
    );
}

#[test]
fn text_is_measured_in_characters_with_line_breaks_as_one() {
    let just = format!("{}\r\n{}", "é".repeat(1000), "é".repeat(249));
    assert_eq!(faults(&recycling(), &[("comment", &just)]), []);
    let over = format!("{just}é");
    assert_eq!(
        faults(&recycling(), &[("comment", &over)]),
        [("comment".into(), AnswerRule::Length(1250))]
    );
    let controls = format!("{just}{}", "\u{0}".repeat(100));
    assert_eq!(
        faults(&recycling(), &[("comment", &controls)]),
        [],
        "what goes is not counted"
    );
    let families = "👨\u{200D}👩\u{200D}👧".repeat(200);
    assert_eq!(
        faults(&recycling(), &[("comment", &families)]),
        [],
        "a family is one"
    );
}

#[test]
fn choices_are_among_the_options() {
    assert_eq!(
        faults(&recycling(), &[("site", "Poole")]),
        [("site".into(), AnswerRule::Choice)]
    );
    assert_eq!(
        faults(&recycling(), &[("materials", "Asbestos")]),
        [("materials".into(), AnswerRule::Choice)]
    );
    assert_eq!(
        faults(&recycling(), &[("site", "Wareham"), ("site", "Swanage")]),
        [("site".into(), AnswerRule::Once)]
    );
    assert_eq!(
        faults(&recycling(), &[("newsletter", "maybe")]),
        [("newsletter".into(), AnswerRule::YesNo)]
    );
}

fn three(day: &str, month: &str, year: &str) -> Result<String, (String, &'static str)> {
    let fields = [
        ("email", "a@example.org"),
        ("satisfaction", "4"),
        ("decided_on-day", day),
        ("decided_on-month", month),
        ("decided_on-year", year),
    ];
    one(check(&planning(), sheet(&fields)))
}

fn whole(text: &str) -> Result<String, (String, &'static str)> {
    one(check(
        &planning(),
        sheet(&[
            ("email", "a@example.org"),
            ("satisfaction", "4"),
            ("decided_on", text),
        ]),
    ))
}

/// The date that was read, or the one fault.
fn one(
    checked: Result<Answers, Vec<Violation<AnswerRule>>>,
) -> Result<String, (String, &'static str)> {
    match checked {
        Ok(answers) => match answers.answers.get("decided_on") {
            Some(Answer::Text(date)) => Ok(date.clone()),
            None => Ok(String::new()),
            other => panic!("{other:?}"),
        },
        Err(faults) => {
            assert_eq!(faults.len(), 1);
            Err((faults[0].field.clone(), faults[0].rule.name()))
        }
    }
}

#[test]
fn a_date_in_three_fields_is_taken_as_people_write_it() {
    for (day, month, year) in [
        ("7", "3", "2026"),
        ("07", "03", "2026"),
        (" 7 ", "March", "2026"),
        ("7", "mar", "2026"),
        ("7", "Mar.", "2026"),
        ("7th", "MARCH", "2026"),
        ("７", "３", "２０２６"),
        ("7 March 2026", "", ""),
        ("7/3/2026", "", " "),
        ("", "7/3/2026", ""),
        ("", "", "7 March 2026"),
        ("7 March", "", "2026"),
        ("7/3", "", "2026"),
        ("07032026", "", ""),
        ("7.", "3.", "2026"),
        ("7/", "/3/", "/2026"),
        ("7,", "Mar.", "2026."),
    ] {
        assert_eq!(
            three(day, month, year),
            Ok("2026-03-07".into()),
            "{day} {month} {year}"
        );
    }
    for (place, name) in [
        "Jan", "february", "Mar", "apr", "May", "june", "Jul", "Aug", "Sept", "oct", "Nov.",
        "December",
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(
            three("1", name, "2025"),
            Ok(format!("2025-{:02}-01", place + 1))
        );
    }
    assert_eq!(three("", "", ""), Ok(String::new()));
    assert_eq!(three("29", "2", "2024"), Ok("2024-02-29".into()));
}

#[test]
fn a_date_in_one_field_is_taken_as_people_write_it() {
    for text in [
        "2026-03-07",
        "7 March 2026",
        "7/3/2026",
        "07/03/2026",
        "7.3.2026",
        "7-3-2026",
        "7th of March, 2026",
        "March 7, 2026",
        "7 Mar 2026",
        "Saturday 7 March 2026",
        "Sat. 7 Mar. 2026",
        "2026 March 7",
        "7\u{A0}March\u{A0}2026",
        "7\u{2013}3\u{2013}2026",
        "2026/3/7",
        "7Mar2026",
        "7th Mar2026",
        "7\\3\\2026",
        "7\u{B7}3\u{B7}2026",
        "7\u{2044}3\u{2044}2026",
        "7\u{2215}3\u{2215}2026",
        "07032026",
        "20260307",
        "\u{FF17}\u{FF0F}\u{FF13}\u{FF0F}\u{FF12}\u{FF10}\u{FF12}\u{FF16}",
        "(7 March, 2026)",
    ] {
        assert_eq!(whole(text), Ok("2026-03-07".into()), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_date_is_said_where_it_is_wrong() {
    for (day, month, year, part, rule) in [
        ("", "3", "2026", "decided_on-day", "date_incomplete"),
        ("7", "", "2026", "decided_on-month", "date_incomplete"),
        ("7", "3", "", "decided_on-year", "date_incomplete"),
        ("7", "", "", "decided_on-month", "date_incomplete"),
        ("7", "3", "26", "decided_on-year", "year"),
        ("7", "3", "12026", "decided_on-year", "year"),
        ("7", "3", "1812", "decided_on-year", "year"),
        ("7", "13", "2026", "decided_on-month", "month"),
        ("7", "Ma", "2026", "decided_on-month", "month"),
        ("7", "Mars", "2026", "decided_on-month", "month"),
        ("7", "0", "2026", "decided_on-month", "month"),
        ("32", "3", "2026", "decided_on-day", "day"),
        ("0", "3", "2026", "decided_on-day", "day"),
        ("seven", "3", "2026", "decided_on-day", "day"),
        ("-7", "3", "2026", "decided_on-day", "day"),
        ("30", "2", "2026", "decided_on", "date"),
        ("31", "April", "2026", "decided_on", "date"),
        ("29", "2", "2026", "decided_on", "date"),
        ("7", "3", "2026.0", "decided_on-year", "year"),
        ("7", "3", "2 026", "decided_on-year", "year"),
        ("7.5", "3", "2026", "decided_on-day", "day"),
        ("7/3/2026", "3", "2026", "decided_on-day", "day"),
        ("7/3/2026 10:00", "", "", "decided_on", "date"),
        ("7/3/26", "", "", "decided_on-year", "year"),
        ("31 February", "", "", "decided_on-year", "date_incomplete"),
        ("70326", "", "", "decided_on-month", "date_incomplete"),
        ("39992026", "", "", "decided_on-month", "date_incomplete"),
    ] {
        assert_eq!(
            three(day, month, year),
            Err((part.into(), rule)),
            "{day} {month} {year}"
        );
    }
    for (text, rule) in [
        ("March 2026", "date_incomplete"),
        ("7 March", "date_incomplete"),
        ("2026", "date_incomplete"),
        ("7/3/26", "year"),
        ("7/13/2026", "month"),
        ("30/2/2026", "date"),
        ("soon", "date_incomplete"),
        ("1 2 3 2026", "date"),
        ("2026-02-30", "date"),
        ("7 March 2026 or so", "date"),
        ("2026-03-07T10:00:00Z", "date"),
        ("7/3/2026 10:00", "date"),
        ("29/2/2027", "date"),
    ] {
        assert_eq!(whole(text), Err(("decided_on".into(), rule)), "{text}");
    }
    let missing = |day, month, year| match check(
        &planning(),
        sheet(&[
            ("decided_on-day", day),
            ("decided_on-month", month),
            ("decided_on-year", year),
        ]),
    ) {
        Err(faults) => faults
            .iter()
            .find(|fault| fault.field.starts_with("decided"))
            .unwrap()
            .rule
            .to_string(),
        Ok(_) => panic!(),
    };
    assert_eq!(missing("", "", "2026"), "must include a day and month");
    assert_eq!(missing("7", "", "2026"), "must include a month");
    assert_eq!(missing("", "3", ""), "must include a day and year");
}

#[test]
fn a_date_that_comes_twice_is_no_date() {
    for (fields, at) in [
        (
            vec![("decided_on-day", "2"), ("decided_on-day", "7")],
            "decided_on-day",
        ),
        (
            vec![("decided_on", "2026-03-07"), ("decided_on-day", "7")],
            "decided_on",
        ),
        (
            vec![("decided_on", "2026-03-07"), ("decided_on", "2026-03-08")],
            "decided_on",
        ),
    ] {
        let fields = [
            vec![("email", "a@example.org"), ("satisfaction", "4")],
            fields,
        ]
        .concat();
        assert_eq!(
            one(check(&planning(), sheet(&fields))),
            Err((at.into(), "once")),
            "{fields:?}"
        );
    }
    let mut parts = sheet(&[
        ("email", "a@example.org"),
        ("satisfaction", "4"),
        ("decided_on-month", "3"),
    ]);
    parts.insert("decided_on-day".into(), RawValue::Number(7.0));
    parts.insert("decided_on-year".into(), RawValue::Number(2026.0));
    assert_eq!(
        one(check(&planning(), parts.clone())),
        Ok("2026-03-07".into()),
        "JSON may have numbers"
    );
    parts.insert("decided_on-day".into(), RawValue::Other);
    assert_eq!(
        one(check(&planning(), parts)),
        Err(("decided_on-day".into(), "date"))
    );
}

#[test]
fn a_question_s_bounds_are_held() {
    let rule = |survey: &Survey, field: &str, given: RawValue| {
        let mut sheet = sheet(&[("satisfaction", "4"), ("email", "priya.nair@example.org")]);
        sheet.insert(field.into(), given);
        check(survey, sheet)
            .err()
            .map(|faults| (faults[0].rule, faults[0].rule.to_string()))
    };
    let text = |text: &str| RawValue::Texts(vec![text.into()]);
    let number = |bounds: &str| {
        asking(&format!(
            r#"{{"id": "n", "label": "N", "kind": "number", "required": false, "purpose": "answer"{bounds}}}"#
        ))
    };
    let day = |bounds: &str| {
        asking(&format!(
            r#"{{"id": "d", "label": "D", "kind": "date", "required": false, "purpose": "answer"{bounds}}}"#
        ))
    };
    let free = number("");
    assert_eq!(
        rule(&free, "n", text("-3.5")),
        None,
        "a temperature may be anything"
    );
    let visits = number(r#", "min": 0, "max": 1000, "whole": true"#);
    for fine in ["0", "1,000", "3.0", "-0"] {
        assert_eq!(rule(&visits, "n", text(fine)), None, "{fine}");
    }
    let between = AnswerRule::Between(Bound::Number(0.0), Bound::Number(1000.0));
    assert_eq!(
        rule(&visits, "n", text("-3")),
        Some((between, "must be between 0 and 1000".into()))
    );
    assert_eq!(
        rule(&visits, "n", RawValue::Number(1000.5)),
        Some((AnswerRule::Whole, "must be a whole number, like 3".into()))
    );
    assert_eq!(
        rule(&visits, "n", RawValue::Number(1001.0)).unwrap().0,
        between
    );
    assert_eq!(
        rule(&number(r#", "min": 1"#), "n", text("0")).unwrap().1,
        "must be 1 or more"
    );
    assert_eq!(
        rule(&number(r#", "max": 2.5"#), "n", text("2.6"))
            .unwrap()
            .1,
        "must be 2.5 or less"
    );
    let past = day(r#", "past": true"#);
    assert_eq!(
        rule(&past, "d", text("2026-11-23")),
        None,
        "today is not ahead"
    );
    assert_eq!(
        rule(&past, "d", text("24 November 2026")),
        Some((AnswerRule::Past, "must be today or in the past".into()))
    );
    assert_eq!(rule(&day(""), "d", text("2030-01-01")), None);
    let term = day(r#", "min": "2026-09-01", "max": "2026-12-18""#);
    assert_eq!(rule(&term, "d", text("2026-09-01")), None);
    assert_eq!(
        rule(&term, "d", text("2026-12-19")).unwrap().1,
        "must be between 1 September 2026 and 18 December 2026"
    );
    assert_eq!(
        rule(&day(r#", "min": "2026-09-01""#), "d", text("2026-08-31"))
            .unwrap()
            .1,
        "must be 1 September 2026 or later"
    );
    assert_eq!(
        rule(&day(r#", "max": "2026-09-01""#), "d", text("2026-09-02"))
            .unwrap()
            .1,
        "must be 1 September 2026 or earlier"
    );
}

#[test]
fn text_from_word_a_pdf_or_a_telephone_goes_through() {
    let given = sheet(&[
        ("satisfaction", "4"),
        ("email", "\u{202a}alex@example.org\u{202c}"),
        ("comment", "It was fine.\u{B}Thank you\u{3}"),
        ("reference", "P/FUL\t2026\r\n01234\u{0}"),
        ("name", "Alex\u{85}Example\u{1f}"),
    ]);
    let answers = check(&planning(), given).unwrap();
    assert_eq!(
        answers.answers["comment"],
        Answer::Text("It was fine.\nThank you".into())
    );
    assert_eq!(
        answers.answers["reference"],
        Answer::Text("P/FUL 2026 01234".into())
    );
    assert_eq!(answers.contact.name.as_deref(), Some("Alex Example"));
    assert_eq!(
        faults(&planning(), &[("comment", "\u{0}\u{1}")]),
        [],
        "nothing is left, and nothing was asked"
    );
}

#[test]
fn a_second_identity_is_kept_as_an_answer() {
    let survey = asking(
        r#"{"id": "other", "label": "Another address", "kind": "email", "required": false, "purpose": "identity"}"#,
    );
    let answers = check(
        &survey,
        sheet(&[
            ("satisfaction", "4"),
            ("other", "first@example.org"),
            ("email", "second@example.org"),
        ]),
    )
    .unwrap();
    assert_eq!(answers.contact.email.as_deref(), Some("first@example.org"));
    assert_eq!(
        answers.answers["email"],
        Answer::Text("second@example.org".into())
    );
}

#[test]
fn of_many_unknown_fields_some_are_named_and_each_once() {
    let many: Vec<String> = (0..10_000).map(|number| format!("field{number}")).collect();
    let fields: Vec<(&str, &str)> = many.iter().map(|field| (field.as_str(), "x")).collect();
    let faults = check(&recycling(), sheet(&fields)).unwrap_err();
    let unknown: Vec<&str> = faults
        .iter()
        .filter(|fault| fault.rule == AnswerRule::Unknown)
        .map(|fault| fault.field.as_str())
        .collect();
    assert_eq!(unknown.len(), 21);
    assert_eq!(unknown.last(), Some(&"(unnamed)"));
    let faults = check(
        &recycling(),
        sheet(&[("a b", "1"), ("c d", "2"), ("e", "3"), ("e", "4")]),
    )
    .unwrap_err();
    let unknown: Vec<&str> = faults
        .iter()
        .filter(|fault| fault.rule == AnswerRule::Unknown)
        .map(|fault| fault.field.as_str())
        .collect();
    assert_eq!(unknown, ["e", "(unnamed)"]);
}

#[test]
fn answers_that_are_too_long_together_are_told_at_the_longest() {
    let mut survey = planning();
    for question in &mut survey.questions {
        question.max_length = Some(100_000);
    }
    let long = |length: usize| "a".repeat(length);
    let given = |comment: usize| {
        sheet(&[
            ("satisfaction", "4"),
            ("email", "a@example.org"),
            ("reference", &long(90_000)),
            ("comment", &format!("{}b", "ক".repeat(comment))),
        ])
    };
    assert!(check(&survey, given(69_000)).is_ok());
    let faults = check(&survey, given(70_000)).unwrap_err();
    assert_eq!(
        faults,
        [Violation {
            field: "comment".into(),
            rule: AnswerRule::Together
        }]
    );
}

#[test]
fn an_address_and_a_number_have_to_be_possible() {
    assert_eq!(
        faults(&planning(), &[("email", "priya@")]),
        [("email".into(), AnswerRule::Email)]
    );
    assert_eq!(
        faults(&recycling(), &[("phone", "withheld")]),
        [("phone".into(), AnswerRule::Phone)]
    );
    assert_eq!(
        faults(&recycling(), &[("phone", "01305 251010 ext 2")]),
        [],
        "good for a reply, if not to know by"
    );
    assert_eq!(
        faults(&planning(), &[("visits", "a few")]),
        [("visits".into(), AnswerRule::Number)]
    );
}

#[test]
fn json_types_are_held_to_the_kind() {
    let refused = |field: &str, given: RawValue| {
        let mut sheet = sheet(&[("satisfaction", "4"), ("site", "Wareham")]);
        sheet.insert(field.into(), given);
        check(&recycling(), sheet)
            .err()
            .map(|faults| faults[0].rule)
    };
    assert_eq!(refused("satisfaction", RawValue::Number(5.0)), None);
    assert_eq!(
        refused("satisfaction", RawValue::Number(4.5)),
        Some(AnswerRule::Rating)
    );
    assert_eq!(refused("newsletter", RawValue::YesNo(false)), None);
    assert_eq!(
        refused("newsletter", RawValue::YesNo(true)),
        Some(AnswerRule::Address),
        "for which an address is needed"
    );
    for number in [1e300, -1e200, 1e-200, f64::MIN_POSITIVE / 2.0] {
        let sheet = FormData::from([("visits".to_owned(), RawValue::Number(number))]);
        assert_eq!(
            check(&planning(), sheet).unwrap_err()[1].rule,
            AnswerRule::Number,
            "{number}"
        );
    }
    assert_eq!(
        refused("comment", RawValue::Number(5.0)),
        Some(AnswerRule::Text)
    );
    assert_eq!(refused("comment", RawValue::Other), Some(AnswerRule::Text));
}

proptest! {
    #[test]
    fn whatever_is_sent_is_taken_or_refused_and_never_a_panic(
        fields in proptest::collection::vec((r"satisfaction|site|comment|email|phone|decided_on(-day)?|visits|\PC{0,8}", "\\PC{0,30}"), 0..8)
    ) {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(f, v)| (f.as_str(), v.as_str())).collect();
        for survey in [recycling(), planning()] {
            if let Err(faults) = check(&survey, sheet(&fields)) {
                prop_assert!(!faults.is_empty());
            }
        }
    }
}
