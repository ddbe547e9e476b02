//! Who gives an order: a role or a staff number, as somebody types it.
//!
//! Nobody proves it. The code only makes sure that one name does not pass for two.

use serde::{Deserialize, Serialize};
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

/// A staff number, such as `dpo-7`: 1 to 20 letters, digits and hyphens with a digit among them.
/// Names of staff are personal data of theirs, and the register has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StaffNumber(String);

/// Text that is not a staff number.
#[derive(Debug, thiserror::Error)]
#[error("must be a staff number: 1 to 20 letters, digits and hyphens, a digit among them")]
pub struct NotAStaffNumber;

impl StaffNumber {
    /// The number in small letters, as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two numbers are one person's: `dpo-7` and `dpo07` are.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        is_same(&self.0, &other.0)
    }

    /// The spelling that all spellings of one number share.
    #[must_use]
    pub fn plain(&self) -> String {
        plain(&self.0)
    }
}

impl TryFrom<String> for StaffNumber {
    type Error = NotAStaffNumber;

    fn try_from(typed: String) -> Result<Self, NotAStaffNumber> {
        let number = typed.trim().to_ascii_lowercase();
        let is_sound = (1..=20).contains(&number.len())
            && number.bytes().any(|b| b.is_ascii_digit())
            && number
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        is_sound.then_some(Self(number)).ok_or(NotAStaffNumber)
    }
}

impl From<StaffNumber> for String {
    fn from(number: StaffNumber) -> Self {
        number.0
    }
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
    use super::{StaffNumber, is_a_name, is_same};

    #[test]
    fn a_staff_number_has_a_digit_and_one_spelling_for_keys() {
        let read = |typed: &str| StaffNumber::try_from(typed.to_owned());
        let (one, other) = (read(" DPO-7 ").unwrap(), read("dpo07").unwrap());
        assert!(one.is(&other) && one.as_str() == "dpo-7" && one.plain() == other.plain());
        for wrong in [
            "",
            "Rosa Hardy",
            "rosa",
            "dpo 7",
            "dpo-7@example.org",
            &"7".repeat(21),
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

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
