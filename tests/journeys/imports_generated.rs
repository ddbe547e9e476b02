//! Generated CSV files go through the whole import: each row is accounted for, and no row is made
//! from a cell's text.
//!
//! A few files each time. `CUSTODIAN_CASES=200` makes it 200, as `make test-long` does.

use crate::house::{House, cases_of};
use crate::imports_csv::{bad_rows, kept_whole, records};
use crate::imports_faults::POSTS;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The possible outcomes of a row. Each row counts once.
const OUTCOMES: [&str; 9] = [
    "new",
    "already_there",
    "corrected",
    "joined",
    "forgotten",
    "held",
    "suppressed",
    "too_old",
    "in_future",
];
/// How many posts are there before each file, for its rows and for text that only looks like rows.
const BEFORE: usize = 6;
/// More than the longest row may have.
const TOO_LONG: usize = 256 * 1024;

/// A cell of text. `{n}` is the number of the case, so that each case has its own posts.
fn any_text() -> impl Strategy<Value = String> {
    let row = (
        0..BEFORE,
        prop::sample::select(vec!["[deleted]", "forged", ""]),
    )
        .prop_map(|(post, text)| format!("{{n}}-{post},x,2026-11-01T08:00:00Z,@mallory,{text},,"));
    let broken = prop::sample::select(vec!["\n", "\r", "\r\n"]);
    prop_oneof![
        3 => "[a-z ]{1,8}",
        1 => "[ab,;|\"\r\n\t\\\\ \u{feff}é\u{0}]{0,12}",
        3 => (broken.clone(), row, broken, "[a-z]{0,3}").prop_map(|(before, row, behind, rest)| format!("a{before}{row}{behind}{rest}")),
        1 => Just("[deleted]".to_owned()),
        1 => Just(String::new()),
    ]
}

/// A row of one of the existing posts or of a new one, quoted correctly or not quite.
fn any_row() -> impl Strategy<Value = Vec<u8>> {
    let time = prop::sample::select(vec![
        "2026-11-01T08:00:00Z",
        "2026-11-01T08:00:00Z",
        "2026-11-01T08:00:00Z",
        "2026-11-01",
        "2019-01-01T08:00:00Z",
        "2027-01-01T08:00:00Z",
    ]);
    let style = prop::sample::select(vec![
        "\"\"", "\"\"", "\"\"", "\"\"", "\"\"", "\"\"", "\\\"", "\"",
    ]);
    let shape = prop::sample::select(vec![",,", ",,", ",,", ",,", ",,", ",,,", ","]);
    let extra = prop_oneof![
        20 => Just(Vec::new()),
        1 => Just(vec![0xe9]),
        1 => Just(vec![b'y'; TOO_LONG]),
        1 => Just(b"\n".repeat(TOO_LONG)),
    ];
    let ending = prop::sample::select(vec!["\n", "\n", "\r\n", "\r", "\n\n"]);
    (0..BEFORE + 4, any_text(), time, style, shape, extra, ending).prop_map(
        |(post, text, time, style, shape, extra, ending)| {
            let start = format!("{{n}}-{post},x,{time},@a,\"{}", text.replace('"', style));
            [
                start.as_bytes(),
                &extra,
                b"\"",
                shape.as_bytes(),
                ending.as_bytes(),
            ]
            .concat()
        },
    )
}

prop_compose! {
    fn any_file()(
        rows in prop::collection::vec(any_row(), 0..10),
        mark in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, prop::sample::select(vec!["", "\"", ",", "\n", "\r", "\"\n\""])), 0..2),
        is_damaged in prop::bool::weighted(0.3),
    ) -> Vec<u8> {
        let mut rest = rows.concat();
        for (place, length, with) in damage.into_iter().filter(|_| is_damaged) {
            let start = place.index(rest.len() + 1);
            rest.splice(start..(start + length).min(rest.len()), with.bytes());
        }
        [if mark { "\u{feff}" } else { "" }.as_bytes(), POSTS.as_bytes(), &rest].concat()
    }
}

/// The posts that a second CSV reader sees rows of.
fn seen(file: &[u8]) -> BTreeSet<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let rows = reader
        .byte_records()
        .map(|row| row.unwrap())
        .filter(|row| row.len() == 7);
    rows.map(|row| format!("x:{}", String::from_utf8_lossy(&row[0]).trim()))
        .collect()
}

fn of_case(records: Vec<(String, Value)>, case: u32) -> BTreeMap<String, Value> {
    records
        .into_iter()
        .filter(|(id, _)| id.starts_with(&format!("x:{case}-")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_is_accounted_for_and_only_a_row_to_a_second_reader_corrects_or_withdraws() {
    let (house, mut runner) = (House::open().await, TestRunner::default());
    for case in 0..cases_of(20) {
        let posts = (0..BEFORE)
            .map(|post| format!("{case}-{post},x,2026-11-01T08:00:00Z,@a,As it was.,,\n"));
        let before = format!("{POSTS}{}", posts.collect::<String>());
        assert_eq!(
            house
                .drop_file("social", &format!("{case}-before"), before.as_bytes())
                .await["new"],
            json!(BEFORE)
        );
        let held = of_case(records(&house).await, case);

        let file = any_file().new_tree(&mut runner).unwrap().current();
        let file = replaced(&file, b"{n}", case.to_string().as_bytes());
        let shown = String::from_utf8_lossy(&file[..file.len().min(4_000)]).into_owned();
        let report = house
            .drop_file("social", &format!("{case}-file"), &file)
            .await;
        assert_eq!(report["state"], "done", "{shown}");
        let counted: u64 = OUTCOMES
            .iter()
            .map(|outcome| report[*outcome].as_u64().unwrap())
            .sum();
        let refused: u64 = report["refused"]
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum();
        assert_eq!(
            counted + refused,
            report["rows"].as_u64().unwrap(),
            "{report} of {shown}"
        );

        let rows = bad_rows(&house, "social", &report).await;
        assert_eq!(rows.len() as u64, refused, "{report} of {shown}");
        assert!(
            rows.iter()
                .all(|row| row.bytes.is_empty() || memmem(&file, &row.bytes)),
            "{shown}"
        );
        let kept = kept_whole(&house, "social", &report).await;
        let is_cut = [
            "too_long",
            "quote_never_closed",
            "stray_quote",
            "backslash_quote",
            "another_header",
            "space_before_quote",
            "apostrophe_quote",
            "backslash_line_break",
        ]
        .iter()
        .any(|rule| report["refused"].get(*rule).is_some());
        assert_eq!(
            (kept.is_some(), report["warnings"] == json!(["kept_whole"])),
            (is_cut, is_cut),
            "{shown}"
        );
        assert!(kept.is_none_or(|kept| kept == file), "{shown}");

        let (after, seen) = (of_case(records(&house).await, case), seen(&file));
        for id in held.keys().chain(after.keys()) {
            assert!(
                held.get(id) == after.get(id) || seen.contains(id),
                "{id} of {shown}"
            );
        }
    }
    assert!(
        !house.files().iter().any(|key| key.starts_with("social/")),
        "every file was read to its end"
    );
}

fn memmem(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

fn replaced(whole: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(whole.len());
    let mut rest = whole;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(what) {
            replaced.extend(with);
            rest = behind;
        } else {
            replaced.push(rest[0]);
            rest = &rest[1..];
        }
    }
    replaced
}
