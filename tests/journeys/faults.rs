//! Whatever fails, and whenever it fails, the next run ends as an undisturbed one does.

use crate::failing::{Off, calls, failing_host};
use crate::house::{House, email_id, erasure, key, phone_id};
use aws_sdk_s3::primitives::ByteStream;
use chrono::TimeDelta;
use custodian_domain::place::Place;
use custodian_domain::rights::package::RequestId;
use custodian_erase::Erase;
use custodian_export::Export;
use custodian_requests::Requests;
use custodian_runtime::{Environment, Function};
use custodian_store::ledger::Ledger;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

/// The event of the Register's stream that starts a task.
pub fn start(request: &str, place: Place) -> LambdaEvent<Value> {
    let request = RequestId::try_from(request.to_owned()).unwrap();
    let start = crate::stored::start(&request, place);
    let keys = json!({"pk": {"S": start.partition}, "sk": {"S": start.sort}});
    let event = json!({"Records": [{"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": {"Keys": keys}}]});
    let mut context = Context::default();
    context.deadline = u64::MAX / 2;
    LambdaEvent::new(event, context)
}

/// Tries every task of a request once, and returns whether all of them succeeded.
async fn try_all(host: &Environment, request: &str) -> bool {
    let Ok(erase) = Erase::start(host).await else {
        return false;
    };
    let mut whole = true;
    for place in Place::ALL {
        whole &= erase.invoke(start(request, place)).await.is_ok();
    }
    whole
}

/// An hour passes, then every task is tried again, and people confirm what they did by hand.
async fn go_on(house: &House, request: &str) {
    let now = house.stack.clock().now();
    house.stack.clock().set(now + TimeDelta::hours(7));
    let host = house.stack.host("erase").unwrap();
    assert!(try_all(&host, request).await);
    house.confirm_all(&json!(request)).await;
    assert!(try_all(&host, request).await);
}

/// Three answers, two links and a package of one person, and the same for another who shares the
/// telephone number.
async fn furnish(house: &House) {
    for (name, second) in [("rosa", "07700 900143"), ("abel", "07700 900144")] {
        let email = format!("{name}@example.org");
        for (number, phone) in [(1, None), (2, Some("07700 900142")), (3, Some(second))] {
            let body =
                json!({"satisfaction": number, "site": "Wareham", "email": email, "phone": phone})
                    .to_string();
            let key = key(&format!("{name}-{number}"));
            let headers = [
                ("content-type", "application/json"),
                ("idempotency-key", key.as_str()),
            ];
            assert_eq!(
                house.post("recycling-centre", &headers, &body).await.status,
                201
            );
        }
        let order = json!({"kind": "portability", "identifiers": [email_id(&email)], "requested_by": "dpo-7", "request_id": name});
        house.invoke("export", order).await.unwrap();
    }
}

/// The result of an erasure, without its times: what is stored about people, how many deletions the
/// ledger has, every receipt, and what is open.
#[derive(Debug, PartialEq)]
struct Ended {
    records: BTreeSet<String>,
    packages: BTreeSet<String>,
    told: usize,
    receipts: Vec<(String, String, String)>,
    open: usize,
}

async fn told(house: &House) -> usize {
    let ledger = Ledger::new(house.dynamodb(), house.setting("LEDGER_TABLE"));
    let (mut entries, today) = (0, house.stack.clock().now().date_naive());
    for day in [today.pred_opt().unwrap(), today] {
        let mut pages = ledger.entries(day);
        while let Some(page) = pages.next().await.unwrap() {
            entries += page.len();
        }
    }
    entries
}

async fn ended(house: &House, request: &str) -> Ended {
    let status = house.status(&json!(request)).await.unwrap();
    let text = |value: &Value| value.to_string();
    let receipts = status["certificate"]["receipts"]
        .as_array()
        .unwrap_or_else(|| panic!("{status:#}"));
    let receipts = receipts
        .iter()
        .map(|it| (text(&it["place"]), text(&it["outcome"]), text(&it["held"])));
    Ended {
        records: house.items("RECORDS_TABLE").await,
        // A package has several objects.
        packages: house
            .objects()
            .iter()
            .map(|key| key.split('/').next().unwrap().to_owned())
            .collect(),
        told: told(house).await,
        receipts: receipts.collect(),
        open: house
            .items("REGISTER_TABLE")
            .await
            .iter()
            .filter(|item| item.contains("\"TASKS\""))
            .count(),
    }
}

