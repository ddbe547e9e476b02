//! Each secret of keys is rotated: what continues to work, and what ends after a leak.

use super::{document, id};
use crate::confirming::{scheduled, subscribe};
use crate::gateway;
use crate::gateway::Ask;
use crate::house::{House, at, email_id, token};
use crate::unsubscribe::click_event;
use custodian_download::Download;
use custodian_export::Export;
use custodian_ingest::Ingest;
use custodian_notify::Notify;
use custodian_operations::keys::rotate;
use custodian_requests::Requests;
use custodian_runtime::Function;
use custodian_unsubscribe::Unsubscribe;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

const ROSA: &str = "rosa.hardy@example.org";

async fn rotated(house: &House, key: &str, secret: &str, leaked: bool) {
    let before = document(house, secret).await;
    rotate(
        &house.stack.host("requests").unwrap(),
        key,
        &id(secret),
        leaked,
    )
    .await
    .unwrap();
    let after = document(house, secret).await;
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let number = |text: &str| {
        read(text)["version"]
            .as_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
    };
    assert_eq!(number(&after), number(&before) + 1);
    let key = read(&before)["key"].as_str().unwrap().to_owned();
    assert_eq!(
        after.contains(&key),
        !leaked,
        "what leaked is gone from the secret"
    );
}

