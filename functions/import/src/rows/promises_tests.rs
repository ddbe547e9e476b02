//! What is true of every file, whatever is in it.

use super::{
    Broken, Format, Framed, Header, List, Position, ROW_LIMIT, Raw, Row, Rows, Unreadable,
};
use proptest::prelude::*;
use serde_json::Value;

pub(super) const REVIEWS: Format = Format::JsonList(List {
    fields: &["reviews", "locationReviews"],
    own: &["createTime", "review"],
});
const FORMATS: [Format; 3] = [Format::Csv, Format::JsonLines, REVIEWS];
/// A row limit that small files reach.
const SMALL: usize = 64;

/// Everything that a reader returns about a file.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    pub(super) framed: Vec<Framed>,
    pub(super) end: Result<(), Unreadable>,
    pub(super) header: Vec<String>,
    pub(super) written: Header,
    /// After each step: how many rows were returned until then, and where to resume.
    pub(super) positions: Vec<(usize, Position)>,
    pub(super) most_held: usize,
}

/// Reads a file in chunks of sizes that repeat.
pub(super) fn tell(mut rows: Rows, file: &[u8], sizes: &[usize]) -> Told {
    let mut told = Told {
        framed: vec![],
        end: Ok(()),
        header: vec![],
        written: Header::default(),
        positions: vec![],
        most_held: 0,
    };
    let mut sizes = sizes.iter().cycle();
    let mut rest = file;
    loop {
        let is_last = rest.is_empty();
        if is_last {
            rows.finish();
        }
        let (chunk, later) = rest.split_at(
            (*sizes.next().unwrap())
                .clamp(1, rest.len().max(1))
                .min(rest.len()),
        );
        rest = later;
        rows.push(chunk);
        loop {
            told.most_held = told.most_held.max(rows.held_bytes());
            let next = rows.next();
            let position = rows.position();
            match next {
                Ok(Some(framed)) => told.framed.push(framed),
                Ok(None) => {
                    told.positions.push((told.framed.len(), position));
                    break;
                }
                Err(unreadable) => {
                    told.end = Err(unreadable);
                    return told;
                }
            }
            told.positions.push((told.framed.len(), position));
        }
        if is_last {
            told.header = rows.header().to_vec();
            told.written = rows.written().cloned().unwrap_or_default();
            return told;
        }
    }
}

/// Reads a file that is pushed whole.
pub(super) fn whole(format: Format, file: &[u8]) -> Told {
    tell(Rows::new(format), file, &[usize::MAX])
}

/// A line for each row: its line and fields or object, or its line, rule and bytes.
pub(super) fn lines(told: &Told) -> Vec<String> {
    told.framed
        .iter()
        .map(|framed| match framed {
            Framed::Row {
                raw,
                row: Row::Fields(fields),
            } => format!("{}: {}", raw.line, fields.join("|")),
            Framed::Row {
                raw,
                row: Row::Object(object),
            } => {
                format!("{}: {}", raw.line, Value::Object(object.clone()))
            }
            Framed::Broken { raw, rule } => {
                format!(
                    "{}! {}: {}",
                    raw.line,
                    rule.name(),
                    String::from_utf8_lossy(&raw.bytes)
                )
            }
        })
        .collect()
}

fn raw(framed: &Framed) -> (&Raw, Option<Broken>) {
    match framed {
        Framed::Row { raw, .. } => (raw, None),
        Framed::Broken { raw, rule } => (raw, Some(*rule)),
    }
}

fn small(format: Format) -> Rows {
    Rows::limited(format, None, Position::START, SMALL)
}

fn any_format() -> impl Strategy<Value = Format> {
    prop::sample::select(FORMATS.to_vec())
}

