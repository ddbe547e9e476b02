//! Who may be named in a file, without saying who. So only files that may name somebody are opened
//! for the search.
//!
//! A feature of a text is something that a mention cannot be without: the words around the `@` of
//! an address, digits of a number that are next to each other, the words of a reference. Keyed
//! digests of a file's features go into a Bloom filter (Bloom, Space/Time Trade-offs in Hash Coding
//! with Allowable Errors, 1970). It errs in one direction only: it may say that a file names
//! somebody whom it does not name, but never the opposite. Where a feature cannot be determined, it
//! says that the file may name them. The texts are those that [`Mentions`] reads, in every way in
//! which it reads them.

use super::number::Number;
use super::rows::{Found, Look};
use super::{Mentions, each_spelling, text};
use crate::identity::subject::{SubjectKeys, mac};
use crate::validation::text::{folded, is_unseen};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// How many bits a digest sets.
const BITS: usize = 4;
/// How many bits an index has for a byte of the file. One word in ten bytes then has fifteen bits,
/// and one answer in five hundred is wrong.
const PER_BYTE: f64 = 1.5;
/// The least and the greatest number of bits (16 MiB).
const SIZES: [usize; 2] = [4_096, 1 << 27];
/// How many digits of a number are looked at together.
const DIGITS: usize = 8;
/// How far apart two words around an `@` may be, in characters.
const NEAR: usize = 4;
/// How many features are remembered, so that their digests are not made again.
const REMEMBERED: usize = 1 << 17;

/// The key of the digests.
#[derive(Clone)]
pub struct IndexKey([u8; 32]);

impl std::fmt::Debug for IndexKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("IndexKey(..)")
    }
}

impl IndexKey {
    /// The key derived from the subject keys. After their rotation it is another, and earlier
    /// indexes say nothing.
    #[must_use]
    pub fn of(keys: &SubjectKeys) -> Self {
        Self(keys.derive("index of quarantine"))
    }

    fn digest(&self, feature: &str) -> [u8; 32] {
        mac(&self.0, &[feature])
    }

    /// Tells this key from another, and reveals nothing else.
    fn name(&self) -> String {
        hex::encode(&mac(&self.0, &["", "name"])[..8])
    }
}

/// Who may be named in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Whether it may name anybody, because nobody can look into some of it.
    anybody: bool,
    bits: Vec<u8>,
}

/// The index as it is stored.
#[derive(Serialize, Deserialize)]
struct Written {
    version: u8,
    key: String,
    anybody: bool,
    bits: String,
}

impl Index {
    /// Whether the file may name the person.
    #[must_use]
    pub fn may_name(&self, mentions: &Mentions, key: &IndexKey) -> bool {
        self.anybody
            || mentions
                .needed()
                .iter()
                .any(|needed| self.has_all(needed.as_deref(), key))
    }

    /// Whether all features are there that a mention needs; true if they cannot be determined.
    fn has_all(&self, features: Option<&[String]>, key: &IndexKey) -> bool {
        let has = |feature: &String| {
            places(key.digest(feature), self.bits.len() * 8).all(|at| self.is_set(at))
        };
        features.is_none_or(|features| features.iter().all(has))
    }

    fn is_set(&self, at: usize) -> bool {
        self.bits
            .get(at / 8)
            .is_some_and(|byte| byte & (1 << (at % 8)) != 0)
    }

    /// The document that is stored.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn to_json(&self, key: &IndexKey) -> Result<Vec<u8>, serde_json::Error> {
        let (anybody, bits) = (self.anybody, STANDARD.encode(&self.bits));
        serde_json::to_vec(&Written {
            version: 1,
            key: key.name(),
            anybody,
            bits,
        })
    }

    /// Reads such a document. `None` if it is not one, or was made with another key.
    #[must_use]
    pub fn parse(document: &[u8], key: &IndexKey) -> Option<Self> {
        let Written {
            version,
            key: made_with,
            anybody,
            bits,
        } = serde_json::from_slice(document).ok()?;
        let bits = STANDARD.decode(bits).ok().filter(|bits| !bits.is_empty())?;
        (version == 1 && made_with == key.name()).then_some(Self { anybody, bits })
    }
}

/// An index in the making, from rows as [`Search`](super::rows::Search) cuts them.
#[derive(Debug)]
pub struct Indexing<'a> {
    key: &'a IndexKey,
    index: Index,
    remembered: HashSet<String>,
}

