//! CSV as partners' programs really write it: nothing is lost, nothing is misread, and a reason
//! names the real cause.

use crate::house::House;
use crate::imports_faults::{COMPLAINTS, POSTS, dropped, house, import};
use crate::recorder::recording_host;
use custodian_domain::record::quarantined::QuarantinedRow;
use serde_json::{Value, json};

/// A file as a partner drops it.
macro_rules! fixture {
    ($path:literal) => {
        include_bytes!(concat!("../fixtures/intake/", $path)).as_slice()
    };
}

/// The longest row that is read, in bytes.
const LIMIT: usize = 256 * 1024;
const CALLS: &str = "CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,SKILL,AGENT,AGENT NAME,DISPOSITION,ANI,CUSTOMER NAME,DNIS,\
    CALL TIME,TALK TIME,HOLD TIME,TRANSFERS,Survey.Name,Survey.Q1 Satisfaction,Survey.Q2 Comment\n";

fn call(id: &str, comment: &str) -> String {
    format!(
        "{id},\"Mon, 16 Nov 2026 09:00:12\",Council Tax Inbound,Inbound,Council Tax,[None],[None],Survey complete,\
         07700900291,,01305251010,00:05:00,00:04:00,00:00:00,0,post-call,4,{comment}\n"
    )
}

/// The bytes of an object in the intake bucket.
pub async fn bytes(house: &House, key: &str) -> Vec<u8> {
    let object = house
        .s3()
        .get_object()
        .bucket(house.intake())
        .key(key)
        .send()
        .await
        .unwrap();
    object.body.collect().await.unwrap().to_vec()
}

fn id(report: &Value) -> &str {
    report["import"].as_str().unwrap()
}

/// The file that is quarantined whole, if it is.
pub async fn kept_whole(house: &House, source: &str, report: &Value) -> Option<Vec<u8>> {
    let key = format!("quarantine/{source}/{}/file", id(report));
    if house.files().contains(&key) {
        Some(bytes(house, &key).await)
    } else {
        None
    }
}

/// The quarantined rows of one file, in order.
pub async fn bad_rows(house: &House, source: &str, report: &Value) -> Vec<QuarantinedRow> {
    let folder = format!("quarantine/{source}/{}/", id(report));
    let mut rows = Vec::new();
    for key in house
        .files()
        .iter()
        .filter(|key| key.starts_with(&folder) && key.ends_with(".jsonl"))
    {
        let lines = bytes(house, key).await;
        let lines = lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        rows.extend(lines.map(|line| QuarantinedRow::parse(line).unwrap()));
    }
    rows
}

/// The records that are held, with their source's names for them.
pub async fn records(house: &House) -> Vec<(String, Value)> {
    let all = house.items("RECORDS_TABLE").await;
    let all = all
        .iter()
        .map(|item| serde_json::from_str::<Value>(item).unwrap());
    let named = all.filter_map(|record| Some((record["source_id"].as_str()?.to_owned(), record)));
    let mut named: Vec<_> = named.collect();
    named.sort_by(|one, other| one.0.cmp(&other.0));
    named
}

async fn ids(house: &House) -> Vec<String> {
    records(house).await.into_iter().map(|(id, _)| id).collect()
}

fn counts(report: &Value) -> (u64, u64, Value) {
    (
        report["rows"].as_u64().unwrap(),
        report["new"].as_u64().unwrap(),
        report["refused"].clone(),
    )
}

fn complaint(reference: &str, who: &str, text: &str) -> String {
    format!(
        "{reference},complaint,2026-11-19T10:00:00Z,housing,1,{who} Example,{who}@example.org,,{text},,,\n"
    )
}

