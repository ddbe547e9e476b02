//! Telephone numbers as people write them, and as E.164.
//!
//! The rules are those of Google's libphonenumber for callers in the United Kingdom, as the crate
//! `phonenumber` has them. Stored keys were made with it, and a test compares a hundred thousand
//! numbers. Of its tables (half a megabyte that takes a tenth of a second to read) these rules need
//! only the country codes, so nothing is read here.

use crate::validation::text;
use regex_lite::Regex;
use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

/// The codes of countries and of other services (ITU E.164). None begins another.
const CODES: [u16; 215] = [
    1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54,
    55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98, 211,
    212, 213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234,
    235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253,
    254, 255, 256, 257, 258, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 290, 291, 297, 298,
    299, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 370, 371, 372, 373, 374, 375, 376, 377,
    378, 380, 381, 382, 383, 385, 386, 387, 389, 420, 421, 423, 500, 501, 502, 503, 504, 505, 506,
    507, 508, 509, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 670, 672, 673, 674, 675, 676,
    677, 678, 679, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692, 800, 808, 850, 852,
    853, 855, 856, 870, 878, 880, 881, 882, 883, 886, 888, 960, 961, 962, 963, 964, 965, 966, 967,
    968, 970, 971, 972, 973, 974, 975, 976, 977, 979, 992, 993, 994, 995, 996, 998,
];
/// How many digits such a code has.
const CODE: RangeInclusive<usize> = 1..=3;
/// How many digits come after it.
const NATIONAL: RangeInclusive<usize> = 2..=17;
/// Their range as a number, as far as `phonenumber` has room for it.
const NUMBERS: Range<u64> = 1..1 << 56;
/// The code of the United Kingdom.
pub const BRITISH: &str = "44";
/// What is dialled before a country's code.
const ABROAD: &str = "00";
/// What is dialled before a number within the country, and before that for a call by text relay.
const WITHIN: [&str; 2] = ["0", "180020"];
/// What people write between digits, without characters that another keyboard has for these.
const BETWEEN: &str = "-x ()[]./~*\u{30FC}\u{223C}";

/// What comes after a number and is, or may be, an extension. It is one only if the group `digits`
/// matches.
static EXTENSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?:;ext=[0-9]{0,7}",
        r"|[ \t,]*(?:e?xt(?:ensi(?:o\x{301}?|\x{F3}|\x{D3}))?n?|[,;x#~]|int|anexo)[:.]?[ \t,-]*(?P<digits>[0-9]{0,7})#?",
        r"|[- ]+[0-9]{1,5}#)$",
    ))
    .ok()
});

/// A number that somebody could dial.
#[derive(Debug, PartialEq, Eq)]
pub struct Telephone {
    /// The code of its country.
    pub code: String,
    /// The digits after the code.
    pub national: String,
    /// Whether an extension was written after it.
    pub is_extended: bool,
}

impl Telephone {
    /// Reads a number, written for people or for programs (RFC 3966), in the characters of the
    /// keyboard. A number without a country is British.
    pub fn read(text: &str) -> Option<Self> {
        let written = Written::for_programs(text).or_else(|| Written::for_people(text))?;
        if !is_number(written.national) {
            return None;
        }
        let (code, national) = written.dialled()?;
        let national = without_prefix(&national);
        let is_sound = NATIONAL.contains(&national.len())
            && national
                .parse()
                .is_ok_and(|number| NUMBERS.contains(&number));
        is_sound.then(|| Self {
            code,
            national: national.to_owned(),
            is_extended: written.is_extended,
        })
    }
}

/// The country code at the beginning of the digits.
pub fn code(digits: &str) -> Option<&str> {
    CODE.filter_map(|length| digits.get(..length))
        .find(|code| !code.starts_with('0') && is_code(code))
}

fn is_code(digits: &str) -> bool {
    digits
        .parse()
        .is_ok_and(|code| CODES.binary_search(&code).is_ok())
}

/// A number, split into its written parts.
struct Written<'a> {
    code: Option<&'a str>,
    national: &'a str,
    is_extended: bool,
}

