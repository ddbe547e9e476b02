//! The invariant of `csv.rs`, checked with a second reader: the crate `csv`.
//!
//! 500 files each time; `PROPTEST_CASES=10000` makes them 10,000, as `make test-long` does.

use super::promises_tests::{Told, tell};
use super::{Broken, Format, Framed, Position, Row, Rows, Unreadable};
use proptest::prelude::*;

/// A row limit that small files reach.
const LIMIT: usize = 64;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What part of a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Belongs {
    HeaderOrBlank,
    Row,
    Quarantined,
    KeptWhole,
}

/// A row, as the second reader sees it.
struct Seen {
    /// Where it begins and ends, with blank lines and line breaks around it.
    from: usize,
    to: usize,
    fields: csv::ByteRecord,
}

/// What the second reader finds in a file.
fn second(file: &[u8], from: usize, separator: char) -> Vec<Seen> {
    let mut builder = csv::ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(separator).unwrap());
    // It would skip a mark at the beginning of what it reads, and this is not the file's: a blank
    // line comes first.
    let padded = [b"\n", &file[from..]].concat();
    let mut reader = builder.from_reader(padded.as_slice());
    let place = |reader: &csv::Reader<&[u8]>| {
        (from + usize::try_from(reader.position().byte()).unwrap())
            .saturating_sub(1)
            .max(from)
    };
    let mut seen = Vec::new();
    loop {
        let (start, mut fields) = (place(&reader), csv::ByteRecord::new());
        if !reader.read_byte_record(&mut fields).unwrap() {
            return seen;
        }
        seen.push(Seen {
            from: start,
            to: place(&reader),
            fields,
        });
    }
}

fn is_break(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| is_break(*byte))
}

/// Where a row begins and ends within what the second reader takes for it.
fn bounds(file: &[u8], seen: &Seen) -> (usize, usize) {
    let part = &file[seen.from..seen.to];
    let before = part.iter().take_while(|byte| is_break(**byte)).count();
    let behind = part
        .iter()
        .rev()
        .take_while(|byte| is_break(**byte))
        .count();
    (
        seen.from + before,
        (seen.to - behind).max(seen.from + before),
    )
}

fn line_at(file: &[u8], at: usize) -> u64 {
    let before = &file[..at];
    let breaks = |(at, byte): (usize, &u8)| {
        *byte == b'\n' || (*byte == b'\r' && before.get(at + 1) != Some(&b'\n'))
    };
    1 + before.iter().enumerate().filter(|one| breaks(*one)).count() as u64
}

fn keeps_the_file(rule: Broken) -> bool {
    Broken::keeping_the_file().any(|keeping| keeping == rule)
}

/// Where the header begins: after the mark, and after a line that declares the separator.
fn header_at(file: &[u8]) -> usize {
    let mark = if file.starts_with(MARK) {
        MARK.len()
    } else {
        0
    };
    let blank = file[mark..]
        .iter()
        .take_while(|byte| is_break(**byte))
        .count();
    let line = &file[mark + blank..];
    let length = line
        .iter()
        .position(|byte| is_break(*byte))
        .unwrap_or(line.len());
    let text = String::from_utf8_lossy(&line[..length]).to_lowercase();
    let plain = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(&text);
    let is_declared = ["sep=,", "sep=;", "sep=\t", "sep=|"].contains(&plain);
    if is_declared {
        mark + blank + length
    } else {
        mark
    }
}

