//! A date, as people write it: in three fields, or in one.

use super::{Answer, AnswerRule, FormData, RawValue, fault};
use crate::survey::{Bound, Question};
use crate::validation::text::{folded, line};
use crate::validation::violation::Violation;
use chrono::{Month, NaiveDate};

/// The years that a question may ask about.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;
/// The fields of a date in a form, in the order of [`Question::date_fields`].
const DAY: usize = 0;
const MONTH: usize = 1;
const YEAR: usize = 2;
/// What follows the number of a day.
const ENDINGS: [&str; 4] = ["st", "nd", "rd", "th"];

/// Which parts of a date are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing([bool; 3]);

impl std::fmt::Display for Missing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = ["day", "month", "year"]
            .into_iter()
            .zip(self.0)
            .filter_map(|(part, missing)| missing.then_some(part));
        formatter.write_str(&named.collect::<Vec<_>>().join(" and "))
    }
}

/// Reads the date that answers a question, from its own field or from three, and checks it against
/// the question's limits.
///
/// # Errors
/// What is wrong, with the part that is wrong.
pub(super) fn answer(
    question: &Question,
    whole: Option<RawValue>,
    sheet: &mut FormData,
    today: NaiveDate,
) -> Result<Option<Answer>, Violation<AnswerRule>> {
    let at_whole = |rule| fault(&question.id, rule);
    let whole = one(whole).map_err(at_whole)?;
    let fields = question.date_fields();
    let parts = fields
        .clone()
        .map(|field| one(sheet.remove(&field)).map_err(|rule| fault(&field, rule)));
    let [day, month, year] = parts;
    let parts = [day?, month?, year?];
    let (parts, in_parts) = match (whole, parts) {
        (None, [None, None, None]) => return Ok(None),
        (Some(whole), [None, None, None]) => (
            taken_apart(&whole).ok_or_else(|| at_whole(AnswerRule::Date))?,
            false,
        ),
        (Some(_), _) => return Err(at_whole(AnswerRule::Once)),
        (None, parts) => (
            in_their_fields(parts).ok_or_else(|| at_whole(AnswerRule::Date))?,
            true,
        ),
    };
    let date = date(&parts).map_err(|(part, rule)| match part {
        Some(part) if in_parts => fault(&fields[part], rule),
        _ => at_whole(rule),
    })?;
    within(question, date, today).map_err(at_whole)?;
    Ok(Some(Answer::Text(date.to_string())))
}

/// The one text that was given, if any.
fn one(given: Option<RawValue>) -> Result<Option<String>, AnswerRule> {
    let texts = match given {
        None => return Ok(None),
        Some(RawValue::Texts(texts)) => texts,
        Some(RawValue::Number(number)) => return Ok(Some(number.to_string())),
        Some(RawValue::Repeated) => return Err(AnswerRule::Once),
        Some(RawValue::YesNo(_) | RawValue::Other) => return Err(AnswerRule::Date),
    };
    let mut texts = texts
        .iter()
        .map(|text| line(text))
        .filter(|text| !text.is_empty());
    match (texts.next(), texts.next()) {
        (_, Some(_)) => Err(AnswerRule::Once),
        (text, None) => Ok(text),
    }
}

/// The parts from three fields. If somebody wrote more than a part into one, such as the whole date
/// into the day, it is read as if they had one field. `None` if that is not a date, and no other
/// field is filled in.
fn in_their_fields(parts: [Option<String>; 3]) -> Option<[Option<String>; 3]> {
    let given: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    let words = words(&given.join(" "));
    if words.len() <= given.len() {
        return Some(parts);
    }
    match (sorted(words), given.len()) {
        (None, 1) => None,
        (sorted, _) => Some(sorted.unwrap_or(parts)),
    }
}

/// Day, month and year of `27 March 2026`, `27/3/2026`, `2026-03-27`, `March 27, 2026`, `27032026`;
/// `None` if there is more in it.
fn taken_apart(text: &str) -> Option<[Option<String>; 3]> {
    sorted(words(text))
}

/// The numbers and words of a date, whatever is between them: `27th`, `27Mar2026` and `27032026`
/// have more than one.
fn words(text: &str) -> Vec<String> {
    let text = folded(text).to_lowercase();
    let mut words = Vec::new();
    for run in text.split(|c: char| !c.is_alphanumeric()) {
        let mut rest = run;
        while let Some(first) = rest.chars().next() {
            let is_number = first.is_ascii_digit();
            let end = rest
                .find(|c: char| c.is_ascii_digit() != is_number)
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            if is_number {
                rest = if ENDINGS.contains(&rest) { "" } else { rest };
                words.extend(in_eight_digits(word).unwrap_or_else(|| vec![word.to_owned()]));
            } else if !matches!(word, "of" | "the") && !is_weekday(word) {
                words.push(word.to_owned());
            }
        }
    }
    words
}