impl<'a> Indexing<'a> {
    /// Begins the index of a file of this many bytes.
    #[must_use]
    pub fn new(key: &'a IndexKey, bytes: u64) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "about"
        )]
        let bits = (bytes as f64 * PER_BYTE) as usize;
        let bits = vec![0; bits.clamp(SIZES[0], SIZES[1]).div_ceil(8)];
        Self {
            key,
            index: Index {
                anybody: false,
                bits,
            },
            remembered: HashSet::new(),
        }
    }

    /// The index of the rows that were searched.
    #[must_use]
    pub fn finish(self, found: &Found) -> Index {
        Index {
            anybody: found.opaque > 0,
            ..self.index
        }
    }

    fn add(&mut self, feature: String) {
        if self.remembered.contains(&feature) {
            return;
        }
        for at in places(self.key.digest(&feature), self.index.bits.len() * 8) {
            if let Some(byte) = self.index.bits.get_mut(at / 8) {
                *byte |= 1 << (at % 8);
            }
        }
        if self.remembered.len() == REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(feature);
    }

    fn take(&mut self, spelling: &str) {
        let seen: String = spelling.chars().filter(|c| !is_unseen(*c)).collect();
        let small = super::plain(&seen, str::to_lowercase);
        addresses(&small, |feature| self.add(feature));
        if !small.is_ascii() {
            let shown: String = small.nfkc().collect();
            addresses(&shown, |feature| self.add(feature));
        }
        let small = folded(&small);
        super::number::each_run(&small, |digits| {
            for some in digits.as_bytes().windows(DIGITS) {
                self.add(number(&String::from_utf8_lossy(some)));
            }
        });
        for found in words(&super::plain(&small, str::to_uppercase)) {
            self.add(word(found));
        }
    }
}

impl Look for Indexing<'_> {
    fn look(&mut self, row: &[u8]) -> bool {
        for reading in text::readings(row) {
            each_spelling(&reading, |spelling| {
                self.take(spelling);
                false
            });
        }
        false
    }
}

impl Mentions {
    /// For each identifier, the features that a text must have to name it; `None` if they cannot be
    /// determined.
    fn needed(&self) -> Vec<Option<Vec<String>>> {
        let emails = self.emails.iter().map(|email| {
            // A text that names the address has all its features.
            let mut features = Vec::new();
            addresses(email, |feature| features.push(feature));
            Some(features).filter(|features| !features.is_empty())
        });
        let numbers = self.numbers.iter().map(|number_of| {
            let digits = Number::rest(number_of);
            let (first, last) = (
                digits.get(..DIGITS)?,
                digits.get(digits.len().checked_sub(DIGITS)?..)?,
            );
            Some(vec![number(first), number(last)])
        });
        let all = |texts: &[&str]| {
            let words: Vec<String> = texts
                .iter()
                .flat_map(|text| words(text))
                .map(word)
                .collect();
            Some(words).filter(|words| !words.is_empty())
        };
        let references = self.references.iter().map(|reference| all(&[reference]));
        let handles = self
            .handles
            .iter()
            .map(|(network, handle)| all(&[network, handle]));
        emails
            .chain(numbers)
            .chain(references)
            .chain(handles)
            .collect()
    }
}

/// The bits of a digest.
fn places(digest: [u8; 32], bits: usize) -> impl Iterator<Item = usize> {
    (0..BITS).map(move |part| {
        let bytes = digest.iter().skip(part * 8).take(8);
        let number = bytes.fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        #[expect(clippy::cast_possible_truncation, reason = "it is less than a `usize`")]
        let place = (number % (bits.max(1) as u64)) as usize;
        place
    })
}

fn number(digits: &str) -> String {
    format!("n{digits}")
}

fn word(word: &str) -> String {
    format!("w{word}")
}

/// The words of a text: letters and digits that are next to each other. Anything that is in the
/// text by itself consists of whole words.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// What is around each `@`: one word or two on each side, if there are any near.
fn addresses(text: &str, mut add: impl FnMut(String)) {
    for (at, _) in text.match_indices('@') {
        let (before, behind) = (&text[..at], &text[at..]);
        let (Some(first), Some(host)) = (word_before(before), word_behind(behind)) else {
            continue;
        };
        let second = word_before(&before[..first]);
        let domain = word_behind(&behind[host..]).map(|more| host + more);
        for end in std::iter::once(host).chain(domain) {
            for begin in std::iter::once(first).chain(second) {
                add(format!("a{}{}", &before[begin..], &behind[..end]));
            }
        }
    }
}

/// Where the last word of a text begins, if it is near its end.
fn word_before(text: &str) -> Option<usize> {
    let end = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    if end.is_empty() || text[end.len()..].chars().count() > NEAR {
        return None;
    }
    Some(end.trim_end_matches(char::is_alphanumeric).len())
}

/// Where the first word of a text ends, if it is near its beginning.
fn word_behind(text: &str) -> Option<usize> {
    let begin = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    if begin.is_empty() || text[..text.len() - begin.len()].chars().count() > NEAR {
        return None;
    }
    Some(text.len() - begin.trim_start_matches(char::is_alphanumeric).len())
}
