//! Whatever breaks off, whenever it does: the next run ends where an undisturbed one does.

use crate::house::{House, email_id, erasure, phone_id};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use chrono::TimeDelta;
use erase::Erase;
use export::Export;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use shared::edge::Host;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the power goes off: before a call is made, or after it was and before its answer came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Off {
    Before,
    After,
}

/// An HTTP client that works for a number of calls and then no more.
#[derive(Clone, Debug)]
struct Failing {
    inner: SharedHttpClient,
    left: Arc<AtomicUsize>,
    off: Off,
}

#[derive(Debug)]
struct FailingConnector {
    inner: SharedHttpConnector,
    left: Arc<AtomicUsize>,
    off: Off,
}

impl HttpClient for Failing {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FailingConnector { inner, left: Arc::clone(&self.left), off: self.off })
    }
}

impl HttpConnector for FailingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let lost = || ConnectorError::io("the power is off".into());
        match (left, self.off) {
            (Err(_), _) => HttpConnectorFuture::ready(Err(lost())),
            (Ok(1), Off::After) => {
                let call = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    drop(call.await);
                    Err(lost())
                })
            }
            (Ok(_), _) => self.inner.call(request),
        }
    }
}

/// The host of a function whose connection fails after `calls` calls, and is not tried again.
pub fn failing_host(house: &House, function: &str, calls: usize, off: Off) -> (Host, Arc<AtomicUsize>) {
    let sdk = house.stack.sdk();
    let left = Arc::new(AtomicUsize::new(calls));
    let client = Failing { inner: sdk.http_client().unwrap(), left: Arc::clone(&left), off };
    let sdk = sdk
        .into_builder()
        .http_client(client)
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
        .build();
    (Host::new(house.stack.settings(function).unwrap(), sdk, house.stack.clock()), left)
}

async fn erase(host: &Host, order: &Value) -> Result<Value, String> {
    let erase = Erase::start(host).await.map_err(|error| error.to_string())?;
    let invoked = erase.invoke(LambdaEvent::new(order.clone(), Context::default())).await;
    invoked.map_err(|failure| failure.error_message)
}

/// Three answers, two links and a package of one person; as much of another who shares the telephone.
async fn furnish(house: &House) {
    for (name, second) in [("rosa", "07700 900143"), ("abel", "07700 900144")] {
        let email = format!("{name}@example.org");
        for (number, phone) in [(1, None), (2, Some("07700 900142")), (3, Some(second))] {
            let body = json!({"satisfaction": number, "site": "Wareham", "email": email, "phone": phone}).to_string();
            let key = format!("{name}-{number}");
            let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
            assert_eq!(house.post("recycling-centre", &headers, &body).await.status, 201);
        }
        let order = json!({"kind": "portability", "identifiers": [email_id(&email)], "requested_by": "dpo-7", "request_id": name});
        house.invoke("export", order).await.unwrap();
    }
}

