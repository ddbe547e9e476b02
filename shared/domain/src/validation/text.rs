//! Text as people send it: from a keyboard, a telephone, Word, `PowerPoint` or a PDF.
//!
//! Nobody can see a control character, and somebody who pasted one can't remove it. So it is never
//! refused: what breaks a line becomes a line break, the rest is removed. One rule for forms, JSON
//! and partners.

use icu_properties::props::{
    Dash, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, NoncharacterCodePoint,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// How many bytes a text may have beyond four for each character: an emoji of a family is one
/// character and has 25.
pub const SLACK: usize = 2_000;

/// Text of several lines. CR LF, CR, VT, FF and NEL become line breaks. Other control characters
/// and noncharacters are removed, and so is the white space around the text. Tabs and the
/// separators of Unicode stay.
#[must_use]
pub fn lines(typed: &str) -> String {
    let mut text = String::with_capacity(typed.len());
    let mut typed = typed.chars().peekable();
    while let Some(c) = typed.next() {
        match c {
            '\r' if typed.peek() == Some(&'\n') => {}
            '\r' | '\n' | '\u{B}' | '\u{C}' | '\u{85}' => text.push('\n'),
            '\t' => text.push(c),
            _ if c.is_control() || is_noncharacter(c) => {}
            _ => text.push(c),
        }
    }
    // Nothing that is removed may keep white space from being trimmed: it is gone by now.
    text.trim().to_owned()
}

/// Text of one line: the same, with a space for each line break and tab.
#[must_use]
pub fn line(typed: &str) -> String {
    lines(typed)
        .replace(['\n', '\t', '\u{2028}', '\u{2029}'], " ")
        .trim()
        .to_owned()
}

/// Whether a text is no longer than that, in characters as people count them (UAX 29: an emoji of a
/// family is one). Marks that pile up on one character may have four bytes for each character that
/// is allowed, and [`SLACK`].
#[must_use]
pub fn fits(text: &str, limit: usize) -> bool {
    text.len() <= largest(limit)
        && (text.len() <= limit || text.graphemes(true).take(limit + 1).count() <= limit)
}

/// The most bytes of a text that fits.
#[must_use]
pub const fn largest(limit: usize) -> usize {
    limit.saturating_mul(4).saturating_add(SLACK)
}

/// Whether the character is invisible: ignorable by default (zero widths, marks of direction,
/// variation selectors, the soft hyphen), other format and control characters, noncharacters. A tab
/// or a line break is visible.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !c.is_whitespace();
    }
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(
            category(c),
            GeneralCategory::Format | GeneralCategory::Control
        ) && !c.is_whitespace()
        || is_noncharacter(c)
}

/// Whether it is another kind of space than the keyboard's, such as one that does not break.
#[must_use]
pub fn is_hard_space(c: char) -> bool {
    !c.is_ascii() && category(c) == GeneralCategory::SpaceSeparator
}

/// Whether it is a letter or a digit of any script, or another number.
#[must_use]
pub fn is_letter_or_number(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Number)
        .contains(category(c))
}

/// Characters as on a British keyboard: full-width forms, digits of any script and dashes of any
/// length are replaced.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(fold).collect())
    }
}

fn fold(c: char) -> char {
    match c {
        c if c.is_ascii() => c,
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFF01 + u32::from('!'))
            .filter(char::is_ascii)
            .unwrap_or(c),
        c if CodePointSetData::new::<Dash>().contains(c) => '-',
        c => digit(c)
            .and_then(|digit| char::from_digit(digit, 10))
            .unwrap_or(c),
    }
}

/// The value of a decimal digit of any script. Each script has its ten digits in a row, from zero
/// on.
fn digit(c: char) -> Option<u32> {
    let is_digit = |c| category(c) == GeneralCategory::DecimalNumber;
    let before = |places| u32::from(c).checked_sub(places).and_then(char::from_u32);
    let run = (1..=u32::from(c))
        .take_while(|places| before(*places).is_some_and(is_digit))
        .count();
    // Rows that touch, such as the mathematical ones, follow each other in tens.
    is_digit(c).then(|| u32::try_from(run % 10).unwrap_or_default())
}

