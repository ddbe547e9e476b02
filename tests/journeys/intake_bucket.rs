//! The intake bucket as partners use it: files anywhere, in any order, of any bytes. Nothing is
//! lost, and nothing is reported as deleted that is still there.

use crate::failing::{Off, failing_host};
use crate::gateway::Ask;
use crate::house::{House, email_id, erasure, options};
use crate::imports_faults::{self, COMPLAINTS, POSTS, dropped, import};
use crate::partners::{CREATED, changed, signed_event};
use aws_sdk_s3::primitives::ByteStream;
use custodian_buckets::files::{Files, Folder, KeptKind};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::record::quarantined::QuarantinedRow;
use custodian_local::Options;
use custodian_partners::Partners;
use custodian_runtime::Function;
use serde_json::{Value, json};

async fn put(house: &House, key: &str, body: &[u8]) {
    let put = house
        .s3()
        .put_object()
        .bucket(house.intake())
        .key(key)
        .body(ByteStream::from(body.to_vec()));
    put.send().await.unwrap();
}

fn bytes(house: &House, key: &str) -> Option<Vec<u8>> {
    house.stack.store().bytes(&house.intake(), key).unwrap()
}

fn files(house: &House) -> Files {
    Files::new(house.s3(), house.intake())
}

/// The keys below one of our folders.
fn below(house: &House, folder: &str) -> Vec<String> {
    house
        .files()
        .into_iter()
        .filter(|key| key.starts_with(folder))
        .collect()
}

fn rows(house: &House, source: &str) -> Vec<QuarantinedRow> {
    let keys = below(house, &format!("quarantine/{source}/"))
        .into_iter()
        .filter(|key| key.ends_with(".jsonl"));
    let lines = keys.flat_map(|key| {
        let bytes = bytes(house, &key).unwrap();
        bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    });
    lines
        .map(|line| QuarantinedRow::parse(&line).unwrap())
        .collect()
}

