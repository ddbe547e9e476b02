//! Somebody with the keys of the Register changes what was written, or removes it.

use super::{HOLDS, busy, delete, item, partition, proven, put, says, text};
use crate::house::House;
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_store::Item;
use std::collections::HashMap;

/// Changes an item for a moment and returns what the check says then.
async fn changed(house: &House, before: &Item, how: impl FnOnce(&mut Item)) -> String {
    let mut after = before.clone();
    how(&mut after);
    assert_ne!(&after, before, "nothing is changed");
    put(house, after).await;
    let (said, code) = says(house).await;
    put(house, before.clone()).await;
    assert_eq!(code, 1, "{said}");
    said
}

/// Removes items for a moment and returns what the check says then.
async fn gone(house: &House, items: &[Item]) -> String {
    for item in items {
        delete(house, item).await;
    }
    let (said, code) = says(house).await;
    for item in items {
        put(house, item.clone()).await;
    }
    assert_eq!(code, 1, "{said}");
    said
}

fn inner<'a>(item: &'a mut Item, name: &str) -> &'a mut HashMap<String, AttributeValue> {
    match item.get_mut(name) {
        Some(AttributeValue::M(inner)) => inner,
        _ => panic!("there is no {name}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_is_named_with_its_request() {
    let house = busy().await;
    let of = |name: &'static str, value: &'static str| {
        move |item: &mut Item| drop(item.insert(name.to_owned(), text(value)))
    };
    let request = item(&house, "REQUEST#ERA-1", "META").await;
    for name in [
        "approved_by",
        "planned_by",
        "approved_at",
        "ground",
        "hash",
        "order",
        "stopped_by",
    ] {
        let said = changed(&house, &request, of(name, "somebody else")).await;
        assert!(
            said.contains("the approval of request ERA-1 differs from its attestation"),
            "{name}: {said}"
        );
    }
    let later = |item: &mut Item| {
        drop(item.insert("expires_at".to_owned(), AttributeValue::N("99".to_owned())))
    };
    let said = changed(&house, &request, later).await;
    assert!(said.contains("the approval of request ERA-1"), "{said}");
    let certificate = item(&house, "REQUEST#ERA-1", "CERTIFICATE").await;
    let count = |item: &mut Item| {
        drop(item.insert("records_left".to_owned(), AttributeValue::N("7".to_owned())))
    };
    let said = changed(&house, &certificate, count).await;
    assert!(
        said.contains(
            "a certificate of request ERA-1 differs from its attestation (attested by link "
        ),
        "{said}"
    );
    let event = partition(&house, "REQUEST#ERA-1")
        .await
        .into_iter()
        .find(|item| item.contains_key("what"))
        .unwrap();
    let said = changed(&house, &event, of("by", "nobody")).await;
    assert!(said.contains("an event of request ERA-1"), "{said}");
    let task = item(&house, "TASK#ERA-1#records", "META").await;
    let said = changed(&house, &task, |item| {
        drop(inner(item, "receipt").insert("outcome".to_owned(), text("erased?")))
    })
    .await;
    assert!(said.contains("a receipt of request ERA-1"), "{said}");
    let hold = item(&house, "REQUEST#HOLD-1", "STANDING").await;
    let said = changed(&house, &hold, |item| {
        drop(inner(item, "kind").insert("hold".to_owned(), text("open_request")))
    })
    .await;
    assert!(said.contains("a hold of request HOLD-1"), "{said}");
    for (name, id) in [("HOLD-2", "REQUEST#HOLD-2"), ("R-1", "REQUEST#R-1")] {
        let lifted = item(&house, id, "STANDING").await;
        let said = changed(&house, &lifted, |item| {
            drop(inner(item, "lifted").insert("reason".to_owned(), text("mistake")))
        })
        .await;
        assert!(
            said.contains(&format!("a lifting of request {name}")),
            "{said}"
        );
        let said = changed(&house, &lifted, |item| drop(item.remove("lifted"))).await;
        assert!(
            said.contains(&format!("of request {name} differs from its attestation")),
            "{said}"
        );
    }
    let plan = item(&house, "REQUEST#ERA-3", "META").await;
    let said = changed(&house, &plan, of("planned_by", "nobody")).await;
    assert!(said.contains("a plan of request ERA-3"), "{said}");
    let entered = item(&house, "REQUEST#RECT-1", "META").await;
    let said = changed(&house, &entered, of("approved_by", "nobody")).await;
    assert!(said.contains("an entry of request RECT-1"), "{said}");
    let said_by_person = partition(&house, "SAID#C-1").await.remove(0);
    let said = changed(
        &house,
        &said_by_person,
        of("at", "2026-11-20T10:00:00+00:00"),
    )
    .await;
    assert!(said.contains("an event of request C-1"), "{said}");
    assert!(
        says(&house).await.0.starts_with(HOLDS),
        "everything is as it was"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_taken_away_before_its_time_is_named() {
    let house = busy().await;
    for (id, sort, what) in [
        ("REQUEST#ERA-1", "META", "the approval of request ERA-1"),
        (
            "REQUEST#ERA-1",
            "CERTIFICATE",
            "a certificate of request ERA-1",
        ),
        (
            "REQUEST#ERA-2",
            "EVENT#n0000000002",
            "an event of request ERA-2",
        ),
        ("TASK#ERA-1#five9", "META", "a receipt of request ERA-1"),
        ("REQUEST#HOLD-1", "STANDING", "a hold of request HOLD-1"),
        ("REQUEST#R-1", "STANDING", "a lifting of request R-1"),
        ("REQUEST#ERA-3", "META", "a plan of request ERA-3"),
    ] {
        let said = gone(&house, &[item(&house, id, sort).await]).await;
        assert!(
            said.contains(&format!(
                "{what} is gone before its time (attested by link "
            )),
            "{id} {sort}: {said}"
        );
    }
    let mut request = partition(&house, "REQUEST#ERA-1").await;
    let said = gone(&house, &request).await;
    assert!(
        said.contains("of request ERA-1 is gone before its time"),
        "what is left says whose it was: {said}"
    );
    for place in custodian_domain::place::Place::ALL {
        request.extend(partition(&house, &format!("TASK#ERA-1#{}", place.as_str())).await);
    }
    let said = gone(&house, &request).await;
    let digest = custodian_domain::ledger::Hash::digest("ERA-1");
    assert!(
        said.contains(&format!(
            "of the request whose id has the SHA-256 {}",
            digest.as_str()
        )),
        "{said}"
    );
    assert_eq!(proven(&house).await.waiting, 0);
}
