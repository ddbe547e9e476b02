//! Orders that name a case enter its steps: from the letter to the answer nobody enters one by hand.

use super::{done, event, refused, register};
use crate::evidence::proven_without_doubt;
use crate::failing::{Off, calls, failing_host};
use crate::house::{House, email_id};
use custodian_export::Export;
use custodian_requests::Requests;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const ROSA: &str = "rosa@example.org";

/// Gives an order while every third call of it fails, one after another, then without a fault, then
/// once more. What the last two answer of the case is the same.
async fn given(house: &House, function: &str, order: Value, off: Off) -> Value {
    for number in calls(off) {
        let (host, left) = failing_host(house, function, number, off);
        let event = LambdaEvent::new(
            serde_json::from_value(order.clone()).unwrap(),
            Context::default(),
        );
        let tried = match function {
            "export" => match Export::start(&host).await {
                Ok(export) => export.invoke(event).await.is_ok(),
                Err(_) => false,
            },
            _ => match Requests::start(&host).await {
                Ok(requests) => requests.invoke(event).await.is_ok(),
                Err(_) => false,
            },
        };
        if tried && left.load(Ordering::SeqCst) > 0 {
            break;
        }
        assert!(number < 400, "{order}");
    }
    let told = order.to_string();
    let answer = house.invoke(function, order.clone()).await;
    let answer = answer.unwrap_or_else(|refused| panic!("{told}: {refused}"));
    if !told.contains("\"release\"") {
        let again = house.invoke(function, order).await.unwrap();
        assert_eq!(again["case"], answer["case"], "{told}");
    }
    answer
}

/// The names of the steps in the history of the case.
async fn steps(house: &House) -> Vec<String> {
    let shown = json!({"order": "case", "case_id": "C-1", "by": "dpo-7"});
    let shown = done(house, shown).await;
    let history = shown["history"].as_array().unwrap().iter();
    let steps = history.filter_map(|it| it["event"]["step"]["name"].as_str());
    let mut steps: Vec<String> = steps.map(str::to_owned).collect();
    // Each release is one more.
    steps.dedup();
    steps
}

fn state(answer: &Value) -> &str {
    answer["case"]["requests"][0]["state"].as_str().unwrap()
}

async fn opened(kind: &str) -> House {
    let house = House::open().await;
    house.tell("Hers.", Some(ROSA), None).await;
    done(&house, register("C-1", &[kind])).await;
    house
}

async fn decided_and_closed(house: &House, on: &str, parts: &[&str]) {
    let granted = json!({"verdict": "granted", "decided_by": "dpo"});
    done(house, event("decide", "d1", &granted)).await;
    let close = json!({"ending": "fulfilled", "on": on, "means": "link", "parts": parts});
    let case = done(house, event("close", "c1", &close)).await;
    assert_eq!(case["requests"][0]["state"], "closed");
    proven_without_doubt(house).await;
}

