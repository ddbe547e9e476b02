//! The header `Idempotency-Key`: a random UUID, which nobody can guess.
//!
//! Anybody who guesses a key can find out whether somebody answered under it: other answers under
//! it are a conflict. So a key that could be guessed, such as `1` or an address, is not accepted.

/// The least number of different hexadecimal digits in a random UUID: one in 10^11 has fewer.
const DIFFERENT: u32 = 6;

/// The key of a submission, in its canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads a random UUID (RFC 9562: version 4, or 7), in any case, in quotation marks or without
    /// them, as clients send the header.
    pub fn read(header: &str) -> Option<Self> {
        let text = header.trim();
        let text = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .unwrap_or(text)
            .to_ascii_lowercase();
        let is_dash = |place: usize| [8, 13, 18, 23].contains(&place);
        let sound = |(place, byte): (usize, u8)| match byte {
            b'-' => is_dash(place),
            _ => !is_dash(place) && byte.is_ascii_hexdigit(),
        };
        let bytes = text.as_bytes();
        let is_random = bytes.len() == 36
            && bytes.iter().copied().enumerate().all(sound)
            && matches!(bytes[14], b'4' | b'7')
            && matches!(bytes[19], b'8' | b'9' | b'a' | b'b')
            && different(bytes) >= DIFFERENT;
        is_random.then_some(Self(text))
    }

    /// The key: 36 characters in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many different hexadecimal digits there are among these.
fn different(digits: &[u8]) -> u32 {
    let value = |digit: u8| char::from(digit).to_digit(16);
    digits
        .iter()
        .filter_map(|digit| value(*digit))
        .fold(0_u16, |seen, value| seen | 1 << value)
        .count_ones()
}

#[cfg(test)]
mod tests {
    use super::IdempotencyKey;
    use proptest::prelude::*;

    const KEY: &str = "3f0e9c1a-5d41-4b8e-9a51-6a0c7b1f2d10";

    fn read(header: &str) -> Option<String> {
        IdempotencyKey::read(header).map(|key| key.as_str().to_owned())
    }

    #[test]
    fn one_key_has_one_spelling() {
        for spelt in [
            KEY,
            &KEY.to_uppercase(),
            &format!("\"{KEY}\""),
            &format!(" {KEY} "),
        ] {
            assert_eq!(read(spelt).as_deref(), Some(KEY), "{spelt}");
        }
        assert!(
            read("019abf3c-77d2-7c19-8f5e-2b6a90d4e813").is_some(),
            "version 7"
        );
    }

    #[test]
    fn a_key_that_could_be_guessed_is_none() {
        for guessable in [
            "",
            "1",
            "form-17",
            "rosa.hardy@example.com",
            "rosa-hardy-recycling-centre-2026-11-23",
            "07700900142",
            "00000000-0000-0000-0000-000000000000",
            "00000000-0000-4000-8000-000000000001",
            "11111111-1111-4111-8111-111111111111",
            // Made from a time and a machine (1), and from a name (3 and 5).
            "3f0e9c1a-5d41-11ee-9a51-6a0c7b1f2d10",
            "3f0e9c1a-5d41-3b8e-9a51-6a0c7b1f2d10",
            "3f0e9c1a-5d41-5b8e-9a51-6a0c7b1f2d10",
            // Of a variant that has no versions.
            "3f0e9c1a-5d41-4b8e-ca51-6a0c7b1f2d10",
            "3f0e9c1a5d414b8e9a516a0c7b1f2d10",
            "3f0e9c1a-5d41-4b8e-9a51-6a0c7b1f2d1",
            "3f0e9c1a-5d41-4b8e-9a51-6a0c7b1f2d100",
            "3f0e9c1a-5d41-4b8e-9a51-6a0c7b1f2d1g",
            "3f0e9c1a-5d41-4b8e-9a51-6a0c7b1f2d1é",
            "\"\"",
            "\"",
        ] {
            assert_eq!(read(guessable), None, "{guessable}");
        }
    }

    proptest! {
        #[test]
        fn every_random_uuid_is_a_key(random: u128) {
            // Sets version and variant (RFC 9562, 5.4).
            let random = random & !(0xF << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
            let digits = format!("{random:032x}");
            let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
            let key = parts.join("-");
            // The small values that proptest prefers are not random.
            prop_assume!(super::different(key.as_bytes()) >= super::DIFFERENT);
            prop_assert_eq!(read(&key), Some(key));
        }

        #[test]
        fn any_header_is_a_key_or_none(header in "\\PC{0,60}") {
            let _ = read(&header);
        }
    }
}
