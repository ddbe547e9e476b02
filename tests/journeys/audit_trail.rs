//! Who gave which order is written down before anything is read for it, in a chain that nobody can
//! change unnoticed.

use crate::house::{House, email_id, erasure, s};
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_domain::audit_trail::{Attempt, AuditEntry, Audited, PersonTags};
use custodian_rights::auditing::{Auditing, Concerned};
use custodian_runtime::secret;
use custodian_store::audit_log::AuditLog;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ROSA: &str = "rosa@example.org";

/// The entries of today, in their order.
async fn entries(house: &House) -> Vec<AuditEntry> {
    let log = AuditLog::new(
        &house.dynamodb(),
        &house.setting("AUDIT_TABLE"),
        &house.setting("REGISTER_TABLE"),
    );
    let mut pages = log.on(house.stack.clock().now().date_naive());
    let mut entries = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        entries.extend(page.iter().map(|stored| stored.entry().unwrap()));
    }
    entries
}

fn access(request: &str) -> Value {
    json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": request})
}

/// Something is known about Rosa.
async fn house() -> House {
    let house = House::open().await;
    house
        .tell("The bins were late.", Some(ROSA), Some("07700 900123"))
        .await;
    house
}

/// An attempt with what came of it.
#[derive(Debug, PartialEq)]
struct Pair {
    order: String,
    by: Option<String>,
    request: Option<String>,
    outcome: String,
}

