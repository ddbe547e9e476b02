use super::{AnswerRule, Rule, email, exact, is_rounded, phone, plain, rating, time, word};
use crate::sources::Problem;
use custodian_domain::validation::violation::Violation;
use proptest::prelude::*;

/// The result of reading something: the value, or the rule that it breaks.
fn ruled<T>(read: Result<T, Problem>) -> Result<T, Rule> {
    read.map_err(|problem| match problem {
        Problem::Violation(Violation { rule, .. }) => rule,
        Problem::Untimely(_) => panic!("it is no time"),
    })
}

fn id(text: &str) -> Result<Option<String>, Rule> {
    ruled(exact("id", Some(text)))
}

fn number(text: &str) -> Result<Option<String>, Rule> {
    ruled(phone("phone", Some(text)))
}

#[test]
fn what_a_spreadsheet_has_rounded_is_no_id() {
    for rounded in [
        "4.47701E+11",
        "4,47701E+11",
        "4.47701e+11",
        "4.47701E11",
        "3E+14",
        "1.8582E+18",
        "-1.2E+15",
        "1E-05",
        "1858200000000010000",
        "1858200000000010",
        "=\"1858200000000010000\"",
        "1000000000000000",
    ] {
        assert_eq!(id(rounded), Err(Rule::Rounded), "{rounded}");
    }
    for sound in [
        "1858200000000010423",
        "185820000000001",
        "100000000000000",
        "3E14",
        "12e4",
        "t1_k3y",
        "126577551217199_101",
        "FE+14",
        "1E+",
        "E+14",
        "INT-2026-031",
        "300000002187345",
    ] {
        assert_eq!(id(sound), Ok(Some(sound.to_owned())), "{sound}");
    }
}

#[test]
fn a_word_for_nothing_is_no_id_no_time_and_no_rating() {
    for nothing in [
        "-", "n/a", "N/A", "none", "unknown", "#N/A", "#REF!", "####", "not yet", "\u{200b}", "'-",
        "=\"\"",
    ] {
        assert_eq!(id(nothing), Ok(None), "{nothing}");
        assert_eq!(ruled(time("at", Some(nothing))), Ok(None), "{nothing}");
        assert_eq!(ruled(rating("stars", Some(nothing))), Ok(None), "{nothing}");
    }
    for zeros in ["0000-00-00 00:00:00", "00/00/0000"] {
        assert_eq!(ruled(time("at", Some(zeros))), Ok(None), "{zeros}");
    }
    assert_eq!(ruled(time("at", Some("soon"))), Err(Rule::Time));
    assert_eq!(
        ruled(rating("stars", Some("0"))),
        Err(Rule::Form(AnswerRule::Rating))
    );
}

#[test]
fn what_nobody_sees_and_what_a_spreadsheet_puts_before_it_says_nothing() {
    let at = ruled(time("at", Some("2026-11-10T09:00:00Z"))).unwrap();
    for written in [
        "'2026-11-10T09:00:00Z",
        "\u{200b}2026-11-10T09:00:00Z\u{feff}",
        "=\"2026-11-10T09:00:00Z\"",
        "\u{a0}2026-11-10T09:00:00Z",
    ] {
        assert_eq!(ruled(time("at", Some(written))).unwrap(), at, "{written}");
    }
    for four in ["4", "4.0", "'4", "\u{200b}4", "=\"4\"", " 4 "] {
        assert_eq!(
            ruled(rating("stars", Some(four))).unwrap().map(u8::from),
            Some(4),
            "{four}"
        );
    }
    for none in ["4,0", "4,5", "4,000", "1,4", "4 5", "=4+1"] {
        assert_eq!(
            ruled(rating("stars", Some(none))),
            Err(Rule::Form(AnswerRule::Rating)),
            "{none}"
        );
    }
    for written in [
        "CMP\u{ad}-1",
        "CMP-1\u{200b}",
        "\u{feff}CMP-1",
        "CMP\u{0}-1",
    ] {
        assert_eq!(id(written), Ok(Some("CMP-1".to_owned())), "{written:?}");
    }
    assert_eq!(word("'[deleted]"), "[deleted]");
}

