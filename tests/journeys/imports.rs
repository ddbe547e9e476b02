//! Partners drop files, and their contents are kept once.

use crate::house::{House, email_id, erasure, options, phone_id};
use custodian_domain::ledger::Cause;
use custodian_local::Options;
use serde_json::{Value, json};

/// A file of the contract's samples.
macro_rules! sample {
    ($path:literal) => {
        include_bytes!(concat!("../fixtures/intake/", $path))
    };
}

const CALLS: &[u8] = sample!("telephone/call-survey-2026-10-12.csv");
const REVIEWS: &[u8] = sample!("reviews/location-list-2026-05.json");
const POSTS: &[u8] = sample!("social/mentions-2026-09.csv");
const INTERVIEWS: &[u8] = sample!("interviews/2026-08.jsonl");
const SUPPORT: &[u8] = sample!("support/2026-09-21.jsonl");
const COMPLAINTS: &[u8] = sample!("complaints/2026-10.csv");

/// The records held from a source.
async fn records(house: &House, source: &str) -> Vec<Value> {
    let all = house.items("RECORDS_TABLE").await;
    let all = all
        .iter()
        .map(|item| serde_json::from_str::<Value>(item).unwrap());
    all.filter(|item| item["source"] == source).collect()
}

fn named<'a>(records: &'a [Value], source_id: &str) -> &'a Value {
    records
        .iter()
        .find(|record| record["source_id"] == source_id)
        .unwrap_or_else(|| panic!("{source_id} is not there"))
}