/// What each byte of a file belongs to, or what is wrong.
fn account(file: &[u8], told: &Told) -> Result<Vec<Belongs>, TestCaseError> {
    if told.end.is_err() {
        prop_assert!(told.framed.is_empty());
        return Ok(vec![Belongs::KeptWhole; file.len()]);
    }
    let start = header_at(file);
    let seen = second(file, start, told.written.separator);
    let mut bytes = vec![None; file.len()];
    let mut belongs = |from: usize, to: usize, what: Belongs| {
        let free = bytes[from..to].iter().all(Option::is_none);
        bytes[from..to].fill(Some(what));
        if free {
            Ok(())
        } else {
            Err(TestCaseError::fail("a byte belongs to two"))
        }
    };
    belongs(0, start, Belongs::HeaderOrBlank)?;
    let header = seen.first().unwrap();
    let names = header
        .fields
        .iter()
        .map(|name| String::from_utf8(name.to_vec()).unwrap());
    let names: Vec<String> = names
        .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    prop_assert_eq!(&names, &told.written.names);
    belongs(start, header.to, Belongs::HeaderOrBlank)?;
    let mut at = header.to;
    let mut rows = seen[1..].iter();
    let mut is_over = false;
    for framed in &told.framed {
        prop_assert!(!is_over, "behind broken quotes nothing takes part");
        let row = rows
            .next()
            .ok_or_else(|| TestCaseError::fail("the second reader sees no row here"))?;
        let (from, to) = bounds(file, row);
        prop_assert!(is_blank(&file[at..from]));
        belongs(at, from, Belongs::HeaderOrBlank)?;
        let (Framed::Row { raw, .. } | Framed::Broken { raw, .. }) = framed;
        prop_assert_eq!(raw.line, line_at(file, from));
        match framed {
            Framed::Row {
                raw,
                row: Row::Fields(fields),
            } => {
                prop_assert_eq!(&raw.bytes, &file[from..to]);
                prop_assert!(row.fields.iter().eq(fields.iter().map(String::as_bytes)));
                prop_assert_eq!(fields.len(), names.len());
                belongs(from, to, Belongs::Row)?;
            }
            Framed::Row { .. } => return Err(TestCaseError::fail("a CSV has no objects")),
            Framed::Broken { raw, rule } if !keeps_the_file(*rule) => {
                prop_assert_eq!(
                    &raw.bytes,
                    &file[from..to],
                    "it can be restored byte for byte"
                );
                match rule {
                    Broken::WrongNumberOfFields => prop_assert_ne!(row.fields.len(), names.len()),
                    Broken::NotUtf8 => prop_assert!(
                        row.fields
                            .iter()
                            .any(|field| std::str::from_utf8(field).is_err())
                    ),
                    rule => prop_assert_eq!(*rule, Broken::HeaderAgain),
                }
                belongs(from, to, Belongs::Quarantined)?;
            }
            Framed::Broken {
                raw,
                rule: Broken::TooLong,
            } => {
                prop_assert!(to - from > LIMIT);
                prop_assert_eq!(&raw.bytes, &file[from..from + LIMIT]);
                belongs(from, to, Belongs::KeptWhole)?;
            }
            Framed::Broken { raw, rule } => {
                prop_assert!(
                    *rule != Broken::ListBrokenOff && file[from..].starts_with(&raw.bytes)
                );
                belongs(from, file.len(), Belongs::KeptWhole)?;
                is_over = true;
            }
        }
        at = to;
    }
    if !is_over {
        prop_assert!(rows.next().is_none(), "the second reader sees another row");
        prop_assert!(is_blank(&file[at..]));
        belongs(at, file.len(), Belongs::HeaderOrBlank)?;
    }
    bytes
        .into_iter()
        .map(|byte| byte.ok_or_else(|| TestCaseError::fail("a byte belongs to nothing")))
        .collect()
}

fn read(file: &[u8], sizes: &[usize]) -> Told {
    tell(
        Rows::limited(Format::Csv, None, Position::START, LIMIT),
        file,
        sizes,
    )
}

/// What a resident may write.
fn any_cell() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        4 => "[a-c1-3 ]{0,4}",
        2 => "[ab,;|\"\r\n\t\\\\ ]{0,9}",
        1 => "(\n|\r|\r\n)?(a,b,c|9,x,\\[deleted\\]|b;c;a)(\n|\r|\r\n)?",
        1 => "[ab\n]{60,80}",
        1 => Just("id".to_owned()),
        1 => "[\u{0}\u{feff}é\u{2028}]{0,3}",
    ];
    prop_oneof![12 => text.prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..4)]
}

/// How a program writes a cell: correctly, or as some do.
fn written(cell: &[u8], style: u8, separator: u8) -> Vec<u8> {
    let doubled = |with: &[u8]| -> Vec<u8> {
        let bytes = cell.iter().flat_map(|byte| {
            if *byte == b'"' {
                [with, b"\""].concat()
            } else {
                vec![*byte]
            }
        });
        [b"\"".to_vec(), bytes.collect(), b"\"".to_vec()].concat()
    };
    let must = cell
        .iter()
        .any(|byte| [b'"', b'\n', b'\r', separator].contains(byte));
    match style {
        0..=9 if !must => cell.to_vec(),
        0..=13 => doubled(b"\""),
        14 => doubled(b"\\"),
        15 => doubled(b""),
        _ => cell.to_vec(),
    }
}

/// How a program of another kind writes a cell, correctly in its own way.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// In quotes, and with a backslash before a quote within.
    Backslash,
    /// In quotes, and with a space before them.
    Space,
    /// In apostrophes.
    Apostrophe,
    /// Unquoted, with a backslash before a separator or a line break within.
    Unquoted,
}

fn written_as(kind: Kind, cell: &[u8]) -> Vec<u8> {
    let with = |escaped: &[u8], escape: &[u8]| -> Vec<u8> {
        let bytes = cell.iter().map(|byte| {
            if escaped.contains(byte) {
                [escape, &[*byte]].concat()
            } else {
                vec![*byte]
            }
        });
        bytes.collect::<Vec<_>>().concat()
    };
    match kind {
        Kind::Backslash => [b"\"".as_slice(), &with(b"\"\\", b"\\"), b"\""].concat(),
        Kind::Space => [b" \"".as_slice(), &with(b"\"", b"\""), b"\""].concat(),
        Kind::Apostrophe => [b"'".as_slice(), &with(b"'", b"'"), b"'"].concat(),
        Kind::Unquoted => with(b",\\\r\n", b"\\"),
    }
}