#[tokio::test]
async fn a_row_within_a_cell_that_is_too_long_corrects_nothing() {
    let house = House::open().await;
    let before = format!(
        "{COMPLAINTS}{}",
        complaint("CMP-1", "priya", "\"Mould, and my child is ill\"")
    );
    house
        .drop_file("complaints", "before.csv", before.as_bytes())
        .await;
    let held = records(&house).await;

    house.move_to("2026-11-23T11:00:00Z").await;
    let forged = complaint("CMP-1", "mallory", "All is well")
        .replace(",,,\n", ",upheld,,2026-11-21T10:00:00Z\n");
    let letter = format!(
        "\"Dear council,\n{}\n{forged}Yours\"",
        "A long letter. ".repeat(LIMIT / 15 + 1)
    );
    let file = [
        COMPLAINTS,
        &complaint("CMP-2", "mallory", &letter),
        &complaint("CMP-3", "abel", "A hole"),
    ]
    .concat();
    let report = house
        .drop_file("complaints", "letter.csv", file.as_bytes())
        .await;
    assert_eq!(counts(&report), (2, 1, json!({"too_long": 1})));
    assert_eq!(
        (&report["corrected"], &report["warnings"]),
        (&json!(0), &json!(["kept_whole"]))
    );
    assert_eq!(
        kept_whole(&house, "complaints", &report).await.unwrap(),
        file.as_bytes()
    );
    let after = records(&house).await;
    assert_eq!(
        (&after[0], after[1].0.as_str(), after.len()),
        (&held[0], "CMP-3", 2)
    );
}

#[tokio::test]
async fn a_row_within_a_short_cell_and_a_comma_too_many_are_one_bad_row() {
    let house = House::open().await;
    let before = format!(
        "{COMPLAINTS}{}",
        complaint("CMP-2026-0501", "priya", "Mould")
    );
    house
        .drop_file("complaints", "before.csv", before.as_bytes())
        .await;
    let held = records(&house).await;
    house.move_to("2026-11-23T11:00:00Z").await;
    let file = fixture!("complaints/row-in-a-cell-and-a-comma-too-many.csv");
    let report = house.drop_file("complaints", "c.csv", file).await;
    assert_eq!(
        counts(&report),
        (1, 0, json!({"wrong_number_of_fields": 1}))
    );
    assert_eq!(
        (
            records(&house).await,
            kept_whole(&house, "complaints", &report).await
        ),
        (held, None)
    );
    let rows = bad_rows(&house, "complaints", &report).await;
    assert_eq!((rows.len(), rows[0].line), (1, 2));
    assert_eq!(
        rows[0].bytes,
        file[COMPLAINTS.len()..file.len() - 1],
        "three lines, byte for byte"
    );
}

#[tokio::test]
async fn a_line_in_a_comment_withdraws_nobodys_post() {
    let house = House::open().await;
    let post = |id: &str, text: &str| format!("{id},x,2026-11-12T09:00:00Z,@a,{text},,\n");
    house
        .drop_file(
            "social",
            "before.csv",
            format!("{POSTS}{}", post("1", "One.")).as_bytes(),
        )
        .await;
    house.move_to("2026-11-23T11:00:00Z").await;
    let withdrawn = post("1", "[deleted]");
    let long = format!("\"{}\n{withdrawn}\"", "x\n".repeat(LIMIT));
    for (name, row, new, refused) in [
        (
            "sound",
            post("2", &format!("\"a\n{withdrawn}b\"")),
            1,
            json!({}),
        ),
        ("too long", post("3", &long), 0, json!({"too_long": 1})),
        (
            "a comma too many",
            post("4", &format!("\"a\n{withdrawn}b\",")),
            0,
            json!({"wrong_number_of_fields": 1}),
        ),
        // After a broken quote nobody knows where a row ends, so not even a complete line is read.
        (
            "never closed",
            post("5", &format!("\"a\n{withdrawn}b")) + &withdrawn,
            0,
            json!({"quote_never_closed": 1}),
        ),
        (
            "not doubled",
            post("6", &format!("\"a \"b\" c\n{withdrawn}d\"")) + &withdrawn,
            0,
            json!({"stray_quote": 1}),
        ),
        (
            "backslashes",
            post("7", &format!("\"a \\\"b\n{withdrawn}d\"")) + &withdrawn,
            0,
            json!({"backslash_quote": 1}),
        ),
        (
            "a stray quote",
            post("8\"", &format!("\"a\n{withdrawn}b\"")) + &withdrawn,
            0,
            json!({"stray_quote": 1}),
        ),
    ] {
        let file = format!("{POSTS}{row}");
        let report = house.drop_file("social", name, file.as_bytes()).await;
        assert_eq!(counts(&report), (1, new, refused.clone()), "{name}");
        assert_eq!(
            (&report["forgotten"], &report["corrected"]),
            (&json!(0), &json!(0)),
            "{name}"
        );
        let keeps = !["sound", "a comma too many"].contains(&name);
        assert_eq!(
            report["warnings"],
            if keeps {
                json!(["kept_whole"])
            } else {
                json!([])
            },
            "{name}"
        );
        assert_eq!(
            kept_whole(&house, "social", &report).await,
            keeps.then(|| file.into_bytes()),
            "{name}"
        );
    }
    assert_eq!(ids(&house).await, ["x:1", "x:2"]);
    let report = house
        .drop_file("social", "a row", format!("{POSTS}{withdrawn}").as_bytes())
        .await;
    assert_eq!(
        (&report["forgotten"], ids(&house).await),
        (&json!(1), vec!["x:2".to_owned()])
    );
}

