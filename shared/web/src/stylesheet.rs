//! The stylesheet of every page, at an address that changes with it, so that browsers keep it
//! permanently.

/// The stylesheet, built by `npm run build` in `web/`.
pub const STYLESHEET: &str = include_str!("../../../functions/ingest/assets/custodian.css");

/// The part of its address that changes with the stylesheet.
pub const VERSION: &str = match str::from_utf8(&DIGITS) {
    Ok(digits) => digits,
    Err(_) => "",
};

const DIGITS: [u8; 16] = version_of(STYLESHEET);

/// Sixteen digits that change with a stylesheet.
#[must_use]
pub const fn version_of(stylesheet: &str) -> [u8; 16] {
    digits(hashed(stylesheet.as_bytes()))
}

/// FNV-1a: nobody has a reason to make another stylesheet with the same hash.
const fn hashed(bytes: &[u8]) -> u64 {
    let (mut hash, mut at) = (0xCBF2_9CE4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01B3);
        at += 1;
    }
    hash
}

const fn digits(number: u64) -> [u8; 16] {
    let (mut digits, mut at) = ([0; 16], 0);
    while at < digits.len() {
        digits[at] = b"0123456789abcdef"[((number >> (4 * (15 - at))) & 15) as usize];
        at += 1;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::{VERSION, digits, hashed};

    #[test]
    fn the_version_is_sixteen_digits_of_its_own() {
        // From the function's authors (http://www.isthe.com/chongo/src/fnv/test_fnv.c).
        assert_eq!(
            str::from_utf8(&digits(hashed(b"foobar"))),
            Ok("85944171f73967e8")
        );
        assert!(
            VERSION.len() == 16 && VERSION.bytes().all(|digit| digit.is_ascii_hexdigit()),
            "{VERSION}"
        );
    }
}
