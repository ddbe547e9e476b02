//! Which texts are rows of CSV, and what others cost.

use super::promises_tests::{lines, tell, whole};
use super::{Format, Framed, Header, Position, ROW_LIMIT, Row, Rows, Unreadable};
use proptest::prelude::*;

fn read(file: &str) -> Vec<String> {
    let told = whole(Format::Csv, file.as_bytes());
    assert_eq!(told.end, Ok(()));
    lines(&told)
}

fn refused(file: &[u8]) -> Unreadable {
    let told = whole(Format::Csv, file);
    assert!(told.framed.is_empty());
    told.end.unwrap_err()
}

#[test]
fn fields_come_as_they_are_and_names_are_trimmed() {
    let told = whole(
        Format::Csv,
        "\u{feff} name ,\"the, text\"\n é , \"x\"\n\"a \"\"b\"\"\",\n".as_bytes(),
    );
    assert_eq!(told.header, ["name", "the, text"]);
    assert_eq!(lines(&told), ["2:  é | \"x\"", "3: a \"b\"|"]);
}

#[test]
fn any_line_break_ends_a_row_and_blank_lines_are_none() {
    assert_eq!(read("a,b\r\n1,2\r\n\r\n3,4\r\n"), ["2: 1|2", "4: 3|4"]);
    assert_eq!(read("\n\na,b\n1,2\n\n3,4"), ["4: 1|2", "6: 3|4"]);
    assert_eq!(read("a,b\r1,2\r\r3,4\r"), ["2: 1|2", "4: 3|4"]);
}

#[test]
fn a_quoted_line_break_is_text_and_counts_as_a_line() {
    assert_eq!(
        read("a,b\n1,\"x\r\ny\nz\"\n2,\n"),
        ["2: 1|x\r\ny\nz", "5: 2|"]
    );
}

#[test]
fn a_byte_order_mark_within_a_file_is_text() {
    assert_eq!(
        read("a,b\n\u{feff}1,2\n\"\u{feff}\n\u{feff}3\",4\n")[0],
        "2: \u{feff}1|2"
    );
    assert_eq!(read("a,b\n\"\n\u{feff}3\",4\n"), ["2: \n\u{feff}3|4"]);
}

#[test]
fn a_row_with_the_wrong_number_of_fields_is_one_bad_row_on_however_many_lines() {
    assert_eq!(
        read("a,b\n1\n1,2\n1,2,3,\"4\n5,6\n7\",\n8,9\n"),
        [
            "2! wrong_number_of_fields: 1",
            "3: 1|2",
            "4! wrong_number_of_fields: 1,2,3,\"4\n5,6\n7\",",
            "7: 8|9"
        ]
    );
}

#[test]
fn behind_a_quote_that_is_never_closed_nothing_takes_part() {
    assert_eq!(
        read("a,b\n1,2\n3,\"4\n5,6\n7,8\n"),
        ["2: 1|2", "3! quote_never_closed: 3,\"4"]
    );
    assert_eq!(
        read("a,b\n1,2\n3,\""),
        ["2: 1|2", "3! quote_never_closed: 3,\""]
    );
    let long = format!("a,b\n1,2\n3,\"oops\n{}", "5,6\n".repeat(ROW_LIMIT));
    assert_eq!(read(&long), ["2: 1|2", "3! quote_never_closed: 3,\"oops"]);
}

#[test]
fn behind_a_quote_that_the_next_row_closes_nothing_takes_part_even_if_the_number_of_fields_is_right()
 {
    assert_eq!(
        read("a,b\n\"oops\n\"1\",2\n3,4\n"),
        ["2! stray_quote: \"oops"]
    );
    assert_eq!(read("a,b\nj,\"\n,\" x\"\n3,4\n"), ["2! stray_quote: j,\""]);
    assert_eq!(
        read("a,b\n5\" x,\"y\nz\"\n3,4\n"),
        ["2! stray_quote: 5\" x,\"y"]
    );
}

