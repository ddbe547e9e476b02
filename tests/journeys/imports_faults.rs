//! Whatever interrupts an import, and whatever happens at the same time, the end is the same.

use crate::failing::{Off, calls, failing_host};
use crate::house::{BEGINNING, House, at, cases_of, email_id, erasure, phone_id};
use crate::paused::pausing_host;
use chrono::{DateTime, SecondsFormat, Utc};
use custodian_import::Import;
use custodian_runtime::{Environment, Function};
use lambda_runtime::{Context, LambdaEvent};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

/// A stack in which nothing starts the import.
pub async fn house() -> House {
    House::where_it_sleeps("import").await
}

/// S3's notification of a file that is dropped when journeys begin.
fn notification(key: &str, etag: &str) -> LambdaEvent<Value> {
    notification_at(key, etag, at(BEGINNING), 1)
}

/// S3's notification of a file, with its place in S3's order.
fn notification_at(key: &str, etag: &str, at: DateTime<Utc>, order: u64) -> LambdaEvent<Value> {
    let sequencer = format!("{order:018X}");
    let event = json!({"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-2", "eventTime": at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "eventName": "ObjectCreated:Put", "userIdentity": {"principalId": "partner"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"}, "responseElements": {},
        "s3": {"s3SchemaVersion": "1.0", "configurationId": "c",
            "bucket": {"name": "intake", "ownerIdentity": {"principalId": "o"}, "arn": "arn:aws:s3:::intake"},
            "object": {"key": key, "size": 1, "eTag": etag, "sequencer": sequencer}},
    }]});
    let mut context = Context::default();
    context.deadline = u64::MAX >> 1;
    LambdaEvent::new(event, context)
}

/// Puts a file and returns its notification.
pub async fn dropped(house: &House, source: &str, file: &str) -> LambdaEvent<Value> {
    dropped_as(house, &format!("{source}/file"), file).await
}

/// Puts a file under a key of its own and returns its notification.
pub async fn dropped_as(house: &House, key: &str, file: &str) -> LambdaEvent<Value> {
    let put = house
        .s3()
        .put_object()
        .bucket(house.intake())
        .key(key)
        .body(file.as_bytes().to_vec().into());
    let etag = put.send().await.unwrap().e_tag.unwrap();
    let order = house.dropped.fetch_add(1, Ordering::Relaxed) + 1;
    notification_at(
        key,
        etag.trim_matches('"'),
        house.stack.clock().now(),
        order,
    )
}

/// Runs an import.
pub async fn import(host: &Environment, event: LambdaEvent<Value>) -> Result<Value, String> {
    let import = Import::start(host)
        .await
        .map_err(|error| error.to_string())?;
    import
        .invoke(event)
        .await
        .map_err(|failure| failure.error_message)
}

/// Imports a file without any fault.
async fn undisturbed(house: &House, source: &str, file: &str) -> Value {
    let event = dropped(house, source, file).await;
    import(&house.stack.host("import").unwrap(), event)
        .await
        .unwrap()
}

/// Everything stored, except the counts in the report: what is new the first time is already there
/// the second time.
async fn state(house: &House) -> BTreeSet<String> {
    let plain = |item: String| {
        if item.starts_with("file reports/") {
            "a report".to_owned()
        } else {
            item
        }
    };
    house.everything().await.into_iter().map(plain).collect()
}

/// The header of a file of posts.
pub const POSTS: &str = "post_id,network,posted_at,handle,text,url,sentiment\n";
/// The header of a file of complaints.
pub const COMPLAINTS: &str = "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n";

