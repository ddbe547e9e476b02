//! What Granicus hands over, through the front door.

use crate::failing::{Off, failing_host};
use crate::gateway::Ask;
use crate::house::{Answer, House, email_id, erasure};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_partners::Partners;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::collections::BTreeSet;

pub const CREATED: &str = include_str!("../fixtures/granicus/submission-created.json");
pub const UPDATED: &str = include_str!("../fixtures/granicus/submission-updated.json");
pub const ANONYMOUS: &str = include_str!("../fixtures/granicus/anonymous.json");

pub const PATH: &str = "/partners/granicus/submissions";
const JSON: (&str, &str) = ("content-type", "application/json");
const SIAN: &str = "sian.obriain+council@example.org";

/// The headers that Granicus signs a body with.
type Signed = [(&'static str, String); 3];

/// The secret's name, and the document that the stack made for it.
async fn secret(house: &House) -> (String, Value) {
    let name = house.stack.settings("partners").unwrap()["GRANICUS_SECRET"].clone();
    let secret = secrets_of(house)
        .get_secret_value()
        .secret_id(&name)
        .send()
        .await;
    (
        name,
        serde_json::from_str(secret.unwrap().secret_string().unwrap()).unwrap(),
    )
}

fn sign(secret: &str, body: &str, signed_at: DateTime<Utc>) -> Signed {
    let signature = Webhook::new(secret)
        .unwrap()
        .sign("msg_1", signed_at.timestamp(), body.as_bytes())
        .unwrap();
    [
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", signed_at.timestamp().to_string()),
        ("webhook-signature", signature),
    ]
}

impl House {
    /// Granicus sends a message, signed with the stack's secret.
    pub async fn hand_over(&self, body: &str) -> Answer {
        let headers = self.signed(body).await;
        self.send(body, &headers, JSON).await
    }

    async fn signed(&self, body: &str) -> Signed {
        let (_, secret) = secret(self).await;
        sign(
            secret["current"].as_str().unwrap(),
            body,
            self.stack.clock().now(),
        )
    }

    async fn send(
        &self,
        body: &str,
        signed: &[(&str, String)],
        media_type: (&str, &str),
    ) -> Answer {
        let signed = signed.iter().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<(&str, &str)> = signed.chain([media_type]).collect();
        self.post_to(PATH, &headers, body).await
    }

    async fn outcome(&self, body: &str) -> String {
        let answer = self.hand_over(body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["outcome"].as_str().unwrap().to_owned()
    }
}

/// A sample with one field changed.
pub fn changed(sample: &str, pointer: &str, value: Value) -> String {
    let mut message: Value = serde_json::from_str(sample).unwrap();
    *message.pointer_mut(pointer).unwrap() = value;
    message.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_is_kept_once_and_corrected_in_its_place() {
    let house = House::open().await;
    assert_eq!(house.outcome(CREATED).await, "stored");
    assert_eq!(house.outcome(CREATED).await, "repeated");
    assert_eq!(house.outcome(UPDATED).await, "corrected");
    assert_eq!(house.outcome(UPDATED).await, "repeated");
    assert_eq!(
        house.outcome(CREATED).await,
        "repeated",
        "what is older changes nothing"
    );
    assert_eq!(house.outcome(ANONYMOUS).await, "stored");
    let document = house.document(&house.export(SIAN).await).await;
    assert_eq!(document["record_count"], 1);
    let record = &document["records"][0];
    assert_eq!(record["observed"]["collected_at"], "2026-09-14T10:22:29Z");
    assert_eq!(record["provided"]["satisfaction"], 4);
    assert!(
        record.to_string().contains("Collected in the end")
            && !record.to_string().contains("Third time")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_whichever_order_two_versions_arrive_the_later_one_stands() {
    let (forwards, backwards) = (House::open().await, House::open().await);
    for (house, messages) in [
        (&forwards, [CREATED, UPDATED]),
        (&backwards, [UPDATED, CREATED]),
    ] {
        for message in messages {
            assert_eq!(house.hand_over(message).await.status, 200);
        }
    }
    assert_eq!(
        forwards.items("RECORDS_TABLE").await,
        backwards.items("RECORDS_TABLE").await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_renews_nothing_and_the_record_goes_three_years_after_the_submission() {
    let house = House::open().await;
    house.outcome(CREATED).await;
    house.outcome(UPDATED).await;
    house.move_to("2029-09-14T10:22:28Z").await;
    assert_eq!(house.export(SIAN).await["records"], 1);
    house.move_to("2029-09-14T10:22:29Z").await;
    assert_eq!(house.export(SIAN).await["records"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resident_s_form_and_their_submission_are_in_one_package() {
    let house = House::open().await;
    house
        .tell(
            "By our own form.",
            Some("Sian.OBriain+council@example.org"),
            None,
        )
        .await;
    house.outcome(CREATED).await;
    let package = house.export(SIAN).await;
    let text = house.object(package["key"].as_str().unwrap()).await;
    assert_eq!(package["records"], 2);
    assert!(text.contains("By our own form.") && text.contains("Third time this month."));
    // Granicus's own name for the person leads to them as well.
    let order = json!({"kind": "access", "identifiers": [{"type": "reference", "value": "ucrn-00093321"}], "requested_by": "dpo-7"});
    assert_eq!(house.invoke("export", order).await.unwrap()["records"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_names_another_person_moves_the_record() {
    let house = House::open().await;
    house.outcome(CREATED).await;
    let other = changed(UPDATED, "/data/profile/email", json!("other@example.org"));
    assert_eq!(house.outcome(&other).await, "corrected");
    assert_eq!(house.export(SIAN).await["records"], 0);
    assert_eq!(house.export("other@example.org").await["records"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_belongs_to_another_record_is_refused_and_kept_as_it_came() {
    let house = House::open().await;
    house.outcome(CREATED).await;
    let other = changed(UPDATED, "/data/profile/email", json!("other@example.org"));
    let other = changed(&other, "/data/profile/name", json!("Otto Other"));
    let other = changed(&other, "/data/profile/phone", json!("07700 900222"));
    let other = changed(&other, "/data/ucrn", json!("UCRN-00000001"));
    let other = changed(&other, "/data/submitted_at", json!("2026-09-14T17:40:00Z"));
    let answer = house.hand_over(&other).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(answer.json()["errors"][0]["field"], "data.case_reference");
    assert!(!answer.body.contains("other@example.org"));
    // Nobody sends it again: the very bytes are there, and the record is untouched.
    assert_eq!(house.files().len(), 1, "{:?}", house.files());
    assert_eq!(house.export(SIAN).await["records"], 1);
    assert_eq!(house.export("other@example.org").await["records"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_does_not_come_back_by_a_message_from_before() {
    let house = House::open().await;
    house.outcome(CREATED).await;
    house.erase(erasure(&[email_id(SIAN)])).await.unwrap();
    let before = house.items("RECORDS_TABLE").await;
    for message in [CREATED, UPDATED] {
        assert_eq!(house.outcome(message).await, "not_kept");
    }
    assert_eq!(house.items("RECORDS_TABLE").await, before);
    assert_eq!(house.export(SIAN).await["records"], 0);
    house.move_to("2026-11-24T10:00:00Z").await;
    let new = changed(
        &changed(CREATED, "/data/submitted_at", json!("2026-11-24T09:59:00Z")),
        "/data/case_reference",
        json!("FS-2"),
    );
    assert_eq!(
        house.outcome(&new).await,
        "stored",
        "what they say afterwards is a new matter"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_known_signed_now_is_refused_alike_and_leaves_nothing() {
    let house = House::open().await;
    let before = house.everything().await;
    let now = house.stack.clock().now();
    let (_, secret) = secret(&house).await;
    let key = secret["current"].as_str().unwrap();
    let with = |name: &str, value: &str| {
        let mut signed = sign(key, CREATED, now);
        signed
            .iter_mut()
            .filter(|header| header.0 == name)
            .for_each(|header| value.clone_into(&mut header.1));
        signed.to_vec()
    };
    let without = |name: &str| {
        sign(key, CREATED, now)
            .into_iter()
            .filter(|header| header.0 != name)
            .collect()
    };
    let twice = |name: &str| {
        [
            with("", ""),
            with("", "").into_iter().filter(|it| it.0 == name).collect(),
        ]
        .concat()
    };
    let stranger = "c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vyc3RyYW5nZXI=";
    let attempts: Vec<Vec<(&str, String)>> = vec![
        Vec::new(),
        without("webhook-id"),
        without("webhook-timestamp"),
        without("webhook-signature"),
        twice("webhook-id"),
        twice("webhook-timestamp"),
        twice("webhook-signature"),
        with("webhook-id", "msg_2"),
        with("webhook-timestamp", "soon"),
        with("webhook-signature", "v1,"),
        with("webhook-signature", "v2,AAAA"),
        sign(stranger, CREATED, now).to_vec(),
        sign(key, UPDATED, now).to_vec(),
        sign(key, CREATED, now - TimeDelta::seconds(301)).to_vec(),
        sign(key, CREATED, now + TimeDelta::seconds(301)).to_vec(),
    ];
    let mut answers = Vec::new();
    for attempt in &attempts {
        let answer = house.send(CREATED, attempt, JSON).await;
        assert_eq!(answer.status, 401, "{attempt:?}");
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(
        answers.len(),
        1,
        "nobody learns what was wrong: {answers:#?}"
    );
    assert_eq!(house.everything().await, before);
    for late in [-300, 300] {
        let signed = sign(key, CREATED, now + TimeDelta::seconds(late));
        assert_eq!(house.send(CREATED, &signed, JSON).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_rotated_both_sign_and_then_only_the_new_one() {
    let house = House::open().await;
    let (name, first) = secret(&house).await;
    let old = first["current"].as_str().unwrap();
    let new = "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3";
    for (document, old_is_taken) in [
        (json!({"current": new, "previous": [old]}), 200),
        (json!({"current": new}), 401),
    ] {
        let put = secrets_of(&house)
            .put_secret_value()
            .secret_id(&name)
            .secret_string(document.to_string())
            .send()
            .await;
        put.unwrap();
        let partners = Partners::start(&house.stack.host("partners").unwrap())
            .await
            .unwrap();
        let now = house.stack.clock().now();
        for (signed, status) in [
            (sign(new, CREATED, now), 200),
            (sign(old, CREATED, now), old_is_taken),
            // During a rotation, a sender sends both signatures.
            (sign_twice(old, new, now), 200),
        ] {
            let answer = partners.ask(event(CREATED, &signed)).await.unwrap();
            assert_eq!(answer["statusCode"], status, "{answer}");
        }
    }
    let put = secrets_of(&house)
        .put_secret_value()
        .secret_id(&name)
        .secret_string("{}")
        .send()
        .await;
    put.unwrap();
    let unusable = Partners::start(&house.stack.host("partners").unwrap())
        .await
        .map(drop)
        .unwrap_err();
    assert_eq!(
        unusable.to_string(),
        "the webhook's secret must be a JSON document with a current secret"
    );
}

fn secrets_of(house: &House) -> aws_sdk_secretsmanager::Client {
    house.stack.host("partners").unwrap().secrets()
}

fn sign_twice(one: &str, other: &str, now: DateTime<Utc>) -> Signed {
    let (mut signed, second) = (sign(one, CREATED, now), sign(other, CREATED, now));
    signed[2].1 = format!("{} v1a,unknown {}", signed[2].1, second[2].1);
    signed
}

/// The event of API Gateway for a message.
pub fn event(body: &str, signed: &[(&str, String)]) -> LambdaEvent<Value> {
    let mut headers = json!({"content-type": "application/json"});
    for (name, value) in signed {
        headers[*name] = json!(value);
    }
    let key = format!("POST {PATH}");
    let payload = json!({
        "version": "2.0", "routeKey": key, "rawPath": PATH, "rawQueryString": "", "headers": headers,
        "isBase64Encoded": false, "body": body,
        "requestContext": {"accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "d", "requestId": "r",
            "routeKey": key, "stage": "$default", "time": "23/Nov/2026:10:00:00 +0000", "timeEpoch": 1_795_428_000_000_i64,
            "http": {"method": "POST", "path": PATH, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"}},
    });
    LambdaEvent::new(payload, Context::default())
}

/// The event for a message that is signed with the stack's secret.
pub async fn signed_event(house: &House, body: &str) -> LambdaEvent<Value> {
    event(body, &house.signed(body).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_are_what_is_signed_however_they_travel() {
    let house = House::open().await;
    // The gateway sends a body in base64 if its media type is not text.
    let signed = house.signed(CREATED).await;
    let answer = house
        .send(
            CREATED,
            &signed,
            ("content-type", "application/octet-stream"),
        )
        .await;
    assert_eq!(
        answer.status, 415,
        "the signature is good and the type is not: {}",
        answer.body
    );
    let spaced = format!("\n {CREATED} ");
    assert_eq!(house.outcome(&spaced).await, "stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_named_and_not_repeated() {
    let house = House::open().await;
    let before = house.everything().await;
    for (body, faults) in [
        ("{".to_owned(), vec![("(body)", "json")]),
        (
            changed(CREATED, "/data/profile/email", json!("Siân, at home")),
            vec![("data.profile.email", "email")],
        ),
        (
            changed(CREATED, "/data/submitted_at", json!("2023-11-23T10:00:00Z")),
            vec![("data.submitted_at", "too_old")],
        ),
        (
            changed(CREATED, "/data/submitted_at", json!("2026-11-23T10:05:01Z")),
            vec![("data.submitted_at", "in_future")],
        ),
        (
            changed(CREATED, "/timestamp", json!("2026-11-23T10:05:01Z")),
            vec![("timestamp", "in_future")],
        ),
        (
            changed(
                CREATED,
                "/data/answers",
                json!({"Damers Road": {"Siân": 1}}),
            ),
            vec![("data.answers.(unnamed)", "answer")],
        ),
    ] {
        let answer = house.hand_over(&body).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        let told = answer.json();
        let told = told["errors"].as_array().unwrap().iter();
        let told: Vec<(&str, &str)> = told
            .map(|error| {
                (
                    error["field"].as_str().unwrap(),
                    error["rule"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(told, faults);
        assert!(
            !answer.body.contains("Siân") && !answer.body.contains("Damers"),
            "{}",
            answer.body
        );
    }
    let large = changed(CREATED, "/data/comment", json!("a".repeat(256 * 1024)));
    assert_eq!(house.hand_over(&large).await.status, 413);
    // Each is kept as it came, with the index of who may be named in it, and nothing else is kept.
    let kept = |item: &String| {
        ["file quarantine/granicus/", "index indexes/granicus/"]
            .iter()
            .any(|folder| item.starts_with(folder))
    };
    assert_eq!(
        house
            .everything()
            .await
            .into_iter()
            .filter(|item| !kept(item))
            .collect::<BTreeSet<_>>(),
        before
    );
    assert_eq!(house.files().len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_message_fits_into_an_item() {
    let house = House::open().await;
    let answers: serde_json::Map<String, Value> = (0..12)
        .map(|number| (format!("question-{number}"), json!("a".repeat(20_000))))
        .collect();
    let mut body = changed(CREATED, "/data/answers", Value::Object(answers));
    body.push_str(&" ".repeat(256 * 1024 - body.len()));
    assert_eq!(house.outcome(&body).await, "stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_can_be_kept_the_partner_is_asked_to_come_again() {
    let house = House::open().await;
    // The secrets are read at the start. After that the power goes off.
    let (host, _) = failing_host(&house, "partners", 2, Off::Before);
    let partners = Partners::start(&host).await.unwrap();
    let answer = partners
        .ask(signed_event(&house, CREATED).await)
        .await
        .unwrap();
    assert_eq!(
        (&answer["statusCode"], &answer["headers"]["retry-after"]),
        (&json!(503), &json!("5")),
        "{answer}"
    );
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    assert_eq!(house.outcome(CREATED).await, "stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_addresses_and_methods_are_not_found() {
    let house = House::open().await;
    let mut event = signed_event(&house, CREATED).await;
    event.payload["rawPath"] = json!("/partners/granicus");
    event.payload["requestContext"]["http"]["path"] = json!("/partners/granicus");
    let answer = house.invoke("partners", event.payload).await.unwrap();
    assert_eq!(answer["statusCode"], 404);
    let mut event = signed_event(&house, CREATED).await;
    event.payload["requestContext"]["http"]["method"] = json!("PUT");
    let answer = house.invoke("partners", event.payload).await.unwrap();
    assert_eq!(answer["statusCode"], 404);
    assert!(
        house
            .invoke("partners", json!("message"))
            .await
            .unwrap_err()
            .contains("not an event of API Gateway")
    );
}
