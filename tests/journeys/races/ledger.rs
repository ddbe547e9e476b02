//! Functions that write to the ledger at the same moment make one chain, with each deletion once.

use crate::expiry::removed_by_ttl;
use crate::faults::start;
use crate::house::{House, asleep, at, email_id, erasure, options};
use crate::imports_faults::COMPLAINTS;
use custodian_domain::ledger::{Cause, EntryId};
use custodian_domain::place::Place;
use custodian_erase::Erase;
use custodian_local::Options;
use custodian_operations::verify::verify;
use custodian_runtime::Function;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// Complaints of one person, all of one day.
fn complaints(who: &str, day: &str, count: usize) -> String {
    let row = |number| {
        format!(
            "{who}-{day}-{number},compliment,{day}T10:00:00Z,waste,,,{who}@example.org,,Thanks,,,\n"
        )
    };
    (0..count).map(row).collect()
}

/// What TTL removed in one moment, as the stream reports it.
fn removals(numbers: std::ops::Range<usize>) -> Value {
    let due = at("2026-11-25T10:00:00Z").timestamp().to_string();
    let image = |number| {
        json!({"pk": {"S": format!("anon#{number}")}, "sk": {"S": format!("record#web_form#{number}")},
            "day": {"S": "2023-11-25#1"}, "source": {"S": "web_form"}, "expires_at": {"N": due}})
    };
    let mut events =
        numbers.map(|number| removed_by_ttl(&image(number), at("2026-11-27T12:00:00Z")));
    let mut all = events.next().unwrap();
    events.for_each(|event| {
        all["Records"]
            .as_array_mut()
            .unwrap()
            .push(event["Records"][0].clone())
    });
    all
}

/// Rosa is erased, and some of her records are overdue. Two sweeps delete what is overdue, hers and
/// Abel's, and close four days. The stream reports twice what TTL removed. The first to delete a
/// record enters it in the ledger, and the others leave it out.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_sweeps_and_ttl_at_once_make_one_chain_with_every_deletion_once_and_every_day_closed_once()
 {
    let house = House::with(Options {
        functions: asleep(&["erase"]),
        ttl: false,
        ..options()
    })
    .await;
    house.invoke("sweep", json!({})).await.unwrap();
    let (overdue, kept) = (
        complaints("rosa", "2023-11-25", 200),
        complaints("rosa", "2024-11-25", 60),
    );
    let file = format!(
        "{COMPLAINTS}{overdue}{kept}{}",
        complaints("abel", "2023-11-25", 120)
    );
    assert_eq!(
        house
            .drop_file("complaints", "many.csv", file.as_bytes())
            .await["new"],
        380
    );
    house.move_to("2026-11-27T12:00:00Z").await;
    let order = erasure(&[email_id("rosa@example.org")]);
    let request = order["request_id"].as_str().unwrap().to_owned();
    house.approve(order).await.unwrap();

    let erase = Erase::start(&house.stack.host("erase").unwrap())
        .await
        .unwrap();
    let expiring = (0..2).flat_map(|_| (0..10).map(|batch| removals(batch * 20..(batch + 1) * 20)));
    let expiring = join_all(expiring.map(|event| house.invoke("expire", event)));
    let (erased, swept, told) = tokio::join!(
        erase.invoke(start(&request, Place::Records)),
        join_all((0..2).map(|_| house.invoke("sweep", json!({})))),
        expiring
    );
    erased.unwrap();
    assert!(
        told.into_iter()
            .all(|it| it.unwrap()["batchItemFailures"] == json!([]))
    );
    let closed = swept
        .into_iter()
        .map(|it| it.unwrap()["closed_days"].as_u64().unwrap())
        .sum::<u64>();

    assert!(house.items("RECORDS_TABLE").await.is_empty());
    let entries = house.told().await;
    let ids: HashSet<&EntryId> = entries.iter().map(|entry| &entry.id).collect();
    assert_eq!((entries.len(), ids.len()), (580, 580));
    let mut by_cause: BTreeMap<Cause, usize> = BTreeMap::new();
    entries
        .iter()
        .for_each(|entry| *by_cause.entry(entry.cause).or_default() += 1);
    assert_eq!(by_cause[&Cause::Retention], 200);
    assert!(
        by_cause[&Cause::Erasure] >= 60 && by_cause[&Cause::Sweep] >= 120,
        "{by_cause:?}"
    );
    let found = verify(&house.ledger(), None).await.unwrap();
    assert_eq!(
        (found.entries, found.days, found.overdue, closed),
        (580, 4, 0, 4)
    );
}