#[test]
fn behind_text_behind_a_closing_quote_nothing_takes_part_and_a_quote_in_a_plain_field_is_text() {
    assert_eq!(
        read("a,b\n5'10\" tall,\"x\"\n\"x\",\"\"\"\"\n\"he said \"no\" to me\",1\n3,4\n"),
        [
            "2: 5'10\" tall|x",
            "3: x|\"",
            "4! stray_quote: \"he said \""
        ]
    );
    assert_eq!(
        read("a,b\n1,\"a \\\"no\\\" to\"\n3,4\n"),
        ["2! backslash_quote: 1,\"a \\\""]
    );
    assert_eq!(read("a,b\n1,\"C:\\\"\n3,4\n"), ["2: 1|C:\\", "3: 3|4"]);
}

#[test]
fn a_backslash_before_a_quote_that_may_close_is_told_by_the_next_quote() {
    // The next quote closes, or escapes another: all of it is one cell.
    for rest in ["\n9,forged\n\\\" b\"\n", "\n9,forged\nb\"\n"] {
        assert_eq!(
            read(&format!("a,b\n1,2\n1,\"a \\\"{rest}")),
            ["2: 1|2", "3! backslash_quote: 1,\"a \\\""],
            "{rest}"
        );
    }
    assert_eq!(
        read("a,b\n1,\"a \\\", b\"\n9,x\n"),
        ["2! backslash_quote: 1,\"a \\\", b\""]
    );
    assert_eq!(
        read("a,b\n1,\"a \\\"\"\n2,\"x\"\n"),
        ["2! backslash_quote: 1,\"a \\\"\""]
    );
    // It opens a field, or there is none: the text ends in a backslash.
    assert_eq!(
        read("a,b\n1,\"C:\\\"\n\"3\",\"\"\n"),
        ["2: 1|C:\\", "3: 3|"]
    );
    assert_eq!(
        read("a,b\n\"C:\\\",\"D:\\\"\n5,6\n"),
        ["2: C:\\|D:\\", "3: 5|6"]
    );
    assert_eq!(
        read("a,b\n1,\"a\\\"\", b\"\n5,6\n"),
        ["2: 1|a\\\", b", "3: 5|6"]
    );
    // It is too far away.
    let far = format!("a,b\n1,\"C:\\\"\n{}\n3,\"4\"\n", "5,6\n".repeat(ROW_LIMIT));
    assert_eq!(read(&far), ["2! backslash_quote: 1,\"C:\\\""]);
    assert_eq!(refused(b"\"a\\\",b\n1,\\\"2\n"), Unreadable::HeaderQuotes);
}

#[test]
fn where_a_row_ends_as_in_another_kind_of_csv_nothing_takes_part_any_more() {
    for (row, rule) in [
        ("1, \"a\n9,x,forged\nb\",2", "space_before_quote"),
        ("1, \"a, b\",2", "space_before_quote"),
        ("1,2, \"a\n9,x,forged\nb\"", "space_before_quote"),
        ("1,'a\n9,x,forged\nb',2", "apostrophe_quote"),
        ("1,'\n9,x,forged\nb',2", "apostrophe_quote"),
        ("1,a\\\n9,x,forged\\\nb,2", "backslash_line_break"),
        ("1,a\\,b\\,c\\\n9,x,forged\\\nb,2", "backslash_line_break"),
        ("1,\"a \\\"\n9,x,forged\n\",2", "backslash_quote"),
        ("1,\"a \\\"\n9,x,forged\n\"", "backslash_quote"),
    ] {
        let told = read(&format!("a,b,c\n1,2,3\n{row}\n4,5,6\n"));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].starts_with(&format!("3! {rule}: ")), "{told:?}");
    }
    assert_eq!(
        read("a,b,c\n1, \"a\" ,'185\n1,'Twas,C:\\\n'1,2\n1,5\" pipe\n4,5,6\n"),
        [
            "2: 1| \"a\" |'185",
            "3: 1|'Twas|C:\\",
            "4! wrong_number_of_fields: '1,2",
            "5! wrong_number_of_fields: 1,5\" pipe",
            "6: 4|5|6"
        ]
    );
    assert_eq!(
        refused(b"\"a\", \"b\"\n1,2\n"),
        Unreadable::SpaceBeforeQuote
    );
}

