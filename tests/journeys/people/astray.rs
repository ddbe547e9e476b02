//! Addresses that somebody types, keeps, shortens or shares.

use super::SURVEY;
use crate::house::{Answer, House};
use custodian_domain::validation::notice;
use reqwest::Method;
use serde_json::json;

impl House {
    /// Requests anything in any way, as a browser or a program does.
    async fn ask(&self, method: Method, path: &str, accept: &str) -> Answer {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let url = format!("{}{path}", self.stack.url());
        let answer = client
            .request(method, url)
            .header("accept", accept)
            .send()
            .await
            .unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer {
            status,
            headers,
            body: answer.text().await.unwrap(),
        }
    }
}

const PAGE: &str = "text/html,application/xhtml+xml";

/// Every path that `GET` answers.
const PLACES: [&str; 10] = [
    "/",
    "/surveys",
    "/surveys/recycling-centre",
    "/surveys/no-such-survey",
    "/privacy",
    "/privacy/2026-06",
    "/accessibility",
    "/assets/custodian.css",
    "/unsubscribe/any-token",
    "/packages/any-token",
];

#[tokio::test(flavor = "multi_thread")]
async fn head_gives_what_get_gives_less_the_body() {
    let house = House::open().await;
    for path in PLACES.into_iter().chain([
        "/surveys/recycling-centre/responses",
        "/nowhere",
        "/surveys/",
    ]) {
        let (get, head) = (
            house.ask(Method::GET, path, PAGE).await,
            house.ask(Method::HEAD, path, PAGE).await,
        );
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{path}"
        );
        for header in [
            "content-type",
            "cache-control",
            "content-security-policy",
            "location",
            "referrer-policy",
        ] {
            assert_eq!(head.header(header), get.header(header), "{path} {header}");
        }
    }
    assert_eq!(house.kept().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_an_error_page_leads_to_the_form() {
    let house = House::open().await;
    let led = house.get("/surveys/recycling-centre/responses").await;
    assert_eq!(
        (led.status, led.header("location")),
        (303, "/surveys/recycling-centre")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slash_too_many_leads_on_and_never_to_another_website() {
    let house = House::open().await;
    for (path, to) in [
        ("/surveys/", "/surveys"),
        ("/surveys/recycling-centre/", "/surveys/recycling-centre"),
        ("//surveys//recycling-centre", "/surveys/recycling-centre"),
        (
            "/surveys/recycling-centre/responses/",
            "/surveys/recycling-centre/responses",
        ),
        (
            "/surveys/recycling-centre/thank-you/?reference=a&until=b",
            "/surveys/recycling-centre/thank-you?reference=a&until=b",
        ),
        ("/privacy/", "/privacy"),
        ("/privacy/2026-06/", "/privacy/2026-06"),
        ("/accessibility//", "/accessibility"),
        ("/unsubscribe/x/", "/unsubscribe/x"),
        ("/packages/x/", "/packages/x"),
        ("//", "/"),
    ] {
        let led = house.get(path).await;
        assert_eq!((led.status, led.header("location")), (308, to), "{path}");
    }
    for stray in [
        "//evil.example/",
        "/%5Cevil.example/",
        "//evil.example/%2e%2e/",
        "/surveys/%2F%2Fevil.example/",
    ] {
        let led = house.get(stray).await;
        let to = led.header("location");
        assert!(
            led.status == 404
                || ["/", "/surveys"].contains(&to)
                || (to.starts_with("/surveys/") && !to.contains("//")),
            "{stray}: {} {to}",
            led.status
        );
    }
    // What was typed goes along with the redirect.
    let posted = house
        .post_to(
            "/surveys/recycling-centre/responses/",
            &[crate::unsubscribe::FORM],
            "satisfaction=4",
        )
        .await;
    assert_eq!(
        (posted.status, posted.header("location")),
        (308, "/surveys/recycling-centre/responses")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_person_types_is_answered_with_a_page_and_a_program_with_a_problem() {
    let house = House::open().await;
    for path in [
        "/nowhere",
        "/surveys/a/b",
        "/privacy/1999",
        "/privacy/a/b",
        "/assets/x.js",
        "/unsubscribe",
        "/packages",
        "/partners",
        "/partners/granicus/submissions",
        "/surveys/recycling-centre/thank-you",
        "/surveys/r%C3%A9cycling",
        "/?page=2",
        "/surveys?page=x",
    ] {
        let page = house.ask(Method::GET, path, PAGE).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (404, "text/html; charset=utf-8"),
            "{path}: {}",
            page.body
        );
        assert!(page.body.contains("<h1 "), "{path}");
        let problem = house.ask(Method::GET, path, "application/json").await;
        assert_eq!(
            (problem.status, problem.header("content-type")),
            (404, "application/problem+json"),
            "{path}"
        );
        assert!(
            problem.json()["type"]
                .as_str()
                .unwrap()
                .starts_with("urn:custodian:problem:")
        );
    }
    for (path, allows) in [
        ("/", "GET, HEAD"),
        ("/surveys/recycling-centre", "GET, HEAD"),
        ("/surveys/recycling-centre/responses", "GET, HEAD, POST"),
        ("/surveys/recycling-centre/thank-you", "GET, HEAD"),
        ("/privacy", "GET, HEAD"),
        ("/accessibility", "GET, HEAD"),
        ("/assets/custodian.css", "GET, HEAD"),
    ] {
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let page = house.ask(method.clone(), path, PAGE).await;
            assert_eq!(
                (page.status, page.header("allow")),
                (405, allows),
                "{method} {path}"
            );
            assert!(page.body.contains("Nothing was saved"), "{method} {path}");
            let problem = house.ask(method, path, "application/json").await;
            assert_eq!(
                (problem.status, &problem.json()["type"]),
                (405, &json!("urn:custodian:problem:method"))
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_page_lists_what_is_open() {
    let house = House::open().await;
    for path in ["/", "/surveys"] {
        let list = house.get(path).await;
        assert_eq!(
            (list.status, list.header("cache-control")),
            (200, "public, max-age=60"),
            "{path}"
        );
        for survey in [
            "Your visit to the household recycling centre",
            "Your planning application",
        ] {
            assert!(list.body.contains(survey), "{survey}: {}", list.body);
        }
    }
    house
        .stack
        .clock()
        .set("2030-01-01T12:00:00Z".parse().unwrap());
    let later = house.get("/").await.body;
    assert!(
        later.contains(&format!("href=\"/surveys/{SURVEY}\""))
            && !later.contains("planning-application"),
        "{later}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_of_the_notice_stays_readable_and_the_form_leads_to_its_own() {
    let house = House::open().await;
    for version in notice::ALL {
        let page = house.get(&format!("/privacy/{}", version.version)).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains(&format!("Version {}", version.version)));
    }
    let form = house.get("/surveys/recycling-centre").await.body;
    let leads = form
        .split("href=\"/privacy/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    house.tell("Quick.", Some("rosa@example.org"), None).await;
    let items = house.items("RECORDS_TABLE").await;
    assert!(
        items
            .iter()
            .any(|item| item.contains(&format!("\"notice_version\":\"{leads}\""))),
        "{leads}: {items:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_foot_of_every_page_leads_to_the_notice_the_statement_the_officer_and_the_council() {
    let house = House::open().await;
    for path in PLACES
        .into_iter()
        .filter(|path| !path.contains("assets"))
        .chain(["/nowhere"])
    {
        let body = house.get(path).await.body;
        let foot = body
            .split("<footer")
            .nth(1)
            .unwrap_or_else(|| panic!("{path} has no foot"));
        let current = notice::CURRENT;
        let current = format!(
            "version {} of {}",
            current.version,
            current.from.format("%-d %B %Y")
        );
        for part in [
            "href=\"/privacy\"",
            "href=\"/accessibility\"",
            "https://www.council.example/",
            "dpo@council.example",
            "01632 960001",
            "EX1 1AA",
            &current,
        ] {
            assert!(foot.contains(part), "{path}: {part} in {foot}");
        }
    }
}
