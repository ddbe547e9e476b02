//! Breaches, from awareness to what the Commissioner was told.

use super::{get, post, post_with};
use crate::house::House;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_is_registered_scoped_counted_and_told_late_with_a_reason() {
    let house = House::open().await;
    house.tell("The bins", Some("rosa@example.org"), None).await;
    let breach = json!({"aware_at": "2026-11-23T09:00:00Z", "how": "staff"});
    let key = [("idempotency-key", "breach-1")];
    let first = post_with(&house, "dana", "/api/breaches", &key, breach.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let id = first.body["breach_id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("B-2026-"), "{id}");
    assert_eq!(first.header("location"), format!("/api/breaches/{id}"));
    assert_eq!(first.body["clock"]["due"], "2026-11-26T09:00:00Z");
    let again = post_with(&house, "dana", "/api/breaches", &key, breach).await;
    assert_eq!(again.body["breach_id"], json!(id));
    let path = |what: &str| format!("/api/breaches/{id}{what}");
    let scope =
        json!({"about_people": 1, "query": {"sources": ["web_form"], "from": "2026-11-01"}});
    let seen = [("if-match", "\"1\"")];
    let scoped = post_with(&house, "dana", &path("/scope"), &seen, scope.clone()).await;
    assert_eq!(
        (scoped.status, scoped.header("etag")),
        (200, "\"2\""),
        "{}",
        scoped.body
    );
    let stale = post_with(&house, "dana", &path("/scope"), &seen, scope).await;
    assert_eq!((stale.status, stale.problem()), (412, "outdated"));
    let counted = post(&house, "dana", &path("/count"), json!({})).await;
    assert_eq!(
        (&counted.body["people"], &counted.body["cursor"]),
        (&json!(1), &Value::Null),
        "{}",
        counted.body
    );
    let affected = post(&house, "dana", &path("/affected"), json!({})).await;
    assert_eq!(affected.status, 200, "{}", affected.body);
    assert!(!affected.body.to_string().contains("rosa@example.org"));
    house.move_to("2026-11-27T09:00:00Z").await;
    let told =
        json!({"at": "2026-11-27T08:00:00Z", "reference": "IC-123456-A1B2", "phase": "initial"});
    let late = post(&house, "dana", &path("/commissioner"), told).await;
    assert_eq!(
        (late.status, late.problem()),
        (422, "late"),
        "{}",
        late.body
    );
    let form = get(&house, "dana", &path("/form")).await;
    assert!(form.body["text"].is_string(), "{}", form.body);
    let one = get(&house, "dana", &path("")).await;
    assert_eq!((one.status, one.header("etag")), (200, "\"2\""));
    assert_eq!(one.body["history"], Value::Null);
    let history = get(&house, "dana", &path("/history")).await;
    assert_eq!(history.body["history"].as_array().unwrap().len(), 2);
    let listed = get(&house, "dana", "/api/breaches").await;
    assert!(listed.body.to_string().contains(&id), "{}", listed.body);
    assert_eq!(get(&house, "ari", "/api/breaches").await.status, 403);
    let nowhere = get(&house, "dana", "/api/breaches/B-2026-0000").await;
    assert_eq!(nowhere.status, 404);
    house.stack.stop().await;
}
