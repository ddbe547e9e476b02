//! A stranger at the public door guesses keys and chooses references.

use crate::gateway::Ask;
use crate::house::{Answer, House, key, options, s};
use custodian_domain::record::RecordId;
use custodian_domain::record::reference::Reference;
use custodian_download::Download;
use custodian_ingest::Ingest;
use custodian_partners::Partners;
use custodian_runtime::Function;
use custodian_unsubscribe::Unsubscribe;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

const SURVEY: &str = "recycling-centre";

async fn post(house: &House, key: &str, answers: &Value) -> Answer {
    house
        .post(
            SURVEY,
            &[
                ("content-type", "application/json"),
                ("idempotency-key", key),
            ],
            &answers.to_string(),
        )
        .await
}

fn reference(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["reference"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_could_be_guessed_says_the_same_whether_or_not_somebody_answered() {
    let house = House::open().await;
    let answers = json!({"satisfaction": 5, "site": "Wareham", "email": "rosa@example.org"});
    for guessed in [
        "1",
        "form-17",
        "rosa@example.org",
        "00000000-0000-4000-8000-000000000000",
    ] {
        let by_rosa = post(&house, guessed, &answers).await;
        let mut by_stranger = answers.clone();
        by_stranger["satisfaction"] = json!(1);
        for sent in [&answers, &by_stranger] {
            let refused = post(&house, guessed, sent).await;
            assert_eq!(
                (refused.status, &refused.body),
                (400, &by_rosa.body),
                "{guessed}"
            );
            assert!(
                refused.json()["detail"]
                    .as_str()
                    .unwrap()
                    .contains("random UUID"),
                "{}",
                refused.body
            );
        }
    }
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_chooses_a_reference_by_choosing_a_key() {
    let house = House::open().await;
    let formerly =
        |key: &str| Reference::of(&RecordId::of_submission(SURVEY, &format!("key {key}")));
    let chosen = (0..)
        .map(|number| key(&number.to_string()))
        .find(|key| formerly(key).as_str().starts_with("C4T"));
    let chosen = chosen.unwrap();
    for answers in [
        json!({"satisfaction": 5, "site": "Wareham"}),
        json!({"satisfaction": 5, "site": "Wareham", "email": "rosa@example.org"}),
    ] {
        let told = reference(&post(&house, &chosen, &answers).await);
        assert_ne!(told, formerly(&chosen).as_str());
        assert!(!told.starts_with("C4T"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_anonymous_answers_never_share_a_reference() {
    let house = House::open().await;
    let (key, answers) = (key("mine"), json!({"satisfaction": 5, "site": "Wareham"}));
    let first = reference(&post(&house, &key, &answers).await);
    // The one answer in a hundred thousand million that would have the same reference, with exactly
    // the same words.
    let item: Value =
        serde_json::from_str(house.items("RECORDS_TABLE").await.first().unwrap()).unwrap();
    let update = house
        .dynamodb()
        .update_item()
        .table_name(house.setting("RECORDS_TABLE"));
    let update = update
        .key("pk", s(item["pk"].as_str().unwrap()))
        .key("sk", s(item["sk"].as_str().unwrap()));
    let update = update
        .update_expression("SET submission = :other")
        .expression_attribute_values(":other", s("another"));
    update.send().await.unwrap();

    let second = reference(&post(&house, &key, &answers).await);
    assert_ne!(second, first);
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 2);
    assert_eq!(
        reference(&post(&house, &key, &answers).await),
        second,
        "a retry is told the same"
    );
    let conflict = post(&house, &key, &json!({"satisfaction": 1, "site": "Wareham"})).await;
    assert_eq!(
        (conflict.status, &conflict.json()["type"]),
        (422, &json!("urn:custodian:problem:conflict"))
    );
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 2);
    for reference in [first, second] {
        let order = json!({"kind": "access", "identifiers": [{"type": "reference", "value": reference}], "requested_by": "dpo"});
        assert_eq!(house.invoke("export", order).await.unwrap()["records"], 1);
    }
}

/// A form posted from a network address, as API Gateway passes it on.
pub fn sent_from(address: &str, form: &str) -> Value {
    let path = "/surveys/recycling-centre/responses";
    json!({
        "version": "2.0", "routeKey": "POST /surveys/{survey}/responses", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/x-www-form-urlencoded", "x-forwarded-for": "203.0.113.99"},
        "isBase64Encoded": false, "body": form,
        "requestContext": {"accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "d", "requestId": "r",
            "routeKey": "POST /surveys/{survey}/responses", "stage": "$default", "time": "23/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1_795_428_000_000_i64,
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": address, "userAgent": "t"}},
    })
}

async fn house_that_takes(answers_per_hour: u32) -> House {
    let mut options = options();
    options
        .parameters
        .insert("AnswersPerHour".to_owned(), answers_per_hour.to_string());
    House::with(options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_sends_only_so_much_in_an_hour_and_nobody_loses_what_they_typed() {
    let house = house_that_takes(20).await;
    let form = "satisfaction=4&site=Wareham&comment=Too+late+tonight";
    let send = async |address: &str| {
        house
            .invoke("ingest", sent_from(address, form))
            .await
            .unwrap()
    };
    for number in 1..=20 {
        assert_eq!(send("203.0.113.7").await["statusCode"], 303, "{number}");
    }
    house.move_to("2026-11-23T10:40:00Z").await;
    let refused = send("203.0.113.7").await;
    assert_eq!(
        (&refused["statusCode"], &refused["headers"]["retry-after"]),
        (&json!(429), &json!("1200")),
        "{refused}"
    );
    let page = refused["body"].as_str().unwrap();
    assert!(
        page.contains("Too late tonight") && page.contains("not saved yet"),
        "{page}"
    );
    assert_eq!(
        send("203.0.113.8").await["statusCode"],
        303,
        "another network"
    );
    let answers = house.items("RECORDS_TABLE").await.len();
    assert_eq!(answers, 21);
    house.move_to("2026-11-23T11:00:00Z").await;
    assert_eq!(
        send("203.0.113.7").await["statusCode"],
        303,
        "the next hour"
    );
    for table in ["RECORDS_TABLE", "REGISTER_TABLE"] {
        assert!(
            house
                .items(table)
                .await
                .iter()
                .all(|item| !item.contains("203.0.113")),
            "no address is stored"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_count_together_and_a_network_of_ipv6_is_one() {
    let house = house_that_takes(20).await;
    let host = house.stack.host("ingest").unwrap();
    let (one, other) = (
        Ingest::start(&host).await.unwrap(),
        Ingest::start(&host).await.unwrap(),
    );
    let mut taken = 0;
    for number in 0..60 {
        let instance = if number % 2 == 0 { &one } else { &other };
        let event = sent_from(
            &format!("2001:db8:7:7::{number:x}"),
            "satisfaction=4&site=Wareham",
        );
        let answer = instance
            .ask(LambdaEvent::new(event, Context::default()))
            .await
            .unwrap();
        taken += usize::from(answer["statusCode"] == 303);
    }
    assert_eq!(taken, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_another_network_address_is_not_believed() {
    let house = house_that_takes(20).await;
    let mut taken = 0;
    for number in 0..30 {
        let mut event = sent_from("203.0.113.7", "satisfaction=4&site=Wareham");
        for header in [
            "x-custodian-viewer",
            "x-forwarded-for",
            "cloudfront-viewer-address",
        ] {
            event["headers"][header] = json!(format!("198.51.100.{number}"));
        }
        taken += usize::from(house.invoke("ingest", event).await.unwrap()["statusCode"] == 303);
    }
    assert_eq!(taken, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_cloudfront_nobody_passes_it_by_and_every_viewer_counts_alone() {
    let house = house_that_takes(20).await;
    let (key, other) = ("k".repeat(64), "l".repeat(64));
    let behind = |function| {
        let host = house.stack.host(function).unwrap();
        host.with("EDGE_KEY", key.clone())
            .with("EDGE_KEY_OTHER", other.clone())
    };
    let ingest = Ingest::start(&behind("ingest")).await.unwrap();
    let send = async |shown: Option<&str>, viewer: String| {
        let mut event = sent_from("198.51.100.1", "satisfaction=4&site=Wareham");
        event["headers"]["x-custodian-viewer"] = json!(viewer);
        if let Some(shown) = shown {
            event["headers"]["x-custodian-key"] = json!(shown);
        }
        ingest
            .ask(LambdaEvent::new(event, Context::default()))
            .await
            .unwrap()
    };
    for shown in [None, Some(""), Some("kk")] {
        let refused = send(shown, "203.0.113.7".to_owned()).await;
        assert_eq!(refused["statusCode"], 403, "{refused}");
        assert!(
            refused["body"]
                .as_str()
                .unwrap()
                .contains("urn:custodian:problem:not-this-way"),
            "{refused}"
        );
    }
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    for number in 0..60 {
        let answer = send(Some(&key), format!("203.0.113.{}", number % 3)).await;
        assert_eq!(answer["statusCode"], 303, "twenty of each: {answer}");
    }
    for shown in [&key, &other] {
        assert_eq!(
            send(Some(shown), "203.0.113.0".to_owned()).await["statusCode"],
            429,
            "whichever key is shown"
        );
    }

    let plain = |path: &str| {
        let mut event = sent_from("198.51.100.1", "");
        event["rawPath"] = json!(path);
        event["requestContext"]["http"]["method"] = json!("GET");
        LambdaEvent::new(event, Context::default())
    };
    let unsubscribe = Unsubscribe::start(&behind("unsubscribe")).await.unwrap();
    assert_eq!(
        unsubscribe.ask(plain("/unsubscribe/a")).await.unwrap()["statusCode"],
        403
    );
    let download = Download::start(&behind("download")).await.unwrap();
    assert_eq!(
        download.ask(plain("/packages/a")).await.unwrap()["statusCode"],
        403
    );
    let partners = Partners::start(&behind("partners")).await.unwrap();
    assert_eq!(
        partners
            .ask(plain("/partners/granicus/submissions"))
            .await
            .unwrap()["statusCode"],
        403
    );
}
