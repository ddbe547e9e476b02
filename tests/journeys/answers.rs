//! A resident answers: in a hurry, twice, wrongly, or as a machine.

use crate::house::{House, key, token};
use serde_json::{Value, json};

const SURVEY: &str = "recycling-centre";

fn answers() -> Value {
    json!({"satisfaction": 5, "site": "Wareham", "comment": "Quick.", "email": "rosa@example.org"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_a_reference_and_the_day_on_which_the_answer_is_deleted() {
    let house = House::open().await;
    let form = house.get("/surveys/recycling-centre").await;
    assert_eq!(
        (form.status, form.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    house.move_to("2026-11-23T10:01:00Z").await;
    let body = format!(
        "submission_token={}&satisfaction=4&site=Wareham&comment=&email=&website=",
        token(&form.body)
    );
    let sent = house.post_form(SURVEY, &body).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let thanks = house.get(sent.header("location")).await;
    assert_eq!(thanks.status, 200);
    assert!(thanks.body.contains("23 November 2029"), "{}", thanks.body);
    let reference = sent.header("location").split("reference=").nth(1).unwrap()[..8].to_owned();
    assert!(thanks.body.contains(&reference));
    let again = house.post_form(SURVEY, &body).await;
    assert_eq!(
        again.header("location"),
        sent.header("location"),
        "the same form sent twice is one answer"
    );
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_201_with_the_times() {
    let house = House::open().await;
    let created = house.post_json(SURVEY, &answers()).await;
    assert_eq!(created.status, 201);
    let told = created.json();
    assert_eq!(told["collected_at"], "2026-11-23T10:00:00Z");
    assert_eq!(told["expires_at"], "2029-11-23T10:00:00Z");
    assert_eq!(told["reference"].as_str().unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_the_same_key_is_one_record_and_gets_the_first_answer() {
    let house = House::open().await;
    let key = key("form-17");
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key.as_str()),
    ];
    let first = house.post(SURVEY, &headers, &answers().to_string()).await;
    house.move_to("2026-11-23T11:00:00Z").await;
    let again = house.post(SURVEY, &headers, &answers().to_string()).await;
    assert_eq!((again.status, again.body), (201, first.body));
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 1);
    let mut other = answers();
    other["satisfaction"] = json!(1);
    let conflict = house.post(SURVEY, &headers, &other.to_string()).await;
    assert_eq!(
        (conflict.status, &conflict.json()["type"]),
        (422, &json!("urn:custodian:problem:conflict"))
    );
    assert_eq!(
        house.items("RECORDS_TABLE").await.len(),
        1,
        "the first answer stands"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_from_another_person_is_another_answer() {
    let house = House::open().await;
    for email in ["rosa@example.org", "abel@example.org"] {
        let mut body = answers();
        body["email"] = json!(email);
        let key = key("1");
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key.as_str()),
        ];
        assert_eq!(
            house.post(SURVEY, &headers, &body.to_string()).await.status,
            201
        );
    }
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_identifier_adds_one_link() {
    let house = House::open().await;
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    house
        .tell("Slow.", Some("ROSA@example.org"), Some("+44 7700 900142"))
        .await;
    let items = house.items("RECORDS_TABLE").await;
    assert_eq!(
        items.iter().filter(|item| item.contains("link#")).count(),
        1
    );
    assert_eq!(items.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_refused_leaves_no_link_behind() {
    let house = House::open().await;
    let send = async |rating: u8, phone: &str| {
        let body = json!({"satisfaction": rating, "site": "Wareham", "email": "rosa@example.org", "phone": phone});
        let key = key("k");
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key.as_str()),
        ];
        house.post(SURVEY, &headers, &body.to_string()).await.status
    };
    assert_eq!(send(5, "07700 900142").await, 201);
    let before = house.items("RECORDS_TABLE").await;
    house.move_to("2026-11-23T10:30:00Z").await;
    assert_eq!(
        send(1, "07700 900142").await,
        422,
        "whose link is there already"
    );
    assert_eq!(house.items("RECORDS_TABLE").await, before, "is as it was");
    assert_eq!(
        send(1, "07700 900177").await,
        422,
        "whose link would be new"
    );
    house.move_to("2026-11-23T10:31:00Z").await;
    assert_eq!(
        house.items("RECORDS_TABLE").await,
        before,
        "is over at once, and TTL has removed it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_renews_nothing() {
    let house = House::open().await;
    let body = json!({"satisfaction": 5, "site": "Wareham", "email": "rosa@example.org", "phone": "07700 900142"});
    let key = key("k");
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key.as_str()),
    ];
    assert_eq!(
        house.post(SURVEY, &headers, &body.to_string()).await.status,
        201
    );
    let before = house.items("RECORDS_TABLE").await;
    house.move_to("2027-11-23T10:00:00Z").await;
    assert_eq!(
        house.post(SURVEY, &headers, &body.to_string()).await.status,
        201
    );
    assert_eq!(
        house.items("RECORDS_TABLE").await,
        before,
        "neither the record nor its link"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_no_uri_is_answered() {
    let house = House::open().await;
    let event = |query: &str| {
        json!({
            "version": "2.0", "routeKey": "GET /privacy", "rawPath": "/privacy", "rawQueryString": query, "isBase64Encoded": false,
            "headers": {"host": "d.example:x"},
            "requestContext": {"accountId": "1", "apiId": "a", "domainName": "d.example", "domainPrefix": "d", "requestId": "r",
                "routeKey": "GET /privacy", "stage": "$default", "time": "23/Nov/2026:10:00:00 +0000", "timeEpoch": 0,
                "http": {"method": "GET", "path": "/privacy", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"}},
        })
    };
    for query in ["a=\"b\"", "a=<b>", "a={1}", "a=b c", "a=\u{1}|^`"] {
        assert_eq!(
            house.invoke("ingest", event(query)).await.unwrap()["statusCode"],
            200,
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_survey_is_404() {
    let house = House::open().await;
    assert_eq!(house.get("/surveys/bees").await.status, 404);
    let refused = house.post_json("bees", &answers()).await;
    assert_eq!(
        (refused.status, refused.header("content-type")),
        (404, "application/problem+json")
    );
    assert_eq!(
        refused.json()["type"],
        "urn:custodian:problem:unknown-survey"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_that_is_not_open_is_403_with_a_page_that_says_so() {
    let house = House::open().await;
    for (now, says) in [
        ("2025-12-31T12:00:00Z", "1 January 2026"),
        ("2030-01-01T12:00:00Z", "31 December 2029"),
    ] {
        house.stack.clock().set(now.parse().unwrap());
        for answer in [
            house.get("/surveys/planning-application").await,
            house
                .post_form(
                    "planning-application",
                    "satisfaction=4&email=a%40example.org",
                )
                .await,
        ] {
            assert_eq!(answer.status, 403);
            assert!(answer.body.contains(says), "{}", answer.body);
        }
    }
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn payload_too_large_is_413() {
    let house = House::open().await;
    let refused = house
        .post_json(SURVEY, &json!({"comment": "a".repeat(65_536)}))
        .await;
    assert_eq!(
        (refused.status, &refused.json()["status"]),
        (413, &json!(413))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whose_answers_are_too_long_has_them_back_and_is_told_which() {
    let house = House::open().await;
    for long in [
        "a".repeat(200_000),
        "ক".repeat(100_000),
        "<".repeat(200_000),
    ] {
        let typed = format!("satisfaction=4&site=Wareham&comment={long}&phone=07700+900142");
        let back = house.post_form(SURVEY, &typed).await;
        assert_eq!(back.status, 422);
        assert!(
            back.body
                .contains("‘How could we improve?’ must be 1250 characters or fewer")
        );
        assert!(
            back.body.contains(&long.replace('<', "&#60;")) && back.body.contains("07700 900142")
        );
    }
    let more = format!(
        "satisfaction=4&site=Wareham&comment={}",
        "a".repeat(1024 * 1024)
    );
    let refused = house.post_form(SURVEY, &more).await;
    assert!(
        refused.status == 413 && refused.body.len() < 10_000 && refused.body.contains("too long")
    );
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_media_types_are_415_and_what_cannot_be_read_is_400() {
    let house = House::open().await;
    let status = async |media_type: &'static str, body: &'static str| {
        house
            .post(SURVEY, &[("content-type", media_type)], body)
            .await
            .status
    };
    assert_eq!(status("text/plain", "satisfaction=4").await, 415);
    assert_eq!(
        status("multipart/form-data; boundary=x", "--x--").await,
        415
    );
    assert_eq!(status("application/json", "{\"satisfaction\":").await, 400);
    assert_eq!(status("application/json", "[1]").await, 400);
    assert_eq!(
        status("application/x-www-form-urlencoded", "comment=%FF").await,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_answer_is_named_and_never_repeated() {
    let house = House::open().await;
    let sent = json!({"satisfaction": 9, "site": "Atlantis", "phone": "call me maybe", "colour": "mauve",
        "email": "rosa at example", "comment": "x".repeat(1251)});
    let refused = house.post_json(SURVEY, &sent).await;
    assert_eq!(
        (refused.status, refused.header("content-type")),
        (422, "application/problem+json")
    );
    let problem = refused.json();
    let named: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        named,
        [
            "satisfaction",
            "site",
            "comment",
            "email",
            "phone",
            "colour"
        ]
    );
    for value in ["Atlantis", "maybe", "mauve", "rosa"] {
        assert!(!refused.body.contains(value), "{}", refused.body);
    }
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_mistakes_comes_back_with_what_was_typed() {
    let house = House::open().await;
    let token = token(&house.get("/surveys/recycling-centre").await.body);
    house.move_to("2026-11-23T10:01:00Z").await;
    let typed = format!(
        "submission_token={token}&satisfaction=2&comment=%3Cb%3ELong+queue%3C%2Fb%3E&email=rosa%40"
    );
    let back = house.post_form(SURVEY, &typed).await;
    assert_eq!(back.status, 422);
    assert!(back.body.contains("<title>Error: "), "{}", back.body);
    assert!(back.body.contains("There is a problem"));
    assert!(
        back.body.contains("&#60;b&#62;Long queue"),
        "what was typed is text: {}",
        back.body
    );
    assert!(
        back.body.contains(&token),
        "the token stays, so that sending it twice is sending it once"
    );
    assert!(back.body.contains("href=\"#email\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_made_up_gets_a_fresh_form_with_what_was_typed() {
    let house = House::open().await;
    let back = house
        .post_form(
            SURVEY,
            "submission_token=1.2.3&satisfaction=4&site=Wareham&comment=Tidy",
        )
        .await;
    assert_eq!(back.status, 422);
    assert!(back.body.contains("Tidy") && token(&back.body).len() > 20);
    let at_once = format!(
        "submission_token={}&satisfaction=4&site=Wareham&comment=Tidy",
        token(&back.body)
    );
    assert_eq!(house.post_form(SURVEY, &at_once).await.status, 303);
    assert_eq!(
        house.items("RECORDS_TABLE").await.len(),
        1,
        "whoever gets a form back has typed already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_forbids_what_it_does_not_need() {
    let house = House::open().await;
    for path in [
        "/",
        "/surveys/recycling-centre",
        "/privacy",
        "/accessibility",
        "/surveys/bees",
        "/assets/custodian.css",
    ] {
        let page = house.get(path).await;
        assert!(
            page.header("content-security-policy")
                .starts_with("default-src 'none'"),
            "{path}"
        );
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
    }
}