async fn an_erasure(off: Off) {
    let house = opened("erasure").await;
    let plan = json!({"order": "plan", "case_id": "C-1", "ground": "17(1)(b)",
        "identifiers": [email_id(ROSA)], "planned_by": "dpo-7"});
    let planned = given(&house, "requests", plan, off).await;
    assert_eq!(planned["request_id"], "C-1-erasure");
    assert_eq!(state(&planned), "planned");
    let approve = json!({"order": "approve", "case_id": "C-1", "hash": planned["hash"], "approved_by": "dpo-9"});
    let approved = given(&house, "requests", approve, off).await;
    assert_eq!(state(&approved), "approved");
    house.stack.settle().await.unwrap();
    house.confirm_all(&json!("C-1-erasure")).await;
    let report = house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(report["followed_steps"], 1);
    let steps = steps(&house).await;
    assert_eq!(steps.last().unwrap(), "places_done");
    assert_eq!(&steps[steps.len() - 2..], ["approved", "places_done"]);
    house.move_to("2026-11-25T10:00:00Z").await;
    let early = json!({"verdict": "granted", "decided_by": "dpo"});
    done(&house, event("decide", "d1", &early)).await;
    decided_and_closed(&house, "2026-11-24", &["address_checked", "backups_clear"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_goes_from_plan_to_certificate_by_orders_that_are_lost() {
    an_erasure(Off::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_goes_from_plan_to_certificate_by_orders_that_are_killed() {
    an_erasure(Off::Before).await;
}

async fn a_rectification(off: Off) {
    let house = opened("rectification").await;
    let look =
        json!({"order": "find", "case_id": "C-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    let found = done(&house, look).await;
    assert_eq!(state(&found), "open");
    let record = &found["records"][0]["record"];
    let restrict = json!({"order": "restrict", "case_id": "C-1", "request_id": "RES-1", "ground": "18(1)(a)",
        "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    assert_eq!(
        state(&given(&house, "requests", restrict, off).await),
        "checking"
    );
    let correct = json!({"order": "correct", "case_id": "C-1", "identifiers": [email_id(ROSA)], "record": record,
        "changes": {"answers.comment": "Hers, put right."}, "by": "dpo-7"});
    assert_eq!(
        state(&given(&house, "requests", correct.clone(), off).await),
        "corrected"
    );
    let rectified = json!({"order": "rectified", "case_id": "C-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    assert_eq!(
        state(&given(&house, "requests", rectified, off).await),
        "corrected",
        "nobody is told yet"
    );
    house.stack.settle().await.unwrap();
    house.confirm_all(&json!("C-1-rectification")).await;
    let notice = json!({"order": "notice", "request_id": "RES-1", "by": "dpo-7"});
    assert_eq!(
        state(&given(&house, "requests", notice, off).await),
        "told",
        "every recipient is told"
    );
    let lift =
        json!({"order": "unrestrict", "request_id": "RES-1", "reason": "settled", "by": "dpo-7"});
    given(&house, "requests", lift, off).await;
    let expected = ["facts_named", "corrected", "recipients_told"];
    assert_eq!(steps(&house).await, expected);
    let other = json!({"order": "correct", "case_id": "C-1", "identifiers": [email_id(ROSA)], "record": record,
        "changes": {"answers.comment": "Put right again."}, "by": "dpo-7"});
    let refusal = refused(&house, other).await;
    assert!(refusal.contains("NotNow"), "{refusal}");
    decided_and_closed(&house, "2026-11-23", &["address_checked"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_goes_from_its_letter_to_its_answer_by_orders_that_are_lost() {
    a_rectification(Off::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_goes_from_its_letter_to_its_answer_by_orders_that_are_killed() {
    a_rectification(Off::After).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_case_does_not_allow_is_refused_before_anything_is_done() {
    let house = opened("access").await;
    let plan = json!({"order": "plan", "case_id": "C-1", "ground": "17(1)(b)",
        "identifiers": [email_id(ROSA)], "planned_by": "dpo-7"});
    assert!(refused(&house, plan.clone()).await.contains("NotNow"));
    done(&house, event("add", "a1", &json!({"kind": "erasure"}))).await;
    let waits = json!({"kind": "erasure", "on": "2026-11-23", "doubt": "unusual"});
    done(&house, event("identity", "i1", &waits)).await;
    assert!(refused(&house, plan.clone()).await.contains("identity"));
    let items = house.items("REGISTER_TABLE").await;
    let planned = |item: &&String| item.contains("REQUEST#C-1-erasure") && item.contains("META");
    assert_eq!(items.iter().filter(planned).count(), 0);
    for (wrong, rule) in [
        (json!({"case_id": "C-9"}), "UnknownCase"),
        (json!({"planned_by": "Dana Scott"}), "planned_by"),
        (json!({"kind": "access"}), "kind"),
        (json!({"kind": "objection"}), "NotNow"),
    ] {
        let mut order = plan.clone();
        super::merge(&mut order, &wrong);
        let refusal = refused(&house, order).await;
        assert!(
            refusal.contains(rule) && !refusal.contains("Dana"),
            "{wrong}: {refusal}"
        );
    }
    let mut loose = plan;
    loose.as_object_mut().unwrap().remove("case_id");
    loose["request_id"] = json!("ERA-1");
    let planned = done(&house, loose).await;
    assert_eq!(planned["case"], Value::Null, "an order without a case");
}
