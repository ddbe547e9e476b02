//! What a file's first bytes say about the rest, whatever its format.
//!
//! A packed file, a workbook, a web page or text in UTF-16 has no rows that can be found, but a
//! reader of lines would find garbage in it. Such a file is refused as a whole, and the reason
//! names what it is.

use super::Unreadable;

/// How many bytes are looked at.
const LOOKED_AT: usize = 64;

/// The mark that a file in UTF-8 may begin with.
const UTF8: &[u8] = b"\xef\xbb\xbf";
/// The marks that files in UTF-16 begin with, little-endian and big-endian.
const UTF16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The marks that files in UTF-32 begin with.
const UTF32: [&[u8]; 2] = [b"\xff\xfe\0\0", b"\0\0\xfe\xff"];

/// The beginnings of files that are not text.
const PACKED: [(&[u8], Unreadable); 12] = [
    (b"\x1f\x8b", Unreadable::Gzip),
    (b"PK\x03\x04", Unreadable::Zip),
    (b"PK\x05\x06", Unreadable::Zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Unreadable::Workbook),
    (b"PK\x07\x08", Unreadable::Zip),
    (b"%PDF-", Unreadable::Pdf),
    (b"{\\rtf", Unreadable::RichText),
    (b"7z\xbc\xaf\x27\x1c", Unreadable::Archive),
    (b"Rar!\x1a\x07", Unreadable::Archive),
    (b"\xfd7zXZ\x00", Unreadable::Archive),
    (b"BZh", Unreadable::Archive),
    (b"\x28\xb5\x2f\xfd", Unreadable::Archive),
];
/// What follows the first 30 bytes of a zip that is a workbook (xlsx, ods and numbers).
const WORKBOOKS: [&[u8]; 7] = [
    b"[Content_Types].xml",
    b"xl/",
    b"_rels/",
    b"docProps/",
    b"customXml/",
    b"mimetypeapplication/vnd.oasis.opendocu",
    b"Index/",
];

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// Nothing yet: it takes more bytes.
    Unclear,
    /// It is text, after a mark of this many bytes.
    Text(usize),
    /// It can't be read.
    Refused(Unreadable),
}

impl Opening {
    /// Looks at the beginning of a file; `is_all` if it has no more bytes than these.
    pub(super) fn of(file: &[u8], is_all: bool) -> Self {
        let first = file.get(..LOOKED_AT).unwrap_or(file);
        if first.len() < LOOKED_AT && !is_all {
            return Self::Unclear;
        }
        let (mark, text) = first
            .strip_prefix(UTF8)
            .map_or((0, first), |text| (UTF8.len(), text));
        if is_markup(text) {
            return Self::Refused(Unreadable::Markup);
        }
        if mark > 0 {
            return Self::Text(mark);
        }
        if UTF32.iter().any(|mark| first.starts_with(mark)) || is_utf32(first) {
            return Self::Refused(Unreadable::Utf32);
        }
        if UTF16.iter().any(|mark| first.starts_with(mark)) {
            return Self::Refused(Unreadable::Utf16);
        }
        if let Some((_, what)) = PACKED.iter().find(|(begin, _)| first.starts_with(begin)) {
            let is_workbook = *what == Unreadable::Zip
                && first
                    .get(30..)
                    .is_some_and(|name| WORKBOOKS.iter().any(|book| name.starts_with(book)));
            return Self::Refused(if is_workbook {
                Unreadable::Workbook
            } else {
                *what
            });
        }
        if is_tar(first) {
            return Self::Refused(Unreadable::Archive);
        }
        if is_utf16(first) {
            Self::Refused(Unreadable::Utf16WithoutMark)
        } else {
            Self::Text(0)
        }
    }
}

