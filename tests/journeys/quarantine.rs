//! Somebody looks at what could not be read, restores it byte for byte, and imports it again after
//! it is corrected.

use crate::house::{House, options};
use crate::imports_faults::{COMPLAINTS, POSTS};
use aws_sdk_s3::primitives::ByteStream;
use custodian_buckets::files::{Files, Folder, KeptKind};
use custodian_domain::record::source::Source;
use custodian_local::Options;
use custodian_operations::local_stack;
use custodian_operations::quarantine::{
    Import, Listed, QuarantineError, bring_back, find, imports, list, report, restore,
};
use serde_json::{Value, json};

const ERRAND: &str = "0123456789abcdef0123456789abcdef";

fn files(house: &House) -> Files {
    Files::new(house.s3(), house.intake())
}

async fn listed(files: &Files, import: &Import) -> Vec<(Option<u64>, String)> {
    let mut lines = Vec::new();
    list(files, import, |Listed { line, why }| {
        lines.push((
            line,
            format!("{} {}", why.field.unwrap_or_default(), why.rule.unwrap())
                .trim()
                .to_owned(),
        ));
        Ok(())
    })
    .await
    .unwrap();
    lines
}

async fn restored(files: &Files, import: &Import) -> (Vec<u8>, Option<u64>) {
    let mut bytes = Vec::new();
    let (_, count) = restore(files, import, &mut bytes).await.unwrap();
    (bytes, count)
}