/// The parts of `27032026` and `20260327`; no eight digits are a date in both ways.
fn in_eight_digits(word: &str) -> Option<Vec<String>> {
    let is_date = |parts: &[&str; 3], [day, month, year]: [usize; 3]| {
        date(&[day, month, year].map(|part| Some(parts[part].to_owned()))).is_ok()
    };
    if word.len() != 8 {
        return None;
    }
    let (day_first, year_first) = (
        [&word[..2], &word[2..4], &word[4..]],
        [&word[..4], &word[4..6], &word[6..]],
    );
    let parts = if is_date(&day_first, [0, 1, 2]) {
        day_first
    } else if is_date(&year_first, [2, 1, 0]) {
        year_first
    } else {
        return None;
    };
    Some(parts.map(str::to_owned).to_vec())
}

/// Day, month and year of the words of a date, in any unambiguous order; `None` if there are too
/// many.
fn sorted(mut words: Vec<String>) -> Option<[Option<String>; 3]> {
    let mut parts = [None, None, None];
    let is_year = |word: &String| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    // In ISO 8601 the month follows the year.
    let year_first = words.first().is_some_and(is_year);
    if let Some(place) = words.iter().position(|word| named_month(word).is_some()) {
        parts[MONTH] = Some(words.remove(place));
    }
    if let Some(place) = words.iter().position(is_year) {
        parts[YEAR] = Some(words.remove(place));
    }
    let mut rest = words.into_iter();
    let order = if year_first {
        [MONTH, DAY, YEAR]
    } else {
        [DAY, MONTH, YEAR]
    };
    for part in order {
        if parts[part].is_none() {
            parts[part] = rest.next();
        }
    }
    rest.next().is_none().then_some(parts)
}

fn is_weekday(word: &str) -> bool {
    word.len() >= 3
        && [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ]
        .into_iter()
        .any(|day| day.starts_with(word))
}

/// The month that a word names: in full, or by its first three letters or more.
fn named_month(word: &str) -> Option<u32> {
    let begins = |month: &u32| {
        let name = u8::try_from(*month)
            .ok()
            .and_then(|month| Month::try_from(month).ok());
        name.is_some_and(|name| name.name().to_ascii_lowercase().starts_with(word))
    };
    (1..=12).find(begins).filter(|_| word.len() >= 3)
}

/// The date of three parts.
///
/// # Errors
/// The part that is wrong, if it is one of them.
fn date(parts: &[Option<String>; 3]) -> Result<NaiveDate, (Option<usize>, AnswerRule)> {
    let missing = parts.each_ref().map(Option::is_none);
    if let Some(part) = missing.iter().position(|missing| *missing) {
        return Err((Some(part), AnswerRule::Missing(Missing(missing))));
    }
    // What is between the parts may have been typed with one.
    let plain = |part: &str| {
        folded(part)
            .trim_matches([' ', '.', ',', '/'])
            .to_lowercase()
    };
    let [day, month, year] = parts
        .each_ref()
        .map(|part| plain(part.as_deref().unwrap_or_default()));
    let day = ENDINGS
        .iter()
        .find_map(|ending| day.strip_suffix(ending))
        .unwrap_or(&day);
    let day = number(day, 2)
        .filter(|day| (1..=31).contains(day))
        .ok_or((Some(DAY), AnswerRule::Day))?;
    let month = named_month(&month)
        .or_else(|| number(&month, 2))
        .filter(|month| (1..=12).contains(month));
    let month = month.ok_or((Some(MONTH), AnswerRule::Month))?;
    let year = number(&year, 4)
        .and_then(|year| i32::try_from(year).ok())
        .filter(|year| YEARS.contains(year));
    let year = year.ok_or((Some(YEAR), AnswerRule::Year))?;
    NaiveDate::from_ymd_opt(year, month, day).ok_or((None, AnswerRule::Date))
}

/// A number of at most this many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let plain =
        (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn within(question: &Question, date: NaiveDate, today: NaiveDate) -> Result<(), AnswerRule> {
    if question.past && date > today {
        return Err(AnswerRule::Past);
    }
    let bound = |bound: Option<Bound>| bound.and_then(Bound::day);
    let (min, max) = (bound(question.min), bound(question.max));
    if min.is_none_or(|min| date >= min) && max.is_none_or(|max| date <= max) {
        Ok(())
    } else {
        Err(AnswerRule::out_of(min.map(Bound::Day), max.map(Bound::Day)))
    }
}