#[test]
fn a_row_within_a_cell_that_is_too_long_is_text() {
    let file = format!("a,b\n1,\"{}\n9,forged\n\",\n3,4\n", "x".repeat(ROW_LIMIT));
    let told = read(&file);
    assert!(
        told.len() == 2 && told[0].starts_with("2! too_long: 1,\"xxx"),
        "{}",
        told.len()
    );
    assert_eq!(told[1], "5: 3|4");
}

#[test]
fn broken_quotes_in_a_row_that_is_too_long_are_broken_quotes() {
    for (end, rule) in [
        ("", "quote_never_closed"),
        ("\" x\n", "stray_quote"),
        ("\\\" x\n", "backslash_quote"),
    ] {
        let file = format!("a,b\n1,\"x\n{}{end}3,4\n", "y".repeat(ROW_LIMIT));
        assert_eq!(read(&file), [format!("2! {rule}: 1,\"x")]);
    }
}

#[test]
fn a_cell_of_short_lines_costs_one_row_however_long_it_is() {
    let file = format!("a,b\n1,\"{}\"\n3,4\n", "x\n".repeat(5 * 1024 * 1024));
    let told = tell(Rows::new(Format::Csv), file.as_bytes(), &[64 * 1024]);
    let named: Vec<_> = lines(&told)
        .iter()
        .map(|line| line.chars().take(14).collect::<String>())
        .collect();
    assert_eq!(named, ["2! too_long: 1", "5242883: 3|4"]);
    assert!(
        told.most_held <= 3 * ROW_LIMIT + 64 * 1024,
        "{}",
        told.most_held
    );
}

#[test]
fn the_header_once_more_is_no_row_and_behind_another_nothing_takes_part() {
    let file =
        "id,at,who,text\n1,2,3,4\n\u{feff}ID,at, who ,text\n5,6,7,8\nat,id,text,more\n9,9,9,9\n";
    assert_eq!(
        read(file),
        [
            "2: 1|2|3|4",
            "3! header_again: \u{feff}ID,at, who ,text",
            "4: 5|6|7|8",
            "5! another_header: at,id,text,more"
        ]
    );
    assert_eq!(read("id,at,who,text\nid,at,3,4\n"), ["2: id|at|3|4"]);
}

#[test]
fn another_separator_is_read_where_the_header_shows_it() {
    for separator in [";", "\t", "|"] {
        let file = "a;b\n1,5;\"2;3\"\n".replace(';', separator);
        assert_eq!(
            read(&file),
            [format!("2: 1,5|2{separator}3")],
            "{separator}"
        );
        let declared = format!("sep={separator}\r\n{file}");
        assert_eq!(
            read(&declared),
            [format!("3: 1,5|2{separator}3")],
            "{separator}"
        );
    }
    assert_eq!(read("\"a;x\",b\n1,2\n"), ["2: 1|2"]);
    assert_eq!(read("\"a,x\";\"b\"\n1,2;3\n"), ["2: 1,2|3"]);
    assert_eq!(read("\u{feff}\"SEP=,\"\na,b\n1,2\n"), ["3: 1|2"]);
    // Two possible separators, or none: it is the comma.
    assert_eq!(
        read("a;b|c\n1,2\n3\n"),
        ["2! wrong_number_of_fields: 1,2", "3: 3"]
    );
    assert_eq!(refused(b"sep=x\naxb\n1x2\n"), Unreadable::Separator);
}

