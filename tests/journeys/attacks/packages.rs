//! What a stranger, or a program that reads mail, tries at the door to a package.

use super::links::complaint;
use crate::failing::{Off, failing_host};
use crate::gateway;
use crate::gateway::Ask;
use crate::house::{Answer, House, email_id, erasure, phone_id};
use custodian_download::Download;
use custodian_export::Export;
use custodian_runtime::Function;
use futures_util::future::join_all;
use lambda_runtime::{Context, LambdaEvent};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const ROSA: &str = "rosa@example.org";

/// A stack with a package that nobody has released yet.
async fn packaged(request: &str) -> House {
    let house = House::open().await;
    house
        .tell("Nobody else may read this.", Some(ROSA), None)
        .await;
    package(&house, request).await;
    house
}

async fn package(house: &House, request: &str) {
    let order = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": request});
    house.invoke("export", order).await.unwrap();
}

fn code(link: &Value) -> &str {
    link["code"].as_str().unwrap()
}

/// A code that is not this one.
fn wrong(link: &Value) -> String {
    let first = if code(link).starts_with('7') {
        "9"
    } else {
        "7"
    };
    format!("{first}{}", &code(link)[1..])
}

async fn read(house: &House, request: &str) -> Value {
    house
        .invoke("export", json!({"read": request, "by": "dpo-7"}))
        .await
        .unwrap()
}

async fn status(house: &House) -> Value {
    house
        .invoke("export", json!({"status": "SAR-1", "by": "dpo-7"}))
        .await
        .unwrap()
}

/// Why an erasure of the person is not approved, or `None` if it is.
async fn in_the_way(house: &House) -> Option<String> {
    house.approve(erasure(&[email_id(ROSA)])).await.err()
}