fn rules(quarantined: &[Value]) -> Vec<(u64, &str, &str)> {
    quarantined
        .iter()
        .map(|row| {
            (
                row["line"].as_u64().unwrap(),
                row["field"].as_str().unwrap(),
                row["rule"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn calls_are_records_with_their_legs_joined_and_bad_rows_in_quarantine() {
    let house = House::open().await;
    let report = house
        .drop_file("telephone", "call-survey-2026-10-12.csv", CALLS)
        .await;
    assert_eq!(
        (&report["state"], &report["rows"]),
        (&json!("done"), &json!(10))
    );
    assert_eq!((&report["new"], &report["joined"]), (&json!(6), &json!(1)));
    assert_eq!(
        report["refused"],
        json!({"rating": 1, "required": 1, "time": 1})
    );
    assert_eq!(report["first_collected_at"], "2026-10-12T08:00:12Z");
    assert_eq!(report["last_collected_at"], "2026-10-25T00:30:00Z");

    let calls = records(&house, "telephone").await;
    assert_eq!(calls.len(), 6);
    let joined = named(&calls, "300000002187346");
    assert_eq!(
        joined["particulars"]["telephone"]["legs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        (&joined["satisfaction"], &joined["service"]),
        (&json!(2), &json!("housing"))
    );
    assert_eq!(
        joined["collected_at"], "2026-10-12T08:04:59Z",
        "the first leg is when it was told"
    );
    assert_eq!(
        joined["custody"],
        json!([{"at": "five9", "until": "2026-12-11T08:08:20Z"}])
    );
    let withheld = named(&calls, "300000002187351");
    assert!(
        withheld["pk"].as_str().unwrap().starts_with("anon#") && withheld.get("contact").is_none()
    );
    let formula = named(&calls, "300000002187356");
    assert_eq!(
        formula["answers"]["comment"],
        "=HYPERLINK(\"http://evil.example\",\"click\")"
    );
    assert_eq!(
        formula["pk"],
        named(&calls, "300000002187345")["pk"],
        "two spellings of one number"
    );

    let rows = house.quarantined("telephone").await;
    assert_eq!(
        rules(&rows),
        [
            (8, "Survey.Q1 Satisfaction", "rating"),
            (10, "CALL ID", "required"),
            (11, "TIMESTAMP", "time")
        ]
    );
    assert!(
        rows[0]["row"]
            .as_str()
            .unwrap()
            .contains("rating out of range"),
        "the row lies there as it was"
    );
    assert!(
        !house
            .files()
            .iter()
            .any(|key| key.starts_with("telephone/")),
        "the file is read, and gone"
    );
}

#[tokio::test]
async fn reviews_keep_stars_apart_and_what_is_too_old_lies_nowhere() {
    let house = House::open().await;
    let report = house
        .drop_file("reviews", "location-list-2026-05.json", REVIEWS)
        .await;
    assert_eq!(
        (&report["rows"], &report["new"], &report["too_old"]),
        (&json!(5), &json!(3), &json!(1))
    );
    assert_eq!(report["refused"], json!({"rating": 1}));
    let reviews = records(&house, "reviews").await;
    let grace = named(&reviews, "accounts/1/locations/22/reviews/AbFvOq1");
    assert_eq!(grace["particulars"]["reviews"]["stars"], 5);
    assert!(
        grace.get("satisfaction").is_none()
            && grace["pk"].as_str().unwrap().starts_with("subject#")
    );
    let anonymous = named(&reviews, "accounts/1/locations/22/reviews/AbFvOq2");
    assert!(anonymous["pk"].as_str().unwrap().starts_with("anon#"));
    assert!(
        named(&reviews, "accounts/1/locations/23/reviews/AbFvOq3")["particulars"]["reviews"]
            .get("stars")
            .is_none()
    );
    assert!(
        !house
            .everything()
            .await
            .iter()
            .any(|it| it.contains("more than three years old"))
    );
}

#[tokio::test]
async fn a_review_that_is_updated_is_corrected_in_its_place_and_renews_nothing() {
    let house = House::open().await;
    house.drop_file("reviews", "may.json", REVIEWS).await;
    let before = named(
        &records(&house, "reviews").await,
        "accounts/1/locations/22/reviews/AbFvOq1",
    )
    .clone();
    let text = String::from_utf8(REVIEWS.to_vec()).unwrap();
    let newer = text.replacen(
        "\"updateTime\": \"2026-05-01T10:00:00Z\"",
        "\"updateTime\": \"2026-06-01T10:00:00Z\"",
        1,
    );
    let newer = newer.replace("Lovely library, patient staff.", "Closed too early.");
    let report = house
        .drop_file("reviews", "june.json", newer.as_bytes())
        .await;
    assert_eq!(
        (
            &report["corrected"],
            &report["already_there"],
            &report["new"]
        ),
        (&json!(1), &json!(2), &json!(0))
    );
    let after = named(
        &records(&house, "reviews").await,
        "accounts/1/locations/22/reviews/AbFvOq1",
    )
    .clone();
    assert_eq!(after["answers"]["comment"], "Closed too early.");
    assert_eq!(
        (&after["expires_at"], &after["pk"], &after["sk"]),
        (&before["expires_at"], &before["pk"], &before["sk"])
    );
    // The older version, read again, changes nothing.
    let report = house.drop_file("reviews", "may again.json", REVIEWS).await;
    assert_eq!(
        (&report["corrected"], &report["already_there"]),
        (&json!(0), &json!(3))
    );
}

#[tokio::test]
async fn a_deleted_post_is_forgotten_and_an_older_file_does_not_bring_it_back() {
    let house = House::open().await;
    let text = String::from_utf8(POSTS.to_vec()).unwrap();
    let first: String = text
        .lines()
        .filter(|line| !line.contains("[deleted]"))
        .map(|line| format!("{line}\n"))
        .collect();
    house
        .drop_file("social", "before.csv", first.as_bytes())
        .await;
    assert_eq!(records(&house, "social").await.len(), 2);
    let report = house
        .drop_file("social", "mentions-2026-09.csv", POSTS)
        .await;
    assert_eq!(
        (&report["forgotten"], &report["already_there"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(report["refused"], json!({"no_zone": 1}));
    let held = records(&house, "social").await;
    assert_eq!(
        (held.len(), &held[0]["source_id"]),
        (1, &json!("facebook:1836"))
    );
    assert_eq!(held[0]["particulars"]["social"]["sentiment"], "positive");
    let told = house.told().await;
    assert!(told.len() == 1 && told[0].cause == Cause::Correction);
    let report = house
        .drop_file("social", "before again.csv", first.as_bytes())
        .await;
    assert_eq!(
        (&report["suppressed"], &report["new"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(records(&house, "social").await.len(), 1);
}

#[tokio::test]
async fn interviews_and_support_are_read_line_by_line() {
    let house = House::open().await;
    let report = house
        .drop_file("interviews", "2026-08.jsonl", INTERVIEWS)
        .await;
    assert_eq!(
        (&report["new"], &report["refused"]),
        (&json!(2), &json!({"not_json": 1}))
    );
    let report = house
        .drop_file("support", "2026-09-21.jsonl", SUPPORT)
        .await;
    assert_eq!(
        (&report["new"], &report["refused"]),
        (&json!(2), &json!({"choice": 1}))
    );
    let support = records(&house, "support").await;
    let (chat, email) = (named(&support, "CHAT-55120"), named(&support, "EMAIL-771"));
    assert_eq!(chat["pk"], email["pk"], "two spellings of one address");
    assert_eq!(
        named(&records(&house, "interviews").await, "INT-2026-031")["lawful_basis"],
        "consent"
    );
}

#[tokio::test]
async fn complaints_have_clocks_and_move_on_in_their_place() {
    let house = House::open().await;
    let report = house
        .drop_file("complaints", "2026-10.csv", COMPLAINTS)
        .await;
    assert_eq!(
        (&report["new"], &report["refused"]),
        (&json!(3), &json!({"choice": 1}))
    );
    let complaints = records(&house, "complaints").await;
    let open = named(&complaints, "CMP-2026-0444");
    assert_eq!(
        (&open["clock"], &open["clock_ends"]),
        (&json!("acknowledge"), &json!("2026-11-13"))
    );
    assert!(
        named(&complaints, "CMP-2026-0391").get("clock").is_none(),
        "it is closed"
    );
    assert!(
        named(&complaints, "CPL-2026-0102")["pk"]
            .as_str()
            .unwrap()
            .starts_with("anon#")
    );

    // The complaint is acknowledged, and the address was wrong: one record, now of another person.
    let header = String::from_utf8(COMPLAINTS.to_vec())
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let row = "CMP-2026-0444,complaint,2026-11-06T10:00:00Z,highways,1,Dan O'Neill,dan@example.org,,Pothole,,2026-11-10T09:00:00Z,";
    house.move_to("2026-11-23T11:00:00Z").await;
    let report = house
        .drop_file(
            "complaints",
            "2026-11.csv",
            format!("{header}\n{row}\n").as_bytes(),
        )
        .await;
    assert_eq!(
        (&report["corrected"], &report["new"]),
        (&json!(1), &json!(0))
    );
    let complaints = records(&house, "complaints").await;
    assert_eq!(complaints.len(), 3);
    let moved = named(&complaints, "CMP-2026-0444");
    assert_eq!(
        (&moved["clock"], &moved["clock_ends"]),
        (&json!("answer"), &json!("2026-11-24"))
    );
    assert_ne!(moved["pk"], open["pk"]);
    assert_eq!(moved["expires_at"], open["expires_at"]);
}

#[tokio::test]
async fn a_file_that_is_dropped_twice_adds_nothing() {
    let house = House::open().await;
    for (source, file) in [
        ("telephone", CALLS),
        ("reviews", REVIEWS),
        ("social", POSTS),
        ("interviews", INTERVIEWS),
        ("support", SUPPORT),
        ("complaints", COMPLAINTS),
    ] {
        house.drop_file(source, "one", file).await;
        let before = house.items("RECORDS_TABLE").await;
        house.move_to("2026-11-23T12:00:00Z").await;
        let report = house.drop_file(source, "two", file).await;
        assert_eq!(
            (&report["new"], &report["corrected"], &report["joined"]),
            (&json!(0), &json!(0), &json!(0)),
            "{source}"
        );
        assert_eq!(house.items("RECORDS_TABLE").await, before, "{source}");
    }
}

#[tokio::test]
async fn who_was_erased_is_not_brought_back_by_a_file_and_who_calls_later_is_kept() {
    let house = House::open().await;
    house.drop_file("telephone", "calls.csv", CALLS).await;
    let who = [email_id("priya.nair@example.org"), phone_id("07700 900142")];
    house.erase(erasure(&who)).await.unwrap();
    let report = house.drop_file("telephone", "again.csv", CALLS).await;
    assert_eq!(
        (&report["suppressed"], &report["already_there"]),
        (&json!(2), &json!(5))
    );
    let report = house.drop_file("support", "support.jsonl", SUPPORT).await;
    assert_eq!(
        (&report["suppressed"], &report["new"]),
        (&json!(2), &json!(0))
    );
    house.move_to("2026-11-24T12:00:00Z").await;
    let later = String::from_utf8(SUPPORT.to_vec())
        .unwrap()
        .replace("2026-09-21", "2026-11-24")
        .replace("CHAT-55120", "CHAT-2");
    let report = house
        .drop_file("support", "later.jsonl", later.as_bytes())
        .await;
    assert_eq!(
        (&report["new"], &report["suppressed"]),
        (&json!(2), &json!(0))
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_quarantined_whole_with_the_reason() {
    let house = House::open().await;
    let refused = async |source: &str, file: &[u8]| {
        let report = house.drop_file(source, "file", file).await;
        assert_eq!(report["state"], "refused");
        let id = report["import"].as_str().unwrap().to_owned();
        let whole = house
            .object_in(&house.intake(), &format!("quarantine/{source}/{id}/file"))
            .await;
        assert_eq!(whole.as_bytes(), file);
        report["reason"].clone()
    };
    let lacking = String::from_utf8(CALLS.to_vec())
        .unwrap()
        .replace("CALL ID", "CALL NUMBER");
    assert_eq!(
        refused("telephone", lacking.as_bytes()).await,
        json!({"rule": "missing_column", "field": "CALL ID"})
    );
    assert_eq!(
        refused("reviews", b"[]").await,
        json!({"rule": "not_an_object"})
    );
    assert_eq!(refused("complaints", b"").await, json!({"rule": "empty"}));
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test]
async fn five_thousand_rows_exactly_are_a_report_that_was_cut() {
    let house = House::open().await;
    let report = house
        .drop_file("telephone", "cut.csv", many_calls(5_000, 50).as_bytes())
        .await;
    assert_eq!(
        (&report["rows"], &report["warnings"]),
        (&json!(5_000), &json!(["cut_at_5000"]))
    );
    let report = house
        .drop_file("telephone", "whole.csv", many_calls(5_001, 50).as_bytes())
        .await;
    assert_eq!(
        (
            &report["new"],
            &report["already_there"],
            &report["warnings"]
        ),
        (&json!(1), &json!(100), &json!([]))
    );
}

#[tokio::test]
async fn an_import_that_runs_out_of_time_hands_over_and_ends_in_the_same() {
    let file = many_calls(3_500, 10);
    let at_once = House::open().await;
    let report = at_once
        .drop_file("telephone", "calls.csv", file.as_bytes())
        .await;
    let in_turns = House::with(Options {
        longest: Some(chrono::TimeDelta::seconds(1)),
        ..options()
    })
    .await;
    let other = in_turns
        .drop_file("telephone", "calls.csv", file.as_bytes())
        .await;
    assert_eq!(report, other);
    assert_eq!(
        at_once.items("RECORDS_TABLE").await,
        in_turns.items("RECORDS_TABLE").await
    );
    assert_eq!(
        at_once.quarantined("telephone").await,
        in_turns.quarantined("telephone").await
    );
    let left = |house: &House| {
        house
            .files()
            .iter()
            .filter(|key| !key.starts_with("quarantine/"))
            .count()
    };
    assert_eq!(
        (left(&at_once), left(&in_turns)),
        (1, 1),
        "nothing but the report is left"
    );
}

/// A report with `count` calls, of which the first of every `good` is valid.
fn many_calls(count: usize, good: usize) -> String {
    let header = String::from_utf8(CALLS.to_vec())
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let row = |number: usize| {
        let rating = if number.is_multiple_of(good) {
            number % 5 + 1
        } else {
            9
        };
        format!(
            "4000{number:09},\"Mon, 12 Oct 2026 {:02}:{:02}:00\",Waste Inbound,Inbound,Waste,jbloggs,Jo Bloggs,Done,\
             07{number:09},,01305221040,00:04:40,00:04:30,00:00:00,0,post-call,{rating},Quick",
            8 + number / 60 % 10,
            number % 60,
        )
    };
    let rows: Vec<String> = (0..count).map(row).collect();
    format!("{header}\n{}\n", rows.join("\n"))
}
