//! The callbacks of processors.

use super::{EMAIL, SubjectRequest, waits};
use crate::house::{Answer, House, at};
use chrono::TimeDelta;
use custodian_domain::record::processor_copy::Processor;
use custodian_erase::processors::ProcessorProgress;
use custodian_simulators::Mode;
use serde_json::json;

const PATH: &str = "/partners/granicus/callbacks/DPO-2026-7";

/// Granicus has been asked. Returns the state of the exchange, and Granicus's id for the request.
async fn asked(house: &House) -> (SubjectRequest, String) {
    let granicus = &house.stack.simulators().granicus;
    granicus.give(EMAIL);
    granicus.take(TimeDelta::hours(24));
    let mut matter = SubjectRequest::new(house, Processor::Granicus);
    assert!(waits(matter.step(house).await));
    let reference = matter.sofar.reference.clone().unwrap();
    (matter, reference)
}

async fn post(house: &House, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    house
        .post_to(
            path,
            &[&[("content-type", "application/json")], headers].concat(),
            body,
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processor_calls_when_something_changes_and_is_asked_whether_that_is_so() {
    let house = House::open().await;
    let granicus = house.stack.simulators().granicus.clone();
    let (mut matter, _) = asked(&house).await;
    let callbacks = granicus.matters().into_values().next().unwrap().callbacks;
    assert_eq!(callbacks, [format!("{}{PATH}", house.stack.url())]);
    house.move_to("2026-11-23T22:00:00Z").await;
    assert_eq!(granicus.answered(), [202], "it is in progress");
    house.move_to("2026-11-24T10:00:00Z").await;
    assert_eq!(granicus.answered(), [202, 202], "it is completed");
    house.move_to("2026-11-25T10:00:00Z").await;
    assert_eq!(granicus.answered().len(), 2, "nothing has changed");
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_callback_is_401_and_nothing_is_believed_of_it() {
    let house = House::open().await;
    let granicus = house.stack.simulators().granicus.clone();
    let (mut matter, reference) = asked(&house).await;
    let before = house.everything().await;
    granicus.conduct.behave(Mode::Forging);
    let url = format!("{}{PATH}", house.stack.url());
    let now = house.stack.clock().now();
    assert_eq!(
        granicus.call(&reference, &url, "completed", now).await,
        Some(401)
    );
    assert_eq!(house.everything().await, before);
    granicus.conduct.behave(Mode::Well);
    assert!(waits(matter.step(&house).await), "it is not done");
    assert!(granicus.holds(EMAIL));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_callback_that_claims_too_much_only_makes_us_look() {
    let house = House::open().await;
    let granicus = house.stack.simulators().granicus.clone();
    let (mut matter, _) = asked(&house).await;
    granicus.conduct.behave(Mode::Boasting);
    house.move_to("2026-11-23T10:01:00Z").await;
    assert_eq!(granicus.answered(), [202], "it says that it is completed");
    assert!(
        waits(matter.step(&house).await),
        "and says otherwise when it is asked"
    );
    house.move_to("2026-11-26T10:00:00Z").await;
    assert!(waits(matter.step(&house).await));
    granicus.conduct.behave(Mode::Well);
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whole_callbacks_of_processors_that_call_are_taken() {
    let house = House::open().await;
    let granicus = house.stack.simulators().granicus.clone();
    let (_, reference) = asked(&house).await;
    let now = at("2026-11-24T10:00:00Z");
    let origin = house.stack.url();
    for (path, status) in [
        ("/partners/acme/callbacks/DPO-2026-7", 404),
        ("/partners/records/callbacks/DPO-2026-7", 404),
        ("/partners/five9/callbacks/DPO-2026-7", 404),
        ("/partners/newsletter/callbacks/DPO-2026-7", 401),
        ("/partners/granicus/callbacks/DPO%202026", 404),
        (PATH, 202),
        ("/partners/granicus/callbacks/ANOTHER-1", 202),
    ] {
        let called = granicus
            .call(&reference, &format!("{origin}{path}"), "completed", now)
            .await;
        assert_eq!(called, Some(status), "{path}");
    }
    let body = json!({"status_callback_url": PATH}).to_string();
    let unsigned = post(&house, PATH, &[], &body).await;
    assert_eq!(
        (unsigned.status, unsigned.json()["type"].as_str()),
        (401, Some("urn:custodian:problem:signature"))
    );
    for signature in ["", "AAAA", "not base64", "TUlJ"] {
        assert_eq!(
            post(&house, PATH, &[("x-opendsr-signature", signature)], &body)
                .await
                .status,
            401
        );
    }
    let large = post(&house, PATH, &[], &"a".repeat(64 * 1024 + 1)).await;
    assert_eq!(large.status, 413, "{}", large.body);
    for (body, status) in [
        ("{".to_owned(), 422),
        (json!({"status_callback_url": "elsewhere"}).to_string(), 422),
    ] {
        let signature = granicus.sign(&body);
        let answer = post(&house, PATH, &[("x-opendsr-signature", &signature)], &body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let altered = post(
            &house,
            PATH,
            &[("x-opendsr-signature", &signature)],
            &format!("{body} "),
        )
        .await;
        assert_eq!(altered.status, 401, "the bytes are what is signed");
    }
    let signature = granicus.sign(&body);
    let headers = [
        ("content-type", "text/plain"),
        ("x-opendsr-signature", signature.as_str()),
    ];
    assert_eq!(house.post_to(PATH, &headers, &body).await.status, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processor_without_a_certificate_cannot_call() {
    let house = House::open().await;
    let granicus = house.stack.simulators().granicus.clone();
    let (_, reference) = asked(&house).await;
    let secrets = house.stack.host("erase").unwrap().secrets();
    let id = house.setting("GRANICUS_CERTIFICATE_SECRET");
    let url = format!("{}{PATH}", house.stack.url());
    for (document, status) in [(r#"{"token": "localstack"}"#, 401), ("{", 503)] {
        secrets
            .put_secret_value()
            .secret_id(&id)
            .secret_string(document)
            .send()
            .await
            .unwrap();
        house
            .stack
            .clock()
            .set(house.stack.clock().now() + TimeDelta::minutes(2));
        assert_eq!(
            granicus
                .call(&reference, &url, "completed", house.stack.clock().now())
                .await,
            Some(status)
        );
    }
}