/// Each attempt with its one result, which comes after it.
fn pairs(entries: &[AuditEntry]) -> Vec<Pair> {
    let attempts = entries.iter().filter_map(|entry| match &entry.what {
        Audited::Attempt(attempt) => Some((entry.n, attempt)),
        Audited::Result(_) => None,
    });
    attempts
        .map(|(n, attempt)| {
            let results = entries.iter().filter_map(|entry| match &entry.what {
                Audited::Result(result) if result.attempt == n => Some((entry.n, result)),
                _ => None,
            });
            let results: Vec<_> = results.collect();
            let [(after, result)] = results.as_slice() else {
                panic!("{n} has {} results", results.len());
            };
            assert!(*after > n);
            Pair {
                order: format!("{} {}", attempt.function, attempt.order),
                by: attempt.by.clone(),
                request: attempt.request.clone().map(String::from),
                outcome: result.outcome.clone(),
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_leaves_an_attempt_and_then_what_came_of_it_and_neither_names_anybody() {
    let house = house().await;
    house.invoke("export", access("SAR-1")).await.unwrap();
    house
        .invoke("export", json!({"read": "SAR-1", "by": "dpo-7"}))
        .await
        .unwrap();
    let links = json!({"order": "links", "identifiers": [email_id(ROSA)], "by": "dpo-8"});
    house.invoke("requests", links).await.unwrap();
    let unknown = json!({"order": "status", "request_id": "NO-1", "by": "dpo-8"});
    house.invoke("requests", unknown).await.unwrap_err();
    let entries = entries(&house).await;
    let expected = [
        ("export package", "dpo-7", Some("SAR-1"), "done"),
        ("export read", "dpo-7", Some("SAR-1"), "done"),
        ("requests links", "dpo-8", None, "done"),
        ("requests status", "dpo-8", Some("NO-1"), "UnknownRequest"),
    ];
    let expected = expected.map(|(order, by, request, outcome)| Pair {
        order: order.to_owned(),
        by: Some(by.to_owned()),
        request: request.map(str::to_owned),
        outcome: outcome.to_owned(),
    });
    assert_eq!(pairs(&entries), expected);
    let people: BTreeSet<&String> = entries
        .iter()
        .filter_map(|entry| match &entry.what {
            Audited::Result(result) => Some(&result.people),
            Audited::Attempt(_) => None,
        })
        .flatten()
        .collect();
    assert!(!people.is_empty(), "the person is known by a tag");
    let records = house.items("RECORDS_TABLE").await;
    for item in house.items("AUDIT_TABLE").await {
        for tag in ["rosa", "900123", "bins", "subject#", "anon#"] {
            assert!(!item.contains(tag), "{item}");
        }
    }
    for tag in people {
        assert!(records.iter().all(|item| !item.contains(tag.as_str())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_the_attempt_cannot_be_written_nothing_is_read_done_or_shown() {
    let house = house().await;
    let table = house.setting("AUDIT_TABLE");
    house
        .dynamodb()
        .delete_table()
        .table_name(table)
        .send()
        .await
        .unwrap();
    let before = house.items("REGISTER_TABLE").await;
    for (function, order) in [
        ("export", access("SAR-1")),
        (
            "requests",
            json!({"order": "links", "identifiers": [email_id(ROSA)], "by": "dpo-8"}),
        ),
        ("requests", {
            let mut plan = erasure(&[email_id(ROSA)]);
            plan["order"] = json!("plan");
            plan["planned_by"] = json!("dpo-8");
            plan
        }),
    ] {
        let refused = house.invoke(function, order.clone()).await;
        let refused = refused.expect_err(&order.to_string());
        assert!(refused.contains("note an attempt"), "{refused}");
    }
    assert_eq!(house.items("REGISTER_TABLE").await, before);
    assert!(house.objects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn if_the_result_cannot_be_written_nobody_is_shown_the_answer_or_the_refusal() {
    for is_refused in [false, true] {
        let house = house().await;
        let host = house.stack.host("requests").unwrap();
        let auditing = Auditing {
            log: AuditLog::new(
                &house.dynamodb(),
                &house.setting("AUDIT_TABLE"),
                &house.setting("REGISTER_TABLE"),
            ),
            tags: PersonTags::new(&secret::keyring(&host).await.unwrap()),
        };
        let attempt = Attempt::new("requests", "links", Some("dpo-8"), None, &[]);
        let (now, concerned) = (|| house.stack.clock().now(), Concerned::default());
        // The table goes while the order is carried out.
        let carrying_out = async {
            let gone = house.dynamodb();
            let gone = gone.delete_table().table_name(house.setting("AUDIT_TABLE"));
            gone.send().await.unwrap();
            if is_refused {
                Err(custodian_requests::Error::Unknown)
            } else {
                Ok(json!({"shown": "something"}))
            }
        };
        let answer = auditing
            .around(attempt, &concerned, now, carrying_out)
            .await;
        assert!(
            matches!(answer, Err(custodian_requests::Error::Storage(_))),
            "{answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_order_should_not_say_is_not_written_down() {
    let house = house().await;
    for (request, by, identifiers) in [
        ("rosa-example-org", "dpo-7", json!([email_id(ROSA)])),
        ("SAR-1", ROSA, json!([email_id(ROSA)])),
        (
            "rosa",
            ROSA,
            json!([{"type": "email", "value": "rosa at example"}]),
        ),
        ("SAR-1", "rosa.example.org", json!([email_id(ROSA)])),
    ] {
        let order = json!({"kind": "access", "identifiers": identifiers, "requested_by": by, "request_id": request});
        let _ = house.invoke("export", order).await;
    }
    for item in house.items("AUDIT_TABLE").await {
        assert!(!item.to_lowercase().contains("rosa"), "{item}");
    }
    assert_eq!(pairs(&entries(&house).await).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_when_and_what_for_and_an_erasure_forgets_that_too() {
    let house = house().await;
    house.invoke("export", access("SAR-1")).await.unwrap();
    let package = house.invoke("export", access("SAR-2")).await.unwrap();
    let document = house.document(&package).await;
    let looks = &document["held"]["looks"];
    assert_eq!(looks["count"], 1, "{looks:#}");
    let look = &looks["items"][0];
    assert_eq!(
        (&look["purpose"], &look["request_id"]),
        (
            &json!("To make a copy of what we hold about you"),
            &json!("SAR-1")
        )
    );
    assert!(!looks.to_string().contains("dpo-7"), "not by whom");
    for request in ["SAR-1", "SAR-2"] {
        let withdraw = json!({"withdraw": request, "by": "dpo-7"});
        house.invoke("export", withdraw).await.unwrap();
    }
    let looked = |items: BTreeSet<String>| items.iter().filter(|it| it.contains("LOOKED#")).count();
    assert!(looked(house.items("REGISTER_TABLE").await) > 0);
    house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    house.stack.settle().await.unwrap();
    assert_eq!(looked(house.items("REGISTER_TABLE").await), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_somebody_of_whom_nothing_is_held_no_look_is_noted() {
    let house = House::open().await;
    house.invoke("export", access("SAR-1")).await.unwrap();
    let items = house.items("REGISTER_TABLE").await;
    assert!(items.iter().all(|item| !item.contains("LOOKED#")));
}

fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// What `verify` says is wrong.
async fn fault(house: &House) -> Option<String> {
    let report = house.invoke("verify", json!({})).await.unwrap();
    report["fault"].as_str().map(str::to_owned)
}

/// The entry with this number, of today.
fn key(house: &House, n: u64) -> [(&'static str, String); 2] {
    let day = house.stack.clock().now().date_naive();
    [
        ("pk", format!("DAY#{day}")),
        ("sk", format!("ENTRY#{n:012}")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_an_entry_that_was_changed_taken_out_or_cut_off() {
    for (harm, expected) in [
        ("none", None),
        ("change", Some("audit trail, link 2 of")),
        ("take out", Some("audit trail, link 1 of")),
        ("cut off", Some("audit trail, link 4 of")),
        ("end early", Some("audit trail, link 1 of")),
        ("begin later", Some("audit trail, link 1 of")),
    ] {
        let house = house().await;
        house.invoke("export", access("SAR-1")).await.unwrap();
        let read = json!({"read": "SAR-1", "by": "dpo-7"});
        house.invoke("export", read).await.unwrap();
        house.invoke("sweep", json!({})).await.unwrap();
        let (client, table) = (house.dynamodb(), house.setting("AUDIT_TABLE"));
        let delete = async |n: u64| {
            let mut delete = client.delete_item().table_name(&table);
            for (name, value) in key(&house, n) {
                delete = delete.key(name, s(&value));
            }
            delete.send().await.unwrap();
        };
        match harm {
            "change" => {
                let mut update = client.update_item().table_name(&table);
                for (name, value) in key(&house, 2) {
                    update = update.key(name, s(&value));
                }
                update
                    .update_expression("SET body = :body")
                    .expression_attribute_values(":body", s("{}"))
                    .send()
                    .await
                    .unwrap();
            }
            "take out" => delete(1).await,
            // The same entry put again, so that TTL deletes it.
            "end early" => {
                let mut get = client.get_item().table_name(&table);
                for (name, value) in key(&house, 1) {
                    get = get.key(name, s(&value));
                }
                let mut item = get.send().await.unwrap().item.unwrap();
                item.insert("expires_at".to_owned(), n(4_000_000_000));
                let put = client.put_item().table_name(&table);
                put.set_item(Some(item)).send().await.unwrap();
            }
            // A head that says that the beginning is over and gone.
            "begin later" => {
                delete(1).await;
                client
                    .update_item()
                    .table_name(&table)
                    .key("pk", s("CHAIN"))
                    .key("sk", s("HEAD"))
                    .update_expression("SET #first = :first")
                    .expression_attribute_names("#first", "first")
                    .expression_attribute_values(":first", s("2000-01-01"))
                    .send()
                    .await
                    .unwrap();
            }
            "cut off" => {
                // With a head that fits: only the ledger knows better.
                delete(4).await;
                let third = client.get_item().table_name(&table);
                let [(pk, day), (sk, third_n)] = key(&house, 3);
                let third = third
                    .key(pk, s(&day))
                    .key(sk, s(&third_n))
                    .send()
                    .await
                    .unwrap();
                let hash = third.item.unwrap()["hash"].clone();
                client
                    .update_item()
                    .table_name(&table)
                    .key("pk", s("CHAIN"))
                    .key("sk", s("HEAD"))
                    .update_expression("SET n = :n, #hash = :hash")
                    .expression_attribute_names("#hash", "hash")
                    .expression_attribute_values(":n", n(3))
                    .expression_attribute_values(":hash", hash)
                    .send()
                    .await
                    .unwrap();
            }
            _ => {}
        }
        let found = fault(&house).await;
        match expected {
            None => assert_eq!(found, None),
            Some(expected) => assert!(
                found.as_deref().is_some_and(|it| it.starts_with(expected)),
                "{harm}: {found:?}"
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_was_cut_off_is_not_witnessed_and_one_that_was_made_anew_is_found() {
    let house = house().await;
    house.invoke("export", access("SAR-1")).await.unwrap();
    house.invoke("sweep", json!({})).await.unwrap();
    let (client, table) = (house.dynamodb(), house.setting("AUDIT_TABLE"));
    let head = client
        .delete_item()
        .table_name(&table)
        .key("pk", s("CHAIN"))
        .key("sk", s("HEAD"));
    head.send().await.unwrap();
    for number in 1..=2 {
        let mut delete = client.delete_item().table_name(&table);
        for (name, value) in key(&house, number) {
            delete = delete.key(name, s(&value));
        }
        delete.send().await.unwrap();
    }
    // A new trail, as long as the one before.
    house.move_to("2026-11-23T11:00:00Z").await;
    house
        .invoke("export", json!({"status": "SAR-1", "by": "dpo-7"}))
        .await
        .unwrap();
    let found = fault(&house).await.unwrap();
    assert!(found.starts_with("audit trail, link 2 of"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_are_given_at_once_make_one_chain() {
    let house = house().await;
    let orders = (0..12).map(|number| {
        let order = access(&format!("SAR-{number}"));
        house.invoke("export", order)
    });
    for answer in futures_util::future::join_all(orders).await {
        answer.unwrap();
    }
    let entries = entries(&house).await;
    assert_eq!(pairs(&entries).len(), 12);
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.n).collect();
    assert_eq!(numbers, (1..=24).collect::<Vec<u64>>());
    house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(fault(&house).await, None);
}
