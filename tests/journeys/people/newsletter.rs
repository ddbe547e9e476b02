//! Somebody asks for a newsletter: where it goes, and what makes it lawful.

use super::{SURVEY, posted, with_a_failure};
use crate::failing::Off;
use crate::house::{House, email_id, options};
use serde_json::{Value, json};

fn wants(email: Option<&str>) -> Value {
    json!({"satisfaction": 4, "site": "Wareham", "email": email, "newsletter": true})
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_the_newsletter_is_asked_for_an_address() {
    let house = House::open().await;
    let refused = house.post_json(SURVEY, &wants(None)).await;
    assert_eq!(refused.status, 422);
    let fault = &refused.json()["errors"][0];
    assert_eq!(
        (&fault["field"], &fault["rule"]),
        (&json!("email"), &json!("address")),
        "{}",
        refused.body
    );
    let token = house.form_token(SURVEY).await;
    let back = house
        .post_form(
            SURVEY,
            &format!("submission_token={token}&satisfaction=4&site=Wareham&newsletter=yes"),
        )
        .await;
    assert_eq!(back.status, 422);
    assert!(back.body.contains(
        "<a href=\"#email\">Enter your email address, so that we can send you the newsletter</a>"
    ));
    assert_eq!(house.kept().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_for_the_newsletter_is_kept_as_consent_and_is_told() {
    let house = House::open().await;
    assert_eq!(
        house
            .post_json(SURVEY, &wants(Some("rosa@example.org")))
            .await
            .status,
        201
    );
    house
        .tell("No newsletter.", Some("abel@example.org"), None)
        .await;
    let version = custodian_domain::survey::Survey::parse(include_str!(
        "../../../surveys/recycling-centre.json"
    ))
    .unwrap()
    .notice_version;
    for kind in ["access", "portability"] {
        let of = async |email: &str| {
            let order =
                json!({"kind": kind, "identifiers": [email_id(email)], "requested_by": "dpo-7"});
            house
                .document(&house.invoke("export", order).await.unwrap())
                .await["records"][0]
                .clone()
        };
        let record = of("rosa@example.org").await;
        assert_eq!(
            record["lawful_basis"], "public_task",
            "of the answer itself"
        );
        let told = &record["provided"];
        assert_eq!(told["newsletter_basis"], "consent");
        assert_eq!(told["newsletter_consent_at"], "2026-11-23T10:00:00Z");
        assert_eq!(told["newsletter_notice_version"], json!(version));
        assert_eq!(
            of("abel@example.org").await["provided"]["newsletter_basis"],
            Value::Null
        );
    }
    let notice = house.get(&format!("/privacy/{version}")).await;
    assert_eq!(notice.status, 200, "what the person was shown can be read");
    assert!(notice.body.contains(&format!("Version {version}")));
}

/// A form that asks for the newsletter, or does not.
fn form(newsletter: &str) -> String {
    format!("satisfaction=4&site=Wareham&email=rosa%40example.org&newsletter={newsletter}")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_the_newsletter_is_told_that_an_email_comes_and_nobody_else_is() {
    let house = House::open().await;
    let page_after = async |house: &House, form: &str| {
        let sent = house.post_form(SURVEY, form).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        let page = house.get(sent.header("location")).await;
        assert_eq!(page.status, 200, "{}", sent.header("location"));
        page.body
    };
    let says = |page: &str| {
        page.contains("we ask you by email whether the address that you gave us is yours")
    };
    assert!(!says(&page_after(&house, &form("no")).await));
    assert!(!says(
        &page_after(&house, "satisfaction=4&site=Wareham").await
    ));
    let token = house.form_token(SURVEY).await;
    let same = format!("submission_token={token}&{}", form("yes"));
    assert!(says(&page_after(&house, &same).await));
    assert!(
        says(&page_after(&house, &form("yes")).await),
        "the email of before stands"
    );
    house.stack.settle().await.unwrap();
    assert_eq!(house.stack.simulators().notify.mails().len(), 1);
    house.move_to("2026-11-25T10:00:00Z").await;
    assert!(
        !says(&page_after(&house, &same).await),
        "for the same answer no other one comes after a day"
    );

    let mut options = options();
    options
        .parameters
        .insert("NotifyConnector".to_owned(), "off".to_owned());
    let off = House::with(options).await;
    assert!(!says(&page_after(&off, &form("yes")).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_an_email_that_could_not_be_asked_for() {
    let mut kept_and_not_asked = 0;
    for calls in 1..=6 {
        let house = House::open().await;
        let sent = with_a_failure(&house, calls, Off::Error, posted(SURVEY, &form("yes"))).await;
        let is_asked = house
            .items("REGISTER_TABLE")
            .await
            .iter()
            .any(|item| item.contains("\"CONFIRMATIONS\""));
        if sent.status == 303 {
            let location = sent.header("location");
            assert_eq!(
                location.contains("confirm=email"),
                is_asked,
                "{calls}: {location}"
            );
            kept_and_not_asked += usize::from(!is_asked);
        }
    }
    assert_eq!(kept_and_not_asked, 1);
}