/// Pieces that make files which are nearly right, and bytes that are not.
fn any_piece() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b",",
        b"\"",
        b"\"\"",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"\\",
        b" ",
        b"1",
        b"null",
        b"{\"a\":1}",
        b"{\"b\":[{}]}",
        b"\"x\\\"\"",
        b"a,b",
        b"\"a,\nb\",c",
        b"a\",\"",
        b"{\"reviews\":[",
        b"{\"locationReviews\":[",
        b"{\"createTime\":1}",
        b"\"nextPageToken\":\"x\"",
        b"\"reviews\":",
        b"]}",
        b"\xef\xbb\xbf",
        b"\xc3",
        b"\xc3\xa9",
        b"a rather long piece that soon reaches the limit of a row",
    ];
    prop_oneof![8 => prop::sample::select(pieces).prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 1..4)]
}

prop_compose! {
    fn any_file()(mark in any::<bool>(), start in 0_usize..5, pieces in prop::collection::vec(any_piece(), 0..60)) -> Vec<u8> {
        let mark: &[u8] = if mark { b"\xef\xbb\xbf" } else { b"" };
        let start: &[u8] = [&b""[..], b"a,b\n", b"{\"reviews\":[", b"{\"x\":{\"y\":[\"]\"]},\"reviews\" : [\n", b"{\"createTime\":1}"][start];
        [mark, start, &pieces.concat()].concat()
    }
}

fn is_blank(bytes: &[u8], blank: &[u8]) -> bool {
    bytes.iter().all(|byte| blank.contains(byte))
}

proptest! {
    #[test]
    fn no_file_makes_a_reader_panic_or_hold_more_than_two_rows_and_a_chunk(
        format in any_format(), file in any_file(), sizes in prop::collection::vec(1_usize..300, 1..5),
    ) {
        let told = tell(small(format), &file, &sizes);
        let chunk = *sizes.iter().max().unwrap();
        prop_assert!(told.most_held <= 2 * SMALL + SMALL / 16 + chunk + 8, "{}", told.most_held);
        prop_assert!(told.framed.iter().all(|framed| raw(framed).0.bytes.len() <= SMALL));
    }

    #[test]
    fn chunks_make_no_difference(
        format in any_format(), file in any_file(), sizes in prop::collection::vec(1_usize..20, 1..5),
    ) {
        let whole = tell(small(format), &file, &[usize::MAX]);
        for sizes in [&[1][..], &[7], &[4096], &sizes] {
            let told = tell(small(format), &file, sizes);
            prop_assert_eq!(&told.framed, &whole.framed);
            prop_assert_eq!((told.end, told.header), (whole.end, whole.header.clone()));
        }
    }

    #[test]
    fn whoever_resumes_reads_the_same_rest(
        format in any_format(), file in any_file(), sizes in prop::collection::vec(1_usize..20, 1..5),
    ) {
        let told = tell(small(format), &file, &sizes);
        for (framed, at) in &told.positions {
            let header = if at.offset > 0 { told.written.clone() } else { Header::default() };
            let rest = file.get(usize::try_from(at.offset).unwrap()..).unwrap();
            let resumed = tell(Rows::limited(format, Some(header), at.clone(), SMALL), rest, &sizes);
            if told.end.is_ok() {
                prop_assert_eq!(&resumed.header, &told.header);
            }
            let rest = lines(&told).split_off(*framed);
            prop_assert_eq!(lines(&resumed), rest, "{:?}", at);
            prop_assert_eq!(resumed.end, told.end);
        }
    }

    #[test]
    fn every_byte_of_json_is_in_a_row_or_a_broken_one_or_between_them(
        format in prop::sample::select(vec![Format::JsonLines, REVIEWS]), file in any_file(),
    ) {
        // After this many blank lines each step is taken separately. The first bytes are read
        // together.
        let mark = if file.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let file = [&file[..mark], &[b'\n'; 64], &file[mark..]].concat();
        let told = tell(small(format), &file, &[1]);
        let blank: &[u8] = if format == REVIEWS { b" \t\r\n," } else { b" \t\r\n" };
        let mut at = 0;
        let mut seen = 0;
        for (count, position) in &told.positions {
            let end = usize::try_from(position.offset).unwrap();
            let part = &file[at..end];
            if *count > seen {
                let (raw, rule) = raw(&told.framed[seen]);
                let found = (0..=part.len() - raw.bytes.len()).find(|&from| part[from..].starts_with(&raw.bytes)).unwrap();
                let behind = &part[found + raw.bytes.len()..];
                let before = part[..found].strip_prefix(b"\xef\xbb\xbf").filter(|_| at == 0).unwrap_or(&part[..found]);
                let is_rest = matches!(rule, Some(Broken::ListBrokenOff | Broken::SecondList | Broken::ErrorBeside));
                prop_assert!(is_blank(before, blank) || is_rest);
                match (rule, format) {
                    _ if is_rest => {}
                    (Some(Broken::TooLong), REVIEWS) => {}
                    (Some(Broken::TooLong), _) => {
                        let line = behind.split(|byte| *byte == b'\n');
                        prop_assert!(line.skip(1).all(<[u8]>::is_empty));
                    }
                    (_, REVIEWS) => prop_assert!(is_blank(behind, blank)),
                    _ => prop_assert!(is_blank(behind, b"\r\n")),
                }
                seen += 1;
            } else if at > 0 {
                // Between the lists of two pages is what surrounds them.
                let is_page = format == REVIEWS && part.trim_ascii_start().starts_with(b"]");
                prop_assert!(is_blank(part, blank) || position.line == 0 || is_page);
            } else if end > 0 && format != REVIEWS {
                let header = tell(small(format), part, &[1]);
                prop_assert!(header.framed.is_empty() && header.end.is_ok() && header.header == told.header);
            }
            at = end;
        }
        prop_assert_eq!(seen, told.framed.len());
        if told.end.is_ok() && format != REVIEWS {
            prop_assert_eq!(at, file.len());
        }
    }
}

