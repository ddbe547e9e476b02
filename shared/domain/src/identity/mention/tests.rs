use super::Mentions;
use super::index::{Index, IndexKey, Indexing};
use super::rows::{Found, Layout, Search};
use crate::identity::identifier::Identifier;
use crate::identity::subject::SubjectKeys;
use crate::record::quarantined::QuarantinedRow;
use proptest::prelude::*;

fn email(typed: &str) -> Mentions {
    Mentions::of(&[Identifier::email(typed).unwrap()])
}

fn phone(typed: &str) -> Mentions {
    Mentions::of(&[Identifier::phone(typed).unwrap()])
}

fn reference(typed: &str) -> Mentions {
    Mentions::of(&[Identifier::reference(typed).unwrap()])
}

fn index_key() -> IndexKey {
    IndexKey::of(
        &SubjectKeys::parse(r#"{"version": "1", "key": "01234567890123456789012345678901"}"#)
            .unwrap(),
    )
}

/// The index of a file.
fn indexed(file: &[u8], layout: Layout) -> Index {
    let key = index_key();
    let mut search = Search::new(Indexing::new(&key, file.len() as u64), layout);
    search.push(file);
    let (found, indexing) = search.finish();
    Index::parse(&indexing.finish(&found).to_json(&key).unwrap(), &key).unwrap()
}

fn check(sought: &Mentions, there: &[&str], not_there: &[&str]) {
    for text in there {
        assert!(sought.are_in(text), "is in {text:?}");
        assert!(
            indexed(text.as_bytes(), Layout::One).may_name(sought, &index_key()),
            "may be in {text:?}"
        );
    }
    for text in not_there {
        assert!(!sought.are_in(text), "is not in {text:?}");
    }
}

#[test]
fn an_address_is_found_in_any_case_and_anywhere_in_a_row() {
    let there = [
        "priya.nair@example.org",
        "CMP-1,complaint,Priya Nair,PRIYA.NAIR@Example.ORG,,A hole",
        r#"{"customer": {"email": "Priya.Nair@example.org"}}"#,
        r#"{"email": "priya.nair\u0040example.org", "text": "Hello"}"#,
        r#"{"text": "Write to\npriya.nair@example.org"}"#,
        "Write to <priya.nair@example.org>.",
        "mailto:priya.nair@example.org?subject=x",
        "https://example.org/?mail=priya.nair%40example.org",
        "https://example.org/?mail=%20priya.nair%40example.org",
        "'priya.nair@example.org'",
        "I am priya.nair@example.org. Ring me",
        "priya\u{200B}.nair@example.org",
        "Mail:\u{A0}priya.nair@example.org\u{A0}please",
        "p\0r\0i\0y\0a\0.\0n\0a\0i\0r\0@\0e\0x\0a\0m\0p\0l\0e\0.\0o\0r\0g\0",
    ];
    let not_there = [
        "",
        "priya.nair",
        "xpriya.nair@example.org",
        "o.priya.nair@example.org",
        "o'priya.nair@example.org",
        "tag+priya.nair@example.org",
        "priya.nair+tag@example.org",
        "priya.nair@example.org.uk",
        "priya.nair@example.organic",
        "priya.nair@example.org-bank.example",
        "priyanair@example.org",
    ];
    check(&email("priya.nair@example.org"), &there, &not_there);
    let shown = [
        "ﬁona.ﬂeming@example.org",
        "Mail: ｆｉｏｎａ．fleming＠example.org",
        "½ ﬁona.fleming@example.org",
    ];
    let others = ["oﬁona.fleming@example.org", "ﬁona.flemings@example.org"];
    check(&email("fiona.fleming@example.org"), &shown, &others);
    check(
        &email("siân@bücher.example"),
        &["SIA\u{302}N@Bücher.example", "siân@xn--bcher-kva.example"],
        &["ân@bücher.example"],
    );
}

#[test]
fn a_number_is_found_in_every_spelling() {
    let there = [
        "07700 900142",
        "07700900142,",
        "+447700900142",
        "+44 (0)7700 900 142",
        "+44 07700 900142",
        "0044 7700-900142",
        "(07700) 900142",
        "07700.900.142",
        "07700\u{2011}900\u{2011}142",
        "07700\u{A0}900142",
        "447700900142",
        "\"7700900142\"",
        "7700900142.0,x",
        "1,7700900142,2",
        "call 12/10/2026 447700900142",
        "01305 251010/07700 900142",
        "07700 900142 300000002187345",
        "300000002187345 07700900142",
        r#"{"text": "Ring\n07700900142"}"#,
        "tel:+44-7700-900142",
        "?tel=%2B447700900142",
        "Ring 07700 900142. 5 times.",
    ];
    let not_there = [
        "",
        "07700 900143",
        "077009001420",
        "107700900142",
        "A07700900142",
        "07700900142B",
        "0.07700900142",
        "1.7700900142",
        "07700900142.5",
        "+1 7700900142",
        "+1 (770) 090-0142",
        "07700,900142",
        "07700      900142",
        "9 7700 900 142",
    ];
    check(&phone("07700 900142"), &there, &not_there);
    let abroad = ["+1 (212) 555-0123", "001 212 555 0123", "12125550123"];
    check(
        &phone("+1 212 555 0123"),
        &abroad,
        &["212 555 0123", "0212 555 0123"],
    );
}

#[test]
fn a_reference_is_found_as_a_word_and_a_handle_with_its_network() {
    check(
        &reference("CUST-1203"),
        &[
            "cust-1203",
            "x,CUST-1203,y",
            r#"{"ucrn":"Cust-1203"}"#,
            "a/CUST-1203",
        ],
        &[
            "CUST-12030",
            "CUST-1203-A",
            "ACUST-1203",
            "cust-1203@example.org",
            "CUST_1203",
        ],
    );
    check(
        &reference("x:@Sam_T"),
        &[
            "1,x,2026-09-01,@sam_t,One.",
            "x:SAM_T",
            r#"{"network":"x","handle":"sam_t"}"#,
        ],
        &[
            "1,facebook,2026-09-01,@sam_t,One.",
            "1,x,2026-09-01,@sam_tx,One.",
            "1,x,,@a.sam_t,",
        ],
    );
    check(
        &reference("x:al"),
        &["1,x,2026-09-01,@al,One."],
        &["1,x,2026-09-01,@bo,Et al says"],
    );
    check(&reference("12"), &[], &["12", ",12,"]);
}

#[test]
fn nobody_is_in_no_text() {
    check(
        &Mentions::of(&[]),
        &[],
        &["", "priya.nair@example.org", "07700 900142"],
    );
    assert_eq!(
        format!("{:?}", email("priya.nair@example.org")),
        "Mentions(..)"
    );
}

/// What is left of a file when the rows that name Rosa are taken out, and what was found.
fn scrubbed(layout: Layout, file: &[u8], chunk: usize) -> (Vec<u8>, Found) {
    let rosa = email("rosa@example.org");
    let mut search = Search::new(&rosa, layout);
    file.chunks(chunk).for_each(|bytes| search.push(bytes));
    let found = search.finish().0;
    let (mut left, mut at) = (Vec::new(), 0);
    for range in &found.ranges {
        let [start, end] = [range.start, range.end]
            .map(|it| usize::try_from(it).unwrap_or(file.len()).min(file.len()));
        left.extend_from_slice(&file[at..start]);
        at = end;
    }
    left.extend_from_slice(&file[at..]);
    (left, found)
}

fn left(layout: Layout, file: &str) -> String {
    let (left, found) = scrubbed(layout, file.as_bytes(), usize::MAX);
    for chunk in [1, 3, 7] {
        assert_eq!(
            scrubbed(layout, file.as_bytes(), chunk),
            (left.clone(), found.clone()),
            "in chunks of {chunk}"
        );
    }
    let again = scrubbed(layout, &left, usize::MAX);
    assert_eq!(
        (again.0.len(), again.1.rows),
        (left.len(), 0),
        "twice is once"
    );
    assert_eq!(again.1.others, found.others);
    String::from_utf8(left).unwrap()
}

#[test]
fn a_row_of_a_csv_goes_with_all_its_lines() {
    let file = "id,mail,text\r\n1,abel@example.org,Fine\r\n2,rosa@example.org,\"Two\r\nlines, \"\"really\"\"\"\r\n3,x,\"a\nb\"\r\n";
    assert_eq!(
        left(Layout::Csv, file),
        "id,mail,text\r\n1,abel@example.org,Fine\r\n3,x,\"a\nb\"\r\n"
    );
    let last = "1,x,5' 6\" tall\n2,rosa@example.org,y";
    assert_eq!(
        left(Layout::Csv, last),
        "1,x,5' 6\" tall\n",
        "a quote within a field opens nothing"
    );
    assert_eq!(left(Layout::Csv, "a\rrosa@example.org\rb\r"), "a\rb\r");
}

#[test]
fn a_quote_that_is_never_closed_costs_its_line() {
    let file =
        "1,\"open,rosa@example.org\n2,abel@example.org\n3,rosa@example.org\n4,cleo@example.org\n";
    assert_eq!(
        left(Layout::Csv, file),
        "2,abel@example.org\n4,cleo@example.org\n"
    );
    let long = format!(
        "1,\"open,x\n{}2,rosa@example.org\n3,y\n",
        "4,abel@example.org\n".repeat(200_000)
    );
    let (rest, found) = scrubbed(Layout::Csv, long.as_bytes(), 64 * 1024);
    assert_eq!(
        (found.rows, rest.len()),
        (1, long.len() - "2,rosa@example.org\n".len())
    );
}

#[test]
fn a_row_that_is_longer_than_anything_that_is_held_goes_whole() {
    let long = format!(
        "{}rosa@example.org {}",
        "word ".repeat(700_000),
        "more ".repeat(1_500_000)
    );
    let (rest, found) = scrubbed(
        Layout::Lines,
        format!("a\n{long}\nb\n").as_bytes(),
        64 * 1024,
    );
    assert_eq!(
        (
            String::from_utf8(rest).unwrap().as_str(),
            found.rows,
            found.others
        ),
        ("a\nb\n", 1, true)
    );
    let (_, found) = scrubbed(Layout::Csv, long.as_bytes(), 64 * 1024);
    assert_eq!(
        (found.rows, found.others, found.ranges.as_slice()),
        (1, false, std::slice::from_ref(&(0..long.len() as u64)))
    );
}

#[test]
fn an_element_of_a_list_leaves_its_brackets() {
    let file = r#"{"reviews": [
  {"reviewId": "1", "comment": "a } \" {"},
  {"reviewId": "2", "reviewer": {"mail": "rosa@example.org"}, "reply": [{"a": 1}]},
  {"reviewId": "3"}
]}"#;
    let rest = left(Layout::List, file);
    assert!(
        rest.contains("{},") && rest.contains("\"3\"") && !rest.contains("\"2\""),
        "{rest}"
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&rest).unwrap()["reviews"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(left(Layout::List, r#"[{"a":"rosa@example.org"}]"#), "[{}]");
    assert!(
        !scrubbed(Layout::List, br#"[{"a":"rosa@example.org"}]"#, 9)
            .1
            .others
    );
    assert!(
        !left(
            Layout::List,
            r#"{"reviews": [{"a": "x"}, {"a": "rosa@example.org", "b"#
        )
        .contains("rosa")
    );
}

#[test]
fn a_line_in_quarantine_is_looked_into_as_the_row_that_it_tells() {
    let line = |row: &str| {
        format!(
            "{}\n",
            serde_json::json!({"line": 7, "field": "a", "rule": "b", "row": row})
        )
    };
    let (rosas, others) = (
        line("1,\"Rosa\nrosa@example.org\""),
        line("2,brosa@example.org"),
    );
    let escaped = line(r#"{"text": "Hi\nrosa@example.org"}"#);
    let file = format!("{others}{rosas}{escaped}{others}");
    assert_eq!(left(Layout::Quarantined, &file), others.repeat(2));
    assert!(!scrubbed(Layout::Quarantined, rosas.as_bytes(), 5).1.others);
}

#[test]
fn a_row_in_base64_is_looked_into_as_the_bytes_that_it_stands_for() {
    let line = |bytes: &[u8]| {
        let row = QuarantinedRow {
            line: 7,
            field: "a".to_owned(),
            rule: "b".to_owned(),
            bytes: bytes.to_vec(),
        };
        String::from_utf8(row.to_line().unwrap()).unwrap()
    };
    let (rosas, others) = (
        line(b"1,Si\xe2n,ROSA@example.org"),
        line(b"2,Si\xe2n,abel@example.org"),
    );
    assert!(rosas.contains("row_base64") && others.contains("row_base64"));
    assert_eq!(
        left(Layout::Quarantined, &format!("{others}{rosas}{others}")),
        others.repeat(2)
    );
    // An address with a letter that only Windows-1252 gives back.
    let address = line(b"3,si\xe2n@b\xfccher.example");
    let sian = email("siân@bücher.example");
    let mut search = Search::new(&sian, Layout::Quarantined);
    search.push(address.as_bytes());
    assert_eq!(search.finish().0.rows, 1);
    let packed = line(&[b"\x1f\x8b\x08".as_slice(), &[0x9c; 40]].concat());
    let (rest, found) = scrubbed(Layout::Quarantined, packed.as_bytes(), 5);
    assert_eq!(
        (found.rows, found.opaque, rest.as_slice()),
        (0, 1, packed.as_bytes())
    );
}

#[test]
fn what_nobody_can_look_into_is_counted_and_stays() {
    let wide: Vec<u8> = "id,mail\n1,rosa@example.org\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let long = [
        b"\x1f\x8b\x08".as_slice(),
        &b"rosa@example.org\n".repeat(10_000),
    ]
    .concat();
    for file in [
        b"PK\x03\x04anything\nrosa@example.org\n".as_slice(),
        &wide,
        &long,
    ] {
        for (layout, chunk) in [
            (Layout::Csv, 3),
            (Layout::Lines, 9_000),
            (Layout::List, usize::MAX),
            (Layout::One, 7),
        ] {
            let (rest, found) = scrubbed(layout, file, chunk);
            assert_eq!((found.rows, found.opaque, found.others), (0, 1, true));
            assert_eq!(rest, file);
        }
    }
    assert_eq!(scrubbed(Layout::Csv, b"", 1).1, Found::default());
}

#[test]
fn a_message_that_names_the_person_goes_whole_however_many_lines_it_has() {
    let message =
        "{\n \"profile\": {\"email\": \"rosa@example.org\"},\n \"comment\": \"A hole\"\n}\n";
    assert_eq!(left(Layout::One, message), "");
    assert_eq!(left(Layout::One, "{\n}\n"), "{\n}\n");
    let long = format!(
        "{}rosa@example.org{}",
        "a ".repeat(2_000_000),
        " b".repeat(2_000_000)
    );
    assert_eq!(
        scrubbed(Layout::One, long.as_bytes(), 64 * 1024).1.ranges,
        std::slice::from_ref(&(0..long.len() as u64))
    );
}

#[test]
fn how_rows_are_written_is_told_from_how_a_file_begins() {
    let csv = "id,mail\n1,\"rosa@example.org\nA hole\"\n2,x\n";
    assert_eq!(left(Layout::Unknown, csv), "id,mail\n2,x\n");
    let lines = "{\"a\":\"rosa@example.org\"}\n{\"a\":\"x\"}\n";
    assert_eq!(left(Layout::Unknown, lines), "{\"a\":\"x\"}\n");
    let list = "{\"reviews\": [\n{\"a\":\"rosa@example.org\",\n\"b\":\"c\"},\n{\"a\":\"x\"}\n]}";
    assert_eq!(
        left(Layout::Unknown, list),
        "{\"reviews\": [\n{},\n{\"a\":\"x\"}\n]}"
    );
}

#[test]
fn an_index_tells_most_from_one_another_and_names_nobody() {
    let row = |number: u32| {
        format!(
            "{number},2026-11-06T10:00:00Z,person{number}@example.org,0770090{number:04},CMP-{number},A hole.\n"
        )
    };
    let file: String = (1000..2000).map(row).collect();
    let index = indexed(file.as_bytes(), Layout::Csv);
    let key = index_key();
    for number in [1000, 1500, 1999] {
        for sought in [
            email(&format!("person{number}@example.org")),
            phone(&format!("0770090{number:04}")),
            reference(&format!("CMP-{number}")),
        ] {
            assert!(index.may_name(&sought, &key), "{number}");
        }
    }
    let strangers = (5000..5200)
        .filter(|number| index.may_name(&email(&format!("person{number}@example.org")), &key));
    assert!(strangers.count() < 10, "few are opened in vain");
    let strangers =
        (5000..5200).filter(|number| index.may_name(&phone(&format!("0770090{number:04}")), &key));
    assert!(strangers.count() < 10, "few are opened in vain");
    let document = String::from_utf8(index.to_json(&key).unwrap()).unwrap();
    assert!(
        !document.contains("person") && document.len() < file.len(),
        "{} of {}",
        document.len(),
        file.len()
    );
    let other = IndexKey::of(
        &SubjectKeys::parse(r#"{"version": "2", "key": "98765432109876543210987654321098"}"#)
            .unwrap(),
    );
    assert_eq!(
        Index::parse(document.as_bytes(), &other),
        None,
        "after a rotation it says nothing"
    );
    assert_eq!(Index::parse(b"{}", &key), None);
}

#[test]
fn what_nobody_can_look_into_may_name_anybody() {
    let key = index_key();
    assert!(indexed(b"PK\x03\x04 a workbook", Layout::Csv).may_name(&email("a@example.org"), &key));
    let opaque = QuarantinedRow {
        line: 1,
        field: String::new(),
        rule: String::new(),
        bytes: vec![0xff, 0, 1, 2, 3, 4, 5],
    };
    assert!(
        indexed(&opaque.to_line().unwrap(), Layout::Quarantined)
            .may_name(&email("a@example.org"), &key)
    );
    let blank = indexed(b"nothing\n", Layout::Lines);
    assert!(!blank.may_name(&email("a@example.org"), &key));
}

proptest! {
    /// Every person who is found is in the index, wherever the mention is and whatever is around
    /// it.
    #[test]
    fn whoever_is_found_may_be_named(
        parts in proptest::collection::vec(prop::sample::select(vec![
            "rosa.hardy@example.org", "ROSA.HARDY@EXAMPLE.ORG", "rosa.hardy%40example.org", "a@b.example", "+44 7700 900142", "07700-900 142",
            "CMP-12/7", "x:@rosa_h", "x", "@rosa_h", ",", "\"", "\n", " ", ".", "-", "_", "@", "+", "'", "\\u0040", "\\n", "\u{a0}", "\u{200b}", "7", "ß", "é",
            "word", "00", "(0)", "mailto:", "<", ">", ";",
        ]), 0..12),
    ) {
        let text = parts.concat();
        let index = indexed(text.as_bytes(), Layout::One);
        for sought in [
            email("rosa.hardy@example.org"), email("hardy@example.org"), email("a@b.example"), phone("07700 900142"), reference("CMP-12/7"),
            reference("x:@rosa_h"),
        ] {
            prop_assert!(!sought.are_in(&text) || index.may_name(&sought, &index_key()), "{text:?}");
        }
    }

    #[test]
    fn any_spelling_of_a_mobile_is_found_and_its_neighbour_is_not(
        digits in "7[0-9]{9}",
        gaps in proptest::collection::vec((1_usize..10, "[ ()./-]{1,2}"), 0..4),
        prefix in prop::sample::select(vec!["0", "+44", "+44 ", "+44 (0)", "0044", "0044 0", "+44-"]),
        (before, behind) in ("[a-z ,;:\"]{0,9}[ ,;:\"]", "[ ,;:\"][a-z ,;:\"]{0,9}"),
    ) {
        let mut spelt = digits.clone();
        for (at, gap) in &gaps {
            // Not inside of another gap: people do not write that many.
            if spelt.as_bytes().get(at - 1..=*at).is_some_and(|pair| pair.iter().all(u8::is_ascii_digit)) {
                spelt.insert_str(*at, gap);
            }
        }
        let spelt = spelt.replace("..", " ");
        let sought = phone(&format!("0{digits}"));
        let text = format!("{before}{prefix}{spelt}{behind}");
        prop_assert!(sought.are_in(&text), "{}", text);
        let last = digits.as_bytes()[9];
        let other = format!("{}{}", &digits[..9], char::from(if last == b'9' { b'0' } else { last + 1 }));
        let other = phone(&format!("0{other}"));
        prop_assert!(!other.are_in(&text), "{}", text);
        let longer = format!("{before}{prefix}{spelt}3{behind}");
        prop_assert!(!sought.are_in(&longer), "{}", longer);
    }

    #[test]
    fn any_address_is_found_in_any_case_and_not_in_a_longer_one(
        local in "[a-z][a-z0-9]{0,8}", domain in "[a-z][a-z0-9]{0,8}", large in any::<u32>(), more in "[a-z0-9]{1,3}",
    ) {
        let address = format!("{local}@{domain}.example");
        let cased: String = address.chars().enumerate().map(|(at, c)| {
            if large >> (at % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c }
        }).collect();
        let sought = email(&address);
        for text in [cased.clone(), format!("a,\"{cased}\",b"), format!("<{cased}>."), format!("x@y.example {cased}")] {
            prop_assert!(sought.are_in(&text), "{}", text);
        }
        for text in [format!("{more}{cased}"), format!("{more}.{cased}"), format!("{cased}{more}"), format!("{cased}.{more}")] {
            prop_assert!(!sought.are_in(&text), "{}", text);
        }
    }

    #[test]
    fn whatever_a_file_is_it_is_cut_alike_in_any_chunks_and_scrubbed_once(
        parts in proptest::collection::vec(prop::sample::select(vec![
            "rosa@example.org", "abel@example.org", ",", "\"", "\"\"", "\n", "\r\n", "\r", "{", "}", "[", "]", ":", "\\", " ", "a",
        ]), 0..60),
        chunk in 1_usize..20,
        layout in prop::sample::select(vec![
            Layout::Quarantined, Layout::Lines, Layout::Csv, Layout::List, Layout::One, Layout::Unknown,
        ]),
    ) {
        let file = parts.concat();
        let (left, found) = scrubbed(layout, file.as_bytes(), usize::MAX);
        prop_assert_eq!(&scrubbed(layout, file.as_bytes(), chunk), &(left.clone(), found.clone()));
        let left = String::from_utf8(left).unwrap();
        if layout == Layout::Lines {
            for line in file.split_inclusive('\n') {
                prop_assert!(email("rosa@example.org").are_in(line) || left.contains(line), "others stay");
            }
        }
        if layout == Layout::Lines || layout == Layout::Csv {
            prop_assert!(left.lines().all(|line| !email("rosa@example.org").are_in(line)), "{:?}", left);
        }
    }
}
