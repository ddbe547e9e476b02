//! Three years pass.

use crate::house::{House, at, email_id, key};
use chrono::{DateTime, Utc};
use custodian_domain::ledger::{Cause, Entry, ItemKind};
use serde_json::{Value, json};

const LAST_SECOND: &str = "2029-11-23T09:59:59Z";
const END: &str = "2029-11-23T10:00:00Z";

/// The event of the stream of Records for an item that TTL has removed.
pub fn removed_by_ttl(image: &Value, now: DateTime<Utc>) -> Value {
    json!({"Records": [{
        "eventID": "1", "eventName": "REMOVE", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-2", "eventSourceARN": "arn:aws:dynamodb:::table",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {
            "ApproximateCreationDateTime": now.timestamp(), "SequenceNumber": "7", "SizeBytes": 1,
            "StreamViewType": "OLD_IMAGE", "Keys": {"pk": image["pk"], "sk": image["sk"]}, "OldImage": image,
        },
    }]})
}

async fn ledger(house: &House, day: &str) -> Vec<Entry> {
    let (mut pages, mut entries) = (house.ledger().entries(day.parse().unwrap()), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        entries.extend(page);
    }
    entries
}

async fn exported(house: &House, kind: &str) -> Value {
    let order = json!({"kind": kind, "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7"});
    let package = house.invoke("export", order).await.unwrap();
    let document = house.document(&package).await;
    assert_eq!(
        document["records"].as_array().unwrap().len(),
        package["records"],
        "a document counts what it holds"
    );
    package["records"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_expires_at_the_very_second_although_ttl_has_not_removed_it() {
    let house = House::where_ttl_is_late().await;
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    house.move_to(LAST_SECOND).await;
    assert_eq!(exported(&house, "access").await, 1);
    house.move_to(END).await;
    assert_eq!(
        house.items("RECORDS_TABLE").await.len(),
        2,
        "it still lies there"
    );
    assert_eq!(
        exported(&house, "access").await,
        0,
        "and is in no export and no count"
    );
    assert_eq!(exported(&house, "portability").await, 0);
    let by_phone = json!({"kind": "access", "identifiers": [{"type": "phone", "value": "07700 900142"}], "requested_by": "dpo-7"});
    let found = house.invoke("export", by_phone).await.unwrap();
    assert_eq!(
        (&found["records"], &found["linked"]),
        (&json!(0), &json!([])),
        "nor does its link lead anywhere"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_answer_does_not_stand_in_the_way_of_a_new_one() {
    let house = House::where_ttl_is_late().await;
    let key = key("k");
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key.as_str()),
    ];
    let body = |rating: u8| json!({"satisfaction": rating, "site": "Wareham"}).to_string();
    assert_eq!(
        house
            .post("recycling-centre", &headers, &body(5))
            .await
            .status,
        201
    );
    house.move_to(END).await;
    let anew = house.post("recycling-centre", &headers, &body(1)).await;
    assert_eq!(
        (anew.status, &anew.json()["collected_at"]),
        (201, &json!(END))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ttl_removes_is_gone_and_in_the_ledger_with_its_lateness() {
    let house = House::open().await;
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    house.tell("Anonymous.", None, None).await;
    house.move_to("2029-11-23T12:00:00Z").await;
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    let mut entries = ledger(&house, "2029-11-23").await;
    entries.sort_by_key(|entry| entry.kind == ItemKind::Link);
    let told: Vec<_> = entries
        .iter()
        .map(|e| {
            (
                e.cause,
                e.kind,
                e.collected_month.as_deref(),
                e.lateness_seconds,
            )
        })
        .collect();
    let record = (Cause::Retention, ItemKind::Record, Some("2026-11"), 7200);
    assert_eq!(
        told,
        [
            record,
            record,
            (Cause::Retention, ItemKind::Link, None, 7200)
        ]
    );
    assert_eq!(entries[0].due.instant(), at(END));
    assert_eq!(entries[0].removed, at("2029-11-23T12:00:00Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ttl_leaves_behind_the_sweep_deletes_once() {
    let house = House::where_ttl_is_late().await;
    let first = house
        .invoke("sweep", json!({"from": "2023-11-20"}))
        .await
        .unwrap();
    assert_eq!(first["deleted"], 0);
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    house.move_to(LAST_SECOND).await;
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["deleted"],
        0,
        "a second early is too early"
    );
    house.move_to("2029-11-24T10:00:01Z").await;
    let swept = house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(
        (&swept["deleted"], &swept["oldest_lateness_seconds"]),
        (&json!(2), &json!(86_401))
    );
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["deleted"],
        0
    );
    let entries = ledger(&house, "2029-11-24").await;
    assert_eq!(entries.len(), 2);
    assert!(
        entries
            .iter()
            .all(|entry| entry.cause == Cause::Sweep && entry.lateness_seconds == 86_401)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_told_where_to_begin_finds_what_is_months_overdue() {
    let house = House::where_ttl_is_late().await;
    house.tell("Quick.", None, None).await;
    house.move_to("2030-03-01T00:00:00Z").await;
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["deleted"],
        0,
        "a restore brings back what is older"
    );
    let swept = house
        .invoke("sweep", json!({"from": "2026-11-01"}))
        .await
        .unwrap();
    assert_eq!(swept["deleted"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_after_a_day_looks_at_five_days_however_much_is_kept() {
    let house = House::where_ttl_is_late().await;
    house
        .invoke("sweep", json!({"from": "2023-11-20"}))
        .await
        .unwrap();
    for _ in 0..40 {
        house.tell("Kept.", None, None).await;
    }
    house.move_to("2026-11-24T10:00:00Z").await;
    assert_eq!(house.invoke("sweep", json!({})).await.unwrap()["days"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_gone_with_the_earliest_end_in_it() {
    let house = House::open().await;
    house.tell("Quick.", Some("rosa@example.org"), None).await;
    house.move_to("2029-11-20T10:00:00Z").await;
    let package = house.export("rosa@example.org").await;
    assert_eq!(package["expires_at"], END, "and not fourteen days later");
    house.move_to(END).await;
    let refused = house
        .invoke(
            "export",
            json!({"release": package["request_id"], "released_by": "dpo-7"}),
        )
        .await
        .unwrap_err();
    assert!(refused.contains("expired"), "{refused}");
    assert_eq!(
        house
            .invoke("sweep", json!({"from": "2026-11-20"}))
            .await
            .unwrap()["packages"],
        1
    );
    assert!(house.objects().is_empty());
    assert!(
        !house
            .items("REGISTER_TABLE")
            .await
            .iter()
            .any(|item| item.contains("subject#"))
    );
}
