use super::tokens::claims;
use super::{Client, Issuer, Person};
use axum::body::{Body, to_bytes};
use axum::http::header::LOCATION;
use axum::http::{Method, Response, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use custodian_clock::Clock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const BACK: &str = "http://desk/back";
const VERIFIER: &str = "a-verifier-that-is-at-least-forty-three-letters-long";

struct Setting {
    issuer: Issuer,
    clock: Clock,
}

fn setting() -> Setting {
    let clock = Clock::stopped_at(DateTime::from_timestamp(1_795_428_000, 0).unwrap());
    let person = |id: &str, groups: &[&str]| Person {
        id: id.to_owned(),
        name: format!("{id} & \"Co\""),
        username: format!("account-{id}"),
        groups: groups.iter().map(|&it| it.to_owned()).collect(),
        attributes: [("custom:number".to_owned(), "N-1".to_owned())].into(),
    };
    let people = vec![person("dana", &["dpo", "analyst"]), person("nora", &[])];
    let issuer = Issuer::new("http://issuer", &clock, people);
    issuer.allow(Client {
        id: "desk".to_owned(),
        redirect_uris: vec![BACK.to_owned()],
        logout_uris: vec!["http://desk/out".to_owned()],
        scopes: vec!["openid".to_owned(), "desk/all".to_owned()],
    });
    Setting { issuer, clock }
}

/// The query of a good request, with some parameters changed.
fn query(changes: &[(&str, Option<&str>)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "desk"),
        ("redirect_uri", BACK),
        ("scope", "openid desk/all"),
        ("state", "s 1"),
        ("nonce", "n-1"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        parameters.extend(value.map(|value| (*name, value)));
    }
    form(&parameters)
}

fn form(parameters: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(parameters);
    form.finish()
}

async fn text(response: Response<Body>) -> String {
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn place(response: &Response<Body>) -> &str {
    response.headers()[LOCATION].to_str().unwrap()
}

impl Setting {
    async fn send(&self, method: Method, uri: &str, body: &str) -> Response<Body> {
        let uri: Uri = uri.parse().unwrap();
        self.issuer.answer(&method, &uri, body.as_bytes()).await
    }

    async fn code(&self, person: &str) -> String {
        let uri = format!("/authorize?{}", query(&[]));
        let person = form(&[("person", person)]);
        let answer = self.send(Method::POST, &uri, &person).await;
        assert_eq!(answer.status(), 303);
        let (address, query) = place(&answer).split_once('?').unwrap();
        assert_eq!(address, BACK);
        let sent: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        assert_eq!((sent[1].0.as_ref(), sent[1].1.as_ref()), ("state", "s 1"));
        assert_eq!(sent[0].0, "code");
        sent[0].1.clone().into_owned()
    }

    /// The status and the answer of `/token`.
    async fn token(&self, parameters: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.send(Method::POST, "/token", &form(parameters)).await;
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&text(answer).await).unwrap())
    }

    async fn change(&self, code: &str, verifier: &str) -> (u16, Value) {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("client_id", "desk"),
            ("redirect_uri", BACK),
            ("code", code),
            ("code_verifier", verifier),
        ])
        .await
    }

    async fn refresh(&self, token: &Value) -> (u16, Value) {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("client_id", "desk"),
            ("refresh_token", token.as_str().unwrap()),
        ])
        .await
    }

    fn wait(&self, time: TimeDelta) {
        self.clock.set(self.clock.now() + time);
    }
}

fn refused() -> (u16, Value) {
    (400, json!({"error": "invalid_grant"}))
}

#[tokio::test]
async fn somebody_says_who_they_are_and_gets_tokens_like_those_of_cognito() {
    let setting = setting();
    let (status, tokens) = setting.change(&setting.code("dana").await, VERIFIER).await;
    assert_eq!((status, &tokens["expires_in"]), (200, &json!(300)));
    let read = |name: &str| claims(tokens[name].as_str().unwrap()).unwrap();
    let (id, access) = (read("id_token"), read("access_token"));
    for (claim, value) in [
        ("iss", json!("http://issuer")),
        ("aud", json!("desk")),
        ("token_use", json!("id")),
        ("cognito:username", json!("account-dana")),
        ("nonce", json!("n-1")),
        ("cognito:groups", json!(["dpo", "analyst"])),
        ("custom:number", json!("N-1")),
        ("auth_time", json!(1_795_428_000)),
        ("exp", json!(1_795_428_300)),
    ] {
        assert_eq!(id[claim], value, "{claim}");
    }
    for (claim, value) in [
        ("iss", json!("http://issuer")),
        ("client_id", json!("desk")),
        ("token_use", json!("access")),
        ("username", json!("account-dana")),
        ("scope", json!("openid desk/all")),
        ("cognito:groups", json!(["dpo", "analyst"])),
        ("aud", Value::Null),
        ("custom:number", Value::Null),
        ("nonce", Value::Null),
    ] {
        assert_eq!(access[claim], value, "{claim}");
    }
    assert_eq!(id["sub"], access["sub"]);
    assert_ne!(id["jti"], access["jti"]);
    let (_, tokens) = setting.change(&setting.code("nora").await, VERIFIER).await;
    let id = claims(tokens["id_token"].as_str().unwrap()).unwrap();
    assert_eq!(id["cognito:groups"], Value::Null, "nobody is in no group");
}