fn is_noncharacter(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::{fits, folded, is_hard_space, is_unseen, line, lines};
    use proptest::prelude::*;

    #[test]
    fn what_breaks_a_line_in_word_powerpoint_or_a_pdf_is_a_line_break() {
        for (typed, text) in [
            ("It was fine.\u{B}Thank you", "It was fine.\nThank you"),
            ("a\u{C}b", "a\nb"),
            ("a\u{85}b", "a\nb"),
            ("a\r\nb\rc\nd", "a\nb\nc\nd"),
            ("a\r\r\nb", "a\n\nb"),
            (" \u{B}\r\n a\t b \u{85}", "a\t b"),
        ] {
            assert_eq!(lines(typed), text, "{typed:?}");
            assert_eq!(line(typed), text.replace(['\n', '\t'], " "), "{typed:?}");
        }
    }

    #[test]
    fn what_nobody_can_see_goes_and_what_has_a_meaning_stays() {
        assert_eq!(
            lines(
                "a\u{0}\u{3}\u{1E}\u{1F}\u{7F}\u{92}\u{FFFE}\u{FFFF}\u{FDD0}\u{1FFFE}\u{10FFFF}b\u{1B}"
            ),
            "ab"
        );
        for meant in [
            "x\u{2028}y",
            "\u{202A}abc\u{202C}",
            "क्\u{200D}ष",
            "👨\u{200D}👩\u{200D}👧",
            "i\u{FE0F}",
            "\u{FFFD}",
            "\u{F0B7} a",
        ] {
            assert_eq!(lines(meant), meant);
        }
        assert_eq!(line("x\u{2028}y\u{2029}z"), "x y z");
    }

    #[test]
    fn a_character_is_what_people_count_as_one() {
        let family = "👨\u{200D}👩\u{200D}👧\u{200D}👦";
        assert!(fits(&family.repeat(10), 10) && !fits(&family.repeat(11), 10));
        assert!(
            fits("e\u{301}", 1)
                && fits(
                    "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
                    1
                )
                && fits("🇬🇧", 1)
        );
        assert!(!fits("ab", 1) && fits("", 0));
        assert!(fits(&"ক".repeat(5_000), 5_000) && !fits(&"ক".repeat(5_001), 5_000));
        assert!(
            !fits(&format!("a{}", "\u{301}".repeat(1_002)), 1),
            "marks that pile up have an end"
        );
    }

    #[test]
    fn signs_of_any_keyboard_are_those_of_a_british_one() {
        assert_eq!(
            folded("＋４４（０）７７００　９００１４２"),
            "+44(0)7700\u{3000}900142"
        );
        for digits in [
            "٠١٢٣٤٥٦٧٨٩",
            "۰۱۲۳۴۵۶۷۸۹",
            "०१२३४५६७८९",
            "০১২৩৪৫৬৭৮৯",
            "０１２３４５６７８９",
            "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
            "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡",
        ] {
            assert_eq!(folded(digits), "0123456789");
        }
        for dash in "‐‑‒–—―−﹣－".chars() {
            assert_eq!(folded(&dash.to_string()), "-", "{dash:?}");
        }
        assert_eq!(folded("é½²"), "é½²");
    }

    #[test]
    fn every_hidden_mark_is_unseen_and_nothing_else_is() {
        for c in "\u{AD}\u{34F}\u{61C}\u{180E}\u{200B}\u{200C}\u{200D}\u{200E}\u{200F}\u{202A}\u{202E}\u{2060}\u{2066}\u{2069}\u{FE00}\u{FE0D}\u{FE0F}\u{FEFF}\u{E0100}\u{0}\u{92}\u{FFFE}".chars() {
            assert!(is_unseen(c), "{c:?}");
        }
        for c in "a0 \t\n\r\u{B}\u{85}é\u{301}\u{A0}\u{2028}\u{FFFD}-–👨".chars() {
            assert!(!is_unseen(c), "{c:?}");
        }
        for c in "\u{A0}\u{202F}\u{2009}\u{3000}\u{205F}".chars() {
            assert!(is_hard_space(c), "{c:?}");
        }
        assert!(!is_hard_space(' ') && !is_hard_space('\u{2028}'));
    }

    proptest! {
        #[test]
        fn what_was_cleaned_stays_as_it_is(typed in any::<String>(), other in "[a\\x00-\\x20\\x7f-\\x9f\\u{2028}\\u{fffe}]{0,20}") {
            for typed in [typed, other] {
                let (one, more) = (line(&typed), lines(&typed));
                prop_assert_eq!(line(&one), one.clone());
                prop_assert_eq!(lines(&more), more.clone());
                prop_assert_eq!(line(&more), one.clone());
                prop_assert!(!one.chars().any(char::is_control));
                prop_assert!(!more.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
                prop_assert!(more.chars().count() <= typed.chars().count());
            }
        }

        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = folded(&text).into_owned();
            prop_assert_eq!(folded(&once), once.clone());
        }
    }
}
