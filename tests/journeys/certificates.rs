//! Days of the ledger are closed, one after another, whatever the sweep missed.

use crate::house::{House, at, email_id, erasure};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use operations::verify::verify;
use serde_json::{Value, json};
use shared::domain::ledger::{Cause, Certificate, Entry, EntryId, ItemKind, Lateness, Lies, Verified};
use shared::domain::particulars::Particulars;
use shared::domain::record::{Details, Holder, Record, RecordId};
use shared::domain::retention::ExpiresAt;
use shared::domain::revision::Revision;
use shared::domain::source::Source;
use shared::domain::subject::SubjectKey;
use shared::storage::keys;
use shared::storage::ledger::Seat;
use shared::storage::records::Records;
use std::collections::HashMap;

async fn sweep(house: &House) -> Value {
    house.invoke("sweep", json!({})).await.unwrap()
}

async fn verified(house: &House) -> Verified {
    verify(&house.ledger(), None).await.unwrap()
}

async fn certificate(house: &House, day: &str) -> Option<Certificate> {
    let mut pages = house.ledger().lying(day.parse().unwrap());
    let page = pages.next().await.unwrap().unwrap();
    page.into_iter().find_map(|it| match it.lies {
        Lies::Link(link) if it.seat == Seat::Certificate => link.says(),
        _ => None,
    })
}

/// Keeps a record that was collected then, as an import would; gives the name of its deletion.
async fn keep(house: &House, key: &str, collected_at: DateTime<Utc>) -> EntryId {
    let records = Records::new(house.dynamodb(), house.setting("RECORDS_TABLE"));
    let holder = Holder::Subject(SubjectKey::try_from("subject#1#rosa".to_owned()).unwrap());
    let id = RecordId::of_submission("bins", key);
    let told = Details::told(key, collected_at, Revision::updated(collected_at), Particulars::default());
    let record = Record { holder, id, details: Details { source_id: None, ..told } };
    records.keep_all(&[&record]).await.unwrap();
    let key = keys::record(&record.holder, record.details.source, &record.id);
    EntryId::of(&key.partition, &key.sort, ExpiresAt::of(record.details.source, collected_at))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_closed_when_it_is_over_and_says_what_was_deleted() {
    let house = House::where_ttl_is_late().await;
    sweep(&house).await;
    for key in ["1", "2"] {
        keep(&house, key, at("2024-04-01T10:00:00Z")).await;
    }
    house.tell("Quick.", Some("abel@example.org"), None).await;
    house.erase(erasure(&[email_id("abel@example.org")])).await.unwrap();
    assert_eq!(sweep(&house).await["closed_days"], 0, "it is not over yet");
    house.move_to("2026-11-24T00:05:00Z").await;
    assert_eq!(sweep(&house).await["closed_days"], 1);
    assert_eq!(sweep(&house).await["closed_days"], 0, "it is closed once");
    let first = certificate(&house, "2026-11-23").await.unwrap();
    assert_eq!((first.figures.deleted, first.figures.by_cause[&Cause::Erasure], first.figures.lateness), (1, 1, None));
    assert_eq!(first.left.oldest_month, None, "what is held goes later than in two months");
    // Months without a sweep: 128 days, and on the last of them two things went.
    house.move_to("2027-04-01T12:00:00Z").await;
    assert_eq!(sweep(&house).await["closed_days"], 128);
    house.move_to("2027-04-02T00:05:00Z").await;
    assert_eq!(sweep(&house).await["closed_days"], 1);
    let last = certificate(&house, "2027-04-01").await.unwrap();
    let late = Lateness { p50: 7_200, p99: 7_200, max: 7_200 };
    assert_eq!((last.figures.deleted, last.figures.lateness), (2, Some(late)));
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
    let slice = |day: NaiveDate| i64::from(day.num_days_from_ce()).div_euclid(14).rem_euclid(720);
    let hours = (0..720).map(|hour| at("2026-11-23T10:00:00Z") + TimeDelta::hours(hour));
    let (mut turn, mut before) = (hours.clone(), hours);
    let is_turn = |now: &DateTime<Utc>| (now.timestamp() / 3600).rem_euclid(720) == slice(collected.date_naive());
    house.move_to(&before.find(|now| !is_turn(now)).unwrap().to_rfc3339()).await;
    assert_eq!(sweep(&house).await["deleted"], 0);
    house.move_to(&turn.find(is_turn).unwrap().to_rfc3339()).await;
    let swept = sweep(&house).await;
    assert_eq!(swept["deleted"], 1);
    assert!(swept["oldest_lateness_seconds"].as_i64().unwrap() > 8 * 365 * 86_400, "and the alarm is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_told_to_looks_at_what_is_older_than_eight_years() {
    let house = House::where_ttl_is_late().await;
    keep(&house, "ancient", at("2001-05-17T10:00:00Z")).await;
    assert_eq!(house.invoke("sweep", json!({"from": "2001-05-01"})).await.unwrap()["deleted"], 1);
}

/// Records end every day and people are erased. The sweep comes once a day for a week, and then is off for three weeks at a
/// time. TTL removes some in between and the stream tells it twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_days_ends_with_certificates_that_verify_and_every_deletion_once() {
    let house = House::where_ttl_is_late().await;
    sweep(&house).await;
    let begin = at("2026-11-23T10:00:00Z");
    let mut expected: HashMap<EntryId, u32> = HashMap::new();
    let mut day = 0;
    let mut erased = 0;
    while day < 365 {
        let off = if day < 7 { 1 } else { 21 };
        for ahead in 0..off {
            let collected = begin.checked_sub_months(chrono::Months::new(36)).unwrap() + Days::new(day + ahead);
            for number in 0..2 {
                let collected = collected + TimeDelta::hours(number);
                expected.insert(keep(&house, &format!("{day}-{ahead}-{number}"), collected).await, 0);
            }
        }
        if day % 5 == 0 {
            let email = format!("person-{day}@example.org");
            house.tell("Erase me.", Some(&email), None).await;
            house.erase(erasure(&[email_id(&email)])).await.unwrap();
            erased += 1;
        }
        let removal = Entry {
            id: EntryId::of("ttl", &day.to_string(), ExpiresAt::at(begin)),
            cause: Cause::Retention,
            kind: ItemKind::Record,
            source: Some(Source::Telephone),
            collected_month: Some("2023-11".to_owned()),
            due: ExpiresAt::at(begin),
            removed: house.stack.clock().now(),
            lateness_seconds: i64::try_from(day).unwrap(),
        };
        for _ in 0..2 {
            house.ledger().append(vec![removal.clone()], house.stack.clock().now()).await.unwrap();
        }
        expected.insert(removal.id, 0);
        day += off;
        house.move_to(&(begin + Days::new(day) + TimeDelta::hours(2)).to_rfc3339()).await;
        sweep(&house).await;
    }
    let told = house.told().await;
    let mut erasures = 0;
    for entry in &told {
        match expected.get_mut(&entry.id) {
            Some(count) => *count += 1,
            None => erasures += u32::from(entry.cause == Cause::Erasure),
        }
    }
    assert!(expected.values().all(|count| *count == 1), "each is told once");
    assert_eq!((erasures, told.len()), (erased, expected.len() + usize::try_from(erased).unwrap()));
    let found = verified(&house).await;
    assert_eq!((found.days, found.overdue), (day, 0));
    assert_eq!(found.entries, u64::try_from(told.len()).unwrap());
    let last = (begin + Days::new(day)).date_naive().pred_opt();
    assert_eq!(found.closed, last, "up to yesterday");
}
