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
    // What is approved goes on by itself, and each release is another link.
    if !told.contains("\"release\"") && !told.contains("\"approve\"") {
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
    assert!(["approved", "certified"].contains(&state(&approved)));
    house.stack.settle().await.unwrap();
    house.confirm_all(&json!("C-1-erasure")).await;
    let report = house.invoke("sweep", json!({})).await.unwrap();
    assert!(report["followed_steps"].as_u64() <= Some(1));
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

async fn a_copy(off: Off) {
    let house = opened("access").await;
    let package = json!({"kind": "access", "case_id": "C-1", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7"});
    let made = given(&house, "export", package, off).await;
    assert_eq!(
        (state(&made), &made["request_id"]),
        ("to_review", &json!("C-1-access"))
    );
    let release = json!({"release": "C-1-access", "released_by": "dpo-7"});
    let early = house.invoke("export", release.clone()).await.unwrap_err();
    assert!(early.contains("NotReviewed"), "{early}");
    let read = json!({"read": "C-1-access", "by": "dpo-7", "case_id": "C-1"});
    let link = house.invoke("export", read).await.unwrap();
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    let found =
        json!({"order": "find", "case_id": "C-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    let record = done(&house, found).await["records"][0]["record"].clone();
    let mark = json!([{"record": record, "ground": "third_party", "fields": ["answers.comment"]}]);
    let review = json!({"review": "C-1-access", "by": "dpo-7", "take_out": mark});
    assert_eq!(state(&given(&house, "export", review, off).await), "ready");
    let link = given(&house, "export", release, off).await;
    assert_eq!(state(&link), "handed_over");
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    let expected = [
        "person_confirmed",
        "package_ordered",
        "package_made",
        "reviewed",
        "handed_over",
        "fetched",
    ];
    assert_eq!(steps(&house).await, expected);
    let granted = json!({"verdict": "granted", "decided_by": "dpo"});
    done(&house, event("decide", "d1", &granted)).await;
    let letter = json!({"order": "letter", "case_id": "C-1", "kind": "access", "letter": "answer", "by": "dpo-7"});
    let letter = done(&house, letter).await;
    let told = "- 1 passage was taken out: it is about other people.";
    assert!(letter["text"].as_str().unwrap().contains(told), "{letter}");
    decided_and_closed(
        &house,
        "2026-11-23",
        &["address_checked", "supplementary_information"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_from_its_letter_to_its_answer_by_orders_that_are_lost() {
    a_copy(Off::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_from_its_letter_to_its_answer_by_orders_that_are_killed() {
    a_copy(Off::Before).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_to_marketing_stops_it_at_once_whatever_the_case_says() {
    let house = opened("objection").await;
    let identity = json!({"on": "2026-11-23", "doubt": "unusual"});
    done(&house, event("identity", "i1", &identity)).await;
    let stop = json!({"order": "stop_marketing", "case_id": "C-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    let stopped = given(&house, "requests", stop.clone(), Off::Lost).await;
    assert_eq!(steps(&house).await, ["marketing_stopped"]);
    let items = house.items("REGISTER_TABLE").await;
    let of = |begin: &str| items.iter().filter(|item| item.contains(begin)).count();
    assert_eq!(
        (of("\"OPTOUT#"), of("\"CLICKTASK#")),
        (1, 2),
        "once: one task, and its place in the list: {stopped}"
    );
    let other = done(&house, register("C-2", &["objection"])).await;
    assert_eq!(other["requests"][0]["state"], "open");
    let close = json!({"case_id": "C-2", "ending": "withdrawn", "on": "2026-11-23"});
    done(&house, event("close", "c2", &close)).await;
    let mut closed = stop;
    closed["case_id"] = json!("C-2");
    closed["identifiers"] = json!([email_id("abel@example.org")]);
    let stopped = done(&house, closed).await;
    assert_eq!(
        (&stopped["stopped"], state(&stopped)),
        (&json!(1), "closed")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_is_weighed_under_restriction_and_overridden_only_after_notice() {
    let house = opened("objection").await;
    let restrict = |ground: &str| {
        json!({"order": "restrict", "case_id": "C-1", "ground": ground,
        "identifiers": [email_id(ROSA)], "by": "dpo-7"})
    };
    let wrong = refused(&house, restrict("18(1)(a)")).await;
    assert!(wrong.contains("ground must be 18(1)(d)"), "{wrong}");
    let placed = given(&house, "requests", restrict("18(1)(d)"), Off::Before).await;
    assert_eq!(
        (state(&placed), &placed["request_id"]),
        ("weighing", &json!("C-1-objection"))
    );
    let refusal = json!({"verdict": "refused", "grounds": ["compelling_grounds"], "decided_by": "service_owner"});
    done(&house, event("decide", "d1", &refusal)).await;
    let lift = json!({"order": "unrestrict", "case_id": "C-1", "reason": "settled", "by": "dpo-7"});
    assert!(refused(&house, lift.clone()).await.contains("NotTold"));
    let notice = json!({"order": "notice", "case_id": "C-1", "by": "dpo-7"});
    assert_eq!(
        state(&given(&house, "requests", notice, Off::Lost).await),
        "noticed"
    );
    let lifted = given(&house, "requests", lift, Off::Before).await;
    assert_eq!(state(&lifted), "overridden");
    assert_eq!(
        steps(&house).await,
        ["restricted", "notice_given", "overridden"]
    );
    let parts = [
        "address_checked",
        "reasons",
        "complaint_to_us",
        "commissioner",
        "court",
    ];
    let close = json!({"ending": "refused", "on": "2026-11-23", "means": "post", "parts": parts});
    let case = done(&house, event("close", "c1", &close)).await;
    assert_eq!(case["requests"][0]["state"], "closed");
    proven_without_doubt(&house).await;
}
