//! One click ends a newsletter: from a mail program, from the page, twice, late, or with a forged
//! token.

mod told;

use crate::gateway;
use crate::gateway::Ask;
use crate::house::{Answer, House, at, email_id, erasure};
use chrono::{DateTime, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::keyring::{Keyring, MailLinks};
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::ledger::ItemKind;
use custodian_domain::rights::subscription::{List, OptOut, Proof, Subscription, Wish};
use custodian_runtime::Function;
use custodian_runtime::secret;
use custodian_store::opt_outs::OptOuts;
use custodian_unsubscribe::Unsubscribe;
use lambda_runtime::LambdaEvent;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Headers, a body, and the status they are answered with.
type Refused<'a> = (&'a [(&'a str, &'a str)], &'a str, u16);

pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";
const ROSA: &str = "rosa.hardy@example.org";

impl House {
    /// The keys that people are known by. The function that unsubscribes people has none of them.
    pub async fn subject_keys(&self) -> SubjectKeys {
        secret::subject_keys(&self.stack.host("ingest").unwrap())
            .await
            .unwrap()
    }

    /// The keys that links in emails are sealed with.
    pub async fn mail_links(&self) -> Keyring<MailLinks> {
        secret::keyring(&self.stack.host("unsubscribe").unwrap())
            .await
            .unwrap()
    }

    /// The path of the unsubscribe link in a newsletter to this person.
    pub async fn unsubscribe_path(&self, email: &str) -> String {
        let subscription = subscription(&self.subject_keys().await, email);
        format!(
            "/unsubscribe/{}",
            subscription.token(&self.mail_links().await)
        )
    }

    /// A mail program's one click.
    pub async fn click(&self, path: &str) -> Answer {
        self.post_to(path, &[FORM], ONE_CLICK).await
    }

    /// The opt-out of a newsletter by this person, if there is one.
    pub async fn opt_out(&self, email: &str, now: DateTime<Utc>) -> Option<OptOut> {
        self.opt_outs()
            .find(&subscription(&self.subject_keys().await, email), now)
            .await
            .unwrap()
    }

    fn opt_outs(&self) -> OptOuts {
        OptOuts::new(
            &self.dynamodb(),
            &self.setting("RECORDS_TABLE"),
            &self.setting("REGISTER_TABLE"),
        )
    }

    /// The requests that clicks have begun.
    pub async fn clicked(&self) -> Vec<Value> {
        let items = self.items("REGISTER_TABLE").await;
        let items = items
            .iter()
            .map(|item| serde_json::from_str::<Value>(item).unwrap());
        let own = items.filter(|item| {
            item["sk"] == "META" && item["action"] == "unsubscribe" && item["stage"].is_string()
        });
        own.map(|item| json!(item["pk"].as_str().unwrap().trim_start_matches("CLICK#")))
            .collect()
    }

    /// The newsletter's staff have removed everybody who clicked.
    pub async fn take_off(&self) {
        self.stack.settle().await.unwrap();
        for request in self.clicked().await {
            self.confirm_all(&request).await;
        }
    }

    async fn profiles(&self) -> Vec<Value> {
        let items = self.items("RECORDS_TABLE").await;
        let items = items
            .iter()
            .map(|item| serde_json::from_str::<Value>(item).unwrap());
        items.filter(|item| item["sk"] == "@profile").collect()
    }

    async fn any(&self, method: Method, path: &str) -> (u16, Vec<(String, String)>, String) {
        let url = format!("{}{path}", self.stack.url());
        let answer = reqwest::Client::new()
            .request(method, url)
            .send()
            .await
            .unwrap();
        let shown = answer
            .headers()
            .iter()
            .filter(|(name, _)| *name != "apigw-requestid" && *name != "date");
        let headers = shown
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        (
            answer.status().as_u16(),
            headers,
            answer.text().await.unwrap(),
        )
    }
}

/// The event of API Gateway for a mail program's click.
pub fn click_event(path: &str) -> LambdaEvent<Value> {
    gateway::event("POST", path, ONE_CLICK)
}

/// Follows operations.md and returns the instance that starts afterwards.
async fn rotate_the_subject_key(house: &House) -> Unsubscribe {
    let host = house.stack.host("ingest").unwrap();
    let name = host.setting("SUBJECT_KEYS_SECRET").unwrap();
    let secret = host
        .secrets()
        .get_secret_value()
        .secret_id(name)
        .send()
        .await
        .unwrap();
    let old: Value = serde_json::from_str(secret.secret_string().unwrap()).unwrap();
    let new =
        json!({"version": "2", "key": "local-stack-subject-key-the-second-one", "previous": [old]});
    host.secrets()
        .put_secret_value()
        .secret_id(name)
        .secret_string(new.to_string())
        .send()
        .await
        .unwrap();
    Unsubscribe::start(&house.stack.host("unsubscribe").unwrap())
        .await
        .unwrap()
}

pub fn subscription(keys: &SubjectKeys, email: &str) -> Subscription {
    Subscription {
        subject: keys.key(&Identifier::email(email).unwrap()),
        list: List::Newsletter,
    }
}

/// What a stranger sees of an answer: everything except the id and the time of the request.
fn seen(answer: &Answer) -> (u16, BTreeSet<(String, String)>, String) {
    let shown = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "apigw-requestid" && *name != "date");
    let headers = shown
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    (answer.status, headers, answer.body.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_opts_out_at_once_in_the_register_and_in_the_profile() {
    let house = House::open().await;
    house.tell("Hello.", Some(ROSA), None).await;
    let done = house.click(&house.unsubscribe_path(ROSA).await).await;
    assert_eq!(
        (done.status, done.header("cache-control")),
        (200, "no-store"),
        "{}",
        done.body
    );
    assert!(done.body.contains("You have unsubscribed"));
    let opt_out = house
        .opt_out(ROSA, at("2026-11-23T10:00:00Z"))
        .await
        .unwrap();
    let proven = |told_at: &str| Wish {
        told_at: at(told_at),
        proof: Proof::Confirmed,
    };
    assert!(opt_out.stands_against(proven("2026-11-23T10:00:00Z")));
    assert!(!opt_out.stands_against(proven("2026-11-23T10:00:01Z")));
    let profiles = house.profiles().await;
    assert_eq!(profiles.len(), 1);
    assert_eq!(
        profiles[0]["opted_out"],
        json!({"newsletter": "2026-11-23T10:00:00+00:00"})
    );
    assert!(
        house
            .opt_out("abel@example.org", at("2026-11-23T10:00:00Z"))
            .await
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_body_and_both_spellings_of_the_form_are_the_same_click() {
    let parts = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let posts: [(&[(&str, &str)], &str); 4] = [
        (&[], ""),
        (&[FORM], ""),
        (&[FORM], ONE_CLICK),
        (
            &[("content-type", "multipart/form-data; boundary=b")],
            parts,
        ),
    ];
    let mut answers = BTreeSet::new();
    for (headers, body) in posts {
        let house = House::open().await;
        answers.insert(seen(
            &house
                .post_to(&house.unsubscribe_path(ROSA).await, headers, body)
                .await,
        ));
        assert!(
            house
                .opt_out(ROSA, at("2026-11-23T10:00:00Z"))
                .await
                .is_some(),
            "{headers:?}"
        );
    }
    assert_eq!(answers.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_never_unsubscribes_and_shows_everybody_the_same_button() {
    let house = House::open().await;
    let before = house.everything().await;
    let path = house.unsubscribe_path(ROSA).await;
    let page = house.get(&path).await;
    assert_eq!(
        (page.status, page.header("cache-control")),
        (200, "no-store")
    );
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.header("x-robots-tag").contains("noindex"));
    assert!(
        page.header("content-security-policy")
            .contains("form-action 'self'")
    );
    assert!(page.headers.get("set-cookie").is_none());
    assert!(
        !page.body.contains(path.rsplit('/').next().unwrap()),
        "the page repeats nothing of its address"
    );
    for query in [
        "",
        "?List-Unsubscribe=One-Click",
        "?confirm=yes&token=x",
        "?%00",
    ] {
        for path in [path.as_str(), "/unsubscribe/made-up"] {
            assert_eq!(
                seen(&house.get(&format!("{path}{query}")).await),
                seen(&page),
                "{path}{query}"
            );
        }
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn twice_is_once_and_the_last_time_counts() {
    let house = House::where_it_sleeps("erase").await;
    let path = house.unsubscribe_path(ROSA).await;
    let first = house.click(&path).await;
    let after_one = house.everything().await;
    let second = house.click(&path).await;
    assert_eq!(seen(&first), seen(&second));
    assert_eq!(house.everything().await, after_one);
    let clicks = (0..8).map(|_| house.click(&path));
    assert!(
        futures_util::future::join_all(clicks)
            .await
            .iter()
            .all(|answer| answer.status == 200)
    );
    assert_eq!(house.everything().await, after_one, "eight at once as well");
    // They asked for it again in between, and now they no longer want it.
    house.stack.clock().set(at("2026-12-01T10:00:00Z"));
    let wish = Wish {
        told_at: at("2026-11-30T10:00:00Z"),
        proof: Proof::Confirmed,
    };
    assert!(
        !house
            .opt_out(ROSA, at("2026-12-01T10:00:00Z"))
            .await
            .unwrap()
            .stands_against(wish)
    );
    house.click(&house.unsubscribe_path(ROSA).await).await;
    assert!(
        house
            .opt_out(ROSA, at("2026-12-01T10:00:00Z"))
            .await
            .unwrap()
            .stands_against(wish)
    );
    assert_eq!(house.profiles().await.len(), 1);
}

/// Everything that could be tried in place of a token of ours.
async fn forgeries(house: &House) -> Vec<String> {
    let path = house.unsubscribe_path(ROSA).await;
    let token = path.rsplit('/').next().unwrap().to_owned();
    let flipped = |place: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let other_keys =
        Keyring::parse(r#"{"version":"1","key":"another-house-another-house-another-house"}"#)
            .unwrap();
    let mut forged: Vec<String> = [0, 20, token.len() / 2, token.len() - 2]
        .into_iter()
        .map(flipped)
        .collect();
    forged.extend([
        subscription(&house.subject_keys().await, ROSA).token(&other_keys),
        format!("{token}A"),
        format!("{token}="),
        format!("{token}%00"),
        format!("{token}%20"),
        format!("%20{token}"),
        format!("x%2F..%2F{token}"),
        format!("{token}%2e"),
        token[1..].to_owned(),
        token[..token.len() - 1].to_owned(),
        token.to_uppercase(),
        token.repeat(2),
        "a".repeat(6_000),
        "x".to_owned(),
        "..%2Fsurveys%2Frecycling-centre".to_owned(),
        "rosa.hardy%40example.org".to_owned(),
        "subject%231%23x".to_owned(),
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
        "%E2%80%8B%F0%9F%92%A9".to_owned(),
        "%7B%7D%7C%5C%5E%22%60".to_owned(),
    ]);
    forged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_token_looks_the_same_as_a_good_one_and_leaves_nothing_behind() {
    let (house, other) = (House::open().await, House::open().await);
    let good = other.click(&other.unsubscribe_path(ROSA).await).await;
    let page = other.get(&other.unsubscribe_path(ROSA).await).await;
    let before = house.everything().await;
    for forged in forgeries(&house).await {
        let path = format!("/unsubscribe/{forged}");
        assert_eq!(seen(&house.click(&path).await), seen(&good), "{forged}");
        assert_eq!(
            seen(&house.post_to(&path, &[], "").await),
            seen(&good),
            "{forged}"
        );
        assert_eq!(seen(&house.get(&path).await), seen(&page), "{forged}");
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_one_click_are_taken_whatever_type_they_are_said_to_have() {
    let parts =
        "--b\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\n\nOne-Click\n--b--\n";
    let types: [(&[(&str, &str)], &str); 9] = [
        (&[], ONE_CLICK),
        (&[("content-type", "text/plain;charset=UTF-8")], ONE_CLICK),
        (&[("content-type", "application/octet-stream")], ONE_CLICK),
        (
            &[(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf8",
            )],
            ONE_CLICK,
        ),
        (
            &[(
                "content-type",
                "application/x-www-form-urlencoded; charset=iso-8859-1",
            )],
            ONE_CLICK,
        ),
        (&[("content-type", "application/json")], ONE_CLICK),
        (
            &[("content-type", "no type at all")],
            "list-unsubscribe=one-click\r\n",
        ),
        (
            &[("content-type", "multipart/form-data; boundary=b")],
            parts,
        ),
        (&[("content-type", "multipart/form-data")], parts),
    ];
    for (headers, body) in types {
        let house = House::open().await;
        let path = house.unsubscribe_path(ROSA).await;
        let before = house.items("REGISTER_TABLE").await;
        let answer = house.post_to(&path, headers, body).await;
        assert_eq!(answer.status, 200, "{headers:?}: {}", answer.body);
        assert_ne!(
            house.items("REGISTER_TABLE").await,
            before,
            "{headers:?}: it is written down"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_refused_is_refused_alike_for_good_tokens_and_forged_ones() {
    let house = House::open().await;
    let before = house.everything().await;
    let huge = "a".repeat(4 * 1024 + 1);
    let no = format!("{ONE_CLICK}&List-Unsubscribe=No");
    let posts: [Refused<'_>; 6] = [
        (&[FORM], "List-Unsubscribe=No", 400),
        (&[FORM], &no, 400),
        (
            &[("content-type", "multipart/form-data; boundary=b")],
            "--b",
            400,
        ),
        (&[("content-type", "application/json")], "{}", 400),
        (&[FORM], "unsubscribe=yes", 400),
        (&[FORM], &huge, 413),
    ];
    for (headers, body, status) in posts {
        let good = house
            .post_to(&house.unsubscribe_path(ROSA).await, headers, body)
            .await;
        assert_eq!(good.status, status, "{}", good.body);
        assert_eq!(
            seen(&house.post_to("/unsubscribe/made-up", headers, body).await),
            seen(&good)
        );
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_method_is_405_and_other_paths_are_404() {
    let house = House::open().await;
    let path = house.unsubscribe_path(ROSA).await;
    let before = house.everything().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let (status, headers, body) = house.any(method.clone(), &path).await;
        assert_eq!(status, 405, "{method}");
        assert!(
            headers.contains(&("allow".to_owned(), "GET, HEAD, POST".to_owned())),
            "{method}: {headers:?}"
        );
        assert_eq!(
            (status, headers, body),
            house.any(method, "/unsubscribe/made-up").await
        );
    }
    for other in [
        "/unsubscribe",
        "/unsubscribe/",
        "/unsubscribe/a/b",
        "/Unsubscribe/a",
    ] {
        assert_eq!(house.click(other).await.status, 404, "{other}");
    }
    let led = house.click(&format!("{path}/")).await;
    assert_eq!(
        (led.status, led.header("location")),
        (308, path.as_str()),
        "a slash too many"
    );
    assert_eq!(house.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_copied_with_a_slash_behind_it_is_still_the_person_s() {
    let house = House::open().await;
    let path = house.unsubscribe_path(ROSA).await;
    assert_eq!(house.click(&format!("{path}%2F")).await.status, 200);
    assert!(
        house
            .opt_out(ROSA, at("2026-11-23T10:00:00Z"))
            .await
            .is_some()
    );
}

/// How many deleted profiles the ledger records.
async fn profiles_told(house: &House) -> usize {
    house
        .told()
        .await
        .iter()
        .filter(|entry| entry.kind == ItemKind::Profile)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_outlasts_an_erasure_and_the_profile_does_not() {
    let house = House::open().await;
    house.tell("Hello.", Some(ROSA), None).await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    // Everything that the click asks of others is done. Otherwise the plan would be about a request
    // that closes meanwhile.
    house.stack.settle().await.unwrap();
    let certificate = house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    assert!(
        certificate.to_string().contains("profiles"),
        "{certificate}"
    );
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    assert!(
        house
            .opt_out(ROSA, at("2026-11-23T10:00:00Z"))
            .await
            .is_some()
    );
    assert_eq!(profiles_told(&house).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn opt_out_and_profile_end_after_36_months_by_ttl_or_by_the_sweep() {
    for late in [false, true] {
        let house = if late {
            House::where_ttl_is_late().await
        } else {
            House::open().await
        };
        house.click(&house.unsubscribe_path(ROSA).await).await;
        house.move_to("2029-11-23T09:59:59Z").await;
        assert!(
            house
                .opt_out(ROSA, at("2029-11-23T09:59:59Z"))
                .await
                .is_some()
        );
        house.move_to("2029-11-23T10:00:00Z").await;
        assert!(
            house
                .opt_out(ROSA, at("2029-11-23T10:00:00Z"))
                .await
                .is_none()
        );
        house
            .invoke("sweep", json!({"from": "2026-11-20"}))
            .await
            .unwrap();
        assert!(house.profiles().await.is_empty());
        assert_eq!(profiles_told(&house).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_before_a_rotation_still_works_and_stops_the_same_person() {
    let house = House::open().await;
    let (path, before) = (
        house.unsubscribe_path(ROSA).await,
        house.subject_keys().await,
    );
    let rotated = rotate_the_subject_key(&house).await;
    let answer = rotated.ask(click_event(&path)).await.unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
    let opt_outs = house.opt_outs();
    let now = at("2026-11-23T10:00:00Z");
    assert!(
        opt_outs
            .find(&subscription(&before, ROSA), now)
            .await
            .unwrap()
            .is_some()
    );
    let person = Identifier::email(ROSA).unwrap();
    let mut found = 0;
    for subject in house.subject_keys().await.keys(&person) {
        let stands = opt_outs
            .find(
                &Subscription {
                    subject,
                    list: List::Newsletter,
                },
                now,
            )
            .await
            .unwrap();
        found += usize::from(stands.is_some());
    }
    assert_eq!(
        found, 1,
        "whoever asks asks under every version of the keys"
    );
}
