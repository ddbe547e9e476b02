//! Texts without the names of staff and of other third parties (UK GDPR, Article 15(4)).
//!
//! There is no list of all names, so this looks for two patterns: how somebody introduces
//! themselves ("I am Jo Bloggs", "Kind regards, Jo"), and what follows a title ("Mrs Day"). It
//! finds no name that comes without either, and it does not know nicknames. A name that is also a
//! word is removed only where it begins with a capital. So it makes reading a package easier, but
//! does not replace it: the Data Protection Officer reads a package before it is handed out.

mod words;

use std::collections::BTreeSet;
use words::{Word, is_line, is_space, may_be_name, plain, words};

/// The text that replaces a name.
pub const MARK: &str = "[name removed]";

/// The longest name that is looked for, in words: "Jo Anne van Bloggs".
const LONGEST: usize = 4;

/// What people say before their own name, in plain words.
const INTRODUCTIONS: [&[&str]; 16] = [
    &["i", "am"],
    &["i'm"],
    &["my", "name", "is"],
    &["my", "name's"],
    &["you", "are", "speaking", "to"],
    &["you", "are", "speaking", "with"],
    &["you're", "speaking", "to"],
    &["you're", "speaking", "with"],
    &["you", "are", "talking", "to"],
    &["you're", "talking", "to"],
    &["you", "are", "through", "to"],
    &["you're", "through", "to"],
    &["you", "are", "chatting", "with"],
    &["you're", "chatting", "with"],
    &["you", "are", "chatting", "to"],
    &["you're", "chatting", "to"],
];

/// What introduces a name only if one of [`CLOSINGS`] follows it: "this is Jo from …", "it's Jo
/// here".
const OPENINGS: [&[&str]; 5] = [
    &["this", "is"],
    &["it", "is"],
    &["it's"],
    &["its"],
    &["this", "is", "still"],
];
const CLOSINGS: [&str; 5] = ["from", "here", "speaking", "calling", "again"];

/// What comes before a name at the end of a letter. Not "thanks": the name after it is the person
/// who is thanked.
const SIGN_OFFS: [&str; 5] = ["regards", "sincerely", "faithfully", "truly", "wishes"];

/// Titles, in plain words.
const TITLES: [&str; 15] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "cllr",
    "councillor",
    "sir",
    "dame",
    "rev",
    "revd",
    "reverend",
];
/// Titles that have no other meaning, so they are recognised without a capital.
const PLAIN_TITLES: [&str; 4] = ["mr", "mrs", "cllr", "councillor"];

/// Names that somebody introduced themselves by. Debug output shows none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Full names, and their parts from either end down to one word; each as plain words.
    spellings: BTreeSet<Vec<String>>,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Names(..)")
    }
}

impl Names {
    /// The names by which the writer of `texts` introduces themselves or signs.
    #[must_use]
    pub fn introduced_in<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = Self::default();
        for text in texts {
            let words = words(text);
            for at in 0..words.len() {
                names.add(introduced(text, &words, at));
            }
        }
        names
    }

    /// `text` with every introduced name replaced by [`MARK`]: in full, by its first word or by its
    /// last, in any case.
    ///
    /// A name that is also an English word, such as Will, is replaced only where it begins with a
    /// capital.
    #[must_use]
    pub fn removed_from(&self, text: &str) -> String {
        if self.spellings.is_empty() {
            return text.to_owned();
        }
        let words = words(text);
        replaced(text, &words, |at| self.length_at(text, &words, at))
    }

    /// How many words of one of the names begin at word `at`. The longest spelling wins.
    fn length_at(&self, text: &str, words: &[Word<'_>], at: usize) -> Option<usize> {
        let fits = |spelling: &Vec<String>| {
            let rest = &words[at..];
            let alike = rest.len() >= spelling.len()
                && spelling
                    .iter()
                    .zip(rest)
                    .all(|(part, word)| *part == word.plain);
            let capital =
                spelling.len() > 1 || !plain::is_a_word(&spelling[0]) || rest[0].is_capitalised();
            alike
                && capital
                && (1..spelling.len()).all(|next| belongs(text, &rest[next - 1], &rest[next]))
        };
        self.spellings
            .iter()
            .filter(|spelling| fits(spelling))
            .map(Vec::len)
            .max()
    }

    fn add(&mut self, name: &[Word<'_>]) {
        let all: Vec<String> = name.iter().map(|word| word.plain.clone()).collect();
        for cut in 0..all.len() {
            self.spellings.insert(all[cut..].to_vec());
            self.spellings.insert(all[..=cut].to_vec());
        }
        // An initial alone is not a name, and neither is the "van" of "van Bloggs".
        self.spellings.retain(|it| {
            it.len() > 1 || (it[0].chars().count() > 1 && !plain::is_particle(&it[0]))
        });
    }
}

/// `text` with every name after a title replaced by [`MARK`], title included, unless it is the
/// person's own.
///
/// A name is the person's own if each of its words is one of `own_name`.
#[must_use]
pub fn titled_removed(text: &str, own_name: Option<&str>) -> String {
    let words = words(text);
    let own: BTreeSet<String> = own_name
        .map(self::words::words)
        .into_iter()
        .flatten()
        .map(|word| word.plain)
        .collect();
    replaced(text, &words, |at| {
        let title = &words[at];
        let known = TITLES.contains(&title.plain.as_str());
        let capital = title.is_capitalised();
        if !known || title.possessive || (!capital && !PLAIN_TITLES.contains(&title.plain.as_str()))
        {
            return None;
        }
        let gap = text.get(title.end..words.get(at + 1)?.start)?;
        if !is_space(gap.strip_prefix('.').unwrap_or(gap)) || gap.is_empty() {
            return None;
        }
        let name = match name_at(text, &words, at + 1) {
            // Somebody who writes "mrs day" uses no capitals at all.
            [] if !capital && may_be_name(&words[at + 1]) => &words[at + 1..at + 2],
            name => name,
        };
        let is_own = name.iter().all(|word| own.contains(&word.plain));
        if is_own { None } else { Some(1 + name.len()) }
    })
}

/// The name that the words at `at` introduce; empty if they introduce none.
fn introduced<'w, 'a>(text: &str, words: &'w [Word<'a>], at: usize) -> &'w [Word<'a>] {
    let follows = |lead: &[&str]| {
        let rest = &words[at..];
        let alike = rest.len() > lead.len()
            && lead
                .iter()
                .zip(rest)
                .all(|(part, word)| *part == word.whole);
        alike
            && rest[..lead.len()]
                .windows(2)
                .all(|pair| spaced(text, &pair[0], &pair[1]))
    };
    for lead in INTRODUCTIONS.into_iter().filter(|lead| follows(lead)) {
        let next = at + lead.len();
        let name = name_after(text, words, next, |gap| {
            is_space(gap.strip_prefix(':').unwrap_or(gap))
        });
        // If everything is in capitals, capitals do not show a name.
        let shouted = words[at..next].iter().all(Word::is_shouted);
        if !shouted && !name.is_empty() {
            return name;
        }
        if lead[0] == "my"
            && name.is_empty()
            && may_be_name(&words[next])
            && spaced(text, &words[next - 1], &words[next])
        {
            return &words[next..=next];
        }
    }
    for lead in OPENINGS.into_iter().filter(|lead| follows(lead)) {
        let name = name_after(text, words, at + lead.len(), is_space);
        let closing = name
            .last()
            .and_then(|last| words.iter().find(|word| word.start >= last.end));
        if closing.is_some_and(|word| CLOSINGS.contains(&word.whole.as_str())) {
            return name;
        }
    }
    if SIGN_OFFS.contains(&words[at].whole.as_str()) {
        return name_after(text, words, at + 1, is_line);
    }
    &[]
}

