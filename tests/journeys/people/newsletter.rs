//! A newsletter is asked for: where it goes to, and what makes it lawful.

use super::SURVEY;
use crate::house::{House, email_id};
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
    assert_eq!((&fault["field"], &fault["rule"]), (&json!("email"), &json!("address")), "{}", refused.body);
    let token = house.form_token(SURVEY).await;
    let back =
        house.post_form(SURVEY, &format!("submission_token={token}&satisfaction=4&site=Wareham&newsletter=yes")).await;
    assert_eq!(back.status, 422);
    assert!(
        back.body.contains("<a href=\"#email\">Enter your email address, so that we can send you the newsletter</a>")
    );
    assert_eq!(house.kept().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_for_the_newsletter_is_kept_as_consent_and_is_told() {
    let house = House::open().await;
    assert_eq!(house.post_json(SURVEY, &wants(Some("rosa@example.org"))).await.status, 201);
    house.tell("No newsletter.", Some("abel@example.org"), None).await;
    let version = shared::domain::survey::Survey::parse(include_str!("../../../surveys/recycling-centre.json"))
        .unwrap()
        .notice_version;
    for kind in ["access", "portability"] {
        let of = async |email: &str| {
            let order = json!({"kind": kind, "identifiers": [email_id(email)], "requested_by": "dpo-7"});
            house.document(&house.invoke("export", order).await.unwrap()).await["records"][0].clone()
        };
        let record = of("rosa@example.org").await;
        assert_eq!(record["lawful_basis"], "public_task", "of the answer itself");
        let told = &record["provided"];
        assert_eq!(told["newsletter_basis"], "consent");
        assert_eq!(told["newsletter_consent_at"], "2026-11-23T10:00:00Z");
        assert_eq!(told["newsletter_notice_version"], json!(version));
        assert_eq!(of("abel@example.org").await["provided"]["newsletter_basis"], Value::Null);
    }
    let notice = house.get(&format!("/privacy/{version}")).await;
    assert_eq!(notice.status, 200, "what the person was shown can be read");
    assert!(notice.body.contains(&format!("Version {version}")));
}
