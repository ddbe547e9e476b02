//! One person's rows leave quarantine. Everybody else's stay, whoever writes at the same time.

use crate::failing::{Off, failing_host};
use crate::house::{House, at, options};
use crate::imports_faults;
use crate::paused::pausing_host;
use aws_sdk_s3::primitives::ByteStream;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_buckets::files::{Files, Mentioned, Scrubbed};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKeys;
use futures_util::StreamExt;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

const NOW: &str = "2026-11-23T10:00:00Z";
const COMPLAINTS: &str = "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n";

fn rosa() -> Vec<Identifier> {
    vec![
        Identifier::email("rosa@example.org").unwrap(),
        Identifier::phone("07700 900142").unwrap(),
    ]
}

fn files(house: &House) -> Files {
    Files::new(house.s3(), house.intake())
}

async fn scrub(house: &House) -> Scrubbed {
    let now = house.stack.clock().now();
    files(house)
        .scrub(&rosa(), now, now, || true)
        .await
        .unwrap()
}

/// A line of a part, as an import writes it.
fn line(row: &str) -> String {
    json!({"line": 2, "field": "stage", "rule": "not_a_stage", "row": row}).to_string() + "\n"
}

async fn put(house: &House, key: &str, body: impl Into<Vec<u8>>) {
    let put = house
        .s3()
        .put_object()
        .bucket(house.intake())
        .key(key)
        .body(ByteStream::from(body.into()));
    put.send().await.unwrap();
}

/// An object as text, or `None`.
fn read(house: &House, key: &str) -> Option<String> {
    let bytes = house.stack.store().bytes(&house.intake(), key).unwrap();
    bytes.map(|bytes| String::from_utf8(bytes).unwrap())
}

const PART: &str = "quarantine/complaints/0123456789abcdef/0000000000.jsonl";

