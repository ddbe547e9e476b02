//! Halves of characters in JSON, where a program has cut a text in the middle of an emoji.

use std::borrow::Cow;

/// The replacement character (U+FFFD), as JSON escapes it.
const REPLACEMENT: &str = "\\ufffd";
/// The length of an escaped unit of UTF-16: `\ud83d`.
const ESCAPED: usize = 6;

/// JSON in which the replacement character takes the place of each half of a character that has
/// lost its other half.
///
/// RFC 8259 (8.2) allows such halves, and no text can contain one. The rest of the text must not be
/// lost.
#[must_use]
pub fn mended(json: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(backslash) = json.get(at..).and_then(|rest| rest.find('\\')) {
        let begins = at + backslash;
        let rest = json.get(begins..).unwrap_or_default();
        let (length, is_half) = match unit(rest) {
            Some(0xD800..=0xDBFF) => match rest.get(ESCAPED..).and_then(unit) {
                Some(0xDC00..=0xDFFF) => (2 * ESCAPED, false),
                _ => (ESCAPED, true),
            },
            Some(unit) => (ESCAPED, (0xDC00..=0xDFFF).contains(&unit)),
            // Another escape, of two bytes or of a longer character, which is not JSON.
            None => (1 + rest.chars().nth(1).map_or(0, char::len_utf8), false),
        };
        at = begins + length;
        if is_half {
            mended.push_str(json.get(copied..begins).unwrap_or_default());
            mended.push_str(REPLACEMENT);
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    mended.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

/// The unit of UTF-16 that is escaped at the beginning of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    // `from_str_radix` accepts a sign.
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::mended;
    use proptest::prelude::*;
    use serde_json::Value;

    fn read(json: &str) -> String {
        serde_json::from_str::<String>(&mended(json)).unwrap()
    }

    #[test]
    fn a_half_is_replaced_and_a_whole_is_left() {
        assert_eq!(read(r#""Great \ud83d""#), "Great \u{fffd}");
        assert_eq!(read(r#""\ude00 late""#), "\u{fffd} late");
        assert_eq!(
            read(r#""\ud83d\ude00 \uD83D\uDE00""#),
            "\u{1f600} \u{1f600}"
        );
        assert_eq!(read(r#""\ud83d\ud83d\ude00""#), "\u{fffd}\u{1f600}");
        assert_eq!(
            read(r#""\ud83dx\ude00\ud83d""#),
            "\u{fffd}x\u{fffd}\u{fffd}"
        );
        assert_eq!(read(r#""\\ud83d""#), "\\ud83d", "that is a backslash");
        assert_eq!(read(r#""\\\ud83d \n""#), "\\\u{fffd} \n");
        assert_eq!(read(r#""\u00e9\ufffd""#), "\u{e9}\u{fffd}");
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for text in [
            "\\",
            "\\u",
            "\\u12",
            "\\u+123",
            "\\\u{e9}",
            "\\ud83",
            "{\"a\": \"\\q\"}",
        ] {
            assert_eq!(mended(text), text);
        }
    }

    proptest! {
        #[test]
        fn json_that_can_be_read_is_left_as_it_is(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(mended(&json), json.as_str());
        }

        #[test]
        fn whatever_units_a_program_has_escaped_they_are_read_as_a_lossy_reader_would(units in proptest::collection::vec(prop_oneof![any::<u16>(), 0xD7F0_u16..0xE010], 0..12)) {
            let json = units.iter().fold(String::new(), |json, unit| format!("{json}\\u{unit:04x}"));
            let read: Value = serde_json::from_str(&mended(&format!("\"{json}\""))).unwrap();
            prop_assert_eq!(read.as_str().unwrap(), String::from_utf16_lossy(&units));
        }

        #[test]
        fn whatever_stands_there_nothing_panics(text in "(\\PC|\\\\|u|d8|dc|[0-9a-f]){0,30}") {
            drop(mended(&text));
        }
    }
}