/// Everything stored, less the random part of keys, and how often suppressions were counted: a run that broke off
/// counts again. The clock stands still, so all else is the same every time.
async fn state(house: &House) -> BTreeSet<String> {
    let is_random = |part: &&str| part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let plain = |item: String| item.split('/').filter(|part| !is_random(part)).collect::<Vec<_>>().join("/");
    let counted = |item: &String| !item.contains("\"SUPPRESSIONS\"");
    house.everything().await.into_iter().filter(counted).map(plain).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_an_erasure_after_any_call_and_running_it_again_ends_the_same() {
    let mut order = erasure(&[email_id("rosa@example.org"), phone_id("07700 900142")]);
    order["request_id"] = json!("ERASE-1");
    let undisturbed = House::open().await;
    furnish(&undisturbed).await;
    undisturbed.invoke("erase", order.clone()).await.unwrap();
    let expected = state(&undisturbed).await;
    for off in [Off::Before, Off::After] {
        let mut killed = 0;
        for calls in 1.. {
            let house = House::open().await;
            furnish(&house).await;
            let (host, _) = failing_host(&house, "erase", calls, off);
            let broken = erase(&host, &order).await;
            let done = house.invoke("erase", order.clone()).await.unwrap();
            assert_eq!(state(&house).await, expected, "after {calls} calls, {off:?}");
            let left = house.items("RECORDS_TABLE").await;
            assert!(!left.iter().any(|item| item.contains("rosa@")), "after {calls} calls, {off:?}");
            assert_eq!(done["receipts"].as_array().unwrap().len(), 2);
            if broken.is_ok() {
                break;
            }
            killed += 1;
        }
        assert!(killed > 20, "an erasure makes many calls, and each was its last once: {killed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_broke_off_and_is_ordered_anew_still_finds_everything() {
    let order = erasure(&[email_id("rosa@example.org")]);
    for calls in (2..40).step_by(3) {
        let house = House::open().await;
        furnish(&house).await;
        let (host, _) = failing_host(&house, "erase", calls, Off::After);
        let _ = erase(&host, &order).await;
        house.move_to("2026-11-23T10:10:00Z").await;
        house.invoke("erase", order.clone()).await.unwrap();
        let left = house.everything().await;
        assert!(!left.iter().any(|item| item.contains("rosa@")), "after {calls} calls");
        assert_eq!(house.items("RECORDS_TABLE").await.len(), 5, "after {calls} calls: Abel's answers and links stay");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broken_erasure_left_is_neither_shown_nor_denied() {
    let house = House::open().await;
    furnish(&house).await;
    house.move_to("2026-11-23T10:01:00Z").await;
    let mut order = erasure(&[email_id("rosa@example.org")]);
    order["request_id"] = json!("ERASE-1");
    let (host, _) = failing_host(&house, "erase", 12, Off::Before);
    erase(&host, &order).await.unwrap_err();
    let asked = json!({"kind": "access", "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7"});
    let refused = house.invoke("export", asked.clone()).await.unwrap_err();
    assert!(refused.contains("an erasure of this person is not finished"), "{refused}");
    house.invoke("erase", order).await.unwrap();
    assert_eq!(house.invoke("export", asked).await.unwrap()["records"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_half_done_is_reported_done() {
    let house = House::open().await;
    furnish(&house).await;
    let mut order = erasure(&[email_id("rosa@example.org")]);
    order["request_id"] = json!("ERASE-1");
    let (host, _) = failing_host(&house, "erase", 12, Off::Before);
    let refused = erase(&host, &order).await.unwrap_err();
    assert!(refused.contains("run it again with the same request_id"), "{refused}");
    assert!(!house.items("REGISTER_TABLE").await.iter().any(|item| item.contains("CERTIFICATE")));
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_an_export_after_any_call_and_running_it_again_gives_one_whole_package() {
    let mut order = json!({"kind": "access", "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7"});
    order["request_id"] = json!("DSAR-1");
    let house = House::open().await;
    house.tell("One.", Some("rosa@example.org"), None).await;
    for calls in 1.. {
        order["request_id"] = json!(format!("DSAR-{calls}"));
        let (host, _) = failing_host(&house, "export", calls, Off::After);
        let broken = match Export::start(&host).await {
            Ok(export) => export.invoke(LambdaEvent::new(order.clone(), Context::default())).await.is_err(),
            Err(_) => true,
        };
        let package = house.invoke("export", order.clone()).await.unwrap();
        assert_eq!(package["records"], 1, "after {calls} calls");
        assert_eq!(house.document(&package).await["record_count"], 1);
        if !broken {
            break;
        }
    }
    house.invoke("erase", erasure(&[email_id("rosa@example.org")])).await.unwrap();
    assert!(house.objects().is_empty(), "an erasure finds what broken exports left as well");
    assert!(house.stack.store().uploads(&house.bucket()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_during_an_export_wins() {
    for calls in 4..40 {
        let house = House::open().await;
        house.tell("One.", Some("rosa@example.org"), None).await;
        // The export stops in the middle, the erasure runs whole, and the export is tried again.
        let mut order =
            json!({"kind": "access", "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7"});
        order["request_id"] = json!("DSAR-1");
        let (host, _) = failing_host(&house, "export", calls, Off::Before);
        let export = Export::start(&host).await.unwrap();
        let first = export.invoke(LambdaEvent::new(order.clone(), Context::default())).await;
        house.stack.clock().set(house.stack.clock().now() + TimeDelta::seconds(1));
        house.invoke("erase", erasure(&[email_id("rosa@example.org")])).await.unwrap();
        let again = house.invoke("export", order).await;
        assert!(again.is_err() || again.unwrap()["records"] == 0, "after {calls} calls");
        assert!(!house.everything().await.iter().any(|item| item.contains("One.")), "after {calls} calls");
        if first.is_ok() {
            break;
        }
    }
}