#[tokio::test]
async fn a_code_is_good_once_for_who_began_and_not_for_long() {
    let setting = setting();
    let code = setting.code("dana").await;
    assert_eq!(setting.change(&code, &"x".repeat(43)).await, refused());
    let (status, tokens) = setting.change(&code, VERIFIER).await;
    assert_eq!(status, 200);
    assert_eq!(setting.refresh(&tokens["refresh_token"]).await.0, 200);
    // Somebody has it who should not: what it was changed for ends.
    assert_eq!(setting.change(&code, VERIFIER).await, refused());
    assert_eq!(setting.refresh(&tokens["refresh_token"]).await, refused());
    let code = setting.code("dana").await;
    setting.wait(TimeDelta::minutes(5));
    assert_eq!(setting.change(&code, VERIFIER).await, refused());
}

#[tokio::test]
async fn a_refresh_takes_the_groups_of_now_and_ends_with_the_person() {
    let setting = setting();
    let (_, tokens) = setting.change(&setting.code("dana").await, VERIFIER).await;
    let refresh = &tokens["refresh_token"];
    setting.wait(TimeDelta::hours(1));
    setting.issuer.set_groups("dana", &["handler"]);
    let (status, next) = setting.refresh(refresh).await;
    let id = claims(next["id_token"].as_str().unwrap()).unwrap();
    assert_eq!((status, &id["cognito:groups"]), (200, &json!(["handler"])));
    assert_eq!(id["auth_time"], 1_795_428_000, "they signed in then");
    assert_eq!(
        (&id["nonce"], &next["refresh_token"]),
        (&Value::Null, &Value::Null)
    );
    setting.wait(TimeDelta::hours(7));
    assert_eq!(
        setting.refresh(refresh).await,
        refused(),
        "eight hours are over"
    );
    let (_, tokens) = setting.change(&setting.code("dana").await, VERIFIER).await;
    setting.issuer.remove("dana");
    assert_eq!(setting.refresh(&tokens["refresh_token"]).await, refused());
}

#[tokio::test]
async fn a_token_that_was_revoked_is_worth_nothing() {
    let setting = setting();
    let (_, tokens) = setting.change(&setting.code("dana").await, VERIFIER).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    for client in ["others", "desk"] {
        let body = form(&[("client_id", client), ("token", token)]);
        let answer = setting.send(Method::POST, "/revoke", &body).await;
        let is_ours = client == "desk";
        assert_eq!(answer.status(), if is_ours { 200 } else { 400 });
        let (status, _) = setting.refresh(&tokens["refresh_token"]).await;
        assert_eq!(status, if is_ours { 400 } else { 200 }, "{client}");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_the_clients() {
    let setting = setting();
    for (name, value) in [
        ("redirect_uri", Some("http://desk/back/")),
        ("redirect_uri", Some("http://desk/back?x=1")),
        ("redirect_uri", None),
        ("client_id", Some("others")),
        ("client_id", None),
    ] {
        let uri = format!("/authorize?{}", query(&[(name, value)]));
        let answer = setting.send(Method::GET, &uri, "").await;
        assert_eq!(answer.status(), 400, "{name} {value:?}");
        assert_eq!(answer.headers().get(LOCATION), None, "{name} {value:?}");
    }
    let twice = format!("/authorize?{}&redirect_uri=http://other", query(&[]));
    assert_eq!(setting.send(Method::GET, &twice, "").await.status(), 400);
    for (query, status) in [
        ("client_id=desk&logout_uri=http://desk/out", 302),
        ("client_id=desk&logout_uri=http://desk/out/", 400),
        ("client_id=desk", 400),
        ("logout_uri=http://desk/out", 400),
    ] {
        let uri = format!("/logout?{query}");
        assert_eq!(
            setting.send(Method::GET, &uri, "").await.status(),
            status,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_client_that_asks_wrongly_is_told_with_its_state() {
    let setting = setting();
    for (name, value, error) in [
        ("response_type", Some("token"), "unsupported_response_type"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("scope", Some("openid admin"), "invalid_scope"),
        ("prompt", Some("none"), "login_required"),
    ] {
        let uri = format!("/authorize?{}", query(&[(name, value)]));
        for method in [Method::GET, Method::POST] {
            let answer = setting.send(method, &uri, "person=dana").await;
            let expected = format!("{BACK}?error={error}&state=s+1");
            assert_eq!(
                (answer.status().as_u16(), place(&answer)),
                (302, expected.as_str())
            );
        }
    }
}

#[tokio::test]
async fn the_page_lists_invented_people_and_repeats_nothing_that_could_be_a_tag() {
    let setting = setting();
    let changes = [("state", Some("\"><script>")), ("prompt", Some("login"))];
    let uri = format!("/authorize?{}", query(&changes));
    let answer = setting.send(Method::GET, &uri, "").await;
    assert_eq!(answer.status(), 200);
    let page = text(answer).await;
    assert!(page.contains("invented people, for trying out"), "{page}");
    assert!(
        page.contains("<button name=\"person\" value=\"dana\">dana &amp; &quot;Co&quot;</button>")
    );
    assert!(!page.contains("<script"), "{page}");
    assert_eq!(page.matches("<h1>").count(), 1);
    let answer = setting.send(Method::POST, &uri, "person=somebody").await;
    assert_eq!(answer.status(), 400, "and asks again who it is");
}