#[test]
fn what_keeps_a_spreadsheet_from_rounding_is_taken_off() {
    for written in [
        "=\"1858200000000010423\"",
        "'1858200000000010423",
        " = \"1858200000000010423\" ",
        "=1858200000000010423",
    ] {
        assert_eq!(
            id(written),
            Ok(Some("1858200000000010423".to_owned())),
            "{written}"
        );
    }
    assert_eq!(
        number("=\"07700900142\""),
        Ok(Some("07700900142".to_owned()))
    );
    assert_eq!(number("'07700 900142"), Ok(Some("07700 900142".to_owned())));
    assert_eq!(
        ruled(email("email", Some("=\"rosa@example.org\""))),
        Ok(Some("rosa@example.org".to_owned()))
    );
    assert_eq!(id("=\"\""), Ok(None));
    assert_eq!(
        plain("=HYPERLINK(\"x\")"),
        "=HYPERLINK(\"x\")",
        "another formula is what it is"
    );
}

#[test]
fn a_telephone_number_is_read_and_what_was_made_of_one_is_refused() {
    for rounded in [
        "4.47701E+11",
        "4,47701E+11",
        "447701E6",
        "7.7009E9",
        "44770090014200000",
        "4477009001420000",
    ] {
        assert_eq!(number(rounded), Err(Rule::Rounded), "{rounded}");
    }
    for none in [
        "n/a",
        "none",
        "-",
        "not given",
        "[None]",
        "0",
        "000 0000 0000",
        "+",
        "N/A; unknown",
    ] {
        assert_eq!(number(none), Ok(None), "{none}");
    }
    for other in ["12", "call me", "07700", "07700 900142 / 12"] {
        assert_eq!(number(other), Err(Rule::Form(AnswerRule::Phone)), "{other}");
    }
    for (written, read) in [
        ("447700900242.0", "447700900242"),
        ("0770090\u{0}0203", "07700900203"),
        ("07700 900322 / 01632 960322", "07700 900322 / 01632 960322"),
        ("01305 251010 ext 2", "01305 251010 ext 2"),
        ("7700900242", "7700900242"),
    ] {
        assert_eq!(number(written), Ok(Some(read.to_owned())));
    }
}

#[test]
fn one_resident_is_one_however_a_table_writes_the_number() {
    use custodian_domain::identity::identifier::Identifier;
    let read = |text: &str| {
        number(text)
            .unwrap()
            .map(|text| Identifier::phone(&text).unwrap())
    };
    for written in [
        "447700900242",
        "7700900242",
        "+447700900242",
        "447700900242.0",
        "=\"07700900242\"",
        "00447700900242",
    ] {
        assert_eq!(read(written), read("07700900242"), "{written}");
    }
}

#[test]
fn four_point_nought_is_four_and_a_half_is_nothing() {
    let read =
        |text: &str| ruled(rating("satisfaction", Some(text))).map(|point| point.map(u8::from));
    for four in ["4", "4.0", "4.00", "04"] {
        assert_eq!(read(four), Ok(Some(4)), "{four}");
    }
    for none in [
        "4.5",
        "0",
        "6",
        "-4",
        "4e0",
        "inf",
        "four",
        "4,0",
        "3.9999999999999999",
    ] {
        assert_eq!(read(none), Err(Rule::Form(AnswerRule::Rating)), "{none}");
    }
}

proptest! {
    /// However a spreadsheet shows a number that it has no room for, it is refused; and with room,
    /// it is read.
    #[test]
    fn every_number_of_sixteen_digits_and_more_is_refused_once_it_is_rounded(number in 1_000_000_000_000_000_u64..10_000_000_000_000_000_000) {
        let digits = number.to_string();
        let cut = format!("{}{}", &digits[..15], "0".repeat(digits.len() - 15));
        let power = format!("{}.{}E+{}", &digits[..1], &digits[1..6], digits.len() - 1);
        prop_assert!(is_rounded(&cut) && is_rounded(&power) && is_rounded(&power.replace('.', ",")));
        prop_assert_eq!(is_rounded(&digits), digits == cut);
        prop_assert!(!is_rounded(&digits[..15]));
    }

    #[test]
    fn whatever_stands_in_a_field_it_is_read_or_refused(text in "\\PC{0,30}|[0-9Ee+.,'=\" ]{0,20}") {
        for read in [exact, email, phone] {
            drop(read("field", Some(&text)));
        }
        drop(rating("field", Some(&text)));
    }
}