#[tokio::test]
async fn rows_before_broken_quotes_are_taken_and_the_rest_waits_for_somebody_to_mend_it() {
    let house = House::open().await;
    let file = fixture!("social/backslash-quotes.csv");
    let report = house.drop_file("social", "backslashes.csv", file).await;
    assert_eq!(counts(&report), (1, 0, json!({"backslash_quote": 1})));
    assert_eq!(kept_whole(&house, "social", &report).await.unwrap(), file);
    let mended = String::from_utf8(file.to_vec())
        .unwrap()
        .replace("\\\"", "\"\"");
    assert_eq!(
        counts(
            &house
                .drop_file("social", "mended.csv", mended.as_bytes())
                .await
        ),
        (2, 2, json!({}))
    );

    let file = [
        CALLS,
        &call("1", "good"),
        &call("2", "\"never closed"),
        &call("3", "good"),
        &call("4", "good"),
    ]
    .concat();
    let report = house
        .drop_file("telephone", "calls.csv", file.as_bytes())
        .await;
    assert_eq!(counts(&report), (2, 1, json!({"stray_quote": 1})));
    assert_eq!(
        kept_whole(&house, "telephone", &report).await.unwrap(),
        file.as_bytes()
    );
    let report = house
        .drop_file(
            "telephone",
            "calls.csv",
            file.replace("\"never", "never").as_bytes(),
        )
        .await;
    assert_eq!(
        (counts(&report), &report["already_there"]),
        ((4, 3, json!({})), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_of_ten_megabytes_of_short_lines_costs_one_row_one_object_and_few_writes() {
    let house = house().await;
    let letter = format!("\"{}\"", "x\n".repeat(5 * 1024 * 1024));
    let file = [
        COMPLAINTS,
        &complaint("CMP-1", "rosa", &letter),
        &complaint("CMP-2", "abel", "A hole"),
    ]
    .concat();
    let event = dropped(&house, "complaints", &file).await;
    let (host, calls) = recording_host(&house, "import");
    let report = import(&host, event).await.unwrap()["reports"][0].clone();
    assert_eq!(counts(&report), (2, 1, json!({"too_long": 1})));
    let rows = bad_rows(&house, "complaints", &report).await;
    assert_eq!(
        (rows.len(), rows[0].line, rows[0].bytes.len()),
        (1, 2, LIMIT)
    );
    let kept = house
        .files()
        .iter()
        .filter(|key| key.starts_with("quarantine/"))
        .count();
    assert!(kept <= 3, "the row, the header and the file: {kept}");
    let writes = calls
        .lock()
        .unwrap()
        .iter()
        .filter(|call| call.contains(":Put") || call.contains("Write"))
        .count();
    assert!(
        (1..=12).contains(&writes),
        "{writes} writes: {:?}",
        calls.lock().unwrap()
    );
}

#[tokio::test]
async fn what_is_plain_is_read_however_it_is_written() {
    for (name, file, new) in [
        (
            "other capitals",
            fixture!("telephone/other-capitals.csv"),
            1,
        ),
        ("semicolons", fixture!("telephone/semicolons.csv"), 1),
        (
            "a line that declares the separator",
            fixture!("telephone/sep-line.csv"),
            1,
        ),
        (
            "a comma more on each line, the header's too",
            fixture!("telephone/trailing-comma-in-the-header-too.csv"),
            1,
        ),
        (
            "every kind of line break",
            fixture!("telephone/mixed-line-breaks.csv"),
            4,
        ),
        (
            "a column twice that nobody reads",
            fixture!("telephone/doubled-column.csv"),
            1,
        ),
    ] {
        let house = House::open().await;
        let report = house.drop_file("telephone", "calls.csv", file).await;
        assert_eq!(
            (&report["state"], &report["new"], &report["refused"]),
            (&json!("done"), &json!(new), &json!({})),
            "{name}"
        );
        let held = records(&house).await;
        assert_eq!(held.len(), new, "{name}");
        assert!(
            held.iter().all(|(_, record)| record["satisfaction"] == 4
                && record["pk"].as_str().unwrap().starts_with("subject#")),
            "{name}"
        );
        assert!(
            !house
                .files()
                .iter()
                .any(|key| key.starts_with("quarantine/")),
            "{name}"
        );
    }
    let house = House::open().await;
    for (number, separator) in [";", "\t", "|"].into_iter().enumerate() {
        let header = POSTS.replace(',', separator);
        let row = format!("{number},x,2026-11-12T09:00:00Z,@a,\"{separator}, {separator}\",,\n")
            .replace(",", separator);
        let report = house
            .drop_file("social", separator, format!("{header}{row}").as_bytes())
            .await;
        assert_eq!(counts(&report), (1, 1, json!({})), "{separator}");
    }
    assert_eq!(ids(&house).await, ["x:0", "x:1", "x:2"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_kept_whole_by_its_real_cause() {
    let house = House::open().await;
    let (calls, posts) = (
        format!("{CALLS}{}", call("1", "")),
        format!("{POSTS}1,x,2026-11-12T09:00:00Z,@a,One.,,\n"),
    );
    let title = |lines: &str, file: &str| format!("{lines}{file}").into_bytes();
    let mut packed = b"\x1f\x8b\x08\x00".to_vec();
    packed.extend([7; 100]);
    for (source, file, reason) in [
        (
            "telephone",
            fixture!("telephone/utf16-with-mark.csv").to_vec(),
            json!({"rule": "utf16"}),
        ),
        (
            "telephone",
            fixture!("telephone/utf16-without-mark.csv").to_vec(),
            json!({"rule": "utf16_without_mark"}),
        ),
        ("telephone", packed, json!({"rule": "gzip"})),
        (
            "telephone",
            b"PK\x03\x04calls.csv".to_vec(),
            json!({"rule": "zip"}),
        ),
        (
            "telephone",
            fixture!("telephone/title-lines.csv").to_vec(),
            json!({"rule": "title_lines_before_header"}),
        ),
        (
            "social",
            title("Mentions\nof \"us\", by network\n\n", &posts),
            json!({"rule": "title_lines_before_header"}),
        ),
        (
            "social",
            title("Mentions\n", &posts.replace(',', ";")),
            json!({"rule": "title_lines_before_header"}),
        ),
        (
            "social",
            calls.clone().into_bytes(),
            json!({"rule": "wrong_source", "field": "telephone"}),
        ),
        (
            "complaints",
            posts.clone().into_bytes(),
            json!({"rule": "wrong_source", "field": "social"}),
        ),
        (
            "telephone",
            title("Mentions\n", &posts),
            json!({"rule": "wrong_source", "field": "social"}),
        ),
        (
            "telephone",
            fixture!("reviews/location-list-2026-05.json").to_vec(),
            json!({"rule": "json_not_csv"}),
        ),
        (
            "social",
            fixture!("support/2026-09-21.jsonl").to_vec(),
            json!({"rule": "json_not_csv"}),
        ),
        (
            "social",
            b"[{\"a\": 1}]\n".to_vec(),
            json!({"rule": "json_not_csv"}),
        ),
        (
            "social",
            title("sep=;\n", &posts),
            json!({"rule": "wrong_separator"}),
        ),
        (
            "social",
            title("sep=x\n", &posts),
            json!({"rule": "wrong_separator"}),
        ),
        (
            "social",
            posts.replacen("url", "link", 1).into_bytes(),
            json!({"rule": "missing_column", "field": "url"}),
        ),
        (
            "social",
            posts.replacen("url", "url,Text", 1).into_bytes(),
            json!({"rule": "repeated_column", "field": "text"}),
        ),
        ("telephone", b"".to_vec(), json!({"rule": "empty"})),
        ("telephone", b"\n\n\r\n".to_vec(), json!({"rule": "empty"})),
    ] {
        let report = house.drop_file(source, "file", &file).await;
        assert_eq!(
            (&report["state"], &report["reason"]),
            (&json!("refused"), &reason),
            "{source}"
        );
        assert_eq!(
            kept_whole(&house, source, &report).await.unwrap(),
            file,
            "{source} {reason}"
        );
    }
    assert!(records(&house).await.is_empty());
    for (source, file) in [("telephone", CALLS), ("social", POSTS)] {
        let report = house
            .drop_file(source, "only a header", file.as_bytes())
            .await;
        assert_eq!(
            (&report["state"], counts(&report)),
            (&json!("done"), (0, 0, json!({})))
        );
    }
}

#[tokio::test]
async fn a_bad_row_lies_in_quarantine_byte_for_byte_and_costs_no_other() {
    for (name, file, new, bad) in [
        (
            "windows-1252",
            fixture!("telephone/windows-1252.csv"),
            2,
            vec![(3, "not_utf8")],
        ),
        (
            "a comma more",
            fixture!("telephone/trailing-comma.csv"),
            0,
            vec![(2, "wrong_number_of_fields"), (3, "wrong_number_of_fields")],
        ),
        (
            "two reports",
            fixture!("telephone/two-reports.csv"),
            2,
            vec![(3, "header_again")],
        ),
    ] {
        let house = House::open().await;
        let report = house.drop_file("telephone", "calls.csv", file).await;
        assert_eq!(
            (&report["state"], &report["new"], &report["warnings"]),
            (&json!("done"), &json!(new), &json!([])),
            "{name}"
        );
        let rows = bad_rows(&house, "telephone", &report).await;
        assert_eq!(
            rows.iter()
                .map(|row| (row.line, row.rule.as_str()))
                .collect::<Vec<_>>(),
            bad,
            "{name}"
        );
        for row in rows {
            let line = file
                .split(|byte| *byte == b'\n')
                .nth(usize::try_from(row.line - 1).unwrap())
                .unwrap();
            assert_eq!(
                row.bytes,
                line.strip_suffix(b"\r").unwrap_or(line),
                "{name}"
            );
        }
    }
    // A second report is appended to this one: its header has the same number of columns, so its
    // rows would be misread.
    let house = House::open().await;
    let other = CALLS.replacen("ANI,CUSTOMER NAME,DNIS", "DNIS,CUSTOMER NAME,ANI", 1);
    let file = [CALLS, &call("1", ""), &other, &call("2", "")].concat();
    let report = house
        .drop_file("telephone", "calls.csv", file.as_bytes())
        .await;
    assert_eq!(
        (counts(&report), &report["warnings"]),
        ((2, 1, json!({"another_header": 1})), &json!(["kept_whole"]))
    );
    assert_eq!(
        kept_whole(&house, "telephone", &report).await.unwrap(),
        file.as_bytes()
    );
}

#[tokio::test]
async fn subtotals_null_bytes_and_rows_again_and_again_lose_nothing() {
    let house = House::open().await;
    let report = house
        .drop_file(
            "telephone",
            "subtotals.csv",
            fixture!("telephone/subtotals.csv"),
        )
        .await;
    assert_eq!((&report["rows"], &report["new"]), (&json!(4), &json!(2)));
    assert_eq!(
        bad_rows(&house, "telephone", &report)
            .await
            .iter()
            .map(|row| row.line)
            .collect::<Vec<_>>(),
        [3, 5]
    );

    let file = fixture!("telephone/null-bytes.csv");
    let report = house.drop_file("telephone", "null.csv", file).await;
    let bad = bad_rows(&house, "telephone", &report).await;
    assert_eq!(report["new"].as_u64().unwrap() + bad.len() as u64, 3);
    assert!(
        bad.iter()
            .all(|row| file.windows(row.bytes.len()).any(|part| part == row.bytes))
    );

    let again = format!("{CALLS}{}", call("77", "again and again").repeat(1000));
    let report = house
        .drop_file("telephone", "again.csv", again.as_bytes())
        .await;
    assert_eq!(
        (counts(&report), &report["refused"]),
        ((1000, 1, json!({})), &json!({}))
    );
    assert_eq!(ids(&house).await.iter().filter(|id| *id == "77").count(), 1);
}