fn order(order: Value) -> LambdaEvent<custodian_domain::validation::json::Payload> {
    LambdaEvent::new(order.into(), Context::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn any_rotation_of_the_packages_keys_ends_every_link_that_is_out_at_once() {
    for leaked in [false, true] {
        let house = House::open().await;
        house
            .tell("Nobody else may read this.", Some(ROSA), None)
            .await;
        let package = house.export(ROSA).await;
        let released = house.release(package["request_id"].as_str().unwrap()).await;
        let path = |link: &Value| {
            link["url"]
                .as_str()
                .unwrap()
                .strip_prefix(house.stack.url())
                .unwrap()
                .to_owned()
        };
        rotated(&house, "packages", "PackageKeys", leaked).await;
        let door = Download::start(&house.stack.host("download").unwrap())
            .await
            .unwrap();
        // Somebody with an earlier link is told that it has ended. After a leak nobody can tell it
        // from a forged one.
        let ended = if leaked { 404 } else { 410 };
        let form = format!("code={}", released["code"].as_str().unwrap());
        for (method, body) in [("GET", ""), ("POST", form.as_str())] {
            let answer = door
                .ask(gateway::event(method, &path(&released), body))
                .await
                .unwrap();
            assert_eq!(answer["statusCode"], ended, "{leaked}");
        }
        let export = Export::start(&house.stack.host("export").unwrap())
            .await
            .unwrap();
        let again = json!({"release": package["request_id"], "released_by": "dpo-7"});
        let again = export.invoke(order(again)).await.unwrap();
        let form = format!("code={}", again["code"].as_str().unwrap());
        let answer = door
            .ask(gateway::event("POST", &path(&again), &form))
            .await
            .unwrap();
        assert_eq!(
            answer["statusCode"], 303,
            "the DPO releases it again: {answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_open_over_a_rotation_is_taken_for_twelve_hours_and_not_after_a_leak() {
    let house = House::open().await;
    let page = house.get("/surveys/recycling-centre").await;
    let form = format!(
        "submission_token={}&satisfaction=4&site=Wareham",
        token(&page.body)
    );
    let send = || gateway::event("POST", "/surveys/recycling-centre/responses", &form);
    rotated(&house, "forms", "FormKeys", false).await;
    let start = async || {
        Ingest::start(&house.stack.host("ingest").unwrap())
            .await
            .unwrap()
    };
    let ingest = start().await;
    house.stack.clock().set(at("2026-11-23T21:59:59Z"));
    assert_eq!(ingest.ask(send()).await.unwrap()["statusCode"], 303);
    house.stack.clock().set(at("2026-11-23T22:00:00Z"));
    let back = ingest.ask(send()).await.unwrap();
    assert_eq!(back["statusCode"], 422, "it comes back once");
    assert!(
        back["body"].as_str().unwrap().contains("Wareham"),
        "with what was typed"
    );
    house.stack.clock().set(at("2026-11-23T10:10:00Z"));
    rotated(&house, "forms", "FormKeys", true).await;
    assert_eq!(start().await.ask(send()).await.unwrap()["statusCode"], 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_in_mails_unsubscribe_after_a_rotation_and_not_after_a_leak() {
    for leaked in [false, true] {
        let house = House::open().await;
        let path = house.unsubscribe_path(ROSA).await;
        subscribe(&house, "cora@example.org").await;
        let confirm = house.path_to("cora@example.org");
        for _ in 0..2 {
            rotated(&house, "mail-links", "MailLinkKeys", leaked).await;
        }
        let unsubscribe = Unsubscribe::start(&house.stack.host("unsubscribe").unwrap())
            .await
            .unwrap();
        assert_eq!(
            unsubscribe.ask(click_event(&path)).await.unwrap()["statusCode"],
            200
        );
        assert_eq!(
            house
                .opt_out(ROSA, house.stack.clock().now())
                .await
                .is_some(),
            !leaked
        );
        let confirmed = unsubscribe
            .ask(gateway::event("POST", &confirm, "confirm=yes"))
            .await
            .unwrap();
        assert_eq!(confirmed["statusCode"], if leaked { 410 } else { 200 });
        let fresh = house.unsubscribe_path(ROSA).await;
        assert_eq!(
            unsubscribe.ask(click_event(&fresh)).await.unwrap()["statusCode"],
            200
        );
        assert!(
            house
                .opt_out(ROSA, house.stack.clock().now())
                .await
                .is_some(),
            "a link that is made now"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waits_over_a_rotation_is_sent_and_not_after_a_leak() {
    for leaked in [false, true] {
        let house = House::where_it_sleeps("notify").await;
        subscribe(&house, ROSA).await;
        rotated(&house, "addresses", "AddressKeys", leaked).await;
        let notify = Notify::start(&house.stack.host("notify").unwrap())
            .await
            .unwrap();
        let expected = json!({"sent": u8::from(!leaked), "later": 0, "failed": u8::from(leaked)});
        assert_eq!(notify.invoke(scheduled()).await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_an_open_request_is_about_is_known_after_a_rotation_and_not_after_a_leak() {
    for leaked in [false, true] {
        let house = House::open().await;
        house.tell("Hello.", Some(ROSA), None).await;
        let plan = json!({"order": "plan", "request_id": "ERA-1", "identifiers": [email_id(ROSA)], "ground": "17(1)(b)",
            "planned_by": "planner-3"});
        let planned = house.invoke("requests", plan.clone()).await.unwrap();
        rotated(&house, "identities", "IdentityKeys", leaked).await;
        let requests = Requests::start(&house.stack.host("requests").unwrap())
            .await
            .unwrap();
        let give = async |it: Value| {
            requests
                .invoke(order(it))
                .await
                .ok()
                .filter(|it| it["errorType"].is_null())
        };
        let whom = json!({"order": "whom", "request_id": "ERA-1", "by": "dpo-7"});
        let approve = json!({"order": "approve", "request_id": "ERA-1", "hash": planned["hash"], "approved_by": "dpo-7"});
        let told = give(whom.clone())
            .await
            .map(|told| told["identifiers"].clone());
        assert_eq!(told, (!leaked).then(|| json!([email_id(ROSA)])));
        assert_eq!(
            give(approve).await.is_some(),
            !leaked,
            "nobody approves what cannot be told"
        );
        if leaked {
            let mut anew = plan;
            anew["request_id"] = json!("ERA-2");
            assert!(give(anew).await.is_some(), "it is planned anew");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subject_keys_are_rotated_and_never_forgotten() {
    let house = House::open().await;
    house.tell("Hello.", Some(ROSA), None).await;
    let host = house.stack.host("requests").unwrap();
    let leaked = rotate(&host, "subject-keys", &id("SubjectKeys"), true)
        .await
        .unwrap_err();
    assert!(leaked.to_string().contains("nobody is found"), "{leaked}");
    rotated(&house, "subject-keys", "SubjectKeys", false).await;
    let export = Export::start(&house.stack.host("export").unwrap())
        .await
        .unwrap();
    let asked = json!({"kind": "portability", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": "SAR-1"});
    assert_eq!(export.invoke(order(asked)).await.unwrap()["records"], 1);
    assert!(
        rotate(&host, "everything", &id("SubjectKeys"), false)
            .await
            .is_err()
    );
}