prop_compose! {
    /// A report whose program quotes mostly well, with rows that have too many fields or too few.
    fn any_report()(
        separator in prop::sample::select(b",,,,;\t|".to_vec()),
        declared in prop::sample::select(vec!["", "", "", "sep=,", "sep=;", "\"SEP=|\"", "sep=x"]),
        mark in any::<bool>(),
        columns in prop::sample::select(vec![vec!["id"], vec!["id", "text"], vec!["id", " b", "text ", "c", ""]]),
        styles in prop::sample::select(vec![9_u8, 13, 13, 13, 15, 17]),
        rows in prop::collection::vec(
            (prop::collection::vec((any_cell(), any::<u8>()), 1..7), any::<u8>(), prop::sample::select(vec!["\n", "\n", "\r\n", "\r", "\n\n", "\r\n\n"])),
            0..12,
        ),
        is_ended in any::<bool>(),
    ) -> Vec<u8> {
        let join = |fields: Vec<Vec<u8>>| fields.join([separator].as_slice());
        let header = join(columns.iter().map(|name| name.as_bytes().to_vec()).collect());
        let mut file = if mark { MARK.to_vec() } else { vec![] };
        if !declared.is_empty() {
            file.extend([declared.as_bytes(), b"\r\n"].concat());
        }
        file.extend([header.as_slice(), b"\n"].concat());
        for (cells, shape, ending) in rows {
            let mut row: Vec<Vec<u8>> =
                cells.iter().map(|(cell, style)| written(cell, style % (styles + 1), separator)).collect();
            match shape % 8 {
                0 => {}
                1 => row = vec![header.clone()],
                _ => row.resize(columns.len(), b"7".to_vec()),
            }
            file.extend([join(row).as_slice(), ending.as_bytes()].concat());
        }
        if !is_ended {
            while file.last().is_some_and(|byte| is_break(*byte)) {
                file.pop();
            }
        }
        file
    }
}

prop_compose! {
    /// A report in which a few places were changed.
    fn any_damaged()(file in any_report(), damage in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, any_cell()), 0..3)) -> Vec<u8> {
        let mut file = file;
        for (place, length, with) in damage {
            let start = place.index(file.len() + 1);
            file.splice(start..(start + length).min(file.len()), with);
        }
        file
    }
}

/// Anything at all, of the bytes with a meaning.
fn any_soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b",",
        b";",
        b"\t",
        b"|",
        b"\"",
        b"\"\"",
        b"\n",
        b"\r",
        b"\r\n",
        b"\\",
        b" ",
        b"a",
        b"b,a",
        b"a,b",
        b"\"a,\nb\"",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xc3",
        b"\0",
        b"sep=",
        b"=",
        b"a rather long piece that soon reaches the limit",
    ];
    prop::collection::vec(prop::sample::select(pieces).prop_map(<[u8]>::to_vec), 0..60)
        .prop_map(|soup| soup.concat())
}

fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        move |file: Vec<u8>| {
            String::from_utf8_lossy(&file)
                .encode_utf16()
                .flat_map(order)
                .collect::<Vec<u8>>()
        }
    };
    prop_oneof![
        10 => any_report(),
        6 => any_damaged(),
        4 => any_soup(),
        1 => any_report().prop_map(utf16(u16::to_le_bytes)),
        1 => any_report().prop_map(utf16(u16::to_be_bytes)),
    ]
}

fn cases() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: config.cases.max(500),
        ..config
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn each_byte_belongs_to_one_thing_and_each_row_is_one_to_a_second_reader(
        file in any_file(), sizes in prop::collection::vec(1_usize..100, 1..5),
    ) {
        for sizes in [&sizes, &[1][..], &[usize::MAX]] {
            account(&file, &read(&file, sizes))?;
        }
    }

    /// A cell of a file whose quotes are sound is never anything but a cell.
    #[test]
    fn nothing_within_a_cell_is_a_row(
        cells in prop::collection::vec(any_cell(), 1..6), rows_within in "(\r|\n)9,x,\\[deleted\\](\r|\n)", size in 1_usize..200,
    ) {
        let mut file = b"id,text,c\n".to_vec();
        for (number, cell) in cells.iter().enumerate() {
            let cell = [cell, rows_within.as_bytes()].concat();
            file.extend([format!("{number},").as_bytes(), &written(&cell, 13, b','), b",\n"].concat());
        }
        let told = read(&file, &[size]);
        prop_assert_eq!((told.end, told.framed.len()), (Ok(()), cells.len()));
        for framed in &told.framed {
            if let Framed::Row { row: Row::Fields(fields), .. } = framed {
                prop_assert_ne!(fields[0].as_str(), "9");
            }
        }
        account(&file, &told)?;
    }
}

