//! Honest changes are attested with the act or with the next sweep, and end when they should.

use super::{HOLDS, ROSA, all_acts, busy, order, partition, proven, register, says, sweep};
use crate::failing::{Off, calls, failing_host};
use crate::house::{House, email_id};
use chrono::TimeDelta;
use custodian_domain::ledger::{Block, StoredContent};
use custodian_operations::evidence::{self, Scope};
use custodian_operations::verify::verify;
use custodian_requests::Requests;
use custodian_runtime::Function;
use custodian_sweep::Sweep;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_done_is_attested_and_lies_as_it_was_attested() {
    let house = House::open().await;
    assert!(
        says(&house)
            .await
            .0
            .starts_with("No requests are attested yet.")
    );
    all_acts(&house).await;
    let before = proven(&house).await;
    assert!(
        before.waiting > 0,
        "what export and a click wrote waits for the sweep: {before:?}"
    );
    assert!(sweep(&house).await["attested"].as_u64() >= Some(1));
    let found = proven(&house).await;
    assert_eq!((found.waiting, found.older), (0, 0), "{found:?}");
    assert_eq!(found.attested, before.attested + before.waiting);
    assert!(found.attested > 40 && found.signed >= 4, "{found:?}");
    let marks = ["UNATTESTED", "CLICKUNATTESTED"].map(|of| partition(&house, of));
    for marks in marks {
        assert!(marks.await.is_empty());
    }
    let chain = verify(&house.ledger(), None).await.unwrap();
    assert!(chain.links > 20, "{chain:?}");
    let scope = Scope {
        at_once: 5,
        ..Scope::all(house.stack.clock().now())
    };
    // The result is the same, however little is held in memory at a time.
    let in_parts = evidence::prove(&house.ledger(), &register(&house), scope)
        .await
        .unwrap();
    assert_eq!(in_parts, found);
    // An order is attested together with its answer.
    order(
        &house,
        json!({"order": "status", "request_id": "ERA-1", "by": "dpo-99"}),
    )
    .await;
    let after = proven(&house).await;
    assert_eq!((after.attested, after.waiting), (found.attested + 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_when_it_should_is_no_doubt() {
    let house = busy().await;
    let before = proven(&house).await.attested;
    house.move_to("2027-03-01T10:00:00Z").await;
    let without_the_plan = proven(&house).await.attested;
    assert_eq!(
        without_the_plan,
        before - 1,
        "a plan that nobody approves is kept for three months"
    );
    house.move_to("2032-11-23T09:00:00Z").await;
    sweep(&house).await;
    assert_eq!(proven(&house).await.attested, without_the_plan);
    house.move_to("2032-11-26T10:00:00Z").await;
    sweep(&house).await;
    // The hold is in force and has no end.
    assert_eq!(proven(&house).await.attested, 1, "{:?}", says(&house).await);
    order(
        &house,
        json!({"order": "lift", "request_id": "HOLD-1", "reason": "settled", "by": "dpo-8"}),
    )
    .await;
    house.move_to("2032-11-26T11:00:00Z").await;
    sweep(&house).await;
    assert_eq!(
        proven(&house).await.attested,
        2,
        "the lifting and its event"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_says_of_nobody_what_they_asked() {
    let house = busy().await;
    for item in house.items("LEDGER_TABLE").await {
        for word in [
            "ERA-1",
            "HOLD-1",
            "DSAR-1",
            "dpo-7",
            "subject#",
            "@example.org",
            "REQUEST#",
            "17(1)(b)",
        ] {
            assert!(!item.contains(word), "{word}: {item}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_s_certificate_counts_what_was_attested() {
    let house = busy().await;
    let (mut attested, mut certified) = (0, None);
    let mut pages = house.ledger().stored("2026-11-23".parse().unwrap());
    while let Some(page) = pages.next().await.unwrap() {
        for lying in page {
            let StoredContent::Link(link) = lying.content else {
                panic!("{lying:?}")
            };
            match link.says::<Block>() {
                Some(block) => attested += block.attestations.len(),
                None => certified = link.says::<custodian_domain::ledger::DayCertificate>(),
            }
        }
    }
    assert!(attested > 40);
    assert_eq!(
        certified.unwrap().figures.attested,
        u64::try_from(attested).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_more_than_a_day_is_named() {
    let house = House::open().await;
    house.tell("Rosa's.", Some(ROSA), None).await;
    let access = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": "DSAR-1"});
    house.invoke("export", access).await.unwrap();
    let clock = house.stack.clock();
    clock.set(clock.now() + TimeDelta::days(1));
    assert_eq!(says(&house).await.1, 0);
    clock.set(clock.now() + TimeDelta::seconds(1));
    let (said, code) = says(&house).await;
    assert!(
        code == 1 && said.contains("a mark of request DSAR-1 has waited for more than a day"),
        "{said}"
    );
    sweep(&house).await;
    assert!(says(&house).await.0.starts_with(HOLDS));
}

/// Makes each call of an order fail, one after another. Whatever the order has written is attested
/// with the next sweep.
async fn attests_after_any_call(off: Off) {
    let house = House::open().await;
    house.tell("Rosa's.", Some(ROSA), None).await;
    for calls in calls(off) {
        let order = json!({"order": "hold", "request_id": format!("HOLD-{calls}"), "identifiers": [email_id(ROSA)],
            "ground": "legal_claim", "by": "dpo-7"});
        let (host, left) = failing_host(&house, "requests", calls, off);
        if let Ok(requests) = Requests::start(&host).await {
            drop(
                requests
                    .invoke(LambdaEvent::new(order.into(), Context::default()))
                    .await,
            );
        }
        assert_eq!(
            says(&house).await.1,
            0,
            "{calls} calls, {off:?}: {:?}",
            says(&house).await
        );
        sweep(&house).await;
        let found = proven(&house).await;
        assert_eq!(
            (found.waiting, found.older),
            (0, 0),
            "{calls} calls, {off:?}: {found:?}"
        );
        assert!(verify(&house.ledger(), None).await.is_ok());
        if left.load(Ordering::SeqCst) > 0 {
            assert!(
                calls > 10,
                "a hold makes many calls, and each failed once: {calls}"
            );
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_killed_before_any_call_is_attested() {
    attests_after_any_call(Off::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_killed_after_any_call_is_attested() {
    attests_after_any_call(Off::After).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_which_any_call_fails_is_attested() {
    attests_after_any_call(Off::Error).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_which_any_answer_is_lost_is_attested_once() {
    attests_after_any_call(Off::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_of_which_any_call_fails_loses_nothing_that_waits() {
    for off in [Off::After, Off::Lost, Off::Conflict] {
        let house = House::open().await;
        for calls in calls(off) {
            let request = format!("DSAR-{calls}");
            let access = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": request});
            house.invoke("export", access).await.unwrap();
            let (host, left) = failing_host(&house, "sweep", calls, off);
            if let Ok(sweep) = Sweep::start(&host).await {
                drop(
                    sweep
                        .invoke(LambdaEvent::new(json!({}).into(), Context::default()))
                        .await,
                );
            }
            assert_eq!(
                says(&house).await.1,
                0,
                "{calls} calls, {off:?}: {:?}",
                says(&house).await
            );
            if left.load(Ordering::SeqCst) > 0 {
                break;
            }
        }
        sweep(&house).await;
        assert_eq!(proven(&house).await.waiting, 0);
    }
}
