//! Who may be named in quarantine: a plan opens only what may name the person, and never misses
//! anything that does.

use crate::house::{House, at, email_id, erasure, phone_id};
use crate::imports_faults::COMPLAINTS;
use crate::recorder::recording_host;
use custodian_requests::Requests;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

/// A complaint that cannot be read, from this person.
fn bad(email: &str, phone: &str) -> String {
    format!("{COMPLAINTS}1,complaint,never,highways,,,{email},{phone},A hole,,,\n")
}

/// A stack with files of ten people in quarantine. The first is Rosa.
async fn furnished() -> House {
    let house = House::where_it_sleeps("erase").await;
    house.tell("Hello.", Some("rosa@example.org"), None).await;
    house
        .drop_file(
            "complaints",
            "0.csv",
            bad("rosa@example.org", "").as_bytes(),
        )
        .await;
    for number in 1..10 {
        let phone = format!("07700 90020{number}");
        house
            .drop_file(
                "complaints",
                &format!("{number}.csv"),
                bad(&format!("p{number}@example.com"), &phone).as_bytes(),
            )
            .await;
    }
    house
}

/// Plans an erasure. Returns the plan, and how many quarantined objects were opened for it.
async fn planned(house: &House, who: Value) -> (Value, usize) {
    let (host, calls) = recording_host(house, "requests");
    let requests = Requests::start(&host).await.unwrap();
    let id = format!(
        "PLAN-{}",
        house.stack.clock().now().timestamp_micros() + i64::from(rand_number())
    );
    let order = json!({"order": "plan", "request_id": id, "identifiers": [who], "ground": "17(1)(b)", "planned_by": "planner-3"});
    let planned = requests
        .invoke(LambdaEvent::new(order.into(), Context::default()))
        .await
        .unwrap();
    let opened = calls
        .lock()
        .unwrap()
        .iter()
        .filter(|call| call.starts_with("s3:GetObject Intake/quarantine"))
        .count();
    (planned["plan"].clone(), opened)
}

/// A different number each time.
fn rand_number() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

async fn delete(house: &House, keys: Vec<String>) {
    for key in keys {
        house
            .s3()
            .delete_object()
            .bucket(house.intake())
            .key(key)
            .send()
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_opens_what_may_name_the_person_and_nothing_else() {
    let house = furnished().await;
    let kept = house
        .files()
        .iter()
        .filter(|key| key.starts_with("quarantine/"))
        .count();
    assert_eq!(
        (kept, house.indexes().len()),
        (20, 20),
        "rows and headers, each with its index"
    );
    for index in house.indexes() {
        let document = house.object_in(&house.intake(), &index).await;
        assert!(
            !["rosa", "example", "07700", "90020"]
                .iter()
                .any(|plain| document.contains(plain)),
            "{document}"
        );
    }
    let (plan, opened) = planned(&house, email_id("ROSA@example.org")).await;
    assert_eq!((&plan["quarantined"], opened), (&json!(1), 1), "{plan}");
    let (plan, opened) = planned(&house, phone_id("+44 7700 900204")).await;
    assert_eq!((&plan["quarantined"], opened), (&json!(1), 1), "{plan}");
    let (plan, opened) = planned(&house, email_id("nobody@example.net")).await;
    assert!(
        plan["quarantined"].as_u64().unwrap_or_default() == 0 && opened <= 1,
        "{opened}: {plan}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_index_or_a_wrong_one_is_opened_and_then_has_one() {
    let house = furnished().await;
    // As an earlier version left them. One index belongs to another object, and one is not an
    // index.
    delete(&house, house.indexes().split_off(2)).await;
    let indexes = house.indexes();
    for (index, of) in [(&indexes[0], "of another"), (&indexes[1], "")] {
        let put = house
            .s3()
            .put_object()
            .bucket(house.intake())
            .key(index)
            .metadata("of", of);
        put.body(b"{}".to_vec().into()).send().await.unwrap();
    }
    let (plan, opened) = planned(&house, email_id("rosa@example.org")).await;
    assert_eq!((&plan["quarantined"], opened), (&json!(1), 20), "{plan}");
    assert_eq!(house.indexes().len(), 20);
    let (plan, opened) = planned(&house, email_id("rosa@example.org")).await;
    assert_eq!((&plan["quarantined"], opened), (&json!(1), 1), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_erasure_no_index_says_that_the_person_may_be_named() {
    let house = House::open().await;
    house.tell("Hello.", Some("rosa@example.org"), None).await;
    let both =
        bad("rosa@example.org", "") + "2,complaint,never,highways,,,abel@example.org,,A hole,,,\n";
    house
        .drop_file("complaints", "both.csv", both.as_bytes())
        .await;
    house
        .drop_file(
            "complaints",
            "hers.csv",
            bad("rosa@example.org", "").as_bytes(),
        )
        .await;
    house
        .drop_file(
            "complaints",
            "old.csv",
            bad("old@example.org", "").as_bytes(),
        )
        .await;
    let (_, opened) = planned(&house, email_id("rosa@example.org")).await;
    assert_eq!(opened, 2);
    // The bucket's lifecycle has deleted one object, whose index was made later.
    let old = house.quarantined("complaints").await.len();
    assert_eq!(old, 4);
    let rows = house
        .files()
        .into_iter()
        .filter(|key| key.starts_with("quarantine/"));
    let mut of_old = Vec::new();
    for key in rows {
        if house
            .object_in(&house.intake(), &key)
            .await
            .contains("old@example.org")
        {
            of_old.push(key);
        }
    }
    delete(&house, of_old.clone()).await;
    house.stack.clock().set(at("2026-11-23T10:20:00Z"));
    house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    let (plan, opened) = planned(&house, email_id("rosa@example.org")).await;
    assert!(
        plan["quarantined"].as_u64().unwrap_or_default() == 0 && opened == 0,
        "{opened}: {plan}"
    );
    let (plan, opened) = planned(&house, email_id("abel@example.org")).await;
    assert_eq!(
        (&plan["quarantined"], opened),
        (&json!(1), 1),
        "what is left has its own: {plan}"
    );
    let quarantine: Vec<String> = house
        .files()
        .into_iter()
        .filter(|key| key.starts_with("quarantine/"))
        .collect();
    for index in house.indexes() {
        let of = index.replacen("indexes/", "quarantine/", 1);
        assert!(
            quarantine.contains(&of),
            "{index} is of nothing that is there"
        );
        assert!(!of_old.contains(&of));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_look_into_is_counted_by_every_plan() {
    let house = furnished().await;
    house
        .drop_file("complaints", "book.xlsx", b"PK\x03\x04 a workbook")
        .await;
    for who in [email_id("rosa@example.org"), email_id("nobody@example.net")] {
        let (plan, _) = planned(&house, who).await;
        assert_eq!(plan["unreadable"], 1, "{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_finds_its_rows_by_the_indexes() {
    let house = furnished().await;
    for (who, holds) in [("rosa@example.org", true), ("nobody@example.net", false)] {
        let order =
            json!({"kind": "access", "identifiers": [email_id(who)], "requested_by": "dpo-7"});
        let package = house.invoke("export", order).await.unwrap();
        let document = house.document(&package).await.to_string();
        assert_eq!(document.contains("A hole"), holds, "{document}");
    }
}
