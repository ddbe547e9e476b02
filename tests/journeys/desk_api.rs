//! The desk's API: orders over HTTP, in the name of whoever's token it is.

mod breaches;
mod people;
mod refusals;

use crate::house::House;
use reqwest::Method;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

/// An answer of the API.
struct Told {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The name of a problem.
    fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.strip_prefix("urn:custodian:problem:").unwrap_or(kind)
    }
}

/// A call with a token.
async fn call(
    house: &House,
    token: Option<&str>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Told {
    let url = format!("{}{path}", house.stack.desk_url().unwrap());
    let mut request = reqwest::Client::new().request(method, url).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    Told {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default(),
    }
}

fn token(house: &House, person: &str) -> String {
    house.stack.issuer().token_for(person).unwrap()
}

async fn get(house: &House, person: &str, path: &str) -> Told {
    let token = token(house, person);
    call(house, Some(&token), Method::GET, path, &[], String::new()).await
}

async fn post(house: &House, person: &str, path: &str, body: Value) -> Told {
    post_with(house, person, path, &[], body).await
}

async fn post_with(
    house: &House,
    person: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Told {
    let token = token(house, person);
    let headers = [&[JSON], headers].concat();
    let body = body.to_string();
    call(house, Some(&token), Method::POST, path, &headers, body).await
}

/// Registers a case of these kinds, as Dana.
async fn registered(house: &House, case: &str, kinds: &[&str]) -> Told {
    let case = json!({"case_id": case, "received": "2026-11-23", "channel": "telephone", "asker": "person",
        "kinds": kinds});
    let told = post(house, "dana", "/api/cases", case).await;
    assert_eq!(told.status, 201, "{}", told.body);
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_registered_asked_about_and_closed() {
    let house = House::open().await;
    let case = json!({"received": "2026-11-23", "channel": "telephone", "asker": "person", "kinds": ["access"]});
    let key = [("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324")];
    let first = post_with(&house, "dana", "/api/cases", &key, case.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let id = first.body["case_id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("C-2026-"), "{id}");
    assert_eq!(first.header("location"), format!("/api/cases/{id}"));
    assert_eq!(first.header("cache-control"), "no-store");
    assert_eq!(first.body["requests"][0]["due"], "2026-12-23");
    assert_eq!(first.body["handler"], "d-1");
    let again = post_with(&house, "dana", "/api/cases", &key, case.clone()).await;
    assert_eq!(
        (&again.body["case_id"], &again.body["repeated"]),
        (&json!(id), &json!(true))
    );
    let other = post_with(&house, "dilys", "/api/cases", &key, case).await;
    assert_ne!(other.body["case_id"], json!(id), "a key is one person's");

    let listed = get(&house, "dana", "/api/cases?kind=access&handler=D-1").await;
    assert_eq!(listed.body["requests"].as_array().unwrap().len(), 1);
    assert_eq!(listed.body["cursor"], Value::Null);
    let one = get(&house, "dana", &format!("/api/cases/{id}")).await;
    assert_eq!((one.status, one.header("etag")), (200, "\"1\""));
    assert_eq!(one.body["history"], Value::Null);

    let request = format!("/api/requests/{id}-access");
    let questions = format!("{request}/questions");
    let on = |day: &str| json!({ "on": day });
    let seen = [("if-match", "\"1\"")];
    let asked = post_with(&house, "dana", &questions, &seen, on("2026-11-23")).await;
    assert_eq!((asked.status, asked.header("etag")), (200, "\"2\""));
    assert_eq!(asked.body["requests"][0]["due"], Value::Null);
    let stale = post_with(&house, "dana", &questions, &seen, on("2026-11-23")).await;
    assert_eq!((stale.status, stale.problem()), (412, "outdated"));
    house.move_to("2026-11-27T10:00:00Z").await;
    let answer = format!("{questions}/1/answer");
    let key = [("idempotency-key", "answer-1")];
    for repeated in [false, true] {
        let answered = post_with(&house, "dana", &answer, &key, on("2026-11-26")).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        assert_eq!(answered.body["repeated"], repeated);
        assert_eq!(answered.body["requests"][0]["due"], "2026-12-29");
    }
    let twice = post(&house, "dana", &answer, on("2026-11-26")).await;
    assert_eq!((twice.status, twice.problem()), (409, "not-now"));
    let nowhere = post(
        &house,
        "dana",
        &format!("{questions}/2/answer"),
        on("2026-11-26"),
    )
    .await;
    assert_eq!(nowhere.status, 404);

    let letter = get(&house, "dana", &format!("{request}/letters/acknowledge")).await;
    assert!(letter.body["text"].as_str().unwrap().contains(&id));
    let letter = get(&house, "dana", &format!("{request}/letters/nothing")).await;
    assert_eq!(letter.status, 404);

    house.move_to("2026-12-30T10:00:00Z").await;
    let late = json!({"told_on": "2026-12-30", "reason": "complex"});
    let late = post(&house, "dana", &format!("{request}/extension"), late).await;
    assert_eq!((late.status, late.problem()), (422, "too-late-to-extend"));
    let close = format!("{request}/close");
    let withdrawn = json!({"ending": "withdrawn", "on": "2026-12-30"});
    let reasonless = post(&house, "dana", &close, withdrawn).await;
    assert_eq!((reasonless.status, reasonless.problem()), (422, "late"));
    let withdrawn = json!({"ending": "withdrawn", "on": "2026-12-30", "late": "staffing"});
    let closed = post(&house, "dana", &close, withdrawn).await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    assert_eq!(closed.body["requests"][0]["closed"]["ending"], "withdrawn");
    let history = get(&house, "ari", &format!("/api/cases/{id}/history")).await;
    let events = history.body["history"].as_array().unwrap().iter();
    let events: Vec<&str> = events
        .map(|event| event["event"]["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        events,
        [
            "registered",
            "question_asked",
            "question_answered",
            "closed"
        ]
    );
    assert_eq!(history.body["requests"], Value::Null);
    house.stack.stop().await;
}
