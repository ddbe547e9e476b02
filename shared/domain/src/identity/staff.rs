//! Who gives an order: a role or a staff number, as somebody types it.
//!
//! Nobody proves it. The code only makes sure that one name does not pass for two.

use unicode_normalization::UnicodeNormalization;

/// The name for acts that no member of staff does: the person themselves, by a link that was sent
/// to them.
pub const THE_PERSON: &str = "the person";

/// Whether a name can be told from another: it has a letter or a digit, and no letters of other
/// scripts, which can look like Latin ones.
#[must_use]
pub fn is_a_name(typed: &str) -> bool {
    let plain = plain(typed);
    !plain.is_empty() && plain.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Whether two names are the same: `DPO-9`, `dpo 9` and `dpo‑9` are.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// Letters and digits, in lower case, without accents and strokes; a number without the zeros
/// before it.
fn plain(typed: &str) -> String {
    let lower = typed.nfkd().collect::<String>().to_lowercase();
    let marks = |c: &char| unicode_normalization::char::is_combining_mark(*c);
    let mut plain = String::new();
    for c in lower.nfkd().filter(|c| !marks(c)) {
        if c.is_ascii_digit() && ends_in_leading_zero(&plain) {
            plain.pop();
        }
        match unstroked(c) {
            Some(letters) => plain.push_str(letters),
            None if c.is_alphanumeric() => plain.push(c),
            None => {}
        }
    }
    plain
}

/// Whether a name ends in a zero that begins a number.
fn ends_in_leading_zero(plain: &str) -> bool {
    plain
        .strip_suffix('0')
        .is_some_and(|before| !before.ends_with(|c: char| c.is_ascii_digit()))
}

/// A Latin letter that is not made by an accent, in the letters that people without it on their
/// keyboard write.
const fn unstroked(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'þ' => "th",
        'ð' | 'đ' => "d",
        'ø' => "o",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ŋ' => "n",
        'ŧ' => "t",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{is_a_name, is_same};

    #[test]
    fn one_name_in_several_spellings_is_one() {
        for spelt in [
            "DPO-9",
            " dpo-9 ",
            "dpo 9",
            "Dpo\u{2011}9",
            "ｄｐｏ－９",
            "dpo_9",
            "d\u{200b}po-9",
            "dpó-9",
            "dpø-9",
            "đpo-09",
            "dpo-009",
        ] {
            assert!(is_same("dpo-9", spelt) && is_a_name(spelt), "{spelt}");
        }
        for (one, other) in [
            ("dpo-9", "dpo-90"),
            ("dpo-9", "dpo-8"),
            ("dpo-1", "dpo-101"),
            ("dpo-0", "dpo"),
            ("Jones", "James"),
        ] {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn letters_that_only_look_the_same_make_no_name() {
        for spelt in [
            "dp\u{43e}-9",
            "\u{501}po-9",
            "dρo-9",
            "",
            "-",
            "…",
            "dpo-\u{0669}",
        ] {
            assert!(!is_a_name(spelt), "{spelt}");
        }
        for name in [
            "Siân Llŷr",
            "Łukasz",
            "Zoë O'Neill",
            "staff-12",
            "Đặng",
            "Bjørn",
        ] {
            assert!(is_a_name(name), "{name}");
        }
    }
}