fn assert_gives_nothing(answer: &Answer) {
    assert!(
        answer.status != 303 && answer.header("location").is_empty(),
        "{answer:?}"
    );
    assert!(
        !answer.body.contains("Nobody else may read this.") && !answer.body.contains(ROSA),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_of_mail_fetches_nothing_and_hands_nothing_over() {
    let house = packaged("SAR-1").await;
    let (link, before) = (
        house.release("SAR-1").await,
        house.items("REGISTER_TABLE").await,
    );
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for method in [
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
    ] {
        for headers in [
            &[][..],
            &[("sec-purpose", "prefetch;prerender")],
            &[("range", "bytes=0-99")],
        ] {
            for address in [
                "",
                "/",
                "?file=report",
                "?code=",
                &format!("?code={}&file=report", code(&link)),
            ] {
                let url = format!("{}{address}", link["url"].as_str().unwrap());
                let request = headers
                    .iter()
                    .fold(client.request(method.clone(), url), |it, (name, value)| {
                        it.header(*name, *value)
                    });
                let answer = request.send().await.unwrap();
                assert!(
                    !answer.status().is_redirection() || address == "/",
                    "{method} {address}: {answer:?}"
                );
                assert!(
                    !answer
                        .text()
                        .await
                        .unwrap()
                        .contains("Nobody else may read this."),
                    "{method} {address}"
                );
            }
        }
    }
    assert_eq!(
        house.items("REGISTER_TABLE").await,
        before,
        "nothing is counted"
    );
    assert!(
        in_the_way(&house).await.unwrap().contains("SAR-1"),
        "the access request is not answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_until_the_person_has_fetched_the_package_whatever_links_were_made() {
    let house = packaged("SAR-1").await;
    let reading = read(&house, "SAR-1").await;
    assert_eq!(house.fetch(&reading, "report").await.status, 200);
    let link = house.release("SAR-1").await;
    assert_gives_nothing(&house.press(&link, &wrong(&link), "report").await);
    assert_eq!(status(&house).await["handed_over_at"], Value::Null);
    assert!(in_the_way(&house).await.unwrap().contains("SAR-1"));
    house.move_to("2026-11-24T08:00:00Z").await;
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    assert_eq!(
        status(&house).await["handed_over_at"],
        "2026-11-24T08:00:00Z"
    );
    assert_eq!(in_the_way(&house).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_a_link_for_the_right_one_too() {
    let house = packaged("SAR-1").await;
    let link = house.release("SAR-1").await;
    for typed in ["", "+", "%20"] {
        let answer = house.press(&link, typed, "report").await;
        assert!(
            answer.status == 422 && answer.body.contains("Enter the code"),
            "no code is no guess: {answer:?}"
        );
    }
    for (typed, left) in [
        (wrong(&link), "4 more times"),
        ("1".into(), "3 more times"),
        ("0".repeat(99), "2 more times"),
        (wrong(&link), "once more"),
    ] {
        let answer = house.press(&link, &typed, "report").await;
        assert!(
            answer.status == 422 && answer.body.contains(left),
            "{typed}: {answer:?}"
        );
        assert_gives_nothing(&answer);
    }
    for typed in [
        wrong(&link),
        code(&link).to_owned(),
        wrong(&link),
        code(&link).to_owned(),
    ] {
        let answer = house.press(&link, &typed, "report").await;
        assert_eq!(answer.status, 410, "{answer:?}");
        assert_gives_nothing(&answer);
    }
    assert_eq!(
        house.get_url(link["url"].as_str().unwrap()).await.status,
        410
    );
    assert_eq!(status(&house).await["handed_over_at"], Value::Null);
    let newer = house.release("SAR-1").await;
    assert_gives_nothing(&house.press(&link, code(&newer), "report").await);
    assert_eq!(
        house.fetch(&newer, "report").await.status,
        200,
        "the person is given another"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_that_come_at_once_are_no_more_than_five() {
    let house = packaged("SAR-1").await;
    let link = house.release("SAR-1").await;
    let guesses: Vec<String> = (0..60)
        .map(|number| format!("{}{number:02}", &wrong(&link)[..7]))
        .collect();
    let answers = join_all(
        guesses
            .iter()
            .map(|guess| house.press(&link, guess, "document")),
    )
    .await;
    answers.iter().for_each(assert_gives_nothing);
    assert_eq!(status(&house).await["release"]["wrong_codes"], 5);
    assert_eq!(
        house.press(&link, code(&link), "document").await.status,
        410
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_opens_no_other_link_and_a_link_opens_with_no_other_code() {
    let house = packaged("SAR-1").await;
    package(&house, "SAR-2").await;
    let (first, other, reading) = (
        house.release("SAR-1").await,
        house.release("SAR-2").await,
        read(&house, "SAR-1").await,
    );
    let second = house.release("SAR-1").await;
    for (link, of, status) in [
        (&first, &first, 410), // A newer release ends it.
        (&first, &second, 410),
        (&second, &first, 422),
        (&second, &other, 422),
        (&second, &reading, 422),
        (&reading, &second, 422),
        (&other, &second, 422),
    ] {
        let answer = house.press(link, code(of), "report").await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_gives_nothing(&answer);
    }
    let both = house
        .press(
            &second,
            &format!("{}&code={}", code(&first), code(&second)),
            "report",
        )
        .await;
    assert_eq!(both.status, 400, "one code at a time");
    let altered = json!({"url": format!("{}A", second["url"].as_str().unwrap())});
    assert_eq!(
        house.press(&altered, code(&second), "report").await.status,
        404
    );
    for link in [&second, &other, &reading] {
        assert_eq!(house.fetch(link, "report").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_and_its_code_together_fetch_a_file_three_times_also_at_once() {
    let house = packaged("SAR-1").await;
    let link = house.release("SAR-1").await;
    for file in ["report", "document"] {
        let answers = join_all((0..20).map(|_| house.press(&link, code(&link), file))).await;
        assert_eq!(
            answers.iter().filter(|answer| answer.status == 303).count(),
            3,
            "{file}"
        );
    }
    let again = house.press(&link, code(&link), "report").await;
    assert_eq!(again.status, 410);
    let status = status(&house).await;
    // Three of each file, and one by whoever read it before it was released.
    assert_eq!(
        (
            status["fetched"].as_array().unwrap().len(),
            &status["release"]["is_open"]
        ),
        (7, &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_counted_leads_nowhere() {
    let house = packaged("SAR-1").await;
    let link = house.release("SAR-1").await;
    let path = link["url"]
        .as_str()
        .unwrap()
        .strip_prefix(house.stack.url())
        .unwrap();
    let form = format!("code={}&file=report", code(&link));
    let mut unavailable = 0;
    for off in [Off::Before, Off::After] {
        for calls in 1..8 {
            let (host, _) = failing_host(&house, "download", calls, off);
            let Ok(door) = Download::start(&host).await else {
                continue;
            };
            let before = status(&house).await["fetched"].as_array().unwrap().len();
            let answer = door.ask(gateway::event("POST", path, &form)).await.unwrap();
            let after = status(&house).await["fetched"].as_array().unwrap().len();
            match answer["statusCode"].as_u64().unwrap() {
                303 => assert_eq!(after, before + 1),
                503 => unavailable += 1,
                // One of the four was fetched to be read before the release.
                ended => assert_eq!((ended, after), (422, 4), "{answer}"),
            }
        }
    }
    assert!(unavailable > 2, "{unavailable}");
}

async fn withdraw(house: &House, request: &str) -> Result<Value, String> {
    let order = json!({"withdraw": request, "by": "dpo-8", "reason": "made by a caller who is not the person"});
    house.invoke("export", order).await
}

async fn status_of(house: &House, request: &str) -> Value {
    house
        .invoke("export", json!({"status": request, "by": "dpo-7"}))
        .await
        .unwrap()
}

fn count_of(status: &Value, what: &str) -> usize {
    status["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["what"] == what)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_s_package_is_withdrawn_and_holds_up_nobody_s_erasure() {
    let house = House::open().await;
    // Somebody who rang from this number gave staff the victim's address.
    complaint(&house, "CMP-1", ROSA, "07700 900666").await;
    house
        .tell("Nobody else may read this.", Some(ROSA), None)
        .await;
    let order = json!({"kind": "access", "identifiers": [phone_id("07700 900666")], "requested_by": "dpo-7",
        "request_id": "STR"});
    let package = house.invoke("export", order.clone()).await.unwrap();
    assert_eq!(
        (&package["records"], &package["undecided"]),
        (&json!(2), &json!(1)),
        "{package}"
    );
    let link = package["linked"][0]["link"].as_str().unwrap();
    let reading = read(&house, "STR").await;
    let refused = json!({"release": "STR", "released_by": "dpo-7", "refused_links": [link]});
    let refused = house.invoke("export", refused).await.unwrap_err();
    for said in ["Undecided", "withdraw this package", "not decided: 1", link] {
        assert!(refused.contains(said), "{said}: {refused}");
    }
    let erasure = erasure(&[email_id(ROSA)]);
    let waits = house.approve_alone(erasure.clone()).await.unwrap_err();
    for said in ["AccessFirst", "withdrawn", "STR"] {
        assert!(waits.contains(said), "{said}: {waits}");
    }
    let objects = house.objects();
    assert!(
        objects.iter().any(|key| key.starts_with("STR/")),
        "{objects:?}"
    );

    let withdrawn = withdraw(&house, "STR").await.unwrap();
    let said = json!({"by": "dpo-8", "at": "2026-11-23T10:00:00Z", "reason": "made by a caller who is not the person"});
    assert_eq!(
        (&withdrawn["state"], &withdrawn["withdrawn"]),
        (&json!("withdrawn"), &said)
    );
    assert!(house.objects().is_empty() && house.stack.store().uploads(&house.bucket()).is_empty());
    let pointers = house.items("REGISTER_TABLE").await;
    assert!(
        !pointers.iter().any(|item| item.contains("PACKAGE#STR")),
        "no plan counts it"
    );
    house.move_to("2026-11-24T08:00:00Z").await;
    assert_eq!(
        withdraw(&house, "STR").await.unwrap(),
        withdrawn,
        "withdrawn twice is withdrawn once"
    );
    let status = status_of(&house, "STR").await;
    assert_eq!(
        (&status["state"], &status["withdrawn"]),
        (&json!("withdrawn"), &said)
    );
    assert_eq!(
        (
            &status["reading"],
            &status["decided"],
            count_of(&status, "withdrawn")
        ),
        (&Value::Null, &json!([]), 1)
    );
    assert_eq!(
        house.get_url(reading["url"].as_str().unwrap()).await.status,
        410
    );
    assert_gives_nothing(&house.press(&reading, code(&reading), "report").await);
    for closed in [
        order,
        json!({"read": "STR", "by": "dpo-7"}),
        json!({"release": "STR", "released_by": "dpo-7"}),
    ] {
        let gone = house.invoke("export", closed).await.unwrap_err();
        assert!(
            gone.contains("Gone") && gone.contains("withdrawn"),
            "{gone}"
        );
    }
    house
        .approve_alone(erasure)
        .await
        .expect("the victim's erasure waits for nobody");
    let status = status_of(&house, "STR").await;
    assert_eq!(
        (&status["handed_over_at"], &status["fetched"]),
        (&Value::Null, &json!([])),
        "nothing was handed over"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_sent_ends_when_the_package_is_withdrawn() {
    let house = packaged("SAR-1").await;
    package(&house, "SAR-2").await;
    let (link, other) = (house.release("SAR-1").await, house.release("SAR-2").await);
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    withdraw(&house, "SAR-1").await.unwrap();
    assert_eq!(
        house.get_url(link["url"].as_str().unwrap()).await.status,
        410
    );
    assert_gives_nothing(&house.press(&link, code(&link), "report").await);
    assert_eq!(
        house.fetch(&other, "report").await.status,
        200,
        "another request's package stays"
    );
    let status = status(&house).await;
    assert_eq!(
        (&status["handed_over_at"], &status["release"]),
        (&json!("2026-11-23T10:00:00Z"), &Value::Null)
    );
    assert!(
        withdraw(&house, "SAR-3")
            .await
            .unwrap_err()
            .contains("UnknownRequest")
    );
    let named =
        json!({"withdraw": "SAR-2", "by": "dpo-7", "reason": "asked for by rosa@example.org"});
    assert!(
        house
            .invoke("export", named)
            .await
            .unwrap_err()
            .contains("reason must say nothing about the person")
    );
    let nobody = json!({"withdraw": "SAR-2", "reason": "not theirs"});
    assert!(
        house
            .invoke("export", nobody)
            .await
            .unwrap_err()
            .contains("by must be a text")
    );
    house.move_to("2026-12-07T10:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    let over = withdraw(&house, "SAR-2").await.unwrap_err();
    assert!(over.contains("Gone") && over.contains("expired"), "{over}");
    assert_eq!(
        status_of(&house, "SAR-1").await["state"],
        "withdrawn",
        "the sweep changes nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_that_breaks_off_at_any_call_goes_on_when_it_is_ordered_again() {
    for off in [Off::Before, Off::After, Off::Lost] {
        let house = packaged("SAR-0").await;
        for calls in 1.. {
            let request = format!("SAR-{calls}");
            package(&house, &request).await;
            let link = house.release(&request).await;
            let (host, left) = failing_host(&house, "export", calls, off);
            let order = json!({"withdraw": request, "by": "dpo-8"});
            if let Ok(export) = Export::start(&host).await {
                drop(
                    export
                        .invoke(LambdaEvent::new(order.into(), Context::default()))
                        .await,
                );
            }
            let withdrawn = withdraw(&house, &request).await.unwrap();
            assert_eq!(
                (&withdrawn["state"], &withdrawn["withdrawn"]["by"]),
                (&json!("withdrawn"), &json!("dpo-8"))
            );
            assert!(
                !house
                    .objects()
                    .iter()
                    .any(|key| key.starts_with(&format!("{request}/"))),
                "call {calls}, {off:?}"
            );
            let status = status_of(&house, &request).await;
            assert_eq!(count_of(&status, "withdrawn"), 1, "call {calls}, {off:?}");
            assert_eq!(
                house.get_url(link["url"].as_str().unwrap()).await.status,
                410
            );
            if left.load(Ordering::SeqCst) > 0 {
                assert!(
                    calls > 5,
                    "a withdrawal makes several calls, and each failed once: {calls}"
                );
                break;
            }
        }
        assert!(in_the_way(&house).await.unwrap().contains("SAR-0"));
        withdraw(&house, "SAR-0").await.unwrap();
        assert_eq!(in_the_way(&house).await, None);
    }
}
