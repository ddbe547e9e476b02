//! The door in front of packages: what it shows, who may go on, and what everybody else sees.

use super::order;
use crate::house::{House, email_id, erasure, phone_id};
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";

/// A package with both files.
async fn packaged(house: &House) {
    house.tell("Quick.", Some(ROSA), None).await;
    let mut access = order("access", &[email_id(ROSA)]);
    access["request_id"] = json!("SAR-1");
    house.invoke("export", access).await.unwrap();
}

/// The same package, released.
async fn released(house: &House) -> Value {
    packaged(house).await;
    house.release("SAR-1").await
}

async fn status_of(house: &House, link: &Value) -> u16 {
    house.get_url(link["url"].as_str().unwrap()).await.status
}

async fn looked_up(house: &House) -> Value {
    house
        .invoke("export", json!({"status": "SAR-1", "by": "dpo-7"}))
        .await
        .unwrap()
}

fn events(status: &Value) -> Vec<(&str, &str)> {
    let events = status["events"].as_array().unwrap().iter();
    events
        .map(|event| {
            (
                event["what"].as_str().unwrap(),
                event["by"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_what_there_is_and_the_code_leads_to_either_file() {
    let house = House::open().await;
    let link = released(&house).await;
    let page = house.get_url(link["url"].as_str().unwrap()).await;
    assert_eq!(page.status, 200);
    for said in [
        "Exampleshire Council",
        "SAR-1",
        "<strong>1</strong>",
        "30 November 2026 at 10:00",
        "download it 3 times",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(!page.body.contains(link["code"].as_str().unwrap()) && !page.body.contains(ROSA));
    let document = house.fetch(&link, "document").await;
    assert_eq!(
        (document.status, document.json()["record_count"].clone()),
        (200, json!(1))
    );
    let report = house.fetch(&link, "report").await;
    assert!(
        report.status == 200 && report.body.contains("<html"),
        "{}",
        report.body
    );
    assert!(report.body.contains(
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-"
    ));
    let typed = link["code"]
        .as_str()
        .unwrap()
        .to_lowercase()
        .replace('-', "+");
    assert_eq!(
        house.press(&link, &typed, "document").await.status,
        303,
        "however it is typed"
    );
    assert_eq!(
        house
            .press(&link, &format!("{typed}&file"), "")
            .await
            .status,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_with_its_days_and_a_package_can_be_released_again() {
    let house = House::open().await;
    let link = released(&house).await;
    house.move_to("2026-11-30T09:59:59Z").await;
    assert_eq!(status_of(&house, &link).await, 200);
    house.move_to("2026-11-30T10:00:00Z").await;
    let over = house.get_url(link["url"].as_str().unwrap()).await;
    assert_eq!(over.status, 410);
    assert!(
        over.body.contains("This link no longer works") && over.body.contains("mailto:"),
        "{}",
        over.body
    );
    assert_eq!(
        house
            .press(&link, link["code"].as_str().unwrap(), "report")
            .await
            .status,
        410
    );
    let order = json!({"release": "SAR-1", "released_by": "dpo-7", "days": 14, "fetches": 1});
    let again = house.release_by(order).await.unwrap();
    assert_eq!(
        again["expires_at"], "2026-12-07T10:00:00Z",
        "no longer than the package"
    );
    assert_eq!(
        (
            status_of(&house, &again).await,
            status_of(&house, &link).await
        ),
        (200, 410)
    );
    assert_eq!(house.fetch(&again, "report").await.status, 200);
    let used = house
        .press(&again, again["code"].as_str().unwrap(), "report")
        .await;
    assert!(
        used.status == 422 && used.body.contains("downloaded as often as"),
        "{}",
        used.body
    );
    assert_eq!(
        house.fetch(&again, "document").await.status,
        200,
        "each file by itself"
    );
    assert_eq!(
        status_of(&house, &again).await,
        410,
        "nothing is left to fetch"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_door_answers_is_kept_nowhere_and_its_address_told_to_nobody() {
    let house = House::open().await;
    let link = released(&house).await;
    let url = link["url"].as_str().unwrap();
    assert!(!url.contains("SAR-1") && !url.contains("Amz"), "{url}");
    let door = house
        .press(&link, link["code"].as_str().unwrap(), "report")
        .await;
    let to = door.header("location").to_owned();
    assert!(to.contains("X-Amz-Expires=60&"), "a minute at most: {to}");
    let page = house.get_url(url).await;
    let origin = to.split('/').take(3).collect::<Vec<_>>().join("/");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains(&format!("form-action 'self' {origin};")),
        "browsers let a form lead on there: {policy}"
    );
    let foreign = house.get_url(&format!("{url}x")).await;
    for (answer, status) in [(door, 303), (page, 200), (foreign, 404)] {
        assert_eq!(answer.status, status);
        assert_eq!(
            (
                answer.header("cache-control"),
                answer.header("referrer-policy")
            ),
            ("no-store", "no-referrer")
        );
        assert!(answer.header("x-robots-tag").contains("noindex"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_link_of_ours_is_not_found() {
    let house = House::open().await;
    let url = released(&house).await["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(house.stack.url()).unwrap();
    // A token to unsubscribe is sealed with the same secret, for another purpose.
    let other = house
        .unsubscribe_path(ROSA)
        .await
        .replace("/unsubscribe/", "/packages/");
    let long = format!("/packages/{}", "a".repeat(4_000));
    for foreign in [
        "/packages/SAR-1",
        "/packages/%00",
        "/packages/..%2F..",
        other.as_str(),
        long.as_str(),
        &path[..40],
    ] {
        let answer = house.get(foreign).await;
        assert_eq!(answer.status, 404, "{foreign}");
        assert!(answer.body.contains("Page not found"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_approval_of_an_erasure_on_the_link_is_gone_though_the_objects_are_not() {
    let house = House::where_it_sleeps("erase").await;
    let link = released(&house).await;
    let reading = house
        .invoke("export", json!({"read": "SAR-1", "by": "dpo-7"}))
        .await
        .unwrap();
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    house.move_to("2026-11-23T10:05:00Z").await;
    let mut erase = erasure(&[email_id(ROSA)]);
    erase["request_id"] = json!("ERA-1");
    house.approve(erase).await.unwrap();
    assert_eq!(house.objects().len(), 2);
    for link in [link, reading] {
        assert_eq!(status_of(&house, &link).await, 410);
        assert_eq!(
            house
                .press(&link, link["code"].as_str().unwrap(), "report")
                .await
                .status,
            410
        );
    }
    for order in [
        json!({"read": "SAR-1", "by": "dpo-7"}),
        json!({"release": "SAR-1", "released_by": "dpo-7"}),
    ] {
        assert!(
            house
                .invoke("export", order)
                .await
                .unwrap_err()
                .contains("gone")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_has_expired_is_gone_within_the_days_of_its_link_too() {
    let house = House::open().await;
    house.tell("Quick.", Some(ROSA), None).await;
    house.move_to("2029-11-23T09:30:00Z").await;
    let package = house.export(ROSA).await;
    let link = house.release(package["request_id"].as_str().unwrap()).await;
    assert_eq!(
        link["expires_at"], "2029-11-23T10:00:00Z",
        "no longer than what is in it"
    );
    assert_eq!(status_of(&house, &link).await, 200);
    house.move_to("2029-11-23T10:00:00Z").await;
    assert_eq!(status_of(&house, &link).await, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dpo_reads_a_package_before_it_is_released_and_that_hands_nothing_over() {
    let house = House::open().await;
    packaged(&house).await;
    let reading = house
        .invoke("export", json!({"read": "SAR-1", "by": "dpo-8"}))
        .await
        .unwrap();
    assert_eq!(reading["expires_at"], "2026-11-23T10:15:00Z");
    let page = house.get_url(reading["url"].as_str().unwrap()).await;
    assert!(
        page.body.contains("This link is for reading only"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("beside the link") && !page.body.contains("does not come with the link")
    );
    assert_eq!(house.fetch(&reading, "report").await.status, 200);
    let status = looked_up(&house).await;
    assert_eq!(
        (&status["handed_over_at"], &status["release"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        status["fetched"],
        json!([{"at": "2026-11-23T10:00:00Z", "file": "report", "link": "reading"}])
    );
    let review = json!({"review": "SAR-1", "by": "dpo-8", "nothing_taken_out": true});
    house.invoke("export", review).await.unwrap();
    // A release does not end a reading, nor a reading a release.
    let link = house.release("SAR-1").await;
    assert_eq!(
        (
            status_of(&house, &reading).await,
            status_of(&house, &link).await
        ),
        (200, 200)
    );
    house.move_to("2026-11-23T10:15:00Z").await;
    assert_eq!(
        (
            status_of(&house, &reading).await,
            status_of(&house, &link).await
        ),
        (410, 200)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ordered_read_released_and_asked_is_remembered_and_who_fetched_is_not() {
    let house = House::open().await;
    packaged(&house).await;
    let mut second = order("access", &[email_id(ROSA)]);
    (second["request_id"], second["requested_by"]) = (json!("SAR-1"), json!("dpo-9"));
    house.move_to("2026-11-23T10:01:00Z").await;
    house.invoke("export", second).await.unwrap();
    house.move_to("2026-11-23T10:02:00Z").await;
    let reading = json!({"read": "SAR-1", "by": "dpo-8"});
    let reading = house.invoke("export", reading).await.unwrap();
    assert_eq!(house.fetch(&reading, "report").await.status, 200);
    let review = json!({"review": "SAR-1", "by": "dpo-8", "nothing_taken_out": true});
    house.invoke("export", review).await.unwrap();
    house.move_to("2026-11-23T10:03:00Z").await;
    let link = house
        .release_by(json!({"link_for": "SAR-1", "by": "dpo-6"}))
        .await
        .unwrap();
    house.move_to("2026-11-23T10:04:00.218Z").await;
    house.fetch(&link, "document").await;
    assert_eq!(house.press(&link, "WRONG", "document").await.status, 422);
    house.move_to("2026-11-23T10:05:00Z").await;
    let status = looked_up(&house).await;
    assert_eq!(
        events(&status),
        [
            ("ordered", "dpo-7"),
            ("ordered", "dpo-9"),
            ("opened for reading", "dpo-8"),
            ("reviewed", "dpo-8"),
            ("released", "dpo-6"),
            ("asked for its status", "dpo-7")
        ]
    );
    assert_eq!(
        (&status["requested_by"], &status["handed_over_at"]),
        (&json!("dpo-7"), &json!("2026-11-23T10:04:00Z"))
    );
    assert_eq!(
        status["fetched"],
        json!([{"at": "2026-11-23T10:02:00Z", "file": "report", "link": "reading"},
            {"at": "2026-11-23T10:04:00Z", "file": "document", "link": "release"}])
    );
    let release = json!({"by": "dpo-6", "at": "2026-11-23T10:03:00Z", "until": "2026-11-30T10:03:00Z", "is_open": true,
        "fetches": 3, "document": 1, "report": 0, "wrong_codes": 1});
    assert_eq!(status["release"], release, "and nothing that opens it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_does_not_say_who_gives_it_is_refused() {
    let house = House::open().await;
    packaged(&house).await;
    let before = house.everything().await;
    for (order, says) in [
        (json!({"link_for": "SAR-1"}), "by must be a text"),
        (json!({"release": "SAR-1"}), "released_by must be a text"),
        (json!({"read": "SAR-1"}), "by must be a text"),
        (json!({"status": "SAR-1"}), "by must be a text"),
        (
            json!({"read": "SAR-1", "by": "dpo-7", "release": "SAR-1"}),
            "must have no fields but",
        ),
        (
            json!({"release": "SAR 1", "released_by": "dpo-7"}),
            "release must have 1 to 64",
        ),
        (
            json!({"release": null, "released_by": "dpo-7"}),
            "release must name a request",
        ),
        (
            json!({"release": "SAR-1", "released_by": "dpo-7", "days": 15}),
            "days must be a whole number from 1 to 14",
        ),
        (
            json!({"release": "SAR-1", "released_by": "dpo-7", "fetches": 0}),
            "fetches must be a whole number from 1 to 10",
        ),
        (
            json!({"read": "SAR-2", "by": "dpo-7"}),
            "no package was made",
        ),
        (
            json!({"release": "SAR-1", "released_by": "dpo-7", "confirmed_links": ["qqq"]}),
            "confirmed_links names a link that this package does not have",
        ),
        (
            json!({"release": "SAR-1", "released_by": "dpo-7", "refused_links": ["claimed", "zzz"]}),
            "refused_links names a link that this package does not have",
        ),
    ] {
        let refused = house.invoke("export", order).await.unwrap_err();
        assert!(refused.contains(says), "{refused}");
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_on_links_is_kept_with_who_decided_it_and_when() {
    let house = House::open().await;
    for (comment, email) in [
        ("Ann's.", "ann@example.org"),
        ("Ben's.", "ben@example.org"),
        ("Cy's.", "cy@example.org"),
    ] {
        house.tell(comment, Some(email), Some("01632 960055")).await;
    }
    let mut access = order("access", &[phone_id("01632 960055")]);
    access["request_id"] = json!("SAR-1");
    let listed = house.invoke("export", access.clone()).await.unwrap();
    let [ann, ben, cy] = [0, 1, 2].map(|place| listed["linked"][place]["link"].clone());
    house
        .invoke("export", json!({"withdraw": "SAR-1", "by": "dpo-7"}))
        .await
        .unwrap();
    (
        access["request_id"],
        access["confirmed_links"],
        access["refused_links"],
    ) = (json!("SAR-2"), json!([ann]), json!([ben]));
    house.invoke("export", access).await.unwrap();
    house.move_to("2026-11-23T11:00:00Z").await;
    let release = |confirmed: &[&Value], refused: &[&Value]| json!({"release": "SAR-2", "released_by": "dpo-8", "confirmed_links": confirmed, "refused_links": refused});
    let half = house
        .release_by(release(&[&ann], &[&ben]))
        .await
        .unwrap_err();
    assert!(
        half.contains(&format!("not decided: 1, namely {}", cy.as_str().unwrap())),
        "{half}"
    );
    let otherwise = house
        .release_by(release(&[&ben], &[&cy]))
        .await
        .unwrap_err();
    assert!(otherwise.contains(
        "confirmed_links names a link that this package does not have, or that was decided"
    ));
    house
        .release_by(release(&[&ann], &[&ben, &json!("claimed")]))
        .await
        .unwrap();
    house
        .release_by(release(&[&ann], &[&ben, &cy]))
        .await
        .expect("what is decided can be said again");
    let status = house
        .invoke("export", json!({"status": "SAR-2", "by": "dpo-7"}))
        .await
        .unwrap();
    let decided = json!([
        {"by": "dpo-7", "at": "2026-11-23T10:00:00Z", "confirmed": [ann], "refused": [ben]},
        {"by": "dpo-8", "at": "2026-11-23T11:00:00Z", "confirmed": [ann], "refused": [ben, cy]},
    ]);
    assert_eq!(
        (&status["decided"], &status["undecided"]),
        (&decided, &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_status_again_and_again_is_remembered_once_a_day() {
    let house = House::open().await;
    packaged(&house).await;
    let asked = |status: &Value| {
        events(status)
            .iter()
            .filter(|(what, _)| *what == "asked for its status")
            .count()
    };
    for (instant, times) in [
        ("2026-11-23T23:58:00Z", 1),
        ("2026-11-23T23:59:00Z", 1),
        ("2026-11-24T00:00:00Z", 2),
    ] {
        house.move_to(instant).await;
        assert_eq!(asked(&looked_up(&house).await), times, "{instant}");
    }
    let other = house
        .invoke("export", json!({"status": "SAR-1", "by": "dpo-8"}))
        .await
        .unwrap();
    assert_eq!(asked(&other), 3, "somebody else is somebody else");
}
