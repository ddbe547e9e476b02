//! A text as words, and which of them may be names.

use super::MARK;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

pub(super) mod plain {
    //! What is known of a word by its plain spelling.

    /// Parts of a name in lower case: "van der Bloggs".
    const PARTICLES: [&str; 17] = [
        "al", "ap", "bin", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "ibn",
        "la", "le", "van", "von",
    ];

    /// First names and surnames that are English words as well.
    const ALSO_WORDS: [&str; 63] = [
        "april", "art", "august", "autumn", "baker", "best", "bill", "black", "brook", "brooks",
        "brown", "cook", "daisy", "dawn", "day", "dean", "drew", "eve", "faith", "field", "fields",
        "ford", "frank", "good", "grace", "grant", "green", "hall", "hill", "holly", "hope",
        "house", "ivy", "jack", "joy", "june", "king", "lane", "lily", "long", "mark", "may",
        "miles", "park", "parks", "pat", "penny", "price", "rich", "rob", "rose", "short",
        "street", "sue", "summer", "waters", "well", "wells", "west", "white", "will", "wood",
        "young",
    ];

    /// Words that begin with a capital, or follow "my name is", but are not names.
    const NO_NAMES: [&str; 87] = [
        "a",
        "able",
        "about",
        "adviser",
        "advisor",
        "afraid",
        "again",
        "all",
        "also",
        "always",
        "an",
        "and",
        "any",
        "are",
        "as",
        "assistant",
        "at",
        "aware",
        "back",
        "based",
        "because",
        "but",
        "calling",
        "can",
        "contact",
        "council",
        "currently",
        "customer",
        "department",
        "dorset",
        "for",
        "from",
        "glad",
        "going",
        "happy",
        "hello",
        "help",
        "her",
        "here",
        "hi",
        "his",
        "how",
        "however",
        "i",
        "i'll",
        "i'm",
        "i've",
        "if",
        "in",
        "is",
        "it",
        "just",
        "looking",
        "madam",
        "manager",
        "my",
        "no",
        "not",
        "now",
        "of",
        "officer",
        "on",
        "only",
        "or",
        "our",
        "please",
        "pleased",
        "really",
        "said",
        "services",
        "so",
        "sorry",
        "speaking",
        "still",
        "support",
        "sure",
        "team",
        "thank",
        "thanks",
        "that",
        "the",
        "there",
        "this",
        "to",
        "we",
        "with",
        "you",
    ];

    pub(in super::super) fn is_particle(plain: &str) -> bool {
        PARTICLES.contains(&plain)
    }

    pub(in super::super) fn is_a_word(plain: &str) -> bool {
        ALSO_WORDS.contains(&plain)
    }

    pub(super) fn is_no_name(plain: &str) -> bool {
        NO_NAMES.contains(&plain) || super::super::TITLES.contains(&plain)
    }
}

/// One word of a text, without a possessive "'s".
pub(super) struct Word<'a> {
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where it ends, in bytes; before the "'s".
    pub(super) end: usize,
    /// Where it ends with the "'s".
    pub(super) after: usize,
    /// Whether "'s" follows.
    pub(super) possessive: bool,
    /// As it is written, without the "'s".
    written: &'a str,
    /// Composed, in lower case, with a straight apostrophe, without the "'s".
    pub(super) plain: String,
    /// The same with the "'s".
    pub(super) whole: String,
}

impl Word<'_> {
    /// Whether it begins with a capital.
    pub(super) fn is_capitalised(&self) -> bool {
        self.written.chars().next().is_some_and(char::is_uppercase)
    }

    /// Whether it has no small letter.
    pub(super) fn is_shouted(&self) -> bool {
        !self.written.chars().any(char::is_lowercase)
    }
}

/// The words of a text, without those of a mark.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(after) = rest.strip_prefix(MARK) {
            rest.len() - after.len()
        } else if first.is_alphanumeric() {
            let length = length(rest);
            words.push(word(text.len() - rest.len(), &rest[..length]));
            length
        } else {
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

/// The length of the word at the beginning of a text: letters, with apostrophes and hyphens between
/// them.
fn length(text: &str) -> usize {
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let joins = is_apostrophe(character) || matches!(character, '-' | '\u{2010}' | '\u{2011}');
        let goes_on = is_part(character)
            || (joins
                && characters
                    .peek()
                    .is_some_and(|(_, next)| next.is_alphanumeric()));
        if !goes_on {
            return at;
        }
    }
    text.len()
}

fn word(start: usize, written: &str) -> Word<'_> {
    let (whole, after) = (spelt(written), start + written.len());
    let stem = written
        .strip_suffix(['s', 'S'])
        .and_then(|stem| stem.strip_suffix(is_apostrophe));
    let stem = stem.filter(|stem| !stem.is_empty());
    let written = stem.unwrap_or(written);
    Word {
        start,
        end: start + written.len(),
        after,
        possessive: stem.is_some(),
        written,
        plain: spelt(written),
        whole,
    }
}

fn spelt(written: &str) -> String {
    let straight = written
        .chars()
        .map(|c| if is_apostrophe(c) { '\'' } else { c });
    let small: String = straight.nfc().flat_map(char::to_lowercase).collect();
    small.nfc().collect()
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character)
}

const fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}' | '\u{02BC}')
}

/// Whether a word can be part of a name at all.
pub(super) fn may_be_name(word: &Word<'_>) -> bool {
    !plain::is_no_name(&word.whole)
        && !plain::is_no_name(&word.plain)
        && !word.written.chars().any(char::is_numeric)
}

/// White space only, such as between two words of a sentence.
pub(super) fn is_space(gap: &str) -> bool {
    gap.chars().all(char::is_whitespace)
}

/// What may be between a sign-off and the name below it.
pub(super) fn is_line(gap: &str) -> bool {
    gap.chars()
        .all(|c| c.is_whitespace() || matches!(c, ',' | '-' | '\u{2013}' | '\u{2014}'))
}
