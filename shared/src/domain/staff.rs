//! Who gives an order: a role or a staff number, as somebody types it.
//!
//! Nobody proves it. What is made sure of is only that one name does not pass for two.

use unicode_normalization::UnicodeNormalization;

/// Whether a name can be told from another: it has a letter or a digit, and no letters of other scripts, which can look
/// like Latin ones.
#[must_use]
pub fn is_a_name(typed: &str) -> bool {
    let plain = plain(typed);
    !plain.is_empty() && plain.chars().all(|c| c.is_ascii_alphanumeric() || "æðøþßœđħıłŋŧ".contains(c))
}

/// Whether two names are one: `DPO-9`, `dpo 9` and `dpo‑9` are.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// Letters and digits, in lower case, without accents.
fn plain(typed: &str) -> String {
    let lower = typed.nfkd().collect::<String>().to_lowercase();
    let marks = |c: &char| unicode_normalization::char::is_combining_mark(*c);
    lower.nfkd().filter(|c| c.is_alphanumeric() && !marks(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_a_name, is_same};

    #[test]
    fn one_name_in_several_spellings_is_one() {
        for spelt in ["DPO-9", " dpo-9 ", "dpo 9", "Dpo\u{2011}9", "ｄｐｏ－９", "dpo_9", "d\u{200b}po-9", "dpó-9"]
        {
            assert!(is_same("dpo-9", spelt) && is_a_name(spelt), "{spelt}");
        }
        assert!(!is_same("dpo-9", "dpo-90") && !is_same("dpo-9", "dpo-8") && !is_same("Jones", "James"));
    }

    #[test]
    fn letters_that_only_look_the_same_make_no_name() {
        for spelt in ["dp\u{43e}-9", "\u{501}po-9", "dρo-9", "", "-", "…", "dpo-\u{0669}"] {
            assert!(!is_a_name(spelt), "{spelt}");
        }
        for name in ["Siân Llŷr", "Łukasz", "Zoë O'Neill", "staff-12", "Đặng", "Bjørn"] {
            assert!(is_a_name(name), "{name}");
        }
    }
}