proptest! {
    #![proptest_config(cases())]

    /// Nor is it in a file of another kind of CSV: at its first such cell reading stops.
    #[test]
    fn nothing_within_a_cell_of_another_kind_of_csv_is_a_row(
        kind in prop::sample::select(vec![Kind::Backslash, Kind::Space, Kind::Apostrophe, Kind::Unquoted]),
        cells in prop::collection::vec(("[a-c,\"'\\\\ \n]{0,6}", "[a-c,\"'\\\\ \n]{0,6}"), 1..6),
        size in 1_usize..200,
    ) {
        let mut file = b"id,text,c\n".to_vec();
        for (number, (before, behind)) in cells.iter().enumerate() {
            // Where quotes, or backslashes, mean nothing, a text with them is another case.
            let plain = |text: &str| match kind {
                Kind::Space => text.to_owned(),
                // With as many separators in its text as it has fields to come, a row is right by
                // the other rules.
                Kind::Backslash => text.replace(',', ""),
                Kind::Apostrophe | Kind::Unquoted => text.replace(['"', '\'', '\\', '\n', ','], ""),
            };
            let cell = format!("{}\n9,x,[deleted]\n{}", plain(before), plain(behind));
            file.extend([format!("{number},").as_bytes(), &written_as(kind, cell.as_bytes()), b",\n"].concat());
        }
        let told = tell(Rows::new(Format::Csv), &file, &[size]);
        prop_assert_eq!(told.end, Ok(()));
        for framed in &told.framed {
            if let Framed::Row { row: Row::Fields(fields), .. } = framed {
                prop_assert_ne!(fields[0].as_str(), "9", "{}", String::from_utf8_lossy(&file));
            }
        }
    }
}

/// The account itself: whatever a reader does wrong, it finds.
#[test]
fn the_account_finds_a_row_that_is_lost_forged_changed_moved_or_told_twice() {
    let file = b"id,text\n1,2\n3,\"4\n9,forged\n5\"\n6\n7,8\n";
    let told = || read(file, &[5]);
    account(file, &told()).unwrap();
    let rows = told().framed.len();
    assert_eq!(rows, 4);
    let forged = read(b"id,text\n9,forged\n", &[9]).framed;
    for place in 0..rows {
        let mut lost = told();
        lost.framed.remove(place);
        account(file, &lost).unwrap_err();
        let mut twice = told();
        twice.framed.insert(place, told().framed.swap_remove(place));
        account(file, &twice).unwrap_err();
        let mut more = told();
        more.framed.insert(place, forged[0].clone());
        account(file, &more).unwrap_err();
        let mut other = told();
        other.framed[place] = forged[0].clone();
        account(file, &other).unwrap_err();
        let mut moved = told();
        let (Framed::Row { raw, .. } | Framed::Broken { raw, .. }) = &mut moved.framed[place];
        raw.line += 1;
        account(file, &moved).unwrap_err();
        let mut cut = told();
        let (Framed::Row { raw, .. } | Framed::Broken { raw, .. }) = &mut cut.framed[place];
        raw.bytes.pop();
        account(file, &cut).unwrap_err();
        let mut changed = told();
        if let Framed::Row {
            row: Row::Fields(fields),
            ..
        } = &mut changed.framed[place]
        {
            fields[1].push('x');
            account(file, &changed).unwrap_err();
        }
    }
}

#[test]
fn the_account_of_a_file_is_what_it_should_be() {
    let file = b"id,b\n1,2\n\n1,2,3\n4,\"x\n5,6\"\n7,\"8\n9,10\n";
    let told = read(file, &[3]);
    let mut parts: Vec<(Belongs, usize)> = Vec::new();
    for belongs in account(file, &told).unwrap() {
        match parts.last_mut() {
            Some((last, length)) if *last == belongs => *length += 1,
            _ => parts.push((belongs, 1)),
        }
    }
    let blank = Belongs::HeaderOrBlank;
    let expected = [
        (blank, 5),
        (Belongs::Row, 3),
        (blank, 2),
        (Belongs::Quarantined, 5),
        (blank, 1),
        (Belongs::Row, 9),
    ];
    assert_eq!(parts[..6], expected);
    assert_eq!(parts[6..], [(blank, 1), (Belongs::KeptWhole, 10)]);
    assert_eq!(account(b"", &read(b"", &[1])).unwrap(), []);
    assert_eq!(
        read(b"a\0b\0,\0c\0", &[1]).end,
        Err(Unreadable::Utf16WithoutMark)
    );
}
