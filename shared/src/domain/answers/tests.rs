//! The rules of answers, stated.

use super::{Answer, Fault, Given, Rule, Sheet, check};
use crate::domain::survey::Survey;
use proptest::prelude::*;

fn recycling() -> Survey {
    Survey::parse(include_str!("../../../../surveys/recycling-centre.json")).unwrap()
}

fn planning() -> Survey {
    Survey::parse(include_str!("../../../../surveys/planning-application.json")).unwrap()
}

fn sheet(fields: &[(&str, &str)]) -> Sheet {
    let mut sheet = Sheet::new();
    for (field, value) in fields {
        match sheet.entry((*field).to_owned()).or_insert(Given::Texts(vec![])) {
            Given::Texts(texts) => texts.push((*value).to_owned()),
            _ => unreachable!(),
        }
    }
    sheet
}

fn faults(survey: &Survey, extra: &[(&str, &str)]) -> Vec<(String, Rule)> {
    let required: &[(&str, &str)] = if survey.id == "recycling-centre" {
        &[("satisfaction", "4"), ("site", "Wareham")]
    } else {
        &[("satisfaction", "4"), ("email", "priya.nair@example.org")]
    };
    let missing = required.iter().filter(|(field, _)| !extra.iter().any(|(other, _)| field == other));
    let fields: Vec<(&str, &str)> = missing.chain(extra).copied().collect();
    let refused = check(survey, sheet(&fields)).err().unwrap_or_default();
    refused.into_iter().map(|Fault { field, rule }| (field, rule)).collect()
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
    assert_eq!(answers.contact.email.as_deref(), Some("Priya.Nair@example.org"));
    assert_eq!(answers.answers["comment"], Answer::Text("Fine.\nThank you.".into()));
    assert_eq!(answers.answers["materials"], Answer::Choices(vec!["Wood".into(), "Metal".into()]));
    assert!(!answers.answers.contains_key("email"), "who a person is lies in one place");
}

#[test]
fn a_newsletter_that_is_asked_for_needs_an_address() {
    let address = || ("email".to_owned(), Rule::Address);
    assert_eq!(faults(&recycling(), &[("newsletter", "yes")]), [address()]);
    assert_eq!(faults(&recycling(), &[("newsletter", "true"), ("email", "  ")]), [address()]);
    assert_eq!(faults(&recycling(), &[("newsletter", "yes"), ("phone", "07700 900142")]), [address()]);
    let wrong = ("email".to_owned(), Rule::Email);
    assert_eq!(faults(&recycling(), &[("newsletter", "yes"), ("email", "nobody")]), [wrong], "and is told so once");
    let told = [("site".to_owned(), Rule::Choice), address(), ("phone".to_owned(), Rule::Phone)];
    let sent = [("newsletter", "yes"), ("site", "Atlantis"), ("phone", "none")];
    assert_eq!(faults(&recycling(), &sent), told, "in the order of the questions");
    assert!(faults(&recycling(), &[("newsletter", "no")]).is_empty());
    assert!(faults(&recycling(), &[("newsletter", "yes"), ("email", "priya.nair@example.org")]).is_empty());
}

#[test]
fn a_survey_without_an_address_takes_no_newsletter() {
    let mut survey = recycling();
    survey.questions.retain(|question| question.id != "email");
    assert_eq!(faults(&survey, &[("newsletter", "yes")]), [("newsletter".to_owned(), Rule::Address)]);
    assert!(faults(&survey, &[("newsletter", "no")]).is_empty());
}

#[test]
fn every_fault_is_told_and_none_of_what_was_sent() {
    let given = sheet(&[("satisfaction", "6"), ("colour", "red"), ("alice@example.org", "x"), ("email", "nonsense")]);
    let told: Vec<_> = check(&recycling(), given).unwrap_err().into_iter().map(|f| (f.field, f.rule.name())).collect();
    let expected = [
        ("satisfaction", "rating"),
        ("site", "required"),
        ("email", "email"),
        ("(unnamed)", "unknown"),
        ("colour", "unknown"),
    ];
    assert_eq!(told, expected.map(|(field, rule)| (field.to_owned(), rule)));
}