/// The name that begins at word `at`, if a `gap` separates it from the word before; a title is left
/// out.
fn name_after<'w, 'a>(
    text: &str,
    words: &'w [Word<'a>],
    at: usize,
    gap: impl Fn(&str) -> bool,
) -> &'w [Word<'a>] {
    let Some(first) = words.get(at) else {
        return &[];
    };
    if !gap(&text[words[at - 1].after..first.start]) {
        return &[];
    }
    let titled = TITLES.contains(&first.plain.as_str())
        && words
            .get(at + 1)
            .is_some_and(|next| belongs(text, first, next));
    name_at(text, words, if titled { at + 1 } else { at })
}

/// The words of a name from word `at` on: capitals and initials, with the particles between them,
/// as in "van der Bloggs".
fn name_at<'w, 'a>(text: &str, words: &'w [Word<'a>], at: usize) -> &'w [Word<'a>] {
    let mut end = at;
    for next in at..words.len().min(at + LONGEST) {
        let word = &words[next];
        let joined =
            next == at || (!words[next - 1].possessive && belongs(text, &words[next - 1], word));
        if !joined || !may_be_name(word) {
            break;
        }
        if word.is_capitalised() {
            end = next + 1;
        } else if !plain::is_particle(&word.plain) {
            break;
        }
    }
    &words[at..end]
}

/// Whether two words may be parts of one name: on one line, with at most the full stop of an
/// initial or a title between them.
fn belongs(text: &str, before: &Word<'_>, after: &Word<'_>) -> bool {
    let Some(gap) = text.get(before.end..after.start) else {
        return false;
    };
    let stopped = before.plain.chars().count() == 1 || TITLES.contains(&before.plain.as_str());
    let gap = if stopped {
        gap.strip_prefix('.').unwrap_or(gap)
    } else {
        gap
    };
    !before.possessive
        && !gap.is_empty()
        && gap
            .chars()
            .all(|c| c.is_whitespace() && c != '\n' && c != '\r')
}

/// Whether nothing but white space is between two words.
fn spaced(text: &str, before: &Word<'_>, after: &Word<'_>) -> bool {
    text.get(before.after..after.start).is_some_and(is_space)
}

/// `text` with the words that `found` finds replaced by [`MARK`].
fn replaced(text: &str, words: &[Word<'_>], found: impl Fn(usize) -> Option<usize>) -> String {
    let (mut result, mut copied, mut at) = (String::with_capacity(text.len()), 0, 0);
    while at < words.len() {
        let Some(length) = found(at) else {
            at += 1;
            continue;
        };
        result.push_str(&text[copied..words[at].start]);
        result.push_str(MARK);
        copied = words[at + length - 1].end;
        at += length;
    }
    result.push_str(&text[copied..]);
    result
}

#[cfg(test)]
mod tests;
