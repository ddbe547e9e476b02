//! Calls that are refused: by the gateway, for the caller's role, and for what is in them.

use super::{JSON, call, get, registered, token};
use crate::house::House;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_and_a_role_open_a_call_and_a_refusal_is_written_down() {
    let house = House::open().await;
    registered(&house, "C-1", &["access"]).await;
    let without = |token: Option<String>| {
        let house = &house;
        async move {
            let path = "/api/cases";
            call(
                house,
                token.as_deref(),
                Method::GET,
                path,
                &[],
                String::new(),
            )
            .await
        }
    };
    assert_eq!(without(None).await.status, 401);
    let id_token = house.stack.issuer().tokens_for("dana").unwrap().id;
    assert_ne!(without(Some(id_token)).await.status, 200);
    let mut claims = house.stack.issuer().claims_for("dana").unwrap();
    claims["username"] = json!("dana");
    let unnumbered = house.stack.issuer().sign(&claims);
    let told = without(Some(unnumbered)).await;
    assert_eq!((told.status, told.problem()), (403, "no-staff-number"));
    for (person, path, status) in [
        ("dana", "/api/cases", 200),
        ("hana", "/api/cases", 403),
        ("ari", "/api/cases", 403),
        ("ari", "/api/cases/C-1", 200),
        ("ola", "/api/cases/C-1", 403),
        ("ola", "/api/cases/C-2", 403),
        ("dana", "/api/cases/C-2", 404),
        ("nobody", "/api/calendar", 403),
        ("petra", "/api/calendar", 200),
        ("ola", "/api/clocks?kind=access&received=2026-11-25", 200),
        ("dana", "/api/nothing", 404),
        ("ari", "/api/audit?day=2026-11-23", 200),
        ("dana", "/api/audit?day=2026-11-23", 403),
        ("dana", "/api/audit?case=C-1", 200),
        ("ari", "/api/figures?month=2026-11", 200),
        ("ari", "/api/figures", 422),
    ] {
        let told = get(&house, person, path).await;
        assert_eq!(told.status, status, "{person} {path}: {}", told.body);
        assert_eq!(told.header("cache-control"), "no-store", "{path}");
    }
    let told = get(&house, "hana", "/api/cases").await;
    assert_eq!(told.problem(), "role");
    let detail = told.body["detail"].as_str().unwrap();
    assert!(detail.contains("Data Protection Officer"), "{detail}");
    let trail = get(&house, "ari", "/api/audit?day=2026-11-23").await;
    let entries = trail.body["entries"].as_array().unwrap().iter();
    let refused: Vec<&str> = entries
        .filter(|entry| entry["attempt"]["order"] == "page_refused")
        .map(|entry| entry["attempt"]["by"].as_str().unwrap())
        .collect();
    assert_eq!(
        refused,
        ["h-1", "a-1", "n-1", "n-1", "x-1", "d-1", "h-1"],
        "everybody whose role may not do it"
    );
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_call_is_refused_and_never_repeated() {
    let house = House::open().await;
    registered(&house, "C-1", &["access"]).await;
    let token = token(&house, "dana");
    let search = "/api/requests/C-1-access/search";
    let large = format!("{{\"identifiers\": \"{}\"}}", "rosa".repeat(20_000));
    let form = ("content-type", "application/x-www-form-urlencoded");
    let named = json!({"rosa@example.org": 1}).to_string();
    let queried = format!("{search}?email=rosa@example.org");
    for (method, path, header, body, status) in [
        (Method::DELETE, "/api/cases", JSON, "", 405),
        (Method::GET, search, JSON, "", 405),
        (Method::POST, search, form, "email=rosa@example.org", 415),
        (Method::POST, search, JSON, large.as_str(), 413),
        (Method::POST, search, JSON, "{\"rosa@example.org", 400),
        (Method::POST, search, JSON, named.as_str(), 422),
        (Method::POST, &queried, JSON, "{}", 422),
        (
            Method::GET,
            "/api/cases?email=rosa@example.org",
            JSON,
            "",
            422,
        ),
        (
            Method::POST,
            search,
            ("idempotency-key", "rosa@example.org"),
            "",
            400,
        ),
        (Method::POST, "/api/requests/rosa/search", JSON, "{}", 404),
    ] {
        let body = body.to_owned();
        let told = call(&house, Some(&token), method, path, &[header], body).await;
        assert_eq!(told.status, status, "{path}: {}", told.body);
        assert_eq!(told.header("content-type"), "application/problem+json");
        assert!(!told.body.to_string().contains("rosa"), "{}", told.body);
        assert_eq!(told.headers.contains_key("allow"), status == 405);
    }
    let head = call(
        &house,
        Some(&token),
        Method::HEAD,
        "/api/cases",
        &[],
        String::new(),
    );
    assert_eq!(head.await.status, 200);
    house.stack.stop().await;
}
