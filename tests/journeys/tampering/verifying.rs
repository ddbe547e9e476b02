//! Every morning a function that can change nothing checks the ledger. An alarm says what it found,
//! or that it did not run.

use super::forging::Chain;
use super::{lived, sweep};
use crate::house::{House, at, email_id, erasure, options};
use crate::permissions::template;
use custodian_local::Options;
use custodian_runtime::Function;
use custodian_store::Item;
use custodian_verify::Verify;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

async fn verify(house: &House) -> Value {
    house.invoke("verify", json!({})).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_ledger_is_verified_every_morning() {
    let house = lived().await;
    let report = verify(&house).await;
    let counted = |name: &str| report[name].as_u64().unwrap();
    assert_eq!(
        (counted("links"), counted("entries"), counted("days")),
        (9, 14, 3),
        "{report}"
    );
    assert_eq!(
        (counted("anchored_days"), counted("anchored_heads")),
        (3, 8),
        "{report}"
    );
    assert_eq!(
        (
            counted("looked_for"),
            counted("still_there"),
            &report["fault"]
        ),
        (14, 0, &Value::Null),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_after_the_sweep_that_closes_yesterday() {
    let house = House::with(Options {
        schedules: true,
        ..options()
    })
    .await;
    for now in [
        "2026-11-23T11:00:00Z",
        "2026-11-24T08:00:00Z",
        "2026-11-26T08:00:00Z",
    ] {
        house.move_to(now).await;
    }
    assert_eq!(house.audit().await.unwrap().anchored.unwrap().days, 3);
    assert!(house.stack.messages("custodian-Failed").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_an_answer_and_told_in_one_line() {
    let house = lived().await;
    let mut chain = Chain::of(&house).await;
    chain.0.truncate(8);
    chain.write(&house).await;
    let fault = verify(&house).await["fault"].clone();
    assert_eq!(
        fault,
        "heads/2026-11-26/000000000009 names a link after the end of the chain: its end was cut off"
    );
    house.stack.clock().set(at("2026-11-28T07:30:00Z"));
    Chain::erase(&house).await;
    sweep(&house).await;
    let fault = verify(&house).await["fault"].clone();
    assert_eq!(
        fault,
        "anchors/2026-11-23 names a day before the chain begins: its beginning was removed"
    );
}

async fn records(house: &House) -> Vec<Item> {
    house
        .dynamodb()
        .scan()
        .table_name(house.setting("RECORDS_TABLE"))
        .send()
        .await
        .unwrap()
        .items
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_gone_and_lies_there_is_found() {
    let house = House::where_ttl_is_late().await;
    let (rosa, abel) = ("rosa@example.org", "abel@example.org");
    house
        .tell("Rosa's.", Some(rosa), Some("07700 900142"))
        .await;
    house.tell("Nobody's.", None, None).await;
    let going = records(&house).await;
    house.tell("Abel's.", Some(abel), None).await;
    house.erase(erasure(&[email_id(rosa)])).await.unwrap();
    sweep(&house).await;
    let before = verify(&house).await;
    assert_eq!(
        (&before["still_there"], &before["fault"]),
        (&json!(0), &Value::Null),
        "{before}"
    );
    for item in going {
        let put = house
            .dynamodb()
            .put_item()
            .table_name(house.setting("RECORDS_TABLE"));
        put.set_item(Some(item)).send().await.unwrap();
    }
    let after = verify(&house).await;
    assert_eq!(
        (&after["still_there"], &after["fault"]),
        (&json!(1), &Value::Null),
        "her record: {after}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chain_attests_of_requests_is_looked_at_as_well() {
    let house = House::open().await;
    house.tell("Rosa's.", Some("rosa@example.org"), None).await;
    house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    let report = verify(&house).await;
    assert!(
        report["attested"].as_u64().unwrap() > 5 && report["fault"].is_null(),
        "{report}"
    );
    let approved = house
        .dynamodb()
        .scan()
        .table_name(house.setting("REGISTER_TABLE"))
        .send()
        .await
        .unwrap();
    let approved = approved
        .items
        .unwrap()
        .into_iter()
        .find(|item| item.contains_key("approved_by") && item.contains_key("plan"))
        .unwrap();
    let put = house
        .dynamodb()
        .put_item()
        .table_name(house.setting("REGISTER_TABLE"));
    put.set_item(Some(approved))
        .item("approved_by", crate::house::s("nobody"))
        .send()
        .await
        .unwrap();
    let fault = verify(&house).await["fault"].as_str().unwrap().to_owned();
    assert!(
        fault.starts_with("the approval of request ")
            && fault.contains("differs from its attestation"),
        "{fault}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_fifty_deletions_are_looked_for() {
    let house = House::open().await;
    super::remove(&house, 0..120).await;
    sweep(&house).await;
    assert_eq!(verify(&house).await["looked_for"], 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_time_says_so_and_does_not_report_well() {
    let house = lived().await;
    let verify = Verify::start(&house.stack.host("verify").unwrap())
        .await
        .unwrap();
    let mut context = Context::default();
    context.deadline = 1;
    let refused = verify
        .invoke(LambdaEvent::new(json!({}), context))
        .await
        .unwrap_err();
    assert_eq!(
        refused.error_message,
        "there was not enough time to verify all of it"
    );
    assert!(
        verify
            .invoke(LambdaEvent::new(
                json!({"from": "2026-11-23"}),
                Context::default()
            ))
            .await
            .is_err()
    );
}

#[test]
fn both_a_fault_and_a_verification_that_does_not_come_alarm() {
    let template = template();
    let resources = &template["Resources"];
    for (filter, outcomes) in [
        (
            "LedgerFaults",
            &[
                "ledger_is_wrong",
                "evidence_is_wrong",
                "audit_trail_is_wrong",
                "not_gone",
            ][..],
        ),
        ("Verified", &["verified"]),
    ] {
        let pattern = resources[filter]["Properties"]["FilterPattern"]
            .as_str()
            .unwrap();
        assert!(
            outcomes
                .iter()
                .all(|outcome| pattern.contains(&format!("$.fields.outcome = \"{outcome}\"")))
        );
    }
    for (alarm, metric) in [
        ("LedgerIsWrong", "LedgerFaults"),
        ("VerificationIsMissing", "Verified"),
    ] {
        assert_eq!(resources[alarm]["Properties"]["MetricName"], metric);
    }
    assert!(!resources["VerificationIsMissing"]["Properties"]["InsufficientDataActions"].is_null());
}