/// Each source's hardest case: what is already there, and the file whose import is interrupted.
fn cases() -> Vec<(&'static str, String, String)> {
    let calls = include_str!("../fixtures/intake/telephone/call-survey-2026-10-12.csv");
    let first_leg: String = calls
        .lines()
        .take(3)
        .map(|line| format!("{line}\n"))
        .collect();
    let posts = format!(
        "{POSTS}1,x,2026-09-01T08:00:00Z,@a,One.,,\n2,x,2026-09-01T08:00:00Z,@b,Two.,,\nbad\n1,x,2026-09-01T08:00:00Z,@a,[deleted],,\n3,x,2026-09-01T08:00:00Z,@c,[deleted],,\n"
    );
    let before = format!("{POSTS}3,x,2026-09-01T08:00:00Z,@c,Three.,,\n");
    let complaint = |email: &str, phone: &str, text: &str| {
        format!("CMP-1,complaint,2026-11-06T10:00:00Z,highways,1,Rosa,{email},{phone},{text},,,\n")
    };
    let corrected = format!(
        "{COMPLAINTS}{}CMP-2,compliment,2026-11-07T10:00:00Z,waste,,,,,Thanks,,,\n",
        complaint("rosa@example.org", "07700 900142", "Two holes")
    );
    vec![
        ("telephone", first_leg, calls.to_owned()),
        ("social", before, posts),
        (
            "complaints",
            format!("{COMPLAINTS}{}", complaint("", "07700 900142", "A hole")),
            corrected,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_an_import_at_any_call_and_running_it_again_ends_the_same() {
    for (source, before, file) in cases() {
        let whole = house().await;
        undisturbed(&whole, source, &before).await;
        whole.move_to("2026-11-23T10:00:10Z").await;
        undisturbed(&whole, source, &file).await;
        let expected = state(&whole).await;
        for off in [Off::Before, Off::After] {
            for calls in calls(off) {
                let house = house().await;
                undisturbed(&house, source, &before).await;
                house.move_to("2026-11-23T10:00:10Z").await;
                let event = dropped(&house, source, &file).await;
                let (host, _) = failing_host(&house, "import", calls, off);
                let broken = import(&host, event.clone()).await.is_err();
                import(&house.stack.host("import").unwrap(), event)
                    .await
                    .unwrap();
                assert_eq!(
                    state(&house).await,
                    expected,
                    "{source} after {calls} calls, {off:?}"
                );
                if !broken {
                    assert!(calls > 10, "{source} makes many calls: {calls}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_beside_an_import_wins_whenever_it_comes() {
    let rows = ["rosa@example.org,", "abel@example.org,"].iter().enumerate().map(|(number, who)| {
        format!("CMP-{number},complaint,2026-11-06T10:00:00Z,highways,1,,{who}07700 900142,A hole,,,\n")
    });
    let file = format!("{COMPLAINTS}{}", rows.collect::<String>());
    let mut raced = 0;
    for call in 2..40 {
        let house = house().await;
        let event = dropped(&house, "complaints", &file).await;
        let (host, mut pause) = pausing_host(&house, "import", call);
        let erasing = async {
            pause.reached().await;
            house
                .erase_alone(erasure(&[email_id("rosa@example.org")]))
                .await
                .unwrap();
            pause.go_on();
        };
        let importing = import(&host, event);
        tokio::pin!(importing);
        let over = tokio::select! {
            done = &mut importing => { done.unwrap(); true }
            () = erasing => { importing.await.unwrap(); false }
        };
        if over {
            break;
        }
        raced += 1;
        let held = house.items("RECORDS_TABLE").await;
        assert!(
            !held.iter().any(|item| item.contains("rosa@")),
            "before call {call}"
        );
        assert_eq!(
            held.iter().filter(|item| item.contains("link#")).count(),
            1,
            "before call {call}: only Abel's link"
        );
        assert!(
            held.iter().any(|item| item.contains("abel@")),
            "before call {call}"
        );
    }
    assert!(
        raced > 10,
        "the erasure came before each of its calls once: {raced}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_that_comes_twice_or_late_changes_nothing() {
    let house = house().await;
    let (_, _, file) = cases().remove(0);
    let event = dropped(&house, "telephone", &file).await;
    let host = house.stack.host("import").unwrap();
    import(&host, event.clone()).await.unwrap();
    let before = house.everything().await;
    assert_eq!(import(&host, event).await.unwrap(), json!({"reports": []}));
    assert_eq!(house.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_while_it_waits_is_read_as_the_other() {
    let house = house().await;
    let first = dropped(
        &house,
        "social",
        &format!("{POSTS}1,x,2026-09-01T08:00:00Z,@a,One.,,\n"),
    )
    .await;
    let second = dropped(
        &house,
        "social",
        &format!("{POSTS}2,x,2026-09-01T08:00:00Z,@b,Two.,,\n"),
    )
    .await;
    let host = house.stack.host("import").unwrap();
    assert_eq!(
        import(&host, first).await.unwrap(),
        json!({"reports": []}),
        "it is no longer there"
    );
    assert_eq!(import(&host, second).await.unwrap()["reports"][0]["new"], 1);
    assert!(
        house
            .items("RECORDS_TABLE")
            .await
            .iter()
            .all(|item| item.contains("Two."))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_notification_is_refused_without_a_word_of_it() {
    let house = house().await;
    let host = house.stack.host("import").unwrap();
    let report = notification("reports/telephone/0123456789abcdef.json", "1").payload;
    for event in [json!({"alice": 1}), report] {
        let refused = import(&host, LambdaEvent::new(event, Context::default()))
            .await
            .unwrap_err();
        assert!(
            refused.starts_with("not a notification of S3") && !refused.contains("alice"),
            "{refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_broke_off_at_its_very_end_is_finished() {
    let house = house().await;
    let file = POSTS.to_owned() + &"bad\n".repeat(2_000);
    let event = dropped(&house, "social", &file).await;
    let mut late = event.clone();
    late.context.deadline = 1;
    let host = house.stack.host("import").unwrap();
    for _ in 0..2 {
        assert_eq!(
            import(&host, late.clone()).await.unwrap()["reports"][0]["state"],
            "reading"
        );
    }
    let report = import(&host, event).await.unwrap()["reports"][0].clone();
    assert_eq!(
        (&report["state"], &report["rows"]),
        (&json!("done"), &json!(2_000))
    );
    assert_eq!(house.quarantined("social").await.len(), 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_elements_of_a_list_on_one_line_all_lie_in_quarantine() {
    let house = house().await;
    let bad: Vec<String> = (0..2_500)
        .map(|number| format!("{{\"name\":\"{number}\"}}"))
        .collect();
    undisturbed(
        &house,
        "reviews",
        &format!("{{\"reviews\":[{}]}}", bad.join(",")),
    )
    .await;
    assert_eq!(house.quarantined("reviews").await.len(), 2_500);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_behind_a_bracket_that_is_missing_is_not_lost() {
    let house = house().await;
    let good = |number: usize| {
        format!("{{\"name\":\"{number}\",\"createTime\":\"2026-11-01T10:00:00Z\"}}")
    };
    let file = format!("{{\"reviews\":[{},{{\"name\":\"2\",{}]}}", good(1), good(3));
    let done = undisturbed(&house, "reviews", &file).await;
    let report = &done["reports"][0];
    assert_eq!(
        (&report["new"], &report["warnings"]),
        (&json!(1), &json!(["kept_whole"]))
    );
    let whole = format!(
        "quarantine/reviews/{}/file",
        report["import"].as_str().unwrap()
    );
    assert_eq!(house.object_in(&house.intake(), &whole).await, file);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_whose_ids_a_spreadsheet_has_rounded_are_refused_and_cost_no_other() {
    let house = house().await;
    let calls = include_str!("../fixtures/intake/telephone/call-survey-2026-10-12.csv");
    let rounded = calls
        .replace("300000002187345", "3E+14")
        .replace("300000002187350", "3.0E+14");
    let done = undisturbed(&house, "telephone", &rounded).await;
    assert_eq!(done["reports"][0]["refused"]["rounded"], 2);
    assert_eq!(done["reports"][0]["new"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_does_not_bring_back_who_was_erased() {
    let house = house().await;
    let row = |email: &str| {
        format!("{COMPLAINTS}CMP-1,complaint,2026-11-06T10:00:00Z,highways,1,,{email},,A hole,,,\n")
    };
    undisturbed(&house, "complaints", &row("roas@example.org")).await;
    house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    house.move_to("2026-11-23T10:00:10Z").await;
    for _ in 0..2 {
        let done = undisturbed(&house, "complaints", &row("rosa@example.org")).await;
        assert_eq!(done["reports"][0]["suppressed"], 1);
        assert!(house.items("RECORDS_TABLE").await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_post_goes_whatever_else_its_row_says() {
    for row in [
        "1,x,,@a,[deleted],,",
        "1,X,2026-10-09T08:00:00Z,@a,[deleted],,",
        "1,x,never,a,[deleted],,",
    ] {
        let house = house().await;
        undisturbed(
            &house,
            "social",
            &format!("{POSTS}1,x,2026-09-01T08:00:00Z,@a,One.,,\n"),
        )
        .await;
        let done = undisturbed(&house, "social", &format!("{POSTS}{row}\n")).await;
        assert_eq!(done["reports"][0]["forgotten"], 1, "{row}");
        assert!(house.items("RECORDS_TABLE").await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_somebody_makes_starts_nothing() {
    let house = house().await;
    let host = house.stack.host("import").unwrap();
    let mut event = notification("support/", "1");
    event.payload["Records"][0]["s3"]["object"]["size"] = json!(0);
    assert_eq!(import(&host, event).await.unwrap(), json!({"reports": []}));
}

/// One row of a generated file.
#[derive(Clone, Debug)]
struct Told {
    post: u8,
    handle: Option<u8>,
    text: u8,
}

fn any_row() -> impl Strategy<Value = Told> {
    (0_u8..5, proptest::option::of(0_u8..3), 0_u8..6).prop_map(|(post, handle, text)| Told {
        post,
        handle,
        text,
    })
}

fn file(rows: &[Told]) -> String {
    let row = |row: &Told| {
        let handle = row
            .handle
            .map_or(String::new(), |handle| format!("@h{handle}"));
        let text = match row.text {
            0 => "[deleted]".to_owned(),
            1 => "\"two\nlines\"".to_owned(),
            number => format!("text {number}"),
        };
        // A post has its own time. Now and then the row is bad.
        let time = if row.text == 5 && row.post == 4 {
            "never".to_owned()
        } else {
            format!("2026-09-0{}T08:00:00Z", row.post + 1)
        };
        format!("{},x,{time},{handle},{text},,\n", row.post)
    };
    rows.iter()
        .map(row)
        .fold(POSTS.to_owned(), |file, row| file + &row)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases_of(12), ..ProptestConfig::default() })]

    /// Posts change, move to another handle and are deleted, in any order.
    #[test]
    fn wherever_a_generated_file_is_broken_off_its_end_is_the_same(
        before in proptest::collection::vec(any_row(), 0..6), rows in proptest::collection::vec(any_row(), 1..12), calls in 2_usize..20, after in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (whole, broken) = (house().await, house().await);
            let off = if after { Off::After } else { Off::Before };
            for house in [&whole, &broken] {
                undisturbed(house, "social", &file(&before)).await;
                house.move_to("2026-11-23T10:00:10Z").await;
            }
            undisturbed(&whole, "social", &file(&rows)).await;
            let event = dropped(&broken, "social", &file(&rows)).await;
            let (host, _) = failing_host(&broken, "import", calls, off);
            let _ = import(&host, event.clone()).await;
            import(&broken.stack.host("import").unwrap(), event).await.unwrap();
            assert_eq!(state(&whole).await, state(&broken).await);
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_shares_a_number_is_not_suppressed_for_the_other() {
    let house = house().await;
    house.tell("One.", Some("rosa@example.org"), None).await;
    house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    let row = "CMP-1,complaint,2026-11-06T10:00:00Z,highways,1,,abel@example.org,07700 900142,A hole,,,\n";
    let report = undisturbed(&house, "complaints", &format!("{COMPLAINTS}{row}")).await;
    assert_eq!(report["reports"][0]["new"], 1);
    let order = json!({"kind": "portability", "identifiers": [phone_id("07700 900142")], "requested_by": "dpo-7"});
    assert_eq!(house.invoke("export", order).await.unwrap()["records"], 1);
}