#[test]
fn a_row_that_is_not_utf8_is_broken() {
    let told = whole(Format::Csv, b"a,b\n\xe9,1\n\xc3,\xa9\n1,\"2\n\xff\"\n3,4\n");
    let broken: Vec<_> = lines(&told)
        .iter()
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(broken, ["2! not_utf8", "3! not_utf8", "4! not_utf8", "6"]);
}

#[test]
fn a_line_that_is_too_long_is_cut_and_costs_no_other() {
    let file = format!(
        "a,b\r\n1,{}\r\n\"{}\",\"\"\r\n2,3",
        "x".repeat(3 * ROW_LIMIT),
        "y".repeat(ROW_LIMIT)
    );
    for sizes in [[usize::MAX], [4096], [3]] {
        let told = tell(Rows::new(Format::Csv), file.as_bytes(), &sizes);
        let told: Vec<_> = lines(&told)
            .iter()
            .map(|line| line.chars().take(12).collect::<String>())
            .collect();
        assert_eq!(told, ["2! too_long:", "3! too_long:", "4: 2|3"]);
    }
}

#[test]
fn a_file_without_rows_has_a_header() {
    let told = whole(Format::Csv, b"a,b");
    assert_eq!(
        (told.framed.len(), told.header),
        (0, vec!["a".to_owned(), "b".to_owned()])
    );
}

#[test]
fn a_file_without_a_header_that_can_be_read_is_refused() {
    assert_eq!(refused(b""), Unreadable::Empty);
    assert_eq!(refused(b"\xef\xbb\xbf\r\n\n"), Unreadable::Empty);
    assert_eq!(refused(b"a,\xff\n1,2\n"), Unreadable::HeaderNotUtf8);
    assert_eq!(refused(b"\n{\"a\":1,\"b\":2}\n"), Unreadable::Json);
    assert_eq!(refused(b"[\n{}]"), Unreadable::Json);
    assert_eq!(read("[Report],b\n1,2\n"), ["2: 1|2"]);
    assert_eq!(refused(b"a,\"b\n1,2\n"), Unreadable::HeaderQuotes);
    assert_eq!(refused(b"a,\"b\"c\n1,2\n"), Unreadable::HeaderQuotes);
    assert_eq!(
        refused("x".repeat(ROW_LIMIT + 1).as_bytes()),
        Unreadable::HeaderTooLong
    );
    assert_eq!(
        refused(",".repeat(1024).as_bytes()),
        Unreadable::HeaderTooLong
    );
}

#[test]
fn columns_may_repeat_for_all_that_framing_cares() {
    assert_eq!(read("a,,,a\n1,,,2\n"), ["2: 1|||2"]);
}

#[test]
fn a_long_row_may_come_a_byte_at_a_time() {
    let file = format!(
        "a,b\n\"{}\",2\n{}\n3,4\n",
        "x\n".repeat(100_000),
        ",".repeat(200_000)
    );
    let told = tell(Rows::new(Format::Csv), file.as_bytes(), &[1]);
    assert_eq!(
        (told.framed.len(), lines(&told)[2].as_str()),
        (3, "100004: 3|4")
    );
}

#[test]
fn the_samples_are_framed_row_by_row() {
    let telephone = whole(
        Format::Csv,
        &super::json_tests::sample("telephone/call-survey-2026-10-12.csv"),
    );
    assert_eq!((telephone.framed.len(), telephone.header.len()), (10, 18));
    assert_eq!(telephone.header[0], "CALL ID");
    let told = lines(&telephone);
    assert!(
        told[2].ends_with("|2|Passed around, \"nobody\" knew,\nthen cut off"),
        "{}",
        told[2]
    );
    assert!(
        told[3].starts_with("6: 300000002187350|Mon, 12 Oct 2026 23:55:00|"),
        "{}",
        told[3]
    );
    assert!(
        told[9].ends_with("|1|=HYPERLINK(\"http://evil.example\",\"click\")"),
        "{}",
        told[9]
    );
    for (file, rows, columns) in [
        ("social/mentions-2026-09.csv", 4, 7),
        ("complaints/2026-10.csv", 4, 12),
    ] {
        let told = whole(Format::Csv, &super::json_tests::sample(file));
        assert_eq!(
            (told.framed.len(), told.header.len()),
            (rows, columns),
            "{file}"
        );
        assert!(
            told.framed
                .iter()
                .all(|framed| matches!(framed, Framed::Row { .. })),
            "{file}"
        );
    }
}

