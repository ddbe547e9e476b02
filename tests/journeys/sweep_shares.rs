//! A sweep in which one chore uses up the time. The others still have theirs, and the next hour
//! continues where it stopped.

use crate::house::{House, at, email_id, erasure};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use custodian_local::wire::{between, target};
use custodian_requests::Requests;
use custodian_runtime::{Clock, Environment, Function};
use custodian_sweep::Sweep;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Whether a call to `DynamoDB`, by its operation and its body, is never answered.
type Stuck = fn(&str, &Value) -> bool;

/// A function that is stuck at these calls, and what else it asks for.
async fn sticking<F: Function>(house: &House, stuck: Stuck) -> (F, Arc<Mutex<Vec<Value>>>) {
    let asked = Arc::<Mutex<Vec<Value>>>::default();
    let list = Arc::clone(&asked);
    let sdk = between(house.stack.sdk(), move |request, connector| {
        let operation = target(&request)
            .unwrap_or_default()
            .rsplit('.')
            .next()
            .unwrap_or_default();
        let body = request
            .body()
            .bytes()
            .and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        let body = body.unwrap_or_default();
        if stuck(operation, &body) {
            return HttpConnectorFuture::new(std::future::pending());
        }
        list.lock().unwrap().push(body);
        connector.call(request)
    });
    let host = Environment::new(
        house.stack.settings(F::NAME).unwrap(),
        sdk,
        house.stack.clock(),
    );
    (F::start(&host).await.unwrap(), asked)
}

/// An invocation with this many seconds left for chores.
async fn swept(sweep: &Sweep, seconds: u64) -> Value {
    let mut context = Context::default();
    let until = Clock::system().now() + Duration::from_secs(20 + seconds);
    context.deadline = u64::try_from(until.timestamp_millis()).unwrap();
    sweep
        .invoke(LambdaEvent::new(json!({}).into(), context))
        .await
        .unwrap()
}

fn deletes(operation: &str, body: &Value) -> bool {
    operation == "TransactWriteItems" && body.to_string().contains("\"Delete\"")
}

/// Whether a call deletes records.
fn deletes_records(operation: &str, body: &Value) -> bool {
    deletes(operation, body) && body.to_string().contains("record#")
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_that_never_ends_keeps_nothing_else_and_the_next_hour_goes_on() {
    let house = House::where_ttl_is_late().await;
    house.tell("Over.", None, None).await;
    house.move_to("2029-11-23T09:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    let (stuck, _) = sticking::<Sweep>(&house, deletes).await;
    // An hour after midnight the day still waits for what should have been deleted.
    house.stack.clock().set(at("2029-11-24T01:00:00Z"));
    let report = swept(&stuck, 30).await;
    assert_eq!(
        (&report["unfinished"], &report["closed_days"]),
        (&json!(["deletion"]), &json!(0)),
        "{report}"
    );
    // It does not wait for ever: its certificate then says what is left.
    house.stack.clock().set(at("2029-11-24T07:00:00Z"));
    let report = swept(&stuck, 30).await;
    assert_eq!(
        (&report["unfinished"], &report["deleted"]),
        (&json!(["deletion"]), &json!(0)),
        "{report}"
    );
    assert_ne!(report["closed_days"], 0, "{report}");
    // The cursor has not moved.
    let whole = house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(
        (&whole["deleted"], &whole["unfinished"]),
        (&json!(1), &json!([])),
        "{whole}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_gone_through_from_where_the_last_sweep_was_cut_short() {
    let house = House::where_it_sleeps("erase").await;
    for name in ["rosa", "abel", "carol"] {
        let email = format!("{name}@example.org");
        house.tell("Hello.", Some(&email), None).await;
        let mut order = erasure(&[email_id(&email)]);
        order["request_id"] = json!(format!("ERASE-{name}"));
        house.approve_alone(order).await.unwrap();
    }
    let whole = house.invoke("sweep", json!({})).await.unwrap();
    // Their tasks are in the order of the requests: abel's, carol's, rosa's. It is stuck at the
    // second.
    let stuck: Stuck = |operation, body| {
        operation == "BatchGetItem" && body.to_string().contains("TASK#ERASE-carol")
    };
    let (sweep, _) = sticking::<Sweep>(&house, stuck).await;
    let cut = swept(&sweep, 20).await;
    assert_eq!(cut["unfinished"], json!(["tasks"]), "{cut}");
    let (sweep, asked) = sticking::<Sweep>(&house, |_, _| false).await;
    let rest = swept(&sweep, 300).await;
    assert_eq!(
        (&rest["unfinished"], &rest["tasks"]["open"]),
        (&json!([]), &whole["tasks"]["open"]),
        "none counted twice"
    );
    let asked = asked.lock().unwrap();
    let about = |name: &str| {
        let task = format!("TASK#ERASE-{name}");
        asked
            .iter()
            .any(|body| !body["RequestItems"].is_null() && body.to_string().contains(&task))
    };
    assert!(
        about("carol") && about("rosa") && !about("abel"),
        "it goes on behind the first"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sweep_deleted_after_a_hold_is_counted_also_where_it_is_cut_short() {
    /// Whether the order that lifts the hold has begun to delete.
    static BEGUN: AtomicBool = AtomicBool::new(false);
    /// How many deletions of the sweep are still answered.
    static ANSWERED: AtomicUsize = AtomicUsize::new(1);
    let house = House::where_ttl_is_late().await;
    let mut who = Vec::new();
    for email in ["rosa@example.org", "abel@example.org"] {
        house.tell("Hello.", Some(email), None).await;
        who.push(email_id(email));
    }
    let hold = json!({"order": "hold", "request_id": "CLAIM-1", "identifiers": who, "ground": "legal_claim", "by": "dpo-7"});
    house.invoke("requests", hold).await.unwrap();
    house.move_to("2029-11-25T09:00:00Z").await;
    // The order breaks off before anything is deleted.
    let (requests, _) = sticking::<Requests>(&house, |operation, body| {
        let is_stuck = deletes_records(operation, body);
        BEGUN.fetch_or(is_stuck, Ordering::Relaxed);
        is_stuck
    })
    .await;
    let lift =
        json!({"order": "lift", "request_id": "CLAIM-1", "reason": "settled", "by": "dpo-7"});
    let begun = async {
        while !BEGUN.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        answer = requests.invoke(LambdaEvent::new(lift.into(), Context::default())) => panic!("{answer:?}"),
        () = begun => {}
    }
    let (sweep, _) = sticking::<Sweep>(&house, |operation, body| {
        let one_less = |left: usize| left.checked_sub(1);
        deletes_records(operation, body)
            && ANSWERED
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_err()
    })
    .await;
    let cut = swept(&sweep, 30).await;
    assert_eq!(
        (&cut["unfinished"][0], &cut["standings"]["deleted"]),
        (&json!("standings"), &json!(1)),
        "{cut}"
    );
}