#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_could_not_read_of_a_person_goes_and_its_report_stays() {
    let house = House::open().await;
    let row = |number: u8, mail: &str, phone: &str, text: &str| {
        format!(
            "CMP-{number},complaint,2026-11-06T10:00:00Z,highways,ninth,A,{mail},{phone},{text},,,\n"
        )
    };
    let rows = [
        row(1, "ROSA@example.org", "", "A hole"),
        row(2, "abel@example.org", "", "\"Two\nlines\""),
        row(3, "", "+44 (0)7700 900 142", "A hole"),
        row(4, "cleo@example.org", "", "\"Rosa says: rosa@example.org\""),
    ];
    let report = house
        .drop_file(
            "complaints",
            "november.csv",
            format!("{COMPLAINTS}{}", rows.concat()).as_bytes(),
        )
        .await;
    assert_eq!(house.quarantined("complaints").await.len(), 4);
    let counted = files(&house).mentions(&rosa(), at(NOW)).await.unwrap();
    assert_eq!(
        counted,
        Mentioned {
            waiting: 0,
            rows: 3,
            unreadable: 0,
            unreadable_until: None
        }
    );
    assert_eq!(
        scrub(&house).await,
        Scrubbed {
            waiting: 0,
            rows: 3,
            unreadable: 0,
            is_whole: true,
        }
    );
    let left = house.quarantined("complaints").await;
    assert_eq!(
        (left.len(), &left[0]["row"]),
        (1, &json!(rows[1].trim_end()))
    );
    assert_eq!(
        house
            .report("complaints", report["import"].as_str().unwrap())
            .await,
        report
    );
    let all = house.everything().await;
    assert_eq!(
        scrub(&house).await,
        Scrubbed {
            waiting: 0,
            rows: 0,
            unreadable: 0,
            is_whole: true,
        }
    );
    assert_eq!(house.everything().await, all, "twice is once");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_file_in_quarantine_whole_the_other_rows_stay() {
    let house = House::open().await;
    let csv = "who,what\nrosa@example.org,\"A\nhole\"\nabel@example.org,Fine\n";
    house
        .drop_file("complaints", "strange.csv", csv.as_bytes())
        .await;
    let list = r#"{"reviews": [{"a": "07700 900142"}, {"a": "Fine"}]}"#;
    put(&house, "quarantine/reviews/0123456789abcdef/file", list).await;
    let only = "who\nrosa@example.org";
    house
        .drop_file("telephone", "strange.csv", only.as_bytes())
        .await;
    put(
        &house,
        "quarantine/social/0123456789abcdef/file",
        b"PK\x03\x04 a workbook",
    )
    .await;
    put(
        &house,
        "quarantine/support/0123456789abcdef/file",
        "{\"a\": \"rosa@example.org\"}\n",
    )
    .await;
    // The workbook may be hers or anybody's. It stays, and the task waits for it.
    assert_eq!(
        scrub(&house).await,
        Scrubbed {
            waiting: 0,
            rows: 4,
            unreadable: 1,
            is_whole: true,
        }
    );
    let left: Vec<String> = house
        .files()
        .into_iter()
        .filter(|key| key.starts_with("quarantine/"))
        .collect();
    let read: Vec<String> = left.iter().filter_map(|key| read(&house, key)).collect();
    let workbook = "PK\u{3}\u{4} a workbook";
    assert_eq!(
        read,
        [
            "who,what\nabel@example.org,Fine\n",
            r#"{"reviews": [{}, {"a": "Fine"}]}"#,
            workbook,
            "who\n"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_dropped_in_time_are_waited_for_until_they_are_read() {
    let house = imports_faults::house().await;
    put(&house, "complaints/a", "x").await;
    put(&house, "telephone/b", "x").await;
    // A file that is being read: its own progress does not count as another file.
    let id = house.put_file("social", "c", b"x").await;
    put(&house, &format!("progress/social/{id}.json"), "{}").await;
    put(&house, &format!("handover/social/{id}"), "").await;
    // A file that was replaced while it was read.
    put(&house, "progress/social/0123456789abcdef.json", "{}").await;
    put(&house, "reports/social/0123456789abcdef.json", "{}").await;
    let dropped = at(NOW);
    house.stack.clock().set(dropped + TimeDelta::minutes(1));
    put(&house, "complaints/later", "x").await;
    let waiting = async |before: DateTime<Utc>, now: DateTime<Utc>| {
        files(&house)
            .scrub(&rosa(), before, now, || true)
            .await
            .unwrap()
            .waiting
    };
    let soon = dropped + TimeDelta::minutes(2);
    assert_eq!(waiting(dropped, soon).await, 4);
    assert_eq!(waiting(dropped - TimeDelta::seconds(1), soon).await, 0);
    assert_eq!(waiting(soon, soon).await, 5);
    assert_eq!(
        files(&house).mentions(&rosa(), soon).await.unwrap(),
        Mentioned {
            waiting: 5,
            rows: 0,
            unreadable: 0,
            unreadable_until: None
        }
    );
    assert_eq!(
        waiting(dropped, dropped + TimeDelta::minutes(15)).await,
        3,
        "no invocation reads it any longer"
    );
    for key in ["complaints/a", "telephone/b", "social/c"] {
        house
            .s3()
            .delete_object()
            .bucket(house.intake())
            .key(key)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(waiting(dropped, dropped + TimeDelta::minutes(15)).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_time_left_says_so_and_another_goes_on() {
    let house = imports_faults::house().await;
    let parts = (0..3).map(|number| PART.replace("0.jsonl", &format!("{number}.jsonl")));
    let parts: Vec<String> = parts.collect();
    for part in &parts {
        let rows = line("1,rosa@example.org") + &line("2,abel@example.org");
        put(&house, part, rows).await;
    }
    let keys = format!(r#"{{"version": "1", "key": "{}"}}"#, "1".repeat(40));
    let keys = SubjectKeys::parse(&keys).unwrap();
    let has_hers = |part: &String| read(&house, part).unwrap().contains("rosa");
    let files = files(&house).indexing(&keys);
    let now = at(NOW);
    for left in (0..parts.len()).rev() {
        let looks = AtomicUsize::new(0);
        let has_time = || looks.fetch_add(1, Ordering::SeqCst) == 0;
        let scrubbed = files.scrub(&rosa(), now, now, has_time).await.unwrap();
        assert_eq!((scrubbed.rows, scrubbed.is_whole), (1, left == 0));
        assert_eq!(parts.iter().filter(|part| has_hers(part)).count(), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_writes_meanwhile_is_not_lost() {
    let (mine, hers) = (line("2,abel@example.org"), line("1,rosa@example.org"));
    let more = line("3,cleo@example.org");
    let mut raced = 0;
    for call in 1.. {
        let house = imports_faults::house().await;
        put(&house, PART, format!("{hers}{mine}")).await;
        let (host, mut pause) = pausing_host(&house, "import", call);
        let files = Files::new(custodian_buckets::client(&host.s3()), house.intake());
        let (identities, now) = (rosa(), at(NOW));
        let scrubbing = files.scrub(&identities, now, now, || true);
        tokio::pin!(scrubbing);
        let writing = async {
            pause.reached().await;
            put(&house, PART, format!("{hers}{mine}{more}")).await;
            pause.go_on();
        };
        let over = tokio::select! {
            done = &mut scrubbing => { done.unwrap(); true }
            () = writing => { scrubbing.await.unwrap(); false }
        };
        if over {
            break;
        }
        raced += 1;
        // The next look finds what was written after the last.
        scrub(&house).await;
        assert_eq!(
            read(&house, PART),
            Some(format!("{mine}{more}")),
            "before call {call}"
        );
    }
    assert!(raced > 6, "every call was raced once: {raced}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_meanwhile_is_not_brought_back() {
    let house = imports_faults::house().await;
    for call in 1.. {
        put(
            &house,
            PART,
            format!("{}{}", line("1,rosa@example.org"), line("2,x")),
        )
        .await;
        let (host, mut pause) = pausing_host(&house, "import", call);
        let files = Files::new(custodian_buckets::client(&host.s3()), house.intake());
        let (identities, now) = (rosa(), at(NOW));
        let scrubbing = files.scrub(&identities, now, now, || true);
        tokio::pin!(scrubbing);
        let deleting = async {
            pause.reached().await;
            house
                .s3()
                .delete_object()
                .bucket(house.intake())
                .key(PART)
                .send()
                .await
                .unwrap();
            pause.go_on();
        };
        tokio::select! {
            done = &mut scrubbing => { done.unwrap(); break; }
            () = deleting => { scrubbing.await.unwrap(); }
        }
        assert_eq!(read(&house, PART), None, "before call {call}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_list_is_looked_through() {
    let house = imports_faults::house().await;
    let puts = (0..1_003_u32).map(|number| {
        let row = if number % 501 == 0 {
            line("1,rosa@example.org")
        } else {
            line("1,abel@example.org")
        };
        let key = format!("quarantine/social/{number:016}/0000000000.jsonl");
        let house = &house;
        async move { put(house, &key, row).await }
    });
    futures_util::stream::iter(puts)
        .buffer_unordered(16)
        .collect::<Vec<()>>()
        .await;
    assert_eq!(
        scrub(&house).await,
        Scrubbed {
            waiting: 0,
            rows: 3,
            unreadable: 0,
            is_whole: true,
        }
    );
    assert_eq!(house.files().len(), 1_000);
}

/// Many rows of others with a few of Rosa's among them, and what is left of them.
fn crowd(rows: usize, length: usize) -> (String, String) {
    let mine = line(&format!("1,abel@example.org,{}", "x".repeat(length)));
    let (hers, half) = (line("7,rosa@example.org"), mine.repeat(rows / 2));
    (
        format!("{hers}{half}{hers}{hers}{half}{hers}"),
        half.repeat(2),
    )
}

/// Makes a scrub fail at each of these calls and runs it again. Returns how many calls an
/// undisturbed scrub makes.
async fn kill(file: &str, others: &str, off: Off, from: usize) -> usize {
    for calls in from.. {
        let house = imports_faults::house().await;
        put(&house, PART, file).await;
        let (host, _) = failing_host(&house, "import", calls, off);
        let (identities, now) = (rosa(), at(NOW));
        let broken = Files::new(custodian_buckets::client(&host.s3()), house.intake())
            .scrub(&identities, now, now, || true)
            .await;
        let later = now + TimeDelta::minutes(15);
        assert_eq!(
            files(&house)
                .scrub(&identities, now, later, || true)
                .await
                .unwrap()
                .waiting,
            0
        );
        assert!(
            read(&house, PART).as_deref() == Some(others),
            "after {calls} calls, {off:?}"
        );
        assert!(
            house.stack.store().uploads(&house.intake()).is_empty(),
            "after {calls} calls, {off:?}"
        );
        if let Ok(done) = broken {
            assert_eq!(done.rows, 4);
            return calls;
        }
    }
    unreachable!("one of them is not broken off")
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_a_scrub_at_any_call_and_running_it_again_ends_the_same() {
    let (file, others) = crowd(6, 10);
    for off in [Off::Before, Off::After] {
        let calls = kill(&file, &others, off, 1).await;
        assert!(
            calls > 6,
            "a scrub makes many calls, and each was its last once: {calls}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_larger_than_a_part_is_written_in_parts_and_none_is_left_over() {
    let (file, others) = crowd(30, 200_000);
    let calls = kill(&file, &others, Off::After, 8).await;
    assert!(calls > 10, "{calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_may_still_go_on_is_waited_for() {
    let house = imports_faults::house().await;
    let begun = house
        .s3()
        .create_multipart_upload()
        .bucket(house.intake())
        .key(PART)
        .send()
        .await
        .unwrap();
    assert!(begun.upload_id.is_some());
    assert_eq!(scrub(&house).await.waiting, 1, "it may write rows of hers");
    assert_eq!(house.stack.store().uploads(&house.intake()).len(), 1);
    house.stack.clock().set(at(NOW) + TimeDelta::minutes(15));
    assert_eq!(scrub(&house).await.waiting, 0);
    assert!(house.stack.store().uploads(&house.intake()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_do_not_stay_for_ever_because_others_are_taken_out_beside_them() {
    let house = House::with(custodian_local::Options {
        ttl: false,
        ..options()
    })
    .await;
    put(
        &house,
        PART,
        format!(
            "{}{}{}",
            line("1,rosa@example.org"),
            line("2,dan@example.org"),
            line("3,x")
        ),
    )
    .await;
    let days = |days| at(NOW) + TimeDelta::days(days);
    assert_eq!(
        files(&house)
            .scrub(&rosa(), days(8), days(8), || true)
            .await
            .unwrap()
            .rows,
        1
    );
    assert!(read(&house, PART).is_some());
    let dan = [Identifier::email("dan@example.org").unwrap()];
    assert_eq!(
        files(&house)
            .scrub(&dan, days(14), days(14), || true)
            .await
            .unwrap()
            .rows,
        1
    );
    assert_eq!(
        read(&house, PART),
        None,
        "it was put there fourteen days before"
    );
}