#[test]
fn a_rating_is_a_whole_number_from_1_to_5() {
    for typed in ["0", "6", "2.5", "five", "-1", "1e0x", "NaN", "inf", "99999999999999999999"] {
        assert_eq!(
            faults(&recycling(), &[("satisfaction", typed)]),
            [("satisfaction".into(), Rule::Rating)],
            "{typed}"
        );
    }
    assert_eq!(faults(&recycling(), &[("satisfaction", "")]), [("satisfaction".into(), Rule::Required)]);
}

#[test]
fn text_is_measured_in_characters_with_line_breaks_as_one() {
    let just = format!("{}\r\n{}", "é".repeat(1000), "é".repeat(249));
    assert_eq!(faults(&recycling(), &[("comment", &just)]), []);
    let over = format!("{just}é");
    assert_eq!(faults(&recycling(), &[("comment", &over)]), [("comment".into(), Rule::Length(1250))]);
    assert_eq!(faults(&recycling(), &[("comment", "a\u{0}b")]), [("comment".into(), Rule::Text)]);
}

#[test]
fn choices_are_among_the_options() {
    assert_eq!(faults(&recycling(), &[("site", "Poole")]), [("site".into(), Rule::Choice)]);
    assert_eq!(faults(&recycling(), &[("materials", "Asbestos")]), [("materials".into(), Rule::Choice)]);
    assert_eq!(faults(&recycling(), &[("site", "Wareham"), ("site", "Swanage")]), [("site".into(), Rule::Once)]);
    assert_eq!(faults(&recycling(), &[("newsletter", "maybe")]), [("newsletter".into(), Rule::YesNo)]);
}

#[test]
fn a_date_is_real_and_comes_in_one_field_or_three() {
    let planning = planning();
    let three = |day, month, year| {
        faults(&planning, &[("decided_on-day", day), ("decided_on-month", month), ("decided_on-year", year)])
    };
    assert_eq!(three("7", "3", "2026"), []);
    assert_eq!(three("", "", ""), []);
    for (day, month, year) in [("30", "2", "2026"), ("", "3", "2026"), ("7", "March", "2026"), ("7", "3", "26")] {
        assert_eq!(three(day, month, year), [("decided_on".into(), Rule::Date)]);
    }
    assert_eq!(faults(&planning, &[("decided_on", "2026-03-07")]), []);
    assert_eq!(faults(&planning, &[("decided_on", "07/03/2026")]), [("decided_on".into(), Rule::Date)]);
}

#[test]
fn an_address_and_a_number_have_to_be_possible() {
    assert_eq!(faults(&planning(), &[("email", "priya@")]), [("email".into(), Rule::Email)]);
    assert_eq!(faults(&recycling(), &[("phone", "withheld")]), [("phone".into(), Rule::Phone)]);
    assert_eq!(faults(&recycling(), &[("phone", "01305 251010 ext 2")]), [], "good for a reply, if not to know by");
    assert_eq!(faults(&planning(), &[("visits", "a few")]), [("visits".into(), Rule::Number)]);
}

#[test]
fn json_types_are_held_to_the_kind() {
    let refused = |field: &str, given: Given| {
        let mut sheet = sheet(&[("satisfaction", "4"), ("site", "Wareham")]);
        sheet.insert(field.into(), given);
        check(&recycling(), sheet).err().map(|faults| faults[0].rule)
    };
    assert_eq!(refused("satisfaction", Given::Number(5.0)), None);
    assert_eq!(refused("satisfaction", Given::Number(4.5)), Some(Rule::Rating));
    assert_eq!(refused("newsletter", Given::YesNo(true)), None);
    for number in [1e300, -1e200, 1e-200, f64::MIN_POSITIVE / 2.0] {
        let sheet = Sheet::from([("visits".to_owned(), Given::Number(number))]);
        assert_eq!(check(&planning(), sheet).unwrap_err()[1].rule, Rule::Number, "{number}");
    }
    assert_eq!(refused("comment", Given::Number(5.0)), Some(Rule::Text));
    assert_eq!(refused("comment", Given::Other), Some(Rule::Text));
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
