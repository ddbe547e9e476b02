//! The newsletter service is notified, and its newsletters contain these links.

use super::{ONE_CLICK, ROSA, click_event};
use crate::failing::{Off, failing_host};
use crate::gateway::Ask;
use crate::house::{House, at, email_id, options};
use chrono::TimeDelta;
use custodian_runtime::Function;
use custodian_unsubscribe::Unsubscribe;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_the_newsletter_is_told_within_28_days_and_the_request_says_how_far_it_is() {
    let house = House::open().await;
    house.stack.simulators().newsletter.take(TimeDelta::days(1));
    house.tell("Hello.", Some(ROSA), None).await;
    let path = house.unsubscribe_path(ROSA).await;
    for _ in 0..2 {
        house.click(&path).await;
        house.stack.settle().await.unwrap();
    }
    let requests = house.clicked().await;
    assert_eq!(requests.len(), 1, "twice is once");
    let status = house.status(&requests[0]).await.unwrap();
    assert_eq!(
        (&status["action"], &status["status"]),
        (&json!("unsubscribe"), &json!("approved")),
        "{status}"
    );
    let tasks = status["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!(
        (&tasks[0]["place"], &tasks[0]["state"]),
        (&json!("newsletter"), &json!("waiting")),
        "{status}"
    );
    assert_eq!(tasks[0]["due"], "2026-12-21");
    house.move_to("2026-11-24T10:00:00Z").await;
    let status = house.status(&requests[0]).await.unwrap();
    assert_eq!(status["status"], "closed", "{status}");
    assert_eq!(status["certificate"]["receipts"][0]["place"], "newsletter");
    let register = house.items("REGISTER_TABLE").await;
    assert!(
        !register.iter().any(|item| item.contains("CLICKED#")),
        "the Register forgets whom it was about"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_the_address_off_by_hand_asks_whose_it_is_while_the_request_is_open() {
    let mut options = options();
    options
        .parameters
        .insert("NewsletterConnector".to_owned(), "human".to_owned());
    let house = House::with(options).await;
    house.tell("Hello.", Some(ROSA), None).await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    house.stack.settle().await.unwrap();
    let request = house.clicked().await.remove(0);
    let whom = json!({"order": "whom", "request_id": request, "by": "dpo-7"});
    let told = house.invoke("requests", whom.clone()).await.unwrap();
    assert_eq!(
        (&told["action"], &told["identifiers"]),
        (&json!("unsubscribe"), &json!([email_id(ROSA)]))
    );
    let status = house.status(&request).await.unwrap();
    assert!(!status.to_string().contains(ROSA));
    let events = status["events"].as_array().unwrap();
    assert!(
        events
            .iter()
            .any(|event| (&event["what"], &event["by"]) == (&json!("asked whom"), &json!("dpo-7")))
    );
    for (order, field) in [
        (json!({"order": "whom", "request_id": request}), "by"),
        (json!({"order": "whom", "by": "dpo-7"}), "request_id"),
        (
            json!({"order": "whom", "request_id": "none", "by": "dpo-7"}),
            "no request",
        ),
    ] {
        assert!(
            house
                .invoke("requests", order)
                .await
                .unwrap_err()
                .contains(field),
            "{field}"
        );
    }
    house.confirm_all(&request).await;
    assert_eq!(house.status(&request).await.unwrap()["status"], "closed");
    assert!(
        house
            .invoke("requests", whom)
            .await
            .unwrap_err()
            .contains("closed")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_erasure_it_is_whom_it_was_ordered_for_and_of_a_click_without_records_nobody() {
    let house = House::where_it_sleeps("erase").await;
    let ids = [email_id(ROSA), crate::house::phone_id("07700 900142")];
    let mut order = crate::house::erasure(&ids);
    order["request_id"] = json!("ERA-1");
    house.approve(order).await.unwrap();
    let whom = async |request: &Value| {
        house
            .invoke(
                "requests",
                json!({"order": "whom", "request_id": request, "by": "dpo-7"}),
            )
            .await
            .unwrap()
    };
    let told = whom(&json!("ERA-1")).await;
    let values: BTreeSet<&str> = told["identifiers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["value"].as_str().unwrap())
        .collect();
    assert_eq!(values, BTreeSet::from([ROSA, "+447700900142"]));
    house
        .click(&house.unsubscribe_path("nobody@example.org").await)
        .await;
    assert_eq!(
        whom(&house.clicked().await[0]).await["identifiers"],
        json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_after_the_newsletter_has_taken_them_off_is_a_new_word_and_they_are_told_again() {
    let house = House::open().await;
    let path = house.unsubscribe_path(ROSA).await;
    house.click(&path).await;
    house.stack.clock().set(at("2026-11-24T10:00:00Z"));
    house.click(&path).await;
    assert_eq!(house.clicked().await.len(), 1, "they are being told");
    assert_eq!(
        house
            .opt_out(ROSA, at("2026-11-24T10:00:00Z"))
            .await
            .unwrap()
            .since(),
        at("2026-11-24T10:00:00Z")
    );
    house.take_off().await;
    house.stack.clock().set(at("2027-03-01T10:00:00Z"));
    house.click(&path).await;
    house.click(&path).await;
    assert_eq!(house.clicked().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_power_goes_off_at_any_call_the_next_click_ends_the_same() {
    let undisturbed = House::where_it_sleeps("erase").await;
    undisturbed
        .click(&undisturbed.unsubscribe_path(ROSA).await)
        .await;
    let expected = shape(&undisturbed).await;
    for off in [Off::Before, Off::After] {
        // The secret is read at the start. A click makes two more calls.
        for calls in 2..=4 {
            let house = House::where_it_sleeps("erase").await;
            let (host, _) = failing_host(&house, "unsubscribe", calls, off);
            let path = house.unsubscribe_path(ROSA).await;
            let answer = Unsubscribe::start(&host)
                .await
                .unwrap()
                .ask(click_event(&path))
                .await
                .unwrap();
            let done = calls == 4 || (calls == 3 && off == Off::Before);
            assert_eq!(
                answer["statusCode"],
                if done { 200 } else { 503 },
                "{off:?} {calls}: {answer}"
            );
            assert_eq!(house.click(&path).await.status, 200);
            assert_eq!(shape(&house).await, expected, "{off:?} {calls}");
        }
    }
}

/// Everything that is stored, without random values and the digests made from them.
async fn shape(house: &House) -> BTreeSet<String> {
    let requests = house.clicked().await;
    let blank = |item: String| {
        let item = requests.iter().fold(item, |item, request| {
            item.replace(request.as_str().unwrap(), "click-1")
        });
        ["\"approved\":\"", "\"act\":\""]
            .iter()
            .fold(item, |item, random| match item.split_once(random) {
                Some((before, after)) => {
                    format!("{before}{random}{}", after.trim_start_matches(|c| c != '"'))
                }
                None => item,
            })
    };
    house.everything().await.into_iter().map(blank).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dpo_makes_a_link_that_works_and_says_nothing_of_the_person() {
    let house = House::open().await;
    let order = |identifiers: &[Value]| json!({"order": "unsubscribe_link", "by": "dpo-7", "identifiers": identifiers});
    let before = house.everything().await;
    let link = house
        .invoke("requests", order(&[email_id(ROSA)]))
        .await
        .unwrap();
    let after = house.everything().await;
    // The ledger attests these, by hashes.
    let is_known = |item: &&String| {
        item.starts_with("LEDGER_TABLE ")
            || (item.contains("\"pk\":\"REQUEST#") && item.contains("\"sk\":\"EVENT"))
    };
    assert!(
        after.difference(&before).all(|item| is_known(&item)),
        "who asked is stored, and no link: {after:#?}"
    );
    let url = link["url"].as_str().unwrap();
    assert_eq!(link["headers"]["List-Unsubscribe"], format!("<{url}>"));
    assert_eq!(link["headers"]["List-Unsubscribe-Post"], ONE_CLICK);
    assert!(!url.contains("rosa") && !url.contains("subject"), "{url}");
    house
        .click(&url[url.find("/unsubscribe/").unwrap()..])
        .await;
    assert!(
        house
            .opt_out(ROSA, at("2026-11-23T10:00:00Z"))
            .await
            .is_some()
    );
    for wrong in [
        order(&[email_id(ROSA), email_id("abel@example.org")]),
        order(&[json!({"type": "phone", "value": "07700 900142"})]),
        json!({"order": "unsubscribe_link", "by": "dpo-7", "identifiers": [email_id(ROSA)], "list": "rosa"}),
    ] {
        let refused = house.invoke("requests", wrong).await.unwrap_err();
        assert!(
            !refused.contains("rosa") && refused.contains("must"),
            "{refused}"
        );
    }
}
