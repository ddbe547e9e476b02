//! An export fails at any call. The same order again makes one complete package, and an erasure
//! finds what was left behind.

use super::held::bad_complaint;
use super::{assert_valid, order};
use crate::failing::{Off, failing_host};
use crate::house::{House, email_id, erasure};
use custodian_domain::rights::holding::Holding;
use custodian_export::Export;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::atomic::Ordering;

const ROSA: &str = "rosa@example.org";

/// A stack that holds two answers, a link, an opt-out, and a quarantined row about Rosa.
async fn furnished() -> House {
    let house = House::open().await;
    house.tell("One.", Some(ROSA), None).await;
    house.tell("Two.", Some(ROSA), Some("07700 900142")).await;
    house
        .drop_file("complaints", "late.csv", bad_complaint(ROSA).as_bytes())
        .await;
    let path = house.unsubscribe_path(ROSA).await;
    assert_eq!(house.click(&path).await.status, 200);
    house
}

fn ordered(request: &str) -> Value {
    let mut order = order("access", &[email_id(ROSA)]);
    order["request_id"] = json!(request);
    order
}

/// The content of a package, without what depends on when it was made or on its name.
async fn said(house: &House, package: &Value) -> Value {
    let text = house.object(package["key"].as_str().unwrap()).await;
    assert_eq!(
        package["sha256"],
        hex::encode(Sha256::digest(&text)),
        "the digest is that of the document"
    );
    assert_eq!(package["bytes"], text.len());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_valid(&document);
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    assert!(
        report.trim_end().ends_with("</html>"),
        "the report is whole"
    );
    json!([
        document["records"],
        document["record_count"],
        document["held"]["quarantine"],
        document["held"]["opt_outs"]
    ])
}

/// Makes each call of an export fail, one after another, and orders the export again.
async fn whole_after_any_call(off: Off) {
    let house = furnished().await;
    let undisturbed = house.invoke("export", ordered("WHOLE")).await.unwrap();
    let expected = said(&house, &undisturbed).await;
    for holding in [
        Holding::Records,
        Holding::OptOuts,
        Holding::Links,
        Holding::Quarantine,
    ] {
        assert!(
            undisturbed["held"][holding.as_str()].as_u64() > Some(0),
            "{holding:?}"
        );
    }
    let mut made = 0;
    for calls in 1.. {
        made = calls;
        let (host, left) = failing_host(&house, "export", calls, off);
        let request = format!("SAR-{calls}");
        let event = || LambdaEvent::new(ordered(&request).into(), Context::default());
        let first = match Export::start(&host).await {
            Ok(export) => export.invoke(event()).await.ok(),
            Err(_) => None,
        };
        let package = house.invoke("export", ordered(&request)).await.unwrap();
        assert_eq!(
            said(&house, &package).await,
            expected,
            "call {calls}, {off:?}"
        );
        assert!(
            first.is_none_or(|first| first == package),
            "what was answered stands: call {calls}, {off:?}"
        );
        if left.load(Ordering::SeqCst) > 0 {
            assert!(
                calls > 15,
                "an export makes many calls, and each failed once: {calls}"
            );
            break;
        }
    }
    for call in 1..=made {
        house.answer_request(&format!("SAR-{call}")).await;
    }
    house.answer_request("WHOLE").await;
    house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    assert!(
        house.objects().is_empty(),
        "an erasure finds what broken exports left as well"
    );
    assert!(house.stack.store().uploads(&house.bucket()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_killed_before_any_call_is_whole_when_it_is_ordered_again() {
    whole_after_any_call(Off::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_killed_after_any_call_is_whole_when_it_is_ordered_again() {
    whole_after_any_call(Off::After).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_which_any_call_is_refused_for_an_error_is_whole_when_it_is_ordered_again() {
    whole_after_any_call(Off::Error).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_which_any_call_is_throttled_is_whole_when_it_is_ordered_again() {
    whole_after_any_call(Off::Throttle).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_which_any_call_is_not_answered_in_time_is_whole_when_it_is_ordered_again() {
    whole_after_any_call(Off::Timeout).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_which_any_answer_is_lost_is_whole_when_it_is_ordered_again() {
    whole_after_any_call(Off::Lost).await;
}
