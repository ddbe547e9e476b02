//! A person is forgotten completely, and nobody else is.

use crate::house::{House, email_id, erasure, phone_id};
use serde_json::{Value, json};

/// A person with an answer under an email address, one under an email address and a telephone
/// number, and a package; and somebody else with the same.
async fn two_people(house: &House) -> Value {
    let mut packages = Vec::new();
    for (name, email, phone) in [
        ("Rosa", "rosa@example.org", "07700 900142"),
        ("Abel", "abel@example.org", "07700 900155"),
    ] {
        house
            .tell(&format!("{name} was here."), Some(email), None)
            .await;
        house
            .tell(&format!("{name} was here again."), Some(email), Some(phone))
            .await;
        let order = json!({"kind": "access", "identifiers": [email_id(email)], "requested_by": "dpo-7", "request_id": format!("DSAR-{name}")});
        packages.push(house.invoke("export", order).await.unwrap());
        house.answer_request(&format!("DSAR-{name}")).await;
    }
    packages.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_a_person_leaves_everything_else_as_it_was() {
    let house = House::open().await;
    let package = two_people(&house).await;
    let before = house.everything().await;
    house.move_to("2026-11-24T09:00:00Z").await;
    let erased = house
        .erase(erasure(&[email_id("ROSA@example.org")]))
        .await
        .unwrap();

    let receipts = erased["certificate"]["receipts"].as_array().unwrap();
    let held: Vec<(&str, &Value)> = receipts
        .iter()
        .map(|r| (r["place"].as_str().unwrap(), &r["held"]))
        .collect();
    assert!(
        held.contains(&("exports", &json!({"packages": 1}))),
        "{held:?}"
    );
    assert!(
        held.contains(&("records", &json!({"records": 2, "links": 1, "profiles": 0}))),
        "{held:?}"
    );
    assert_eq!(
        erased["certificate"]["backups_clear_on"], "2026-12-29",
        "35 days after the last deletion"
    );

    let after = house.everything().await;
    let gone: Vec<&String> = before.difference(&after).collect();
    let abels = before
        .iter()
        .find(|item| item.starts_with("RECORDS_TABLE") && item.contains("Abel was here"))
        .unwrap();
    let abels = abels
        .split_once(r#""pk":""#)
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap();
    assert!(
        gone.iter().all(|item| !item.contains(abels)),
        "Abel's links and pointers stay: {gone:#?}"
    );
    let is_rosas = |item: &str| {
        item.contains("Rosa")
            || item.contains("link#")
            || item.contains("SUBJECT#")
            || item.contains("PACKAGES")
            || item.contains("LOOKED#")
    };
    assert!(
        gone.iter()
            .all(|item| is_rosas(item) && !item.contains("Abel")),
        "{gone:#?}"
    );
    assert!(
        !after
            .iter()
            .any(|item| item.contains("Rosa was here") || item.contains("rosa@"))
    );
    assert!(
        after
            .iter()
            .filter(|item| item.contains("Abel was here"))
            .count()
            >= 4
    );
    let new: Vec<&String> = after.difference(&before).collect();
    let is_evidence = |item: &str| {
        [
            "SUPPRESSION#",
            "SUPPRESSIONS",
            "REQUEST#",
            "TASK#",
            "PACKAGES",
            "LEDGER_TABLE",
        ]
        .iter()
        .any(|mark| item.contains(mark))
    };
    assert!(new.iter().all(|item| is_evidence(item)), "{new:#?}");
    let keyed = new.iter().filter(|item| item.contains("subject#"));
    assert!(
        keyed.clone().all(|item| item.contains("SUPPRESSION#")),
        "only the suppression names a subject"
    );
    assert_eq!(keyed.count(), 1);

    let refused = house
        .invoke(
            "export",
            json!({"release": package["request_id"], "released_by": "dpo-7"}),
        )
        .await
        .unwrap_err();
    assert!(refused.contains("gone"), "{refused}");
    assert_eq!(house.export("rosa@example.org").await["records"], 0);
    assert_eq!(house.export("abel@example.org").await["records"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_a_person_twice_is_erasing_them_once() {
    let house = House::open().await;
    two_people(&house).await;
    let mut order = erasure(&[email_id("rosa@example.org")]);
    order["request_id"] = json!("ERASE-1");
    let first = house.erase(order.clone()).await.unwrap();
    let state = house.everything().await;
    house.move_to("2026-11-23T10:05:00Z").await;
    let approval = json!({"order": "approve", "request_id": "ERASE-1", "hash": first["hash"], "approved_by": "dpo-7"});
    let again = house.invoke("requests", approval.clone()).await.unwrap();
    assert_eq!(again["certificate"], first["certificate"]);
    assert_eq!(house.everything().await, state);
    let by_another = json!({"approved_by": "dpo-8"});
    let mut other = approval;
    other["approved_by"] = by_another["approved_by"].clone();
    assert!(
        house
            .invoke("requests", other)
            .await
            .unwrap_err()
            .contains("approved already")
    );
    assert!(
        house
            .erase(order)
            .await
            .unwrap_err()
            .contains("approved already")
    );

    let anew = house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    let receipts = anew["certificate"]["receipts"].as_array().unwrap();
    let outcomes: Vec<&Value> = receipts.iter().take(3).map(|r| &r["outcome"]).collect();
    assert_eq!(
        outcomes,
        [
            &json!("nothing_held"),
            &json!("nothing_held"),
            &json!("nothing_held")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_not_followed_to_erase_until_it_is_confirmed() {
    let house = House::open().await;
    house
        .tell("Rosa's.", Some("rosa@example.org"), Some("01632 960055"))
        .await;
    house
        .tell("Abel's.", Some("abel@example.org"), Some("01632 960055"))
        .await;
    let mut plan = erasure(&[phone_id("01632 960055")]);
    assert!(
        house
            .erase(plan.clone())
            .await
            .unwrap_err()
            .contains("Undecided")
    );
    assert_eq!(
        house.items("RECORDS_TABLE").await.len(),
        4,
        "a shared telephone erases nobody"
    );
    plan["order"] = json!("plan");
    let by = plan.as_object_mut().unwrap().remove("approved_by");
    plan["planned_by"] = json!(by);
    let shown = house.invoke("requests", plan).await.unwrap();
    let linked = shown["linked"].as_array().unwrap();
    let rosa = linked
        .iter()
        .find(|link| link["person"] == "r•••@example.org")
        .unwrap();
    assert_eq!(rosa["followed"], false);
    let mut order = erasure(&[phone_id("01632 960055")]);
    order["confirmed_links"] = json!(["000000000000"]);
    assert!(
        house
            .erase(order.clone())
            .await
            .unwrap_err()
            .contains("names a link that is not there")
    );
    order["confirmed_links"] = json!([rosa["link"]]);
    order["refused_links"] = json!("claimed");
    house.erase(order).await.unwrap();
    let left = house.items("RECORDS_TABLE").await;
    assert_eq!(left.len(), 2, "{left:#?}");
    assert!(
        left.iter().all(|item| !item.contains("Rosa")),
        "Abel's answer and Abel's link stay"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_had_expired_and_still_lay_there_is_erased_too() {
    let house = House::where_ttl_is_late().await;
    house
        .tell("Rosa was here.", Some("rosa@example.org"), None)
        .await;
    house.move_to("2029-11-24T10:00:00Z").await;
    house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_tells_after_the_approval_is_a_new_matter() {
    let house = House::open().await;
    house.tell("Before.", Some("rosa@example.org"), None).await;
    house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    house.move_to("2026-11-23T10:00:05Z").await;
    house.tell("After.", Some("rosa@example.org"), None).await;
    let package = house.export("rosa@example.org").await;
    assert_eq!(package["records"], 1);
    assert!(
        house
            .object(package["key"].as_str().unwrap())
            .await
            .contains("After.")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_a_ground_or_an_approver_erases_nothing() {
    let house = House::open().await;
    house
        .tell("Rosa was here.", Some("rosa@example.org"), None)
        .await;
    for (field, says) in [
        ("ground", "ground must be"),
        ("approved_by", "approved_by must be"),
    ] {
        let mut order = erasure(&[email_id("rosa@example.org")]);
        order.as_object_mut().unwrap().remove(field);
        assert!(house.erase(order).await.unwrap_err().contains(says));
    }
    let mut chatty = erasure(&[email_id("rosa@example.org")]);
    chatty["ground"] = json!("Rosa Hardy rang and asked");
    let refused = house.erase(chatty).await.unwrap_err();
    assert!(!refused.contains("Rosa"), "{refused}");
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 1);
}
