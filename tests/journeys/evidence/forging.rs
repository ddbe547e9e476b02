//! Somebody with the keys of the Register writes what nobody ordered, or gets it attested.

use super::{busy, delete, item, partition, proven, put, register, says, sweep, text};
use crate::house::House;
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_operations::evidence::{Scope, prove};
use custodian_store::Item;

fn forged(from: &Item, keys: (&str, &str), more: &[(&str, &str)]) -> Item {
    let keys = [("pk", keys.0), ("sk", keys.1)];
    let mut item = from.clone();
    item.extend(
        keys.iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), text(value))),
    );
    item
}

/// A mark, as it is stored for changes that wait to be attested.
async fn mark(house: &House, of: &str, partition: &str, items: &[&str]) -> Item {
    let items = items.iter().map(|item| (*item).to_owned()).collect();
    let since = AttributeValue::N(house.stack.clock().now().timestamp().to_string());
    let mark: Item = [
        ("pk", text(of)),
        ("sk", text(partition)),
        ("act", text("forged")),
        ("since", since),
    ]
    .into_iter()
    .chain([("items", AttributeValue::Ss(items))])
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    put(house, mark.clone()).await;
    mark
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wrote_is_named() {
    let house = busy().await;
    let now = "2026-11-24T11:00:00Z";
    let event = partition(&house, "REQUEST#ERA-1")
        .await
        .into_iter()
        .find(|item| item.contains_key("what"))
        .unwrap();
    let (request, certificate) = (
        item(&house, "REQUEST#ERA-1", "META").await,
        item(&house, "REQUEST#ERA-1", "CERTIFICATE").await,
    );
    let (task, hold) = (
        item(&house, "TASK#ERA-1#records", "META").await,
        item(&house, "REQUEST#HOLD-1", "STANDING").await,
    );
    let mut receipt = forged(&task, ("TASK#ERA-9#records", "META"), &[]);
    let Some(AttributeValue::M(inner)) = receipt.get_mut("receipt") else {
        panic!("no receipt")
    };
    inner.insert("finished_at".to_owned(), text(now));
    let mut placed = forged(&hold, ("REQUEST#HOLD-9", "STANDING"), &[]);
    let Some(AttributeValue::M(inner)) = placed.get_mut("placed") else {
        panic!("not placed")
    };
    inner.insert("at".to_owned(), text(now));
    for (item, what) in [
        (
            forged(
                &event,
                ("REQUEST#ERA-1", "EVENT#n0000009999"),
                &[("at", now)],
            ),
            "an event of request ERA-1",
        ),
        (
            forged(&event, ("SAID#ERA-1", "EVENT#2026"), &[("at", now)]),
            "an event of request ERA-1",
        ),
        (
            forged(&request, ("REQUEST#ERA-9", "META"), &[("approved_at", now)]),
            "the approval of request ERA-9",
        ),
        (
            forged(
                &certificate,
                ("REQUEST#ERA-3", "CERTIFICATE"),
                &[("completed_at", now)],
            ),
            "a certificate of request ERA-3",
        ),
        (receipt, "a receipt of request ERA-9"),
        (placed, "a hold of request HOLD-9"),
    ] {
        put(&house, item.clone()).await;
        let (said, code) = says(&house).await;
        let unattested = format!("{what} is not attested and is not marked to be attested");
        assert!(code == 1 && said.contains(&unattested), "{said}");
        delete(&house, &item).await;
    }
    let before = proven(&house).await;
    put(
        &house,
        forged(
            &event,
            ("REQUEST#ERA-1", "EVENT#n0000009999"),
            &[("at", "2026-11-23T09:00:00Z")],
        ),
    )
    .await;
    assert_eq!(
        proven(&house).await.older,
        before.older + 1,
        "what says that it is older is counted with what is"
    );
}

/// Somebody changes what should never change and leaves a mark, as anybody with the right to write
/// it can.
async fn attested_again(house: &House, (id, sort): (&str, &str), name: &str) -> String {
    let before = item(house, id, sort).await;
    put(
        house,
        forged(&before, (id, sort), &[(name, "somebody else")]),
    )
    .await;
    mark(house, "UNATTESTED", id, &[sort]).await;
    assert_eq!(says(house).await.1, 0, "for an hour it could be honest");
    assert_eq!(sweep(house).await["attested"], 1);
    put(house, before).await;
    let (said, code) = says(house).await;
    assert!(
        code == 1 && said.contains("was changed where nothing may change, and attested again"),
        "{said}"
    );
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_changes_is_not_made_right_by_having_it_attested_again() {
    let house = busy().await;
    let said = attested_again(&house, ("REQUEST#ERA-1", "META"), "approved_by").await;
    assert!(said.contains("the approval of request ERA-1"), "{said}");
    house.move_to("2026-11-25T12:00:00Z").await;
    sweep(&house).await;
    assert_eq!(says(&house).await.0, said, "the chain remembers it");
    // Someone who already knows about the change checks only what came later.
    let scope = Scope {
        from: Some("2026-11-25".parse().unwrap()),
        ..Scope::all(house.stack.clock().now())
    };
    let later = prove(&house.ledger(), &register(&house), scope)
        .await
        .unwrap();
    assert_eq!((later.attested, later.since), (0, None));
    let house = busy().await;
    let said = attested_again(&house, ("REQUEST#ERA-1", "CERTIFICATE"), "approved_by").await;
    assert!(said.contains("a certificate of request ERA-1"), "{said}");
    let house = busy().await;
    let said = attested_again(&house, ("REQUEST#ERA-1", "EVENT#n0000000001"), "by").await;
    assert!(said.contains("an event of request ERA-1"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_processor_has_not_signed_is_named_although_it_is_attested() {
    let house = busy().await;
    let before = proven(&house).await.signed;
    let mut task = item(&house, "TASK#ERA-1#granicus", "META").await;
    put(&house, forged(&task, ("TASK#ERA-9#granicus", "META"), &[])).await;
    mark(&house, "UNATTESTED", "TASK#ERA-9#granicus", &["META"]).await;
    sweep(&house).await;
    assert_eq!(
        proven(&house).await.signed,
        before + 1,
        "a copy is signed as well"
    );
    let mut inner = &mut task;
    for name in ["receipt", "correspondence", "said"] {
        let Some(AttributeValue::M(within)) = inner.get_mut(name) else {
            panic!("no {name}")
        };
        inner = within;
    }
    inner.insert("signature".to_owned(), text("c29tZWJvZHkgZWxzZSdz"));
    put(&house, forged(&task, ("TASK#ERA-8#granicus", "META"), &[])).await;
    mark(&house, "UNATTESTED", "TASK#ERA-8#granicus", &["META"]).await;
    sweep(&house).await;
    let (said, code) = says(&house).await;
    let unsigned = "a receipt of request ERA-8 has a processor's answer that is not valid";
    assert!(code == 1 && said.contains(unsigned), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_is_none_keeps_nothing_from_being_attested_and_is_told() {
    let house = busy().await;
    // A function that follows links may not have requests attested.
    let foreign = mark(&house, "CLICKUNATTESTED", "REQUEST#ERA-1", &["META"]).await;
    let nothing = mark(&house, "UNATTESTED", "SUPPRESSION#record#x", &["META"]).await;
    let event = partition(&house, "REQUEST#ERA-1")
        .await
        .into_iter()
        .find(|item| item.contains_key("what"))
        .unwrap();
    put(
        &house,
        forged(&event, ("REQUEST#ERA-2", "EVENT#n0000009999"), &[]),
    )
    .await;
    let honest = mark(
        &house,
        "UNATTESTED",
        "REQUEST#ERA-2",
        &["EVENT#n0000009999", "EVENTS", "PACKAGE"],
    )
    .await;
    assert_eq!(sweep(&house).await["attested"], 1);
    assert!(
        partition(&house, "UNATTESTED")
            .await
            .iter()
            .all(|item| item["sk"] != honest["sk"])
    );
    for mark in [foreign, nothing] {
        let (said, code) = says(&house).await;
        assert!(
            code == 1
                && said.contains("a mark of no request is not something that Custodian writes"),
            "{said}"
        );
        delete(&house, &mark).await;
    }
    assert_eq!(says(&house).await.1, 0);
}
