//! The door in front of packages: who is led on, for how long, and what everybody else is told.

use super::order;
use crate::house::{House, email_id, erasure};
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";

/// A package of both objects, and the links to them.
async fn handed_out(house: &House) -> Value {
    house.tell("Quick.", Some(ROSA), None).await;
    let mut access = order("access", &[email_id(ROSA)]);
    access["request_id"] = json!("SAR-1");
    house.invoke("export", access).await.unwrap();
    house.invoke("export", json!({"link_for": "SAR-1"})).await.unwrap()
}

async fn statuses(house: &House, link: &Value) -> [u16; 2] {
    let status = async |url: &str| house.get_url(link[url].as_str().unwrap()).await.status;
    [status("url").await, status("report_url").await]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_link_leads_to_its_object_for_an_hour_and_then_says_that_it_is_over() {
    let house = House::open().await;
    let link = handed_out(&house).await;
    assert_eq!(link["expires_at"], "2026-11-23T11:00:00Z");
    let document = house.follow(link["url"].as_str().unwrap()).await;
    assert_eq!((document.status, document.json()["record_count"].clone()), (200, json!(1)));
    let report = house.follow(link["report_url"].as_str().unwrap()).await;
    assert!(report.status == 200 && report.body.contains("<html"), "{}", report.body);
    house.move_to("2026-11-23T10:59:59Z").await;
    assert_eq!(statuses(&house, &link).await, [303, 303]);
    house.move_to("2026-11-23T11:00:00Z").await;
    let over = house.get_url(link["url"].as_str().unwrap()).await;
    assert_eq!(over.status, 410);
    assert!(over.body.contains("This link no longer works") && over.body.contains("mailto:"), "{}", over.body);
    let again = house.invoke("export", json!({"link_for": "SAR-1"})).await.unwrap();
    assert_eq!(statuses(&house, &again).await, [303, 303], "the package is there, and so a new link works");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_door_answers_is_kept_nowhere_and_its_address_told_to_nobody() {
    let house = House::open().await;
    let link = handed_out(&house).await;
    let url = link["url"].as_str().unwrap();
    assert!(!url.contains("SAR-1") && !url.contains("Amz"), "{url}");
    for (address, status) in [(url.to_owned(), 303), (format!("{url}x"), 404)] {
        let answer = house.get_url(&address).await;
        assert_eq!(answer.status, status);
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store", "no-referrer"));
        assert!(header("x-robots-tag").contains("noindex"));
    }
    let to = house.get_url(url).await.headers["location"].to_str().unwrap().to_owned();
    assert!(to.contains("X-Amz-Expires=60&"), "a minute at most: {to}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_link_of_ours_is_not_found_and_nothing_but_get_is_answered() {
    let house = House::open().await;
    let url = handed_out(&house).await["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(house.stack.url()).unwrap();
    // A token to unsubscribe is sealed with the same secret, for another purpose.
    let other = house.unsubscribe_path(ROSA).await.replace("/unsubscribe/", "/packages/");
    let long = format!("/packages/{}", "a".repeat(4_000));
    for foreign in ["/packages/SAR-1", "/packages/%00", "/packages/..%2F..", other.as_str(), long.as_str(), &path[..40]]
    {
        let answer = house.get(foreign).await;
        assert_eq!(answer.status, 404, "{foreign}");
        assert!(answer.body.contains("Page not found"));
    }
    let posted = house.post_to(path, &[], "").await;
    assert_eq!((posted.status, posted.headers["allow"].to_str().unwrap()), (405, "GET, HEAD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_approval_of_an_erasure_on_the_link_is_gone_though_the_objects_are_not() {
    let house = House::where_it_sleeps("erase").await;
    let link = handed_out(&house).await;
    house.move_to("2026-11-23T10:05:00Z").await;
    let mut erase = erasure(&[email_id(ROSA)]);
    erase["request_id"] = json!("ERA-1");
    house.approve(erase).await.unwrap();
    assert_eq!(house.objects().len(), 2);
    assert_eq!(statuses(&house, &link).await, [410, 410]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_has_expired_is_gone_within_the_hour_of_its_link_too() {
    let house = House::open().await;
    house.tell("Quick.", Some(ROSA), None).await;
    house.move_to("2029-11-23T09:30:00Z").await;
    let package = house.export(ROSA).await;
    let link = house.invoke("export", json!({"link_for": package["request_id"]})).await.unwrap();
    assert_eq!(link["expires_at"], "2029-11-23T10:00:00Z", "no longer than what is in it");
    assert_eq!(house.get_url(link["url"].as_str().unwrap()).await.status, 303);
    house.move_to("2029-11-23T10:00:00Z").await;
    assert_eq!(house.get_url(link["url"].as_str().unwrap()).await.status, 410);
}
