//! Telephone numbers in texts, in any spelling.

use crate::identity::telephone;

/// How many characters that are not digits may be between two digits of a number.
const GAP: usize = 5;

/// A number, and the ways in which it may begin.
pub(super) struct Number {
    /// Without the country's code: what every spelling ends with.
    rest: String,
    /// With the country's code: after a `+` or `00`, or plain.
    international: Vec<String>,
    /// As it is dialled within the country.
    national: Option<String>,
    /// What a spreadsheet leaves of the national form when it reads it as a quantity.
    bare: Option<String>,
}

impl Number {
    /// The spellings of a number that is given as E.164.
    pub(super) fn of(canonical: &str) -> Option<Self> {
        let digits = canonical.strip_prefix('+')?;
        let (code, rest) = digits.split_at(telephone::code(digits).map_or(0, str::len));
        let is_british = code == telephone::BRITISH;
        Some(Self {
            rest: rest.to_owned(),
            // `+44 (0)7700` is often written, and never dialled.
            international: vec![digits.to_owned(), format!("{code}0{rest}")],
            national: is_british.then(|| format!("0{rest}")),
            bare: is_british.then(|| rest.to_owned()),
        })
    }

    /// What every spelling of it ends with.
    pub(super) fn rest(&self) -> &str {
        &self.rest
    }

    fn begins(&self, run: &Run, at: usize) -> bool {
        let left = run.digits[at].gap;
        if left == Gap::None {
            return false;
        }
        let is = |sought: &str| run.has(at, sought);
        if left == Gap::Plus {
            return self.international.iter().any(|sought| is(sought));
        }
        // Without anything that marks its beginning it has to be by itself.
        let alone = |sought: &str| {
            is(sought) && (at == 0 || run.is_plain(at, sought.len())) && !run.has_plus_before(at)
        };
        left != Gap::Point
            && (self
                .international
                .iter()
                .any(|sought| is(&format!("00{sought}")) || alone(sought))
                || self.national.as_ref().is_some_and(|sought| is(sought))
                || self.bare.as_ref().is_some_and(|sought| alone(sought)))
    }
}

/// Whether one of the numbers is in a text, and not as part of a longer number or word.
pub(super) fn any_in(numbers: &[Number], text: &str) -> bool {
    !numbers.is_empty()
        && any_run(text, |run| {
            (0..run.digits.len()).any(|at| numbers.iter().any(|number| number.begins(run, at)))
        })
}

/// The digits of each run in a text. Any number in the text is part of one.
pub(super) fn each_run(text: &str, mut look: impl FnMut(&str)) {
    any_run(text, |run| {
        look(
            &run.digits
                .iter()
                .map(|digit| char::from(digit.value))
                .collect::<String>(),
        );
        false
    });
}

fn any_run(text: &str, mut look: impl FnMut(&Run) -> bool) -> bool {
    let (mut rest, mut before) = (text, None);
    while let Some(at) = rest
        .bytes()
        .position(|byte| byte.is_ascii_digit() || byte == b'+')
    {
        before = rest[..at].chars().next_back().or(before);
        let (run, length) = Run::read(&rest[at..], before);
        if look(&run) {
            return true;
        }
        before = rest[at..at + length].chars().next_back();
        rest = &rest[at + length..];
    }
    false
}

/// What comes before a digit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Another digit or a letter: no number begins here.
    None,
    /// A decimal point.
    Point,
    /// A plus.
    Plus,
    /// Anything else.
    Other,
}

struct Digit {
    value: u8,
    gap: Gap,
}

/// Digits with nothing between them but the characters that people write into a number.
struct Run {
    digits: Vec<Digit>,
    /// Whether a letter follows the last digit.
    is_in_word: bool,
}

impl Run {
    /// Reads the run at the beginning of a text, and how many bytes it has.
    fn read(text: &str, before: Option<char>) -> (Self, usize) {
        let mut run = Self {
            digits: Vec::new(),
            is_in_word: false,
        };
        let (mut length, mut gap, mut skipped) = (0, Gap::Other, 0);
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') && !text.starts_with('+') {
            gap = Gap::None;
        }
        for (at, c) in text.char_indices() {
            if c.is_ascii_digit() {
                run.digits.push(Digit {
                    value: c as u8,
                    gap,
                });
                (gap, skipped, length) = (Gap::None, 0, at + 1);
            } else if !is_within_number(c) || skipped == GAP {
                run.is_in_word = at == length && (c.is_alphanumeric() || c == '_');
                break;
            } else {
                skipped += 1;
                gap = match (c, gap) {
                    ('+', _) | (_, Gap::Plus) => Gap::Plus,
                    ('.', Gap::None) => Gap::Point,
                    _ => Gap::Other,
                };
            }
        }
        (run, length.max(1))
    }

    /// Whether a number begins at this digit, and ends where the run's number ends.
    fn has(&self, at: usize, sought: &str) -> bool {
        let end = at + sought.len();
        let Some(here) = self.digits.get(at..end) else {
            return false;
        };
        if !here.iter().map(|digit| digit.value).eq(sought.bytes()) {
            return false;
        }
        let Some(next) = self.digits.get(end) else {
            return !self.is_in_word;
        };
        match next.gap {
            Gap::None => false,
            // A quantity, as a spreadsheet writes it: `7700900142.0`.
            Gap::Point => {
                let decimals = self.digits[end..].iter().enumerate();
                decimals
                    .take_while(|(n, digit)| *n == 0 || digit.gap == Gap::None)
                    .all(|(_, digit)| digit.value == b'0')
            }
            Gap::Plus | Gap::Other => true,
        }
    }

    /// Whether digits are written without anything between them.
    fn is_plain(&self, at: usize, length: usize) -> bool {
        self.digits[at + 1..at + length]
            .iter()
            .all(|digit| digit.gap == Gap::None)
    }

    fn has_plus_before(&self, at: usize) -> bool {
        self.digits[..at].iter().any(|digit| digit.gap == Gap::Plus)
    }
}

/// Whether people write this between the digits of a number, or before them.
fn is_within_number(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '(' | ')' | '-' | '.' | '/' | '+' | '\u{2010}'..='\u{2015}' | '\u{2212}'
    )
}
