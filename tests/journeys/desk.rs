//! The desk: signing in, what a session allows and how long, forms, and that nothing typed there
//! gets into a log or a table.

pub mod signed_in;

use crate::house::House;
use custodian_store::Item;
use reqwest::StatusCode;
use serde_json::{Value, json};
use signed_in::{Browser, sign_in};

/// A case that is registered by an order.
async fn registered(house: &House, case: &str, kind: &str) {
    let order = json!({
        "order": "register", "case_id": case, "received": "2026-11-23", "channel": "telephone", "asker": "person",
        "kinds": [kind], "by": "d-1",
    });
    house.invoke("requests", order).await.unwrap();
}

async fn trail(house: &House) -> Vec<Value> {
    let order = json!({"order": "audit", "by": "a-1", "day": "2026-11-23"});
    let listed = house.invoke("requests", order).await.unwrap();
    listed["entries"].as_array().unwrap().clone()
}

fn orders(trail: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attempts = trail.iter().filter(|entry| entry["attempt"].is_object());
    attempts
        .map(|entry| {
            (
                text(&entry["attempt"]["order"]),
                text(&entry["attempt"]["by"]),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_and_who_is_refused_a_page_is_written_down() {
    let house = House::open().await;
    let dana = sign_in(&house, "dana").await;
    assert_eq!(dana.get("/desk").await.status, StatusCode::OK);
    let ola = sign_in(&house, "ola").await;
    let refused = ola.get("/desk/requests").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(
        refused.body.contains("Data Protection Officer"),
        "{}",
        refused.body
    );
    let given = orders(&trail(&house).await);
    let gave = |order: &str, by: &str| given.contains(&(order.to_owned(), by.to_owned()));
    assert!(
        gave("signed_in", "d-1") && gave("signed_in", "n-1"),
        "{given:?}"
    );
    assert!(
        gave("page_refused", "n-1") && !gave("page_refused", "d-1"),
        "{given:?}"
    );
    assert!(gave("list", "d-1") && !gave("list", "n-1"), "{given:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_nothing_is_done_and_after_eight_hours() {
    let house = House::open().await;
    let (busy, idle) = (
        sign_in(&house, "dana").await,
        sign_in(&house, "dilys").await,
    );
    for moment in [
        "10:29", "10:58", "11:27", "11:56", "12:25", "12:54", "13:23", "13:52",
    ] {
        house.move_to(&format!("2026-11-23T{moment}:00Z")).await;
        assert_eq!(
            busy.get("/desk/calendar").await.status,
            StatusCode::OK,
            "{moment}"
        );
    }
    assert_eq!(
        idle.get("/desk/calendar").await.status,
        StatusCode::UNAUTHORIZED
    );
    for moment in [
        "14:21", "14:50", "15:19", "15:48", "16:17", "16:46", "17:15", "17:44",
    ] {
        house.move_to(&format!("2026-11-23T{moment}:00Z")).await;
        assert_eq!(
            busy.get("/desk/calendar").await.status,
            StatusCode::OK,
            "{moment}"
        );
    }
    house.move_to("2026-11-23T18:00:01Z").await;
    assert_eq!(
        busy.get("/desk/calendar").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_removed_or_loses_a_role_loses_the_desk_within_five_minutes() {
    let house = House::open().await;
    let (dana, dilys) = (
        sign_in(&house, "dana").await,
        sign_in(&house, "dilys").await,
    );
    house.stack.issuer().remove("dana");
    house.stack.issuer().set_groups("dilys", &["dpo-trainee"]);
    house.move_to("2026-11-23T10:05:01Z").await;
    assert_eq!(dana.get("/desk").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(dilys.get("/desk").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_when_a_session_ended_is_in_the_form_after_signing_in_again() {
    let house = House::open().await;
    registered(&house, "C-2026-0042", "access").await;
    let mut dana = sign_in(&house, "dana").await;
    let form = "/desk/cases/C-2026-0042/do/assign";
    let token = dana.token(form).await;
    house.move_to("2026-11-23T10:31:00Z").await;
    let typed = [
        ("token", token.as_str()),
        ("handler", "D-2"),
        ("note", "ring before noon"),
    ];
    let late = dana.post(form, &typed).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    assert!(
        late.body.contains("What you typed is kept"),
        "{}",
        late.body
    );
    dana.sign_in_again(&house, "dana").await;
    let shown = dana.get(form).await;
    assert!(shown.body.contains("ring before noon"), "{}", shown.body);
    // Somebody else at the same computer does not get it.
    house.move_to("2026-11-23T11:10:00Z").await;
    dana.post(form, &typed).await;
    dana.sign_in_again(&house, "dilys").await;
    assert!(!dana.get(form).await.body.contains("ring before noon"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_sent_once_however_often_its_button_is_pressed() {
    let house = House::open().await;
    registered(&house, "C-2026-0042", "access").await;
    let dana = sign_in(&house, "dana").await;
    let form = "/desk/cases/C-2026-0042/do/ask-what-is-meant";
    let page = dana.get(&format!("{form}?kind=access")).await;
    let mut typed = page.hidden();
    typed.extend(
        [("on-day", "23"), ("on-month", "11"), ("on-year", "2026")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    for _ in 0..3 {
        assert_eq!(dana.send(form, &typed).await.status, StatusCode::SEE_OTHER);
    }
    let case = json!({"order": "case", "case_id": "C-2026-0042", "by": "d-1"});
    let case = house.invoke("requests", case).await.unwrap();
    assert_eq!(case["history"].as_array().unwrap().len(), 2, "{case}");
    // Another tab that was opened before is told what happened since.
    let mut stale = page.hidden();
    let token = dana.token(&format!("{form}?kind=access")).await;
    stale.retain(|(name, _)| name != "token");
    stale.push(("token".to_owned(), token));
    stale.extend(
        [("on-day", "23"), ("on-month", "11"), ("on-year", "2026")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let refused = dana.send(form, &stale).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("question asked"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_case_is_about_is_sealed_and_ends_with_the_session() {
    let house = House::open().await;
    house
        .tell("It sings", Some("canary@kanarienvogel.example"), None)
        .await;
    registered(&house, "C-2026-0042", "access").await;
    let mut dana = sign_in(&house, "dana").await;
    let form = "/desk/cases/C-2026-0042/person";
    let mut typed = dana.get(form).await.hidden();
    typed.push((
        "emails".to_owned(),
        "canary@kanarienvogel.example".to_owned(),
    ));
    let found = dana.send(form, &typed).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(
        !found.body.contains("canary@") && found.body.contains("hidden"),
        "{}",
        found.body
    );
    assert!(
        dana.get(form)
            .await
            .body
            .contains("canary@kanarienvogel.example")
    );
    let sessions = everything(&house).await;
    assert!(sessions.len() >= 2, "{sessions:?}");
    for item in &sessions {
        let text = format!("{item:?}");
        assert!(
            !text.contains("kanarienvogel") && !text.contains("C-2026-0042"),
            "{text}"
        );
    }
    let mut goodbye = dana.get("/desk").await.hidden();
    goodbye.truncate(1);
    assert_eq!(
        dana.send("/desk/sign-out", &goodbye).await.status,
        StatusCode::OK
    );
    assert_eq!(everything(&house).await, Vec::<Item>::new());
    dana.sign_in_again(&house, "dana").await;
    assert!(!dana.get(form).await.body.contains("kanarienvogel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_acts_on_nobody_but_whom_it_shows() {
    let house = House::open().await;
    house.tell("One", Some("rosa@example.org"), None).await;
    house.tell("Two", Some("bob@example.org"), None).await;
    registered(&house, "C-2026-0042", "access").await;
    let dana = sign_in(&house, "dana").await;
    let form = "/desk/cases/C-2026-0042/person";
    let search = async |address: &str| {
        let mut typed = dana.get(form).await.hidden();
        typed.push(("emails".to_owned(), address.to_owned()));
        dana.send(form, &typed).await
    };
    let rosa = search("rosa@example.org").await;
    let package = "/desk/cases/C-2026-0042/package/access";
    let make = dana.get(package).await.hidden();
    search("bob@example.org").await;
    for (path, fields) in [(form, rosa.hidden()), (package, make)] {
        let refused = dana.send(path, &fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{path}");
        assert!(
            refused.body.contains("Nothing was done"),
            "{}",
            refused.body
        );
    }
    let status = json!({"status": "C-2026-0042-access", "by": "d-1"});
    let unknown = crate::house::told(house.invoke("export", status).await);
    assert!(unknown.unwrap_err().contains("no package"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_loads_itself_again_keeps_no_session_alive() {
    let house = House::open().await;
    let dana = sign_in(&house, "dana").await;
    for minute in [10, 20, 29] {
        house.move_to(&format!("2026-11-23T10:{minute}:00Z")).await;
        let page = dana.get("/desk/calendar?follow=yes").await;
        assert_eq!(page.status, StatusCode::OK);
    }
    house.move_to("2026-11-23T10:31:00Z").await;
    assert_eq!(
        dana.get("/desk/calendar").await.status,
        StatusCode::UNAUTHORIZED
    );
}

/// What is in the table of sessions, but how often staff have searched.
async fn everything(house: &House) -> Vec<Item> {
    let scan = house.dynamodb().scan().table_name("custodian-Sessions");
    let mut items = scan.send().await.unwrap().items().to_vec();
    items.retain(|item| item["pk"].as_s().unwrap().starts_with("SESSION#"));
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stranger_finishes_a_sign_in_that_somebody_else_began() {
    let house = House::open().await;
    let browser = Browser::new(&house);
    let (callback, _) = browser.begin(&house, "dana").await;
    // Without the cookie of the browser that began, with a wrong state, with a code twice.
    let stranger = Browser::new(&house);
    assert_eq!(
        stranger.get_url(&callback).await.status,
        StatusCode::FORBIDDEN
    );
    let wrong = callback.replace("state=", "state=x");
    assert_eq!(browser.get_url(&wrong).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        browser.get_url(&callback).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        browser.get_url(&callback).await.status,
        StatusCode::FORBIDDEN
    );
    for path in ["/desk", "/desk/cases/C-1", "/desk/nothing", "/desk/looks"] {
        assert_eq!(
            stranger.get(path).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}