/// Imports a file again and returns the report.
async fn again(house: &House, import: &Import, mended: Option<&[u8]>) -> Value {
    let files = files(house);
    let file = bring_back(&files, import, mended.map(<[u8]>::to_vec), None, ERRAND)
        .await
        .unwrap();
    house.stack.settle().await.unwrap();
    report(&files, &file, ERRAND).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_listed_with_their_reasons_restored_with_their_header_and_brought_back_mended() {
    let house = House::open().await;
    let files = files(&house);
    let row = |number: u8, stage: &str, who: &[u8]| {
        let row = format!("CMP-{number},complaint,2026-11-06T10:00:00Z,highways,{stage},");
        [
            row.as_bytes(),
            who,
            b",rosa@example.org,,\"A\r\nhole\",,,\r\n",
        ]
        .concat()
    };
    let header = COMPLAINTS.replace('\n', "\r\n").into_bytes();
    let rows = [
        row(1, "ninth", b"Rosa"),
        row(2, "1", b"Ros\xe1"),
        row(3, "1", b"Rosa"),
    ];
    house
        .drop_file(
            "complaints",
            "november.csv",
            &[header.clone(), rows.concat()].concat(),
        )
        .await;
    let found = imports(&files).await.unwrap();
    assert_eq!(
        (found.len(), found[0].folder, found[0].goes_on().to_string()),
        (1, Folder::Of(Source::Complaints), "2026-12-08".into())
    );
    let reasons = [
        (Some(2), "stage choice".to_owned()),
        (Some(4), "not_utf8".to_owned()),
    ];
    assert_eq!(listed(&files, &found[0]).await, reasons);
    let expected = [header, rows[0].clone(), rows[1].clone()].concat();
    assert_eq!(
        restored(&files, &found[0]).await,
        (expected.clone(), Some(2)),
        "as they came, to the byte"
    );
    let mended: Vec<u8> = String::from_utf8_lossy(&expected)
        .replace("ninth", "1")
        .replace('\u{fffd}', "á")
        .into_bytes();
    let report = again(&house, &found[0], Some(&mended)).await;
    assert_eq!(
        (&report["new"], &report["refused"], &report["state"]),
        (&json!(2), &json!({}), &json!("done"))
    );
    for kept in &found[0].objects {
        files.delete_kept(kept).await.unwrap();
    }
    assert!(imports(&files).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_any_more_is_said_and_not_left_out() {
    let house = House::open().await;
    let files = files(&house);
    house
        .drop_file(
            "complaints",
            "november.csv",
            format!("{COMPLAINTS}CMP-1,other,,,,,,,,,,\n").as_bytes(),
        )
        .await;
    let import = imports(&files).await.unwrap().remove(0);
    let rows = import
        .objects
        .iter()
        .find(|kept| kept.kind == KeptKind::Rows)
        .unwrap();
    let put = house
        .s3()
        .put_object()
        .bucket(house.intake())
        .key(&rows.key);
    put.body(ByteStream::from_static(b"{\"line\": 2}\n"))
        .send()
        .await
        .unwrap();
    let unreadable =
        |error: QuarantineError| assert!(matches!(error, QuarantineError::Storage(_)), "{error}");
    unreadable(list(&files, &import, |_| Ok(())).await.unwrap_err());
    unreadable(restore(&files, &import, &mut Vec::new()).await.unwrap_err());
    unreadable(
        bring_back(&files, &import, Some(Vec::new()), None, ERRAND)
            .await
            .unwrap_err(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_brought_back_does_not_undo_what_was_told_since() {
    let house = House::open().await;
    let row = |stage: &str, text: &str, closed: &str| {
        format!(
            "{COMPLAINTS}CMP-1,complaint,2026-11-06T10:00:00Z,highways,{stage},,rosa@example.org,,{text},,,{closed}\n"
        )
    };
    house
        .drop_file("complaints", "a.csv", row("ninth", "old", "").as_bytes())
        .await;
    house.move_to("2026-11-23T11:00:00Z").await;
    house
        .drop_file(
            "complaints",
            "b.csv",
            row("1", "new", "2026-11-20T10:00:00Z").as_bytes(),
        )
        .await;
    let before = house.items("RECORDS_TABLE").await;
    let import = imports(&files(&house)).await.unwrap().remove(0);
    let report = again(&house, &import, Some(row("1", "old", "").as_bytes())).await;
    assert_eq!(
        (&report["corrected"], &report["already_there"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(house.items("RECORDS_TABLE").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_lists_and_messages_come_back_to_the_byte() {
    let house = House::with(Options {
        ttl: false,
        ..options()
    })
    .await;
    let files = files(&house);
    let packed = [b"\x1f\x8b\x08\0".as_slice(), &[0x9d; 300]].concat();
    let list = r#"{"reviews": [{"reviewId": "1", "starRating": "MANY"}, {"reviewId": "2", "starRating": "MANY"}]}"#;
    let lines = "{\"interview_id\":\"1\"}\n{\"interview_id\":\"2\"}\n";
    house.drop_file("social", "posts.csv.gz", &packed).await;
    house
        .drop_file("reviews", "list.json", list.as_bytes())
        .await;
    house
        .drop_file("interviews", "august.jsonl", lines.as_bytes())
        .await;
    assert_eq!(house.hand_over("{ \"Siân\"").await.status, 422);
    let put = house
        .s3()
        .put_object()
        .bucket(house.intake())
        .key("posts.csv");
    put.body(ByteStream::from(POSTS.as_bytes().to_vec()))
        .send()
        .await
        .unwrap();
    house.invoke("sweep", json!({})).await.unwrap();
    house.stack.settle().await.unwrap();
    let mut found = Vec::new();
    for import in imports(&files).await.unwrap() {
        let (bytes, count) = restored(&files, &import).await;
        found.push((
            import.folder.as_str(),
            listed(&files, &import).await.len(),
            bytes,
            count,
        ));
        // It is found by the name that the list gives it.
        assert_eq!(find(&files, &import.name()).await.unwrap(), import);
    }
    let reviews = "{\"reviews\": [\n{\"reviewId\": \"1\", \"starRating\": \"MANY\"},\n{\"reviewId\": \"2\", \"starRating\": \"MANY\"}\n]}\n";
    let expected: [(&str, usize, &[u8], Option<u64>); 5] = [
        ("reviews", 2, reviews.as_bytes(), Some(2)),
        ("social", 1, &packed, None),
        ("interviews", 2, lines.as_bytes(), Some(2)),
        ("granicus", 1, "{ \"Siân\"".as_bytes(), None),
        ("unknown", 1, POSTS.as_bytes(), None),
    ];
    for expected in expected {
        let expected = (expected.0, expected.1, expected.2.to_vec(), expected.3);
        assert!(
            found.contains(&expected),
            "{} is not as it came: {found:?}",
            expected.0
        );
    }
    let imports = imports(&files).await.unwrap();
    let of = |folder| {
        imports
            .iter()
            .find(|import| import.folder == folder)
            .unwrap()
    };
    for folder in [Folder::Unknown, Folder::Granicus] {
        let refused = bring_back(&files, of(folder), None, None, ERRAND)
            .await
            .unwrap_err();
        assert!(matches!(refused, QuarantineError::Wrong(_)), "{refused}");
    }
    let file = bring_back(
        &files,
        of(Folder::Unknown),
        None,
        Some(Source::Social),
        ERRAND,
    )
    .await
    .unwrap();
    house.stack.settle().await.unwrap();
    assert_eq!(
        report(&files, &file, ERRAND).await.unwrap().unwrap()["state"],
        "done"
    );
    assert!(matches!(
        find(&files, "social/0").await,
        Err(QuarantineError::Unknown(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_on_this_machine_is_found_by_its_port() {
    let house = House::open().await;
    let port = house
        .stack
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let here = tokio::task::spawn_blocking(move || local_stack::intake(port))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (here.bucket, here.s3),
        (house.intake(), house.stack.endpoints().s3.clone())
    );
}