/// Text with everything that CSV has to quote.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c,\"\r\n \u{feff}é]{0,8}", any::<String>()]
}

prop_compose! {
    fn any_table(text: fn(String) -> String)(columns in 1_usize..5)(
        rows in prop::collection::vec(prop::collection::vec(any_text().prop_map(text), columns), 0..12),
        columns in Just(columns),
        ending in prop::sample::select(vec![csv::Terminator::CRLF, csv::Terminator::Any(b'\n'), csv::Terminator::Any(b'\r')]),
        style in prop::sample::select(vec![csv::QuoteStyle::Necessary, csv::QuoteStyle::Always]),
    ) -> (Vec<Vec<String>>, Vec<Vec<u8>>) {
        let header = (0..columns).map(|column| format!("c{column}")).collect();
        let written = std::iter::once(&header).chain(&rows).map(|row: &Vec<String>| {
            let mut writer = csv::WriterBuilder::new().terminator(ending).quote_style(style).from_writer(vec![]);
            writer.write_record(row).unwrap();
            writer.into_inner().unwrap()
        }).collect();
        (rows, written)
    }
}

/// The rows that a file is read as.
fn rows_of(file: &[u8], sizes: &[usize]) -> Vec<Vec<String>> {
    let told = tell(Rows::new(Format::Csv), file, sizes);
    let fields = |framed| match framed {
        Framed::Row {
            row: Row::Fields(fields),
            ..
        } => Some(fields),
        _ => None,
    };
    told.framed.into_iter().filter_map(fields).collect()
}

proptest! {
    #[test]
    fn what_a_good_writer_wrote_comes_back((rows, written) in any_table(|text| text), size in 1_usize..50) {
        prop_assert_eq!(rows_of(&written.concat(), &[size]), rows);
    }

    #[test]
    fn a_line_of_garbage_without_a_quote_costs_no_row(
        (rows, written) in any_table(|text| format!("x{text}x")), garbage in "[^\r\n\"'\\\\]{1,20}", place in any::<prop::sample::Index>(),
    ) {
        let mut written = written;
        written.insert(1 + place.index(written.len()), format!("{garbage}\n").into_bytes());
        let mut told = rows_of(&written.concat(), &[4096]).into_iter();
        prop_assert!(rows.iter().all(|row| told.any(|told| told == *row)));
    }

    #[test]
    fn a_line_of_garbage_costs_no_row_before_it_and_lets_none_pass_that_is_not_one(
        (rows, written) in any_table(|text| format!("x{text}x")), garbage in "[a, ]{0,5}\"[^\r\n]{0,20}", place in any::<prop::sample::Index>(),
    ) {
        let (mut written, place) = (written, place.index(rows.len() + 1));
        written.insert(1 + place, format!("{garbage}\n").into_bytes());
        let told = rows_of(&written.concat(), &[4096]);
        prop_assert_eq!(told.get(..place), rows.get(..place));
    }
}

#[test]
fn lines_are_counted_on_from_where_a_reader_resumes() {
    let header = Header {
        names: vec!["a".to_owned()],
        separator: ',',
    };
    let told = tell(
        Rows::resume(
            Format::Csv,
            header,
            Position {
                offset: 900,
                line: 70,
            },
        ),
        b"\n1\n2",
        &[1],
    );
    assert_eq!(lines(&told), ["71: 1", "72: 2"]);
    assert_eq!(
        told.positions.last().unwrap().1,
        Position {
            offset: 904,
            line: 72
        }
    );
}
