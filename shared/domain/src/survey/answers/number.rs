//! A number, as people write it.

use super::AnswerRule;
use crate::survey::{Bound, Question};
use crate::validation::text::{folded, is_hard_space};

/// How many digits a number may have: a float keeps 15 as they were typed.
const DIGITS: usize = 15;

/// Reads a number: `1,000`, `1 000`, `£3`, `+3`, `3.0`, in the digits of any script.
///
/// # Errors
/// [`AnswerRule::Number`] or [`AnswerRule::Digits`].
pub(super) fn read(typed: &str) -> Result<f64, AnswerRule> {
    let typed = folded(typed).replace(is_hard_space, " ");
    let (is_negative, quantity) = unsigned(&typed);
    let (whole, decimals) = quantity
        .split_once('.')
        .map_or((quantity, None), |(whole, more)| (whole, Some(more)));
    let digits = grouped(whole).ok_or(AnswerRule::Number)? + "." + decimals.unwrap_or_default();
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_plain || count == 0 {
        return Err(AnswerRule::Number);
    }
    if count > DIGITS {
        return Err(AnswerRule::Digits(DIGITS));
    }
    let number: f64 = digits.parse().map_err(|_| AnswerRule::Number)?;
    // Nobody means a zero with a sign.
    Ok(if is_negative && number != 0.0 {
        -number
    } else {
        number
    })
}

/// Whether there is a minus, and what follows the sign and the pound sign, in either order.
fn unsigned(typed: &str) -> (bool, &str) {
    let mut rest = typed.trim();
    let (mut sign, mut pounds) = (None, false);
    while let Some(first) = rest.chars().next() {
        match first {
            '+' | '-' if sign.is_none() => sign = Some(first),
            '£' if !pounds => pounds = true,
            _ => break,
        }
        rest = rest[first.len_utf8()..].trim_start();
    }
    (sign == Some('-'), rest)
}

/// The digits of a whole number, which may be grouped in threes by commas or spaces; anything else
/// is ambiguous.
fn grouped(whole: &str) -> Option<String> {
    let Some(mark) = [',', ' '].into_iter().find(|mark| whole.contains(*mark)) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(mark);
    let first = groups
        .next()
        .is_some_and(|first| (1..=3).contains(&first.len()));
    (first && groups.all(|group| group.len() == 3)).then(|| whole.replace(mark, ""))
}

/// Checks a number against its question's limits.
///
/// # Errors
/// [`AnswerRule::Whole`], [`AnswerRule::Min`], [`AnswerRule::Max`] or [`AnswerRule::Between`].
pub(super) fn within(question: &Question, number: f64) -> Result<f64, AnswerRule> {
    if question.whole && number.fract() != 0.0 {
        return Err(AnswerRule::Whole);
    }
    let bound = |bound: Option<Bound>| bound.and_then(Bound::number);
    let (min, max) = (bound(question.min), bound(question.max));
    if min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max) {
        Ok(number)
    } else {
        Err(AnswerRule::out_of(
            min.map(Bound::Number),
            max.map(Bound::Number),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::survey::answers::AnswerRule;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_taken_as_people_write_it() {
        for (typed, number) in [
            ("3", 3.0),
            ("1,000", 1000.0),
            ("1 000", 1000.0),
            ("1\u{2009}000", 1000.0),
            ("1\u{A0}000\u{202F}000", 1_000_000.0),
            ("12,345,678.5", 12_345_678.5),
            ("£3", 3.0),
            ("£ 1,000.50", 1000.5),
            ("+3", 3.0),
            ("-3", -3.0),
            ("\u{2212}3", -3.0),
            ("-£3", -3.0),
            ("£-3", -3.0),
            ("３", 3.0),
            ("٣", 3.0),
            ("１，０００", 1000.0),
            ("3.0", 3.0),
            ("3.", 3.0),
            (".5", 0.5),
            ("007", 7.0),
            ("-0", 0.0),
        ] {
            assert_eq!(read(typed), Ok(number), "{typed}");
        }
        assert!(read("-0").unwrap().is_sign_positive());
    }

    #[test]
    fn what_could_mean_two_numbers_or_none_is_refused() {
        for typed in [
            "",
            "a few",
            "three",
            "1,5",
            "1 5",
            "1,00",
            "1,0000",
            "1000,000",
            ",000",
            "1,000 000",
            "1, 000",
            "1.000,5",
            "1..5",
            "1.5.2",
            "--3",
            "£",
            "-",
            ".",
            "1e3",
            "NaN",
            "inf",
            "0x10",
            "3%",
            "££3",
            "1-2",
        ] {
            assert_eq!(read(typed), Err(AnswerRule::Number), "{typed}");
        }
        assert_eq!(read("9999999999999999"), Err(AnswerRule::Digits(15)));
        assert_eq!(read("0.0000000000000001"), Err(AnswerRule::Digits(15)));
    }

    proptest! {
        #[test]
        fn a_number_set_off_in_threes_is_the_same_number(number in 0_u64..1_000_000_000_000_000, mark in proptest::sample::select(vec![',', ' ', '\u{A0}', '\u{2009}', '\u{202F}'])) {
            let plain = number.to_string();
            let mut spelt = String::new();
            for (place, digit) in plain.chars().enumerate() {
                if place > 0 && (plain.len() - place).is_multiple_of(3) { spelt.push(mark); }
                spelt.push(digit);
            }
            prop_assert_eq!(read(&spelt), read(&plain));
            prop_assert_eq!(read(&plain), Ok(plain.parse::<f64>().unwrap()));
        }
    }
}
