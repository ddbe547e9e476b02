//! Whether a text, as it came, names a person by one of their identifiers.
//!
//! This is for text that could not be read: a row of a file, or a piece of one, whose columns
//! nobody knows. So it looks for spellings, not for fields: an address in any case, a number with
//! any spaces and prefix, as CSV or JSON write them. A part of a longer word or number does not
//! count.

pub mod index;
mod number;
pub mod rows;
#[cfg(test)]
mod tests;
mod text;

use crate::identity::identifier::{Identifier, IdentifierKind};
use crate::validation::text::{folded, is_hard_space, is_unseen};
use number::Number;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Characters that join parts of an address or of a name into a longer one.
const JOINERS: [char; 6] = ['.', '+', '-', '_', '\'', '&'];
/// The shortest reference, in characters, that can be told from any other number or word.
const SHORTEST: usize = 4;

/// The ways in which a text may name a person.
pub struct Mentions {
    emails: Vec<String>,
    numbers: Vec<Number>,
    references: Vec<String>,
    /// Networks and the handles on them.
    handles: Vec<(String, String)>,
}

impl std::fmt::Debug for Mentions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Mentions(..)")
    }
}

impl Mentions {
    /// Looks for these identifiers. It does not look for a reference of less than four characters,
    /// unless it is a handle of a network, because every text would contain it.
    #[must_use]
    pub fn of(identities: &[Identifier]) -> Self {
        let mut sought = Self {
            emails: Vec::new(),
            numbers: Vec::new(),
            references: Vec::new(),
            handles: Vec::new(),
        };
        for identity in identities {
            let canonical = identity.canonical();
            match identity.kind() {
                IdentifierKind::Email => {
                    sought.emails.push(canonical.to_owned());
                    // The same address as people see it.
                    let seen = canonical
                        .rsplit_once('@')
                        .map(|(local, domain)| (local, idna::domain_to_unicode(domain)));
                    sought
                        .emails
                        .extend(seen.and_then(|(local, (domain, sound))| {
                            (sound.is_ok() && !canonical.ends_with(&domain))
                                .then(|| format!("{local}@{domain}"))
                        }));
                }
                IdentifierKind::Phone => sought.numbers.extend(Number::of(canonical)),
                IdentifierKind::Reference => match canonical.split_once(':') {
                    Some((network, handle)) if !network.is_empty() && !handle.is_empty() => {
                        sought.handles.push((network.to_owned(), handle.to_owned()));
                    }
                    _ if canonical.chars().count() >= SHORTEST => {
                        sought.references.push(canonical.to_owned());
                    }
                    _ => {}
                },
            }
        }
        sought
    }

    /// Whether bytes name the person, in any way in which they can be read.
    #[must_use]
    pub fn are_in_bytes(&self, bytes: &[u8]) -> bool {
        text::readings(bytes).any(|reading| self.are_in(&reading))
    }

    /// Whether a text names the person.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        each_spelling(text, |spelling| self.are_written_in(spelling))
    }

    fn are_written_in(&self, text: &str) -> bool {
        // A NUL is half a character of UTF-16.
        let has_unseen = text.contains(is_unseen);
        let seen = if has_unseen {
            Cow::Owned(text.replace(is_unseen, ""))
        } else {
            Cow::Borrowed(text)
        };
        let small = plain(&seen, str::to_lowercase);
        if self.emails.iter().any(|email| is_address_in(email, &small)) {
            return true;
        }
        // The ligatures that a PDF made of an address, read as the letters that they show.
        if !small.is_ascii() && !self.emails.is_empty() {
            let shown: String = small.nfkc().collect();
            if shown != small && self.emails.iter().any(|email| is_address_in(email, &shown)) {
                return true;
            }
        }
        let small = folded(&small);
        if number::any_in(&self.numbers, &small) {
            return true;
        }
        if self.references.is_empty() && self.handles.is_empty() {
            return false;
        }
        let large = plain(&small, str::to_uppercase);
        self.references
            .iter()
            .any(|reference| is_word_in(reference, &large))
            || self
                .handles
                .iter()
                .any(|(network, handle)| is_handle_in(network, handle, &large))
    }
}