impl<'a> Written<'a> {
    /// The form of RFC 3966: `tel:+44-7700-900142;ext=7`.
    fn for_programs(text: &'a str) -> Option<Self> {
        if text.contains(' ') {
            return None;
        }
        let scheme = text
            .get(..4)
            .filter(|scheme| scheme.eq_ignore_ascii_case("tel:"));
        let rest = text.get(scheme.map_or(0, str::len)..)?;
        let is_separator = |c: char| "-.()".contains(c);
        let global = rest
            .strip_prefix('+')
            .map(|rest| rest.split_at(rest.find(is_separator).unwrap_or(rest.len())));
        let (code, rest) = match global {
            Some((code, rest)) if !code.is_empty() => (Some(code), rest),
            _ => (None, rest),
        };
        let (national, rest) = rest.split_at(
            rest.find(|c: char| !c.is_ascii_hexdigit() && !is_separator(c))
                .unwrap_or(rest.len()),
        );
        if national.is_empty() || !(rest.is_empty() || rest.starts_with(';')) {
            return None;
        }
        let (mut context, mut is_extended) = (None, false);
        for (name, value) in parameters(rest) {
            match name {
                "phone-context" => context = Some(value.strip_prefix('+').unwrap_or(value)),
                "ext" => is_extended = true,
                _ => {}
            }
        }
        Some(Self {
            code: code.or(context),
            national,
            is_extended,
        })
    }

    /// The form that people write: anything before the number, the number, an extension.
    fn for_people(text: &'a str) -> Option<Self> {
        let text = &text[text.find(|c: char| c == '+' || c.is_ascii_digit())?..];
        let text = text.trim_end_matches(|c| c != '#' && !text::is_letter_or_number(c));
        let another = text
            .match_indices(['/', '\\'])
            .find(|(at, _)| text[at + 1..].trim_start_matches(' ').starts_with('x'));
        let text = another.map_or(text, |(at, _)| &text[..at]);
        if text.is_empty() {
            return None;
        }
        let Some(extension) = EXTENSION.as_ref()?.captures(text) else {
            return Some(Self {
                code: None,
                national: text,
                is_extended: false,
            });
        };
        // Other ways to write one are not read as a number.
        extension.name("digits")?;
        Some(Self {
            code: None,
            national: &text[..extension.get(0)?.start()],
            is_extended: true,
        })
    }

    /// The country's code, and the digits after it.
    fn dialled(&self) -> Option<(String, String)> {
        if let Some(code) = self.code {
            let code = digits(code).parse::<u16>().ok()?.to_string();
            let national = digits(self.national);
            return (is_code(&code) && national.len() > *NATIONAL.start())
                .then_some((code, national));
        }
        let plain = self.national.trim_start_matches('+');
        let (mut is_abroad, all) = (plain.len() < self.national.len(), digits(plain));
        let mut dialled = all.as_str();
        if let Some(rest) = dialled
            .strip_prefix(ABROAD)
            .filter(|rest| !rest.starts_with('0'))
        {
            (is_abroad, dialled) = (true, rest);
        }
        if !is_abroad {
            return Some((
                BRITISH.to_owned(),
                dialled.strip_prefix(BRITISH).unwrap_or(dialled).to_owned(),
            ));
        }
        let code = code(dialled).filter(|_| dialled.len() > *NATIONAL.start())?;
        Some((code.to_owned(), dialled[code.len()..].to_owned()))
    }
}

/// The parameters of RFC 3966 after a number, up to the first thing that is not one.
fn parameters(mut rest: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let (name, behind) = rest.strip_prefix(';')?.split_once('=')?;
        let is_value = |c: char| c.is_ascii_alphanumeric() || "[]/:&+$-_.!~*'()".contains(c);
        let (value, next) = behind.split_at(behind.find(|c| !is_value(c)).unwrap_or(behind.len()));
        rest = next;
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-')
            .then_some((name, value))
    })
}