/// Whether a text begins as a web page or XML does: no CSV and no JSON begins with a tag.
fn is_markup(text: &[u8]) -> bool {
    let begin = text.trim_ascii_start();
    matches!(begin, [b'<', b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z', ..])
}

/// Whether bytes are the name of a file in a tar archive: it has a hundred, filled up with zeros.
fn is_tar(first: &[u8]) -> bool {
    let name = first.iter().take_while(|byte| **byte > b' ').count();
    first.len() == LOOKED_AT
        && (1..=48).contains(&name)
        && first.iter().skip(name).all(|byte| *byte == 0)
}

/// Whether bytes are UTF-32: in nearly all groups of four, the same three are zero.
fn is_utf32(first: &[u8]) -> bool {
    let (fours, _) = first.as_chunks::<4>();
    let count = |is: fn(&[bool; 4]) -> bool| {
        fours
            .iter()
            .filter(|four| is(&four.map(|byte| byte == 0)))
            .count()
    };
    let low = count(|nothing| *nothing == [false, true, true, true]);
    let high = count(|nothing| *nothing == [true, true, true, false]);
    fours.len() > 1 && low.max(high) * 4 >= fours.len() * 3
}

/// Whether bytes are UTF-16: in nearly all pairs the same half is zero, as it is for letters,
/// digits and commas.
fn is_utf16(first: &[u8]) -> bool {
    let (pairs, _) = first.as_chunks::<2>();
    let half = |is_low: bool| {
        pairs
            .iter()
            .filter(|[one, other]| if is_low { *one == 0 } else { *other == 0 })
            .count()
    };
    let (low, high) = (half(true), half(false));
    pairs.len() > 1 && low.min(high) * 4 < pairs.len() && low.max(high) * 4 >= pairs.len() * 3
}

#[cfg(test)]
mod tests {
    use super::{Opening, Unreadable};

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn what_is_no_text_is_named() {
        let xlsx = [b"PK\x03\x04".as_slice(), &[0; 26], b"[Content_Types].xml"].concat();
        for (file, what) in [
            (b"\x1f\x8b\x08\x00".as_slice(), Unreadable::Gzip),
            (b"PK\x03\x04 calls.csv", Unreadable::Zip),
            (&xlsx, Unreadable::Workbook),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Unreadable::Workbook),
            (b"%PDF-1.7\n", Unreadable::Pdf),
            (b"7z\xbc\xaf\x27\x1c", Unreadable::Archive),
            (b"{\\rtf1\\ansi calls", Unreadable::RichText),
            (
                &[b"calls.csv".as_slice(), &[0; 248], b"ustar\x0000"].concat(),
                Unreadable::Archive,
            ),
            (
                &[b"PK\x03\x04".as_slice(), &[0; 26], b"docProps/app.xml"].concat(),
                Unreadable::Workbook,
            ),
            (b"<!DOCTYPE html><title>Sign in</title>", Unreadable::Markup),
            (b"\xef\xbb\xbf \r\n<html>", Unreadable::Markup),
            (b"<?xml version=\"1.0\"?><Workbook/>", Unreadable::Markup),
        ] {
            assert_eq!(Opening::of(file, true), Opening::Refused(what));
        }
    }

    #[test]
    fn utf_16_is_told_with_a_mark_and_without() {
        for text in [
            "CALL ID,TIMESTAMP,ANI\r\n",
            "{\"interaction_id\": \"CHAT-1\"}\n",
            "id",
        ] {
            for order in [u16::to_le_bytes, u16::to_be_bytes] {
                let (bare, marked) = (utf16(text, order), utf16(&format!("\u{feff}{text}"), order));
                assert_eq!(
                    Opening::of(&bare, true),
                    Opening::Refused(Unreadable::Utf16WithoutMark),
                    "{text}"
                );
                assert_eq!(
                    Opening::of(&marked, true),
                    Opening::Refused(Unreadable::Utf16),
                    "{text}"
                );
            }
            for order in [u32::to_le_bytes, u32::to_be_bytes] {
                let utf32 = |text: &str| {
                    text.chars()
                        .flat_map(|c| order(u32::from(c)))
                        .collect::<Vec<u8>>()
                };
                for file in [utf32(text), utf32(&format!("\u{feff}{text}"))] {
                    assert_eq!(
                        Opening::of(&file, true),
                        Opening::Refused(Unreadable::Utf32),
                        "{text}"
                    );
                }
            }
        }
    }

    #[test]
    fn text_is_text_even_with_a_null_byte_in_it() {
        for (file, mark) in [
            (b"".as_slice(), 0),
            (b"a", 0),
            (b"a,b\n\x001,2\n", 0),
            (b"\x00\x00\x00\x00", 0),
            (b"\xef\xbb\xbfa,b\n", 3),
            (b"\xef\xbb", 0),
            (b"caf\xe9,b\n", 0),
            (b"BZ,h\n", 0),
            (b"< 1 day,b\n", 0),
        ] {
            assert_eq!(Opening::of(file, true), Opening::Text(mark), "{file:?}");
        }
    }

    #[test]
    fn a_beginning_is_looked_at_when_enough_of_it_is_there() {
        assert_eq!(Opening::of(b"PK", false), Opening::Unclear);
        assert_eq!(
            Opening::of(&[b'a'; super::LOOKED_AT], false),
            Opening::Text(0)
        );
    }
}