/// Looks at a text in every spelling that it may have, until one matches.
fn each_spelling(text: &str, mut look: impl FnMut(&str) -> bool) -> bool {
    let mut spellings = vec![Cow::Borrowed(text)];
    if text.contains('\\') {
        spellings.push(Cow::Owned(unescaped(text)));
    }
    if text.contains('%') {
        spellings.push(percent_decode_str(text).decode_utf8_lossy());
    }
    spellings.iter().any(|spelling| {
        if spelling.is_ascii() || !spelling.contains(is_hard_space) {
            return look(spelling);
        }
        // Within an address they are nothing; between words they are spaces.
        look(&spelling.replace(is_hard_space, "")) || look(&spelling.replace(is_hard_space, " "))
    })
}

/// NFC in one case, as identifiers are stored.
fn plain(text: &str, cased: impl Fn(&str) -> String) -> String {
    if text.is_ascii() {
        cased(text)
    } else {
        cased(&text.nfc().collect::<String>()).nfc().collect()
    }
}

/// What comes before and after each place where `sought` is in `text`.
fn places<'a>(sought: &'a str, text: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
    // Not `match_indices`: a match may begin within one that does not count.
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find(sought)?;
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        Some((&text[..at], &text[at + sought.len()..]))
    })
}

/// Whether an address is in a text, and not as the end or the beginning of another one.
fn is_address_in(email: &str, text: &str) -> bool {
    places(email, text).any(|(before, behind)| {
        !is_joined(before.chars().rev(), &JOINERS) && !is_joined(behind.chars(), &['.', '-'])
    })
}

/// Whether a word is in a text by itself.
fn is_word_in(word: &str, text: &str) -> bool {
    places(word, text).any(|(before, behind)| {
        // An address has it in its name or in its domain.
        let around = ['.', '-', '+', '@'];
        let is_longer = before.ends_with('_') || behind.starts_with('_');
        !is_longer
            && !is_joined(before.chars().rev(), &around)
            && !is_joined(behind.chars(), &around)
    })
}

/// Whether a handle of this network is in a text. A short handle could be an ordinary word: it has
/// to be marked, or alone.
fn is_handle_in(network: &str, handle: &str, text: &str) -> bool {
    let alone = |before: &str, behind: &str| {
        let begins = before
            .chars()
            .next_back()
            .is_none_or(|c| matches!(c, '@' | ',' | '"' | ':'));
        begins
            && behind
                .chars()
                .next()
                .is_none_or(|c| matches!(c, ',' | '"' | '\r' | '\n'))
    };
    let is_short = handle.chars().count() < SHORTEST;
    let is_there = if is_short {
        places(handle, text).any(|(before, behind)| alone(before, behind))
    } else {
        is_word_in(handle, text)
    };
    is_there && is_word_in(network, text)
}

/// Whether a word continues: with a letter or digit, or with a joiner and then one.
fn is_joined(mut next: impl Iterator<Item = char>, joiners: &[char]) -> bool {
    next.find(|c| !joiners.contains(c))
        .is_some_and(char::is_alphanumeric)
}

/// The text with JSON's escapes decoded; it need not be JSON.
fn unescaped(text: &str) -> String {
    let mut meant = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        meant.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else {
            break;
        };
        rest = &rest[escape.len_utf8()..];
        match escape {
            'n' | 'r' | 't' | 'b' | 'f' => meant.push('\n'),
            'u' => {
                let code = rest
                    .get(..4)
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok());
                rest = code.map_or(rest, |_| &rest[4..]);
                // Half of a character beyond the first plane is in no identifier.
                meant.push(code.and_then(char::from_u32).unwrap_or('\u{FFFD}'));
            }
            other => meant.push(other),
        }
    }
    meant + rest
}
