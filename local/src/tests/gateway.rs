//! Two HTTP APIs, one of which lets in who has a token of its issuer.

use super::{House, house};
use crate::iam::Call;
use custodian_simulators::{Forgery, Mode};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// How the desk answers a request with this token: the status, the headers and the JSON.
async fn with_token(house: &House, path: &str, token: Option<&str>) -> (u16, String, Value) {
    let header = token.map_or(String::new(), |it| format!("\nauthorization: {it}"));
    let url = house.stack.desk_url().unwrap();
    let answer = House::ask_at(url, &format!("GET {path} HTTP/1.1{header}")).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = serde_json::from_str(body).unwrap_or_default();
    (status, head.to_lowercase(), body)
}

async fn status(house: &House, token: &str) -> u16 {
    let answer = with_token(house, "/api/cases", Some(&format!("Bearer {token}"))).await;
    answer.0
}

/// Dana's token, with something else in it, signed by the issuer.
fn changed(house: &House, claim: &str, value: Value) -> String {
    let issuer = house.stack.issuer();
    let mut claims = issuer.claims_for("dana").unwrap();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
        value => claims[claim] = value,
    }
    issuer.sign(&claims)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_apis_do_not_answer_each_others_routes() {
    let house = house(|_| ()).await;
    let desk = house.stack.desk_url().unwrap();
    assert!(desk.starts_with("http://localhost:"), "{desk}");
    assert_eq!(house.stack.settings("desk").unwrap()["DESK_URL"], desk);
    let not_found = json!({"message": "Not Found"});
    for path in [
        "/pages/1",
        "/_local/clock",
        "/2015-03-31/functions/echo/invocations",
    ] {
        let (status, _, body) = with_token(&house, path, None).await;
        assert_eq!((status, body), (404, not_found.clone()), "{path}");
    }
    for path in ["/desk", "/desk/today", "/api/cases"] {
        let body = house.json(404, &format!("GET {path} HTTP/1.1")).await;
        assert_eq!(body, not_found, "{path}");
    }
    let (status, _, event) = with_token(&house, "/desk/a/b", None).await;
    assert_eq!(
        (status, &event["routeKey"]),
        (200, &json!("ANY /desk/{path+}"))
    );
    assert_eq!(event["pathParameters"], json!({"path": "a/b"}));
    assert_eq!(event["requestContext"]["authorizer"], Value::Null);
    assert_eq!(event["requestContext"]["domainName"], "localhost");
    let described = house.json(200, "GET /_local/endpoints HTTP/1.1").await;
    assert_eq!(described["apis"], json!({ "DeskApi": desk }));
    assert_eq!(described["endpoints"]["lambda"], house.stack.url());
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lets_in_and_its_claims_reach_the_function_as_texts() {
    let house = house(|_| ()).await;
    let issuer = house.stack.issuer();
    issuer.set_groups("dana", &["analyst", "dpo"]);
    let token = issuer.token_for("dana").unwrap();
    let claims = issuer.claims_for("dana").unwrap();
    for scheme in ["Bearer ", "bearer ", ""] {
        let header = format!("{scheme}{token}");
        let (status, _, event) = with_token(&house, "/api/cases/1", Some(&header)).await;
        assert_eq!(
            (status, &event["routeKey"]),
            (200, &json!("ANY /api/{path+}"))
        );
        let jwt = &event["requestContext"]["authorizer"]["jwt"];
        assert_eq!(jwt["scopes"], json!(["custodian/desk"]));
        let said = &jwt["claims"];
        assert_eq!(said["cognito:groups"], "[analyst dpo]");
        assert_eq!(
            (&said["sub"], &said["token_use"]),
            (&claims["sub"], &json!("access"))
        );
        assert!(
            said.as_object().unwrap().values().all(Value::is_string),
            "{said}"
        );
    }
    // Whole words: somebody of another group is let in here, and the function sees which.
    issuer.set_groups("dana", &["dpo-trainee"]);
    let token = format!("Bearer {}", issuer.token_for("dana").unwrap());
    let (_, _, event) = with_token(&house, "/api/cases", Some(&token)).await;
    let said = &event["requestContext"]["authorizer"]["jwt"]["claims"];
    assert_eq!(said["cognito:groups"], "[dpo-trainee]");
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bad_token_lets_anybody_in() {
    let house = house(|_| ()).await;
    let issuer = house.stack.issuer().clone();
    let now = house.stack.clock().now().timestamp();
    let claims = issuer.claims_for("dana").unwrap();
    let token = issuer.token_for("dana").unwrap();
    assert_eq!(status(&house, &token).await, 200);
    let mut bad = vec![
        ("nothing", String::new()),
        ("words", "a b c".to_owned()),
        ("two parts", token.rsplit_once('.').unwrap().0.to_owned()),
        ("four parts", format!("{token}.x")),
        ("no end", changed(&house, "exp", Value::Null)),
        (
            "an end that is a text",
            changed(&house, "exp", json!("2999-01-01")),
        ),
        ("over", changed(&house, "exp", json!(now - 1))),
        ("not yet", changed(&house, "nbf", json!(now + 60))),
        ("of tomorrow", changed(&house, "iat", json!(now + 86_400))),
        (
            "another issuer",
            changed(&house, "iss", json!("https://issuer.example")),
        ),
        ("no issuer", changed(&house, "iss", Value::Null)),
        ("another audience", changed(&house, "aud", json!("others"))),
        ("other audiences", changed(&house, "aud", json!(["a", "b"]))),
        (
            "another client",
            changed(&house, "client_id", json!("others")),
        ),
        ("no client", changed(&house, "client_id", Value::Null)),
    ];
    for forgery in [
        Forgery::Unsigned,
        Forgery::SharedSecret,
        Forgery::OtherKey,
        Forgery::UnknownKey,
    ] {
        bad.push(("forged", issuer.forge(&claims, forgery)));
    }
    for (why, token) in bad {
        let header = format!("Bearer {token}");
        let (status, head, body) = with_token(&house, "/api/cases", Some(&header)).await;
        assert_eq!(
            (status, body),
            (401, json!({"message": "Unauthorized"})),
            "{why}"
        );
        assert!(head.contains("www-authenticate: bearer"), "{why}: {head}");
    }
    for header in [
        None,
        Some("Basic YTpi".to_owned()),
        Some(format!("Token {token}")),
    ] {
        let (status, ..) = with_token(&house, "/api/cases", header.as_deref()).await;
        assert_eq!(status, 401, "{header:?}");
    }
    let twice = format!("Bearer {token}\nauthorization: Bearer {token}");
    assert_eq!(with_token(&house, "/api/cases", Some(&twice)).await.0, 401);
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_without_the_scope_of_the_route_is_forbidden() {
    let house = house(|_| ()).await;
    let tokens = house.stack.issuer().tokens_for("dana").unwrap();
    // An ID token is for the desk, but has no scope.
    assert_eq!(status(&house, &tokens.id).await, 403);
    for scope in [
        Value::Null,
        json!(""),
        json!("openid custodian/desks"),
        json!(7),
    ] {
        let token = changed(&house, "scope", scope.clone());
        assert_eq!(status(&house, &token).await, 403, "{scope}");
    }
    let mut claims = house.stack.issuer().claims_for("dana").unwrap();
    let map = claims.as_object_mut().unwrap();
    map.remove("scope");
    map.insert("scp".into(), json!(["openid", "custodian/desk"]));
    let token = house.stack.issuer().sign(&claims);
    assert_eq!(status(&house, &token).await, 200, "scp says the same");
    let header = format!("Bearer {}", tokens.access);
    let (status, _, body) = with_token(&house, "/api/figures", Some(&header)).await;
    assert_eq!((status, body), (403, json!({"message": "Forbidden"})));
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_over_when_its_time_is_by_the_clock_of_the_stack() {
    let house = house(|_| ()).await;
    let token = house.stack.issuer().token_for("dana").unwrap();
    assert_eq!(status(&house, &token).await, 200);
    let later = house.stack.clock().now() + chrono::TimeDelta::minutes(5);
    house.stack.move_clock(later).await.unwrap();
    assert_eq!(status(&house, &token).await, 401);
    let next = house.stack.issuer().token_for("dana").unwrap();
    assert_eq!(status(&house, &next).await, 200);
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_issuer_does_not_answer_nobody_is_let_in_and_it_is_asked_once_a_minute() {
    let house = house(|_| ()).await;
    let issuer = house.stack.issuer().clone();
    let token = |issuer: &custodian_simulators::Issuer| issuer.token_for("dana").unwrap();
    for mode in [
        Mode::Down,
        Mode::Garbled,
        Mode::Redirecting,
        Mode::Huge,
        Mode::Slow,
    ] {
        issuer.conduct.behave(mode);
        assert_eq!(status(&house, &token(&issuer)).await, 401, "{mode:?}");
        issuer.conduct.behave(Mode::Well);
        assert_eq!(
            status(&house, &token(&issuer)).await,
            401,
            "{mode:?}: too soon"
        );
        let later = house.stack.clock().now() + chrono::TimeDelta::minutes(1);
        house.stack.move_clock(later).await.unwrap();
    }
    assert_eq!(status(&house, &token(&issuer)).await, 200);
    // The keys are known now.
    issuer.conduct.behave(Mode::Down);
    assert_eq!(status(&house, &token(&issuer)).await, 200);
    let later = house.stack.clock().now() + chrono::TimeDelta::hours(2);
    house.stack.move_clock(later).await.unwrap();
    assert_eq!(
        status(&house, &token(&issuer)).await,
        401,
        "and fetched again"
    );
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_may_invoke_what_its_role_says_and_nothing_else() {
    let house = house(|_| ()).await;
    let desk = house.stack.principal("desk").unwrap();
    let arn = |name: &str| format!("arn:aws:lambda:eu-west-2:000000000000:function:{name}");
    let may = |resource: &str| desk.may(&Call::new("lambda:InvokeFunction", resource));
    assert!(may(&arn("custodian-echo")));
    for other in [
        "custodian-Reader",
        "custodian-Desk",
        "echo",
        "custodian-echo:1",
        "*",
    ] {
        assert!(!may(&arn(other)), "{other}");
    }
    let settings = house.stack.settings("desk").unwrap();
    assert_eq!(settings["AWS_ENDPOINT_URL_LAMBDA"], house.stack.url());
    house.stack.stop().await;
}

/// A token with a letter that is another one: where it stands and which it is.
fn mutated(token: &str, at: prop::sample::Index, letter: u8) -> Option<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    let mut bytes = token.as_bytes().to_vec();
    let at = at.index(bytes.len());
    let letter = LETTERS[usize::from(letter) % LETTERS.len()];
    let is_other = std::mem::replace(&mut bytes[at], letter) != letter;
    is_other.then(|| String::from_utf8(bytes).unwrap())
}

#[test]
fn whatever_is_changed_in_a_token_it_lets_nobody_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let house = runtime.block_on(house(|_| ()));
    let token = house.stack.issuer().token_for("dana").unwrap();
    let claims = house.stack.issuer().claims_for("dana").unwrap();
    let names: Vec<String> = claims.as_object().unwrap().keys().cloned().collect();
    assert_eq!(runtime.block_on(status(&house, &token)), 200);
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    });
    let letters = (any::<prop::sample::Index>(), any::<u8>());
    runner
        .run(&letters, |(at, letter)| {
            if let Some(token) = mutated(&token, at, letter) {
                prop_assert_eq!(runtime.block_on(status(&house, &token)), 401);
            }
            Ok(())
        })
        .unwrap();
    // Other claims under the signature of the first ones.
    let signature = token.rsplit_once('.').unwrap().1;
    let header = token.split_once('.').unwrap().0;
    let others = (prop::sample::select(names), "[a-z]{1,12}");
    runner
        .run(&others, |(name, value)| {
            let mut claims = claims.clone();
            claims[&name] = json!(value);
            let signed = house.stack.issuer().sign(&claims);
            let payload = signed.split('.').nth(1).unwrap();
            let token = format!("{header}.{payload}.{signature}");
            prop_assert_eq!(runtime.block_on(status(&house, &token)), 401);
            Ok(())
        })
        .unwrap();
    runtime.block_on(house.stack.stop());
}