#[test]
fn a_row_of_the_longest_length_is_read_and_one_of_a_byte_more_is_not() {
    let text = |more: usize| "x".repeat(ROW_LIMIT - 10 + more);
    for (format, file) in [
        (
            Format::Csv,
            format!("a,b\n12345678,{}y\n12345678,{}y\n1,2\n", text(0), text(1)),
        ),
        (
            Format::JsonLines,
            format!(
                "{{\"abcd\":\"{}\"}}\n{{\"abcd\":\"{}\"}}\n{{}}\n",
                &text(0)[1..],
                &text(1)[1..]
            ),
        ),
        (
            REVIEWS,
            format!(
                "{{\"reviews\":[{{\"abcd\":\"{}\"}},{{\"abcd\":\"{}\"}},{{}}]}}",
                &text(0)[1..],
                &text(1)[1..]
            ),
        ),
    ] {
        for sizes in [[usize::MAX], [1], [5000]] {
            let told = tell(Rows::new(format), file.as_bytes(), &sizes);
            let told: Vec<_> = told
                .framed
                .iter()
                .map(|framed| (raw(framed).0.bytes.len(), raw(framed).1))
                .collect();
            assert_eq!(
                told[..2],
                [(ROW_LIMIT, None), (ROW_LIMIT, Some(Broken::TooLong))],
                "{format:?}"
            );
            assert_eq!((told.len(), told[2].1), (3, None), "{format:?}");
        }
    }
}

#[test]
fn debugging_shows_nothing_of_a_row() {
    let told = whole(Format::Csv, b"name\nAlice\n\"Bob\n");
    let shown = format!("{:?}", told.framed);
    assert!(
        shown.contains("Fields(1)") && shown.contains("QuoteNeverClosed"),
        "{shown}"
    );
    assert!(
        !shown.contains("Alice") && !shown.contains("Bob") && !shown.contains("65"),
        "{shown}"
    );
}

#[test]
fn a_file_that_cannot_be_read_stays_so() {
    let mut rows = Rows::new(Format::Csv);
    rows.finish();
    assert_eq!(rows.next(), Err(Unreadable::Empty));
    rows.push(b"a,b\n1,2\n");
    assert_eq!(rows.next(), Err(Unreadable::Empty));
}