/// A stack with both people, where the erasure of one is approved and has not begun.
async fn approved() -> House {
    let house = House::where_it_sleeps("erase").await;
    furnish(&house).await;
    let mut order = erasure(&[email_id("rosa@example.org"), phone_id("07700 900142")]);
    order["request_id"] = json!("ERASE-1");
    house.approve_alone(order).await.unwrap();
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_that_is_about_to_end_takes_nothing_on_and_another_does_all_of_it() {
    let house = approved().await;
    let (undisturbed, packages) = (house.items("RECORDS_TABLE").await, house.objects());
    let part = "quarantine/complaints/0123456789abcdef/0000000000.jsonl";
    let put = house
        .s3()
        .put_object()
        .bucket(house.intake())
        .key(part)
        .body(ByteStream::from_static(br#"{"row": "1,rosa@example.org"}"#));
    put.send().await.unwrap();
    let host = house.stack.host("erase").unwrap();
    let erase = Erase::start(&host).await.unwrap();
    for place in [Place::Records, Place::Exports, Place::Intake] {
        let mut event = start("ERASE-1", place);
        event.context.deadline = 1;
        erase.invoke(event).await.unwrap();
        let status = house.status(&json!("ERASE-1")).await.unwrap();
        let tasks = status["tasks"].as_array().unwrap();
        let task = tasks.iter().find(|task| task["place"] == place.as_str());
        assert_eq!(task.unwrap()["state"], "pending", "{status:#}");
    }
    assert_eq!(house.items("RECORDS_TABLE").await, undisturbed);
    assert_eq!(house.objects(), packages);
    let stored = |key| house.stack.store().bytes(&house.intake(), key).unwrap();
    assert!(stored(part).is_some());
    go_on(&house, "ERASE-1").await;
    let status = house.status(&json!("ERASE-1")).await.unwrap();
    assert_eq!(status["status"], "closed", "{status:#}");
    assert_eq!(stored(part), None);
}

/// Makes each call of an erasure fail, one after another, and continues. It ends as an undisturbed
/// erasure does.
async fn goes_on_after_any_call(off: Off) {
    let undisturbed = approved().await;
    let before = undisturbed.items("RECORDS_TABLE").await.len();
    go_on(&undisturbed, "ERASE-1").await;
    let expected = ended(&undisturbed, "ERASE-1").await;
    assert_eq!(
        (expected.open, expected.packages.len()),
        (0, 1),
        "Abel's package stays"
    );
    for calls in calls(off) {
        let house = approved().await;
        let (host, left) = failing_host(&house, "erase", calls, off);
        try_all(&host, "ERASE-1").await;
        let gone = before - house.items("RECORDS_TABLE").await.len();
        assert_eq!(
            told(&house).await,
            gone,
            "no deletion without its entry: {calls} calls, {off:?}"
        );
        for task in house.status(&json!("ERASE-1")).await.unwrap()["tasks"]
            .as_array()
            .unwrap()
        {
            let is_records = task["place"] == "records" && task["state"] == "done";
            assert!(
                !is_records || gone == expected.told,
                "no receipt without its deletion: {calls} calls, {off:?}"
            );
        }
        go_on(&house, "ERASE-1").await;
        assert_eq!(
            ended(&house, "ERASE-1").await,
            expected,
            "after {calls} calls, {off:?}"
        );
        if left.load(Ordering::SeqCst) > 0 {
            assert!(
                calls > 20,
                "an erasure makes many calls, and each failed once: {calls}"
            );
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_is_killed_before_any_call_ends_the_same() {
    goes_on_after_any_call(Off::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_is_killed_after_any_call_ends_the_same() {
    goes_on_after_any_call(Off::After).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_of_which_any_call_is_refused_for_an_error_ends_the_same() {
    goes_on_after_any_call(Off::Error).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_of_which_any_call_is_throttled_ends_the_same() {
    goes_on_after_any_call(Off::Throttle).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_of_which_any_call_is_not_answered_in_time_ends_the_same() {
    goes_on_after_any_call(Off::Timeout).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_of_which_any_call_is_done_and_its_answer_lost_ends_the_same() {
    goes_on_after_any_call(Off::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_breaks_off_has_begun_everything_or_nothing() {
    for (calls, off) in (1..60).flat_map(|calls| [(calls, Off::Before), (calls, Off::After)]) {
        let house = House::where_it_sleeps("erase").await;
        furnish(&house).await;
        let plan = json!({"order": "plan", "request_id": "ERASE-1", "identifiers": [email_id("rosa@example.org")],
            "ground": "17(1)(b)", "planned_by": "planner-3"});
        let hash = house.invoke("requests", plan).await.unwrap()["hash"].clone();
        let approval = json!({"order": "approve", "request_id": "ERASE-1", "hash": hash, "approved_by": "dpo-7",
            "refused_links": "claimed"});
        let (host, left) = failing_host(&house, "requests", calls, off);
        if let Ok(requests) = Requests::start(&host).await {
            let _ = requests
                .invoke(LambdaEvent::new(
                    approval.clone().into(),
                    Context::default(),
                ))
                .await;
        }
        let register = house.items("REGISTER_TABLE").await;
        let begun = [
            "\"TASK#",
            "\"START#",
            "SUPPRESSION#",
            "\"TASKS\"",
            "\"approved\"",
        ]
        .map(|it| register.iter().any(|item| item.contains(it)));
        assert!(
            begun == [true; 5] || begun == [false; 5],
            "after {calls} calls, {off:?}: {begun:?}"
        );
        let again = house.invoke("requests", approval).await.unwrap();
        assert_eq!(again["status"], "approved");
        assert_eq!(again["tasks"].as_array().unwrap().len(), Place::ALL.len());
        if left.load(Ordering::SeqCst) > 0 {
            return;
        }
    }
    panic!("an approval makes fewer calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_or_a_task_that_meets_another_transaction_waits_for_it_and_is_done() {
    for calls in 1.. {
        let house = House::where_it_sleeps("erase").await;
        furnish(&house).await;
        let plan = json!({"order": "plan", "request_id": "ERASE-1", "identifiers": [email_id("rosa@example.org")],
            "ground": "17(1)(b)", "planned_by": "planner-3"});
        let hash = house.invoke("requests", plan).await.unwrap()["hash"].clone();
        let (host, approving) = failing_host(&house, "requests", calls, Off::Conflict);
        let approval = json!({"order": "approve", "request_id": "ERASE-1", "hash": hash, "approved_by": "dpo-7",
            "refused_links": "claimed"});
        let desk = Requests::start(&host).await.unwrap();
        desk.invoke(LambdaEvent::new(approval.into(), Context::default()))
            .await
            .unwrap();
        let (host, erasing) = failing_host(&house, "erase", calls, Off::Conflict);
        assert!(try_all(&host, "ERASE-1").await);
        let status = house.status(&json!("ERASE-1")).await.unwrap();
        let failed = status["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|task| task["state"] == "failed");
        assert_eq!(failed.count(), 0, "call {calls}: {status}");
        if approving.load(Ordering::SeqCst) > 0 && erasing.load(Ordering::SeqCst) > 0 {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broken_erasure_left_is_neither_shown_nor_denied() {
    let house = House::where_it_sleeps("erase").await;
    furnish(&house).await;
    house
        .stack
        .clock()
        .set(house.stack.clock().now() + TimeDelta::minutes(1));
    let mut order = erasure(&[email_id("rosa@example.org")]);
    order["request_id"] = json!("ERASE-1");
    house.approve_alone(order).await.unwrap();
    let asked = json!({"kind": "access", "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7"});
    let refused = house.invoke("export", asked.clone()).await.unwrap_err();
    assert!(
        refused.contains("an erasure of this person is not finished"),
        "{refused}"
    );
    let link = house
        .invoke("export", json!({"release": "rosa", "released_by": "dpo-7"}))
        .await
        .unwrap_err();
    assert!(
        link.contains("gone"),
        "from the moment of the approval: {link}"
    );
    go_on(&house, "ERASE-1").await;
    assert_eq!(house.invoke("export", asked).await.unwrap()["records"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_half_done_is_reported_done() {
    let house = approved().await;
    let (host, _) = failing_host(&house, "erase", 14, Off::Before);
    assert!(!try_all(&host, "ERASE-1").await);
    let status = house.status(&json!("ERASE-1")).await.unwrap();
    assert_eq!(
        (&status["status"], &status["certificate"]),
        (&json!("approved"), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_during_an_export_wins() {
    for calls in 4..40 {
        let house = House::open().await;
        house.tell("One.", Some("rosa@example.org"), None).await;
        // The export stops in the middle, the erasure runs completely, and the export is tried
        // again.
        let mut order = json!({"kind": "portability", "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7"});
        order["request_id"] = json!("DSAR-1");
        let (host, _) = failing_host(&house, "export", calls, Off::Before);
        let export = Export::start(&host).await.unwrap();
        let first = export
            .invoke(LambdaEvent::new(order.clone().into(), Context::default()))
            .await;
        house
            .stack
            .clock()
            .set(house.stack.clock().now() + TimeDelta::seconds(1));
        house
            .erase(erasure(&[email_id("rosa@example.org")]))
            .await
            .unwrap();
        let again = house.invoke("export", order).await;
        assert!(
            again.is_err() || again.unwrap()["records"] == 0,
            "after {calls} calls"
        );
        assert!(
            !house
                .everything()
                .await
                .iter()
                .any(|item| item.contains("One.")),
            "after {calls} calls"
        );
        if first.is_ok() {
            break;
        }
    }
}