/// Whether it is two digits, or three or more among what people write between them, with letters
/// after the third.
fn is_number(text: &str) -> bool {
    let mut digits = 0;
    let mut is_part = |c: char| {
        digits += usize::from(c.is_ascii_digit());
        c.is_ascii_digit() || BETWEEN.contains(c) || (digits >= 3 && c.is_ascii_alphabetic())
    };
    let is_written = text.trim_start_matches('+').chars().all(&mut is_part);
    is_written && (digits >= 3 || (text.len() == 2 && digits == 2))
}

/// The digits of a number. A letter counts as the digit on its key.
fn digits(text: &str) -> String {
    let key = |c: char| match c.to_ascii_uppercase() {
        'A'..='C' => Some('2'),
        'D'..='F' => Some('3'),
        'G'..='I' => Some('4'),
        'J'..='L' => Some('5'),
        'M'..='O' => Some('6'),
        'P'..='S' => Some('7'),
        'T'..='V' => Some('8'),
        'W'..='Z' => Some('9'),
        _ => c.is_ascii_digit().then_some(c),
    };
    text.chars().filter_map(key).collect()
}

/// The number without what is dialled before it within the country, whichever country it is.
fn without_prefix(national: &str) -> &str {
    let [trunk, _] = WITHIN;
    let rest = WITHIN
        .into_iter()
        .find_map(|prefix| national.strip_prefix(prefix))
        .unwrap_or(national);
    rest.strip_prefix(trunk).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::{CODES, Telephone, code};
    use crate::identity::identifier::{Identifier, NotAnIdentifier};
    use crate::validation::text;
    use phonenumber::country::GB;
    use proptest::prelude::*;

    /// The number as `phonenumber` reads it: the keys were made with this.
    fn by_its_tables(text: &str) -> Option<Telephone> {
        let number = phonenumber::parse(Some(GB), text).ok()?;
        let written = number.format().mode(phonenumber::Mode::E164).to_string();
        let code = number.code().value().to_string();
        let national = written
            .strip_prefix('+')
            .unwrap()
            .strip_prefix(&code)
            .unwrap()
            .to_owned();
        Some(Telephone {
            code,
            national,
            is_extended: number.extension().is_some(),
        })
    }

    fn both_ways(text: &str) -> Option<Telephone> {
        let read = Telephone::read(text);
        assert_eq!(read, by_its_tables(text), "{text:?}");
        read
    }

    #[test]
    fn every_code_is_one_of_the_tables_and_no_other() {
        for number in 0..=999 {
            let known = phonenumber::metadata::DATABASE.by_code(&number).is_some();
            assert_eq!(CODES.contains(&number), known, "{number}");
        }
        assert_eq!(
            (
                code("447700900142"),
                code("12125550123"),
                code("0447"),
                code("999")
            ),
            (Some("44"), Some("1"), None, None)
        );
        assert!(CODES.is_sorted());
    }

    /// A generator of numbers with a fixed seed, so that each run is the same.
    struct Seeded(u64);

    impl Seeded {
        fn below(&mut self, end: usize) -> usize {
            // SplitMix64.
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
        }

        fn digits(&mut self, count: usize) -> String {
            (0..count)
                .map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap()))
                .collect()
        }

        fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
            of[self.below(of.len())]
        }

        /// A number as somebody may write it: within the country or from abroad, of any kind and
        /// with any mistake.
        fn number(&mut self) -> String {
            let code = CODES[self.below(CODES.len())].to_string();
            let (country, area) = match self.below(8) {
                0..=3 => (
                    "44",
                    self.one(&[
                        "7", "77009", "1305", "20", "117", "1632", "800", "8001111", "84546", "9",
                        "3", "5",
                    ]),
                ),
                4 => ("33", "6"),
                5 => ("1", "212"),
                6 => ("353", "86"),
                _ => (code.as_str(), ""),
            };
            let length = [10, 10, 10, 10, 9, 7, 8, 11, 12, 3, 16][self.below(11)];
            let national = format!("{area}{}", self.digits(length - area.len().min(length)));
            let national = match self.below(12) {
                0 => format!("{}{national}", self.digits(1)),
                1 => format!("0{national}"),
                2 => "0".repeat(national.len()),
                _ => national,
            };
            let begun = match self.below(10) {
                0..=3 if country == "44" => format!("0{national}"),
                0..=5 => format!("+{country} {national}"),
                6 => format!("00{country}{national}"),
                7 => format!("+{country}(0){national}"),
                8 => format!("{country}{national}"),
                _ => format!(
                    "{}{national}",
                    self.one(&[
                        "", "+", "++", "000", "+0044", "180020", "1800200", "+00", "00", "44",
                        "(0", "*#31#"
                    ])
                ),
            };
            let mut spelt: Vec<char> = begun.chars().collect();
            for _ in 0..self.below(5) {
                let mark = self.one(&[" ", "-", ".", "(", ")", "/", "  ", " - ", "+", "\t"]);
                let at = self.below(spelt.len() + 1);
                spelt.splice(at..at, mark.chars());
            }
            let mut spelt: String = spelt.into_iter().collect();
            if self.below(10) == 0 {
                spelt += self.one(&[
                    " ext 22",
                    "x22",
                    " x",
                    "#",
                    ";ext=22",
                    ";isub=1",
                    ";phone-context=+44",
                    ";phone-context=+1;ext=",
                    " ext. 1234567",
                    " extension 9",
                    " extensión 9",
                    "EXT:4",
                    ",,4",
                    " 12#",
                    "~3",
                    " int 7",
                    " anexo 7",
                    " / x7",
                    "/x7 x8",
                    " Max",
                    ";",
                    "; ",
                    ";a",
                    " x 12345678",
                    "-4#",
                    " ",
                    ".",
                    "!",
                    "é",
                    "م",
                    "€x",
                    ";ext=x",
                ]);
            }
            if self.below(20) == 0 {
                spelt = self
                    .one(&[
                        "tel:", "Tel: ", "TEL:+", "Alex ", "#", "call ", "x", "ext ", "+", "fax: ",
                    ])
                    .to_owned()
                    + &spelt;
            }
            spelt
        }
    }

    #[test]
    fn a_hundred_thousand_numbers_are_what_the_tables_say() {
        let (mut seeded, mut read, mut extended) = (Seeded(2026), 0, 0);
        for _ in 0..100_000 {
            let number = both_ways(&seeded.number());
            read += usize::from(number.is_some());
            extended += usize::from(number.is_some_and(|number| number.is_extended));
        }
        assert!(
            (50_000..95_000).contains(&read) && extended > 2_000,
            "{read} are numbers, {extended} with an extension"
        );
    }

    #[test]
    fn what_is_written_for_programs_is_what_the_tables_say() {
        for text in [
            "tel:+44-7700-900142",
            "TEL:07700900142;isub=1",
            "07700900142;phone-context=+44",
            "07700900142;phone-context=44;ext=7",
            "+44-7700-900142;ext=;ext=7",
            "07700900142;phone-context=",
            "07700900142;phone-context=+1",
            "tel:+0044-7700900142",
            "+44.7700.900142;a;ext=7",
            "tel:0800-fade;isub=1",
            "fade;isub=1",
            "+999-7700900142",
            ".;phone-context=",
            "tel:",
            "+",
            "+-;ext=",
        ] {
            both_ways(text);
        }
    }

    #[test]
    fn an_extension_makes_it_a_line_of_many() {
        for text in [
            "01305 251010 ext 22",
            "01305 251010 x22",
            "01305251010;ext=22",
            "01305 251010 #22",
        ] {
            assert_eq!(
                Identifier::phone(text),
                Err(NotAnIdentifier::Extension),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_what_the_tables_say(text in "(\\PC|[-+0-9 ().x#;=a-f]){0,24}") {
            // As it arrives here: in the characters of the keyboard, without other kinds of spaces
            // and invisible characters.
            let seen: String = text.chars().filter(|c| !text::is_unseen(*c) && !text::is_hard_space(*c)).collect();
            both_ways(text::folded(&seen).trim());
        }
    }
}
