//! Bytes that nobody could read as intended: whether they are text at all, and in which encodings
//! they can be read.

use std::borrow::Cow;

/// The beginnings of files that are not text: zip (and so xlsx), gzip, PDF, OLE (xls), 7z, RAR, xz,
/// bzip2, Zstandard, LZ4, `compress`, Parquet.
const PACKED: [&[u8]; 12] = [
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\xfd7zXZ",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"\x1f\x9d",
    b"PAR1",
];
/// How many bytes of a file decide this.
pub(super) const HEAD: usize = 8 * 1024;
/// One control character in this many bytes is still text. A packed file has one in ten, UTF-16 one
/// in two.
const FEW: usize = 32;
/// This many are always allowed: a slip on the keyboard.
const STRAY: usize = 2;
/// The characters of Windows-1252 where Latin-1 has control characters.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Whether a file that begins like this is text, in UTF-8 or in a one-byte encoding. Nobody can
/// search anything else for a person: it is packed, or in UTF-16.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let is_control =
        |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a | 0x1b);
    let controls = head.iter().filter(is_control).count();
    !PACKED.iter().any(|begin| head.starts_with(begin))
        && (controls <= STRAY || controls * FEW <= head.len())
}

/// Every way in which bytes can be read: as UTF-8, and as Windows-1252 where they are not UTF-8.
pub(super) fn readings(bytes: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    let utf8 = String::from_utf8_lossy(bytes);
    let windows = matches!(utf8, Cow::Owned(_))
        .then(|| Cow::Owned(bytes.iter().copied().map(windows).collect()));
    std::iter::once(utf8).chain(windows)
}

fn windows(byte: u8) -> char {
    let high = usize::from(byte)
        .checked_sub(0x80)
        .and_then(|place| WINDOWS.get(place));
    high.copied().unwrap_or_else(|| char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::{is_text, readings};

    #[test]
    fn text_is_told_from_what_nobody_can_look_into() {
        let wide: Vec<u8> = "a,b,c".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for text in [
            b"".as_slice(),
            b"a,b\r\n",
            "Siân €".as_bytes(),
            b"Si\xe2n \x80 \x92",
            b"{\"a\":\"\\u0000\"}\x1a",
        ] {
            assert!(is_text(text), "{text:?}");
        }
        for other in [
            b"PK\x03\x04 a workbook".as_slice(),
            b"\x1f\x8b\x08",
            &wide,
            &[0; 4],
            b"\x28\xb5\x2f\xfdzstd",
        ] {
            assert!(!is_text(other), "{other:?}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_read_as_windows_1252_as_well() {
        assert_eq!(readings("Siân".as_bytes()).collect::<Vec<_>>(), ["Siân"]);
        let read: Vec<_> = readings(b"Si\xe2n \x80\x9e").collect();
        assert_eq!(read.last().map(AsRef::as_ref), Some("Siân €ž"));
    }
}
