//! Values in words, as a lay person reads them.

use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::london;
use custodian_domain::record::facts::codes::in_words;
use custodian_domain::record::facts::{Answered, Fact, Value};
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::survey::answers::Answer;
use custodian_domain::survey::{LawfulBasis, QuestionKind};

/// How a day is written.
const DAY: &str = "%-d %B %Y";

/// The facts that are short names, not words.
const SHORT_NAMES: [&str; 4] = ["survey", "service", "journey", "stage"];

/// A value on the page.
pub enum Shown {
    /// As text.
    Text(String),
    /// As a list, so that two things differ from one thing with a comma in it.
    List(Vec<String>),
}

/// A fact's value in words.
pub fn shown(fact: &Fact<'_>) -> Shown {
    Shown::Text(match &fact.value {
        Value::Text(name) if SHORT_NAMES.contains(&fact.name) => in_words(name),
        Value::Text(text) => text.clone().into_owned(),
        Value::Number(number) => number.to_string(),
        Value::Seconds(seconds) => lasting(*seconds),
        Value::YesNo(yes) => yes_no(*yes).to_owned(),
        Value::Rating(point) => rating(*point),
        Value::Time(time) => timed(*time),
        Value::Day(day) => day.format(DAY).to_string(),
        Value::Code(code) => code.label.to_owned(),
        Value::List(texts) => return Shown::List(texts.to_vec()),
        // These have lines, or a part of the page, of their own.
        Value::Contact(_) | Value::Answers(_) | Value::Conversation(_) | Value::Parts(_) => {
            String::new()
        }
    })
}

/// An answer in words.
pub fn answer(answered: &Answered<'_>) -> Shown {
    Shown::Text(match &*answered.answer {
        Answer::Choices(choices) => return Shown::List(choices.clone()),
        answer if answered.is_rating() => rated(answer),
        Answer::Text(day) if answered.kind == QuestionKind::Date => dated(day),
        answer => plain(answer),
    })
}

/// A point of the scale, in words.
fn rated(answer: &Answer) -> String {
    let is = |point: &Satisfaction| plain(answer) == u8::from(*point).to_string();
    Satisfaction::scale()
        .into_iter()
        .find(is)
        .map_or_else(|| plain(answer), rating)
}

fn rating(satisfaction: Satisfaction) -> String {
    format!(
        "{} out of 5: {}",
        u8::from(satisfaction),
        satisfaction.label()
    )
}

const fn yes_no(yes: bool) -> &'static str {
    if yes { "Yes" } else { "No" }
}

fn plain(answer: &Answer) -> String {
    match answer {
        Answer::YesNo(yes) => yes_no(*yes).to_owned(),
        Answer::Number(number) => number.to_string(),
        Answer::Choices(choices) => choices.join(", "),
        Answer::Text(text) => text.clone(),
    }
}

/// A date from a form, as people write it; anything else unchanged.
fn dated(text: &str) -> String {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_or_else(|_| text.to_owned(), |day| day.format(DAY).to_string())
}

/// Why the council may hold a record.
pub const fn basis(basis: LawfulBasis) -> &'static str {
    match basis {
        LawfulBasis::PublicTask => "Our public task (Article 6(1)(e) UK GDPR)",
        LawfulBasis::Consent => "Your consent (Article 6(1)(a) UK GDPR)",
    }
}

/// A day as people write it, in London: 23 November 2029.
pub fn spoken(instant: DateTime<Utc>) -> String {
    london::date(instant).format(DAY).to_string()
}

/// A moment as people write it, in London: 23 November 2029, 9:05am.
pub fn timed(instant: DateTime<Utc>) -> String {
    london::time(instant)
        .format("%-d %B %Y, %-I:%M%P")
        .to_string()
}

/// How long something took: 7 minutes 41 seconds.
fn lasting(seconds: u32) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let of =
        |number: u32, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    match (minutes, seconds) {
        (0, _) => of(seconds, "second"),
        (_, 0) => of(minutes, "minute"),
        _ => format!("{} {}", of(minutes, "minute"), of(seconds, "second")),
    }
}

/// The same, with a mark in place of each character that HTML does not allow: controls and
/// noncharacters.
pub fn visible(html: String) -> String {
    if html.chars().any(is_forbidden) {
        html.chars()
            .map(|c| if is_forbidden(c) { '\u{FFFD}' } else { c })
            .collect()
    } else {
        html
    }
}

/// A parse error in text, by the HTML standard: controls other than white space, and noncharacters
/// (<https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream>).
fn is_forbidden(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\t' | '\n' | '\x0c' | '\r');
    is_control || matches!(c, '\u{FDD0}'..='\u{FDEF}') || u32::from(c) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::{dated, is_forbidden, visible};

    #[test]
    fn what_html_forbids_is_marked_and_nothing_else_is_touched() {
        let forbidden = "\u{FFFE}\u{1FFFF}\u{10FFFE}\u{FDD0}\0\u{1}\u{b}\u{7f}\u{85}\u{9f}";
        assert_eq!(
            visible(forbidden.to_owned()),
            "\u{FFFD}".repeat(forbidden.chars().count())
        );
        for text in [
            "Quick.\tYes\r\n",
            "\u{1F468}\u{200D}\u{1F467} \u{202E}abc\u{202C}",
            "é\u{FFFD}\u{FFFC}\u{E000}",
        ] {
            assert_eq!(visible(text.to_owned()), text);
        }
    }

    #[test]
    fn a_typed_date_reads_like_any_other() {
        assert_eq!(dated("2026-03-29"), "29 March 2026");
        for other in ["2026-02-30", "soon", "2026-03-29 at noon", ""] {
            assert_eq!(dated(other), other);
        }
    }

    #[test]
    fn nothing_forbidden_is_left_of_all_there_is() {
        let all: String = ('\0'..=char::MAX).collect();
        let visible = visible(all.clone());
        assert_eq!(visible.chars().count(), all.chars().count());
        assert!(!visible.chars().any(is_forbidden));
        let changed = all
            .chars()
            .zip(visible.chars())
            .filter(|(one, other)| one != other)
            .count();
        // 65 controls without four that are white space, and 66 noncharacters.
        assert_eq!(changed, 65 - 4 + 66);
    }
}
