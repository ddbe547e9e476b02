//! Calls about a person's data: searches, looks, copies and erasures.

use super::{JSON, call, get, post, post_with, registered};
use crate::house::{House, email_id};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_searched_for_looked_at_and_given_their_copy() {
    let house = House::open().await;
    let answer = house.tell("The bins", Some("rosa@example.org"), None).await;
    let reference = answer["reference"].as_str().unwrap();
    registered(&house, "C-1", &["access", "rectification"]).await;
    let whose = || json!({"identifiers": [email_id("rosa@example.org")]});
    let search = "/api/requests/C-1-access/search";
    let found = post(&house, "dana", search, whose()).await;
    assert_eq!(found.status, 200, "{}", found.body);
    assert_eq!(found.body["records"][0]["record"], reference);
    let told = post(&house, "hana", search, whose()).await;
    assert_eq!((told.status, told.problem()), (403, "role"));
    let told = post(&house, "dana", search, json!({"identifiers": []})).await;
    assert_eq!((told.status, told.problem()), (422, "invalid"));
    assert_eq!(told.body["errors"][0]["field"], "identifiers");
    let one = format!("/api/requests/C-1-rectification/records/{reference}/look");
    let seen = post(&house, "dana", &one, whose()).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let version = seen.header("etag").to_owned();
    let mut change = whose();
    change["record"] = json!(reference);
    change["changes"] = json!({"answers.comment": "The bins were late"});
    let correct = "/api/requests/C-1-rectification/corrections";
    let matching = [("if-match", version.as_str())];
    let corrected = post_with(&house, "dana", correct, &matching, change.clone()).await;
    assert_eq!(corrected.status, 200, "{}", corrected.body);
    change["changes"] = json!({"answers.comment": "The bins were early"});
    let stale = post_with(&house, "dana", correct, &matching, change).await;
    assert_eq!((stale.status, stale.problem()), (412, "outdated"));

    let package = "/api/requests/C-1-access/package";
    assert_eq!(get(&house, "dana", package).await.status, 404);
    let made = post(&house, "dana", package, whose()).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["records"], 1);
    let status = get(&house, "dana", package).await;
    assert_eq!(
        (&status.body["state"], &status.body["requested_by"]),
        (&json!("complete"), &json!("d-1"))
    );
    let read = post(&house, "dana", &format!("{package}/reading"), json!({})).await;
    assert!(read.body["code"].is_string(), "{}", read.body);
    let withdrawal = format!("{package}/withdrawal");
    let reason = json!({"reason": "made by mistake"});
    let withdrawn = post(&house, "dana", &withdrawal, reason).await;
    assert_eq!(withdrawn.body["withdrawn"]["by"], "d-1");
    let gone = post(&house, "dana", package, whose()).await;
    assert_eq!((gone.status, gone.problem()), (410, "gone"));

    let begun = [("prefer", "respond-async")];
    let portable = "/api/requests/C-2-portability/package";
    registered(&house, "C-2", &["portability"]).await;
    let told = post_with(&house, "dana", portable, &begun, whose()).await;
    assert_eq!((told.status, told.header("location")), (202, portable));
    let mut state = Value::Null;
    for _ in 0..100 {
        state = get(&house, "dana", portable).await.body["state"].clone();
        if state == "complete" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(state, "complete");
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forty_first_search_of_an_hour_waits_for_the_next() {
    let house = House::open().await;
    registered(&house, "C-1", &["access"]).await;
    let whose = json!({"identifiers": [email_id("nobody@example.org")]});
    let search = "/api/requests/C-1-access/search";
    for _ in 0..40 {
        let told = post(&house, "dana", search, whose.clone()).await;
        assert_eq!(told.status, 200, "{}", told.body);
    }
    let links = "/api/requests/C-1-access/links/search";
    for path in [search, links] {
        let told = post(&house, "dana", path, whose.clone()).await;
        assert_eq!((told.status, told.problem()), (429, "too-many-searches"));
        assert_eq!(told.header("retry-after"), "3600");
    }
    assert_eq!(
        post(&house, "dilys", search, whose.clone()).await.status,
        200
    );
    house.move_to("2026-11-23T11:00:00Z").await;
    assert_eq!(post(&house, "dana", search, whose).await.status, 200);
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_approved_by_somebody_else_who_signed_in_just_now() {
    let house = House::open().await;
    house.tell("The bins", Some("rosa@example.org"), None).await;
    registered(&house, "C-1", &["erasure"]).await;
    let plan = json!({"identifiers": [email_id("rosa@example.org")], "ground": "17(1)(b)"});
    let planned = post(&house, "dana", "/api/requests/C-1-erasure/plan", plan).await;
    assert_eq!(planned.status, 200, "{}", planned.body);
    let hash = json!({"hash": planned.body["hash"]});
    let approve = "/api/requests/C-1-erasure/approve";
    let told = post(&house, "dana", approve, hash.clone()).await;
    assert_eq!((told.status, told.problem()), (409, "same-person"));
    let mut claims = house.stack.issuer().claims_for("dilys").unwrap();
    let signed_in = claims["auth_time"].as_i64().unwrap();
    let signed_in = DateTime::<Utc>::from_timestamp(signed_in, 0).unwrap();
    let before = signed_in - TimeDelta::minutes(16);
    claims["auth_time"] = json!(before.timestamp());
    let old = house.stack.issuer().sign(&claims);
    let (post_it, body) = (Method::POST, hash.to_string());
    let told = call(&house, Some(&old), post_it, approve, &[JSON], body).await;
    assert_eq!((told.status, told.problem()), (401, "sign-in-again"));
    let stale = post(&house, "dilys", approve, json!({"hash": "2.another"})).await;
    assert_eq!((stale.status, stale.problem()), (409, "stale"));
    let approved = post(&house, "dilys", approve, hash).await;
    assert_eq!(approved.status, 200, "{}", approved.body);
    let status = get(&house, "dana", "/api/requests/C-1-erasure").await;
    assert_eq!(status.body["request_id"], "C-1-erasure");
    let whom = post(&house, "hana", "/api/tasks/C-1-erasure/whom", json!({})).await;
    assert_eq!(whom.status, 200, "{}", whom.body);
    house.stack.stop().await;
}
