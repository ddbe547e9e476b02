//! Days of the ledger are closed one after another, whatever the sweep missed.

mod year;

use crate::house::{House, at, email_id, erasure};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::ledger::{
    Cause, DayCertificate, ItemKind, Lateness, StoredContent, Verified,
};
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source_details::SourceDetails;
use custodian_domain::record::{Holder, Record, RecordBody, RecordId};
use custodian_operations::verify::verify;
use custodian_store::ledger::Slot;
use custodian_store::records::Records;
use serde_json::{Value, json};

async fn sweep(house: &House) -> Value {
    house.invoke("sweep", json!({})).await.unwrap()
}

async fn verified(house: &House) -> Verified {
    verify(&house.ledger(), None).await.unwrap()
}

async fn certificate(house: &House, day: &str) -> Option<DayCertificate> {
    let mut pages = house.ledger().stored(day.parse().unwrap());
    let page = pages.next().await.unwrap().unwrap();
    page.into_iter().find_map(|it| match it.content {
        StoredContent::Link(link) if it.slot == Slot::Certificate => link.says(),
        _ => None,
    })
}

/// Stores a record that was collected then, as an import would.
async fn keep(house: &House, key: &str, collected_at: DateTime<Utc>) {
    let records = Records::new(house.dynamodb(), house.setting("RECORDS_TABLE"));
    let holder = Holder::Subject(SubjectKey::try_from("subject#1#rosa".to_owned()).unwrap());
    let id = RecordId::of_submission("bins", key);
    let told = RecordBody::from_source(
        key,
        collected_at,
        Revision::updated(collected_at),
        SourceDetails::default(),
    );
    let record = Record {
        holder,
        id,
        details: RecordBody {
            source_id: None,
            ..told
        },
    };
    records.keep_all(&[&record]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_closed_when_it_is_over_and_says_what_was_deleted() {
    let house = House::where_ttl_is_late().await;
    sweep(&house).await;
    for key in ["1", "2"] {
        keep(&house, key, at("2024-04-01T10:00:00Z")).await;
    }
    house.tell("Quick.", Some("abel@example.org"), None).await;
    house
        .erase(erasure(&[email_id("abel@example.org")]))
        .await
        .unwrap();
    assert_eq!(sweep(&house).await["closed_days"], 0, "it is not over yet");
    house.move_to("2026-11-24T00:05:00Z").await;
    assert_eq!(sweep(&house).await["closed_days"], 1);
    assert_eq!(sweep(&house).await["closed_days"], 0, "it is closed once");
    let first = certificate(&house, "2026-11-23").await.unwrap();
    assert_eq!(
        (
            first.figures.deleted,
            first.figures.by_cause[&Cause::Erasure],
            first.figures.lateness
        ),
        (1, 1, None)
    );
    assert_eq!(
        first.left.oldest_month, None,
        "what is held goes later than in two months"
    );
    // There was no sweep for 128 days, and two things were deleted on the last of them.
    house.move_to("2027-04-01T12:00:00Z").await;
    assert_eq!(sweep(&house).await["closed_days"], 128);
    house.move_to("2027-04-02T00:05:00Z").await;
    assert_eq!(sweep(&house).await["closed_days"], 1);
    let last = certificate(&house, "2027-04-01").await.unwrap();
    let late = Lateness {
        p50: 7_200,
        p99: 7_200,
        max: 7_200,
    };
    assert_eq!(
        (last.figures.deleted, last.figures.lateness),
        (2, Some(late))
    );
    assert_eq!(last.figures.by_kind[&ItemKind::Record], 2);
    assert_eq!((last.left.overdue, last.left.held), (0, 0));
    assert!(certificate(&house, "2027-04-02").await.is_none());
    let found = verified(&house).await;
    assert_eq!((found.days, found.entries, found.overdue), (130, 3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_names_the_month_of_the_oldest_record() {
    let house = House::where_ttl_is_late().await;
    sweep(&house).await;
    keep(&house, "old", at("2023-12-20T10:00:00Z")).await;
    house.move_to("2026-11-24T00:05:00Z").await;
    sweep(&house).await;
    let left = certificate(&house, "2026-11-23").await.unwrap().left;
    assert_eq!(left.oldest_month.as_deref(), Some("2023-12"));
    assert_eq!(left.none_before, Some("2023-12-20".parse().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ttl_never_deletes_goes_when_its_day_has_its_turn() {
    let house = House::where_ttl_is_late().await;
    let collected = at("2014-05-17T10:00:00Z");
    keep(&house, "ancient", collected).await;
    let slice = |day: NaiveDate| {
        i64::from(day.num_days_from_ce())
            .div_euclid(14)
            .rem_euclid(720)
    };
    let hours = (0..720).map(|hour| at("2026-11-23T10:00:00Z") + TimeDelta::hours(hour));
    let (mut turn, mut before) = (hours.clone(), hours);
    let is_turn = |now: &DateTime<Utc>| {
        (now.timestamp() / 3600).rem_euclid(720) == slice(collected.date_naive())
    };
    house
        .move_to(&before.find(|now| !is_turn(now)).unwrap().to_rfc3339())
        .await;
    assert_eq!(sweep(&house).await["deleted"], 0);
    house
        .move_to(&turn.find(is_turn).unwrap().to_rfc3339())
        .await;
    let swept = sweep(&house).await;
    assert_eq!(swept["deleted"], 1);
    assert!(
        swept["oldest_lateness_seconds"].as_i64().unwrap() > 8 * 365 * 86_400,
        "and the alarm is told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_told_to_looks_at_what_is_older_than_eight_years() {
    let house = House::where_ttl_is_late().await;
    keep(&house, "ancient", at("2001-05-17T10:00:00Z")).await;
    assert_eq!(
        house
            .invoke("sweep", json!({"from": "2001-05-01"}))
            .await
            .unwrap()["deleted"],
        1
    );
}