fn complaint(reference: &str, stage: &str, who: &[u8]) -> Vec<u8> {
    let row = format!("{reference},complaint,2026-11-06T10:00:00Z,highways,{stage},");
    [row.as_bytes(), who, b",rosa@example.org,,A hole,,,"].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_no_utf8_comes_back_from_quarantine_to_the_byte_with_its_header() {
    let house = House::open().await;
    let (latin, other) = (
        complaint("CMP-1", "1", b"Si\xe2n \x80\x92"),
        complaint("CMP-2", "ninth", b"Ros\xc3\xa1"),
    );
    let header = format!("\u{feff}{}\r\n", COMPLAINTS.trim_end());
    let file = [header.as_bytes(), &latin, b"\r\n", &other, b"\r\n"].concat();
    let report = house.drop_file("complaints", "november.csv", &file).await;
    assert_eq!(report["refused"], json!({"choice": 1, "not_utf8": 1}));
    let kept = rows(&house, "complaints");
    assert_eq!(
        kept.iter()
            .map(|row| (row.line, &*row.bytes))
            .collect::<Vec<_>>(),
        [(2, &*latin), (3, &*other)]
    );
    let folder = format!(
        "quarantine/complaints/{}/",
        report["import"].as_str().unwrap()
    );
    assert_eq!(
        bytes(&house, &format!("{folder}header")),
        Some(header.into_bytes()),
        "the mark and the line break too"
    );
    let text =
        String::from_utf8(bytes(&house, &format!("{folder}0000000000.jsonl")).unwrap()).unwrap();
    assert!(
        text.lines().next().unwrap().contains("row_base64")
            && text.lines().last().unwrap().contains("\"row\":")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_in_base64_and_what_names_a_person_there_are_found_and_leave() {
    let house = House::open().await;
    let abel = complaint("CMP-3", "1", b"Ab\xe9l")
        .iter()
        .map(|byte| if *byte == b'@' { b'#' } else { *byte })
        .collect();
    let two = [complaint("CMP-1", "1", b"Si\xe2n"), abel].join(&b'\n');
    house
        .drop_file(
            "complaints",
            "november.csv",
            &[COMPLAINTS.as_bytes(), &two].concat(),
        )
        .await;
    let body = changed(
        &changed(CREATED, "/data/profile/email", json!("rosa@example.org")),
        "/data/form",
        json!(null),
    );
    assert_eq!(house.hand_over(&body).await.status, 422);
    let rosa = [Identifier::email("rosa@example.org").unwrap()];
    let files = files(&house);
    let mut pages = files.rows_naming(&rosa);
    let mut named = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        named.extend(page);
    }
    assert_eq!(pages.unreadable(), 0);
    let told: Vec<_> = named
        .iter()
        .map(|row| {
            (
                row.folder.as_str(),
                row.line,
                row.why.rule.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("complaints", Some(2), "not_utf8"),
            ("granicus", None, "required")
        ]
    );
    assert_eq!(
        (&*named[0].bytes, &*named[1].bytes),
        (&*complaint("CMP-1", "1", b"Si\xe2n"), body.as_bytes())
    );
    assert_eq!(named[0].goes_on.to_string(), "2026-12-08");
    let status = house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    assert_eq!(
        outcome(&status, "intake"),
        ("erased".to_owned(), json!({"rows": 2}))
    );
    assert_eq!(
        rows(&house, "complaints").len(),
        1,
        "somebody else's row stays"
    );
    assert!(below(&house, "quarantine/granicus/").is_empty());
    assert!(
        !house
            .everything()
            .await
            .iter()
            .any(|item| item.contains("rosa@example.org"))
    );
}

/// What a place's receipt says.
fn outcome(status: &Value, place: &str) -> (String, Value) {
    let receipts = status["certificate"]["receipts"]
        .as_array()
        .unwrap_or_else(|| panic!("{status:#}"));
    let receipt = receipts.iter().find(|it| it["place"] == place).unwrap();
    (
        receipt["outcome"].as_str().unwrap().to_owned(),
        receipt["held"].clone(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_what_nobody_can_look_into_and_never_says_that_nothing_was_held() {
    let house = House::with(Options {
        ttl: false,
        ..options()
    })
    .await;
    let packed = [b"\x1f\x8b\x08\0\0\0\0\0".as_slice(), &[0x9d; 200]].concat();
    let report = house
        .drop_file("support", "september.jsonl.gz", &packed)
        .await;
    assert_eq!(report["state"], "refused");
    let key = format!(
        "quarantine/support/{}/file",
        report["import"].as_str().unwrap()
    );
    assert_eq!(bytes(&house, &key), Some(packed));
    let mut order = erasure(&[email_id("rosa@example.org")]);
    order["request_id"] = json!("ERASE-1");
    let planned = house.approve(order).await.unwrap();
    assert_eq!(
        (
            &planned["plan"]["unreadable"],
            &planned["plan"]["unreadable_until"]
        ),
        (&json!(1), &json!("2026-12-08"))
    );
    house.stack.settle().await.unwrap();
    house.confirm_all(&json!("ERASE-1")).await;
    let state = async || {
        let status = house.status(&json!("ERASE-1")).await.unwrap();
        let tasks = status["tasks"].as_array().unwrap().clone();
        (
            status["certificate"].clone(),
            tasks
                .into_iter()
                .find(|task| task["place"] == "intake")
                .unwrap()["state"]
                .clone(),
        )
    };
    assert_eq!(
        state().await,
        (Value::Null, json!("waiting")),
        "others' data is not destroyed for it"
    );
    assert!(bytes(&house, &key).is_some());
    // A file that arrives later is not affected.
    house.move_to("2026-11-24T10:00:00Z").await;
    house
        .drop_file("support", "later.jsonl.gz", b"\x1f\x8b\x08 later")
        .await;
    house.move_to("2026-12-08T00:30:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    house.stack.settle().await.unwrap();
    let status = house.status(&json!("ERASE-1")).await.unwrap();
    assert_eq!(
        outcome(&status, "intake"),
        ("erased".to_owned(), json!({"rows": 0, "unreadable": 1}))
    );
    assert_eq!(below(&house, "quarantine/support/").len(), 1);
}

/// Keys that no source has been agreed for.
const ASTRAY: [&str; 9] = [
    "calls.csv",
    "phone/x.csv",
    "/telephone/x.csv",
    "Telephone/x.csv",
    "telephone",
    "web_form/x.csv",
    "quarantine/calls.csv",
    "reports/telephone/calls.json",
    " telephone/ä+b%2f..csv",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_dropped_anywhere_is_kept_whole_within_the_hour_and_told_of() {
    let house = House::open().await;
    for key in ASTRAY {
        put(&house, key, key.as_bytes()).await;
    }
    for folder in ["telephone/", "new folder/", "reports/"] {
        put(&house, folder, b"").await;
    }
    house.stack.settle().await.unwrap();
    let order = erasure(&[email_id("rosa@example.org")]);
    let id = order["request_id"].clone();
    house.approve(order).await.unwrap();
    house.stack.settle().await.unwrap();
    house.confirm_all(&id).await;
    assert!(
        house.status(&id).await.unwrap()["certificate"].is_null(),
        "they may be anybody's, and are waited for"
    );
    let swept = house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(
        swept["intake"],
        json!({"unread": 9, "unknown": 9, "oldest_seconds": 0, "started": 9})
    );
    house.stack.settle().await.unwrap();
    let mut kept = files(&house).kept();
    let mut whole = Vec::new();
    while let Some(page) = kept.next().await.unwrap() {
        for object in page {
            assert_eq!(
                (object.folder, object.kind),
                (Folder::Unknown, KeptKind::Whole)
            );
            let report = house.report("unknown", &object.import).await;
            assert_eq!(
                (&report["state"], &report["reason"]["rule"]),
                (&json!("refused"), &json!("unknown_folder"))
            );
            assert!(
                ASTRAY
                    .iter()
                    .all(|key| !object.key.contains(key.trim_matches('/'))),
                "{}",
                object.key
            );
            whole.push(String::from_utf8(bytes(&house, &object.key).unwrap()).unwrap());
        }
    }
    whole.sort();
    let mut expected = ASTRAY.map(str::to_owned);
    expected.sort();
    assert_eq!(whole, expected, "to the byte, and gone from where they lay");
    let left = house
        .files()
        .into_iter()
        .filter(|key| !key.starts_with("quarantine/unknown/"));
    let left: Vec<String> = left
        .filter(|key| !key.starts_with("reports/unknown/"))
        .collect();
    assert_eq!(left, ["new folder/", "reports/", "telephone/"]);
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["intake"]["unread"],
        0
    );
    // None of the objects names her, and nothing is waiting any more.
    house.move_to("2026-11-23T11:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    house.stack.settle().await.unwrap();
    assert!(house.status(&id).await.unwrap()["certificate"].is_object());
    // Every key has an end, even one that nobody ever reads.
    put(&house, "once more.csv", b"x").await;
    house.move_to("2026-12-09T00:00:00Z").await;
    assert_eq!(house.files(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_person_in_a_file_that_lay_astray_leave_and_the_others_stay() {
    let house = House::open().await;
    put(
        &house,
        "posts.csv",
        format!("{POSTS}1,x,,rosa@example.org,One.,,\n2,x,,@abel,Two.,,\n").as_bytes(),
    )
    .await;
    put(
        &house,
        "list",
        b"{\"a\":\"rosa@example.org\"}\n{\"a\":\"abel\"}\n",
    )
    .await;
    house.invoke("sweep", json!({})).await.unwrap();
    house.stack.settle().await.unwrap();
    let status = house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    assert_eq!(
        outcome(&status, "intake"),
        ("erased".to_owned(), json!({"rows": 2}))
    );
    let mut left: Vec<String> = below(&house, "quarantine/unknown/")
        .into_iter()
        .map(|key| String::from_utf8(bytes(&house, &key).unwrap()).unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            format!("{POSTS}2,x,,@abel,Two.,,\n"),
            "{\"a\":\"abel\"}\n".to_owned()
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_which_nobody_was_told_is_read_within_the_hour() {
    // Its notification is lost, so nothing starts the import.
    let lost = imports_faults::house().await;
    put(
        &lost,
        "social/posts.csv",
        format!("{POSTS}1,x,2026-09-01T08:00:00Z,@a,One.,,\n").as_bytes(),
    )
    .await;
    lost.stack.settle().await.unwrap();
    assert_eq!(
        lost.invoke("sweep", json!({})).await.unwrap()["intake"]["started"],
        0,
        "S3 has five minutes for it"
    );
    lost.move_to("2026-11-23T11:00:00Z").await;
    let swept = lost.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(
        swept["intake"],
        json!({"unread": 1, "unknown": 0, "oldest_seconds": 3600, "started": 1})
    );
    let handover = below(&lost, "handover/social/").remove(0);
    assert_eq!(
        lost.invoke("sweep", json!({})).await.unwrap()["intake"]["started"],
        0,
        "it waits in Lambda's queue"
    );
    // The event that the handover causes.
    let mut event = dropped(&lost, "interviews", "").await;
    event.payload["Records"][0]["s3"]["object"]["key"] = json!(handover);
    let done = import(&lost.stack.host("import").unwrap(), event.clone())
        .await
        .unwrap();
    assert_eq!(
        (&done["reports"][0]["new"], &done["reports"][0]["state"]),
        (&json!(1), &json!("done"))
    );
    assert!(below(&lost, "social/").is_empty() && below(&lost, "handover/").is_empty());
    assert_eq!(
        import(&lost.stack.host("import").unwrap(), event)
            .await
            .unwrap(),
        json!({"reports": []})
    );
}

/// A file of complaints with these two references, in this order, and their texts.
fn words(rows: [(&str, &str); 2]) -> String {
    let row = |(reference, text): (&str, &str)| {
        format!(
            "{reference},complaint,2026-11-06T10:00:00Z,highways,1,,rosa@example.org,,{text},,,\n"
        )
    };
    format!("{COMPLAINTS}{}{}", row(rows[0]), row(rows[1]))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_files_within_one_second_the_one_that_arrived_later_has_the_last_word() {
    let house = House::open().await;
    let (first, later) = (
        words([("C-1", "old"), ("C-2", "old")]),
        words([("C-2", "new"), ("C-1", "new")]),
    );
    house
        .drop_file("complaints", "a.csv", first.as_bytes())
        .await;
    let report = house
        .drop_file("complaints", "b.csv", later.as_bytes())
        .await;
    assert_eq!(
        (&report["corrected"], &report["already_there"]),
        (&json!(2), &json!(0))
    );
    let texts = async |word: &str| {
        let items = house.items("RECORDS_TABLE").await;
        items
            .iter()
            .filter(|item| item.contains(&format!("\"{word}\"")))
            .count()
    };
    assert_eq!((texts("new").await, texts("old").await), (2, 0));
    // The same bytes again are another file, and then the latest one.
    let report = house
        .drop_file("complaints", "a.csv", first.as_bytes())
        .await;
    assert_eq!((&report["corrected"], texts("old").await), (&json!(2), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_file_that_is_read_later_undoes_nothing() {
    let house = imports_faults::house().await;
    let host = house.stack.host("import").unwrap();
    let first = dropped_as(&house, "a.csv", &words([("C-1", "old"), ("C-2", "old")])).await;
    let later = dropped_as(&house, "b.csv", &words([("C-2", "new"), ("C-1", "new")])).await;
    import(&host, later).await.unwrap();
    let after = house.items("RECORDS_TABLE").await;
    let report = import(&host, first).await.unwrap();
    assert_eq!(
        (
            &report["reports"][0]["corrected"],
            &report["reports"][0]["already_there"]
        ),
        (&json!(0), &json!(2))
    );
    assert_eq!(house.items("RECORDS_TABLE").await, after);
}

async fn dropped_as(house: &House, name: &str, file: &str) -> lambda_runtime::LambdaEvent<Value> {
    let mut event = dropped(house, "complaints", file).await;
    let key = format!("complaints/{name}");
    put(house, &key, file.as_bytes()).await;
    house
        .s3()
        .delete_object()
        .bucket(house.intake())
        .key("complaints/file")
        .send()
        .await
        .unwrap();
    event.payload["Records"][0]["s3"]["object"]["key"] = json!(key);
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_cost_one_object_for_each_thousand() {
    let house = House::open().await;
    let file = POSTS.to_owned() + &"bad\n".repeat(10_500);
    let report = house.drop_file("social", "bad.csv", file.as_bytes()).await;
    assert_eq!(report["rows"], 10_500);
    assert_eq!(
        below(&house, "quarantine/").len(),
        11 + 1,
        "rows, and their header"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_stays_until_what_could_not_be_read_of_it_is_kept() {
    let file = POSTS.to_owned() + "bad \n1,x,2026-09-01T08:00:00Z,@a,One.,,\n";
    let whole = "no,such,columns\n";
    for (file, kept) in [(file.as_str(), "0000000000.jsonl"), (whole, "file")] {
        for calls in 1.. {
            let house = imports_faults::house().await;
            let event = dropped(&house, "social", file).await;
            let (host, _) = failing_host(&house, "import", calls, Off::Before);
            let over = import(&host, event).await.is_ok();
            let is_kept = below(&house, "quarantine/social/")
                .iter()
                .any(|key| key.ends_with(kept));
            let is_reported = !below(&house, "reports/").is_empty();
            let is_there = bytes(&house, "social/file").is_some();
            assert!(is_there || (is_kept && is_reported), "after {calls} calls");
            if over {
                assert!(calls > 4 && !is_there);
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_is_refused_is_kept_to_the_byte_once() {
    let house = House::open().await;
    let broken = "{\"data\": \"Si\u{e2}n";
    let faulty = changed(CREATED, "/data/form_version", json!("seven"));
    let large = changed(CREATED, "/data/comment", json!("a".repeat(256 * 1024)));
    for (body, status) in [
        (broken, 422),
        (&*faulty, 422),
        (&*faulty, 422),
        (&*large, 413),
    ] {
        assert_eq!(house.hand_over(body).await.status, status);
    }
    let mut kept: Vec<Vec<u8>> = below(&house, "quarantine/granicus/")
        .iter()
        .map(|key| bytes(&house, key).unwrap())
        .collect();
    kept.sort();
    let mut expected = [
        broken.as_bytes().to_vec(),
        faulty.into_bytes(),
        large.into_bytes(),
    ];
    expected.sort();
    assert_eq!(kept, expected, "the same message again is the same object");
    assert_eq!(house.hand_over(CREATED).await.status, 200);
    let unsigned = house
        .post_to(
            crate::partners::PATH,
            &[("content-type", "application/json")],
            "{",
        )
        .await;
    assert_eq!(
        (unsigned.status, below(&house, "quarantine/granicus/").len()),
        (401, 3)
    );
    house.move_to("2026-12-08T10:00:00Z").await;
    assert!(below(&house, "quarantine/granicus/").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_and_cannot_be_kept_is_asked_for_again() {
    let house = House::open().await;
    // The secrets are read at the start. After that the power goes off.
    let (host, _) = failing_host(&house, "partners", 2, Off::Before);
    let partners = Partners::start(&host).await.unwrap();
    let answer = partners.ask(signed_event(&house, "{").await).await.unwrap();
    assert_eq!(
        answer["statusCode"], 503,
        "who is told 422 does not send it again: {answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_that_the_tables_have_no_room_for_is_tried_again_or_handed_over() {
    let file = words([("C-1", "one"), ("C-2", "two")]);
    let whole = imports_faults::house().await;
    let event = dropped(&whole, "complaints", &file).await;
    import(&whole.stack.host("import").unwrap(), event)
        .await
        .unwrap();
    let expected = whole.items("RECORDS_TABLE").await;
    for calls in 2..40 {
        for has_time in [true, false] {
            let house = imports_faults::house().await;
            let mut event = dropped(&house, "complaints", &file).await;
            if !has_time {
                event.context.deadline = 1;
            }
            let (host, left) = failing_host(&house, "import", calls, Off::Throttle);
            let done = import(&host, event.clone()).await;
            if let Ok(done) = &done {
                let state = done["reports"][0]["state"].as_str().unwrap();
                assert!(
                    state == "done" || (!has_time && state == "reading"),
                    "call {calls}: {done}"
                );
            }
            event.context.deadline = u64::MAX >> 1;
            import(&house.stack.host("import").unwrap(), event)
                .await
                .unwrap();
            assert_eq!(house.items("RECORDS_TABLE").await, expected, "call {calls}");
            assert!(below(&house, "complaints/").is_empty(), "call {calls}");
            if left.load(std::sync::atomic::Ordering::SeqCst) > 0 {
                return;
            }
        }
    }
    panic!("an import makes fewer calls");
}
