//! Interviews and support interactions: what is on a line is read as it is meant, and what is not a
//! line is reported as such.

use super::{fixture, is_of_somebody, refused_whole};
use crate::house::House;
use serde_json::json;

#[tokio::test]
async fn a_rating_with_a_point_and_a_zero_is_the_rating() {
    let interviews = fixture(&House::open().await, "interviews", "fractions.jsonl").await;
    assert_eq!(interviews.named("J01I")["satisfaction"], 5);
    let support = fixture(&House::open().await, "support", "fractions.jsonl").await;
    assert_eq!(support.ids(), ["J01A", "J01B", "J01D"]);
    assert_eq!(
        (
            &support.named("J01A")["satisfaction"],
            &support.named("J01B")["satisfaction"]
        ),
        (&json!(4), &json!(4))
    );
    assert_eq!(
        support.refused(),
        [(3, "satisfaction", "rating"), (5, "", "not_json")]
    );
}

#[tokio::test]
async fn what_a_program_said_is_kept_with_the_conversation_and_told_as_said_by_others() {
    let house = House::open().await;
    let dropped = fixture(&house, "support", "bots.jsonl").await;
    assert_eq!(dropped.ids(), ["J03A", "J03B", "J03C"]);
    let order = json!({"kind": "access", "identifiers": [crate::house::email_id("j03a@example.org")], "requested_by": "dpo-7",
        "request_id": "DSAR-BOTS"});
    let package = house.invoke("export", order).await.unwrap();
    let record = house.document(&package).await["records"][0].clone();
    let said = |nature: &str| record[nature]["transcript"].as_array().unwrap().clone();
    assert_eq!((said("provided").len(), said("others").len()), (1, 2));
    assert_eq!(
        (&said("others")[0]["from"], &said("others")[0]["text"]),
        (&json!("bot"), &json!("Welcome"))
    );
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    assert!(report.contains("An automatic answer"));
}

#[tokio::test]
async fn what_is_no_json_in_lines_is_kept_whole_with_the_reason() {
    for (source, file, rule) in [
        ("support", "array.json", "an_array"),
        ("support", "packed.jsonl.gz", "gzip"),
        ("interviews", "packed.jsonl.gz", "gzip"),
        ("support", "utf-16.jsonl", "utf16"),
        ("interviews", "wrong-folder.csv", "not_json_lines"),
    ] {
        assert_eq!(
            refused_whole(source, file).await,
            json!({"rule": rule}),
            "{source}/{file}"
        );
    }
}

#[tokio::test]
async fn a_list_of_reviews_among_interactions_is_told_as_of_another_source() {
    let dropped = fixture(&House::open().await, "support", "wrong-folder.json").await;
    assert_eq!(
        (dropped.refused(), dropped.records.len()),
        (vec![(1, "", "other_source")], 0)
    );
}

#[tokio::test]
async fn half_an_emoji_costs_itself_only() {
    let dropped = fixture(&House::open().await, "support", "half-an-emoji.jsonl").await;
    assert_eq!(dropped.ids(), ["J06A", "J06B"]);
    let said = &dropped.named("J06A")["particulars"]["support"]["transcript"][0]["text"];
    assert_eq!(said, "Thanks so much \u{fffd}");
}

#[tokio::test]
async fn a_time_is_read_in_every_spelling_that_says_its_zone() {
    let dropped = fixture(&House::open().await, "support", "times.jsonl").await;
    assert_eq!(dropped.ids(), ["J08A", "J08C"]);
    assert!(
        dropped
            .records
            .iter()
            .all(|chat| chat["collected_at"] == "2026-11-09T09:12:00Z" && is_of_somebody(chat))
    );
    assert_eq!(dropped.refused(), [(2, "started_at", "text")]);
}

#[tokio::test]
async fn a_line_in_another_encoding_costs_itself_only() {
    let dropped = fixture(&House::open().await, "interviews", "latin-1.jsonl").await;
    assert_eq!(
        (dropped.ids(), dropped.refused()),
        (vec!["J11B"], vec![(1, "", "not_utf8")])
    );
}
