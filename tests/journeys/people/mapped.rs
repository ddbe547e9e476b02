//! The public address has a path: from a custom domain's mapping, or from a stage.

use crate::house::{House, options, token};
use crate::partners::{CREATED, PATH as GRANICUS};
use custodian_local::Options;

async fn mapped() -> House {
    let mut options: Options = options();
    options.parameters.insert(
        "PublicUrl".to_owned(),
        "https://www.council.example/insight".to_owned(),
    );
    House::with(options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_found_below_the_path_and_every_link_leads_there() {
    let house = mapped().await;
    let form = house.get("/insight/surveys/recycling-centre").await;
    assert_eq!(form.status, 200, "{}", form.body);
    assert!(
        form.body
            .contains("action=\"/insight/surveys/recycling-centre/responses\"")
    );
    assert!(
        form.body
            .contains("href=\"/insight/assets/custodian.css?v=")
    );
    house.take_time();
    let body = format!(
        "submission_token={}&satisfaction=4&site=Wareham",
        token(&form.body)
    );
    let sent = house
        .post_to(
            "/insight/surveys/recycling-centre/responses",
            &[crate::unsubscribe::FORM],
            &body,
        )
        .await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert!(
        sent.header("location")
            .starts_with("/insight/surveys/recycling-centre/thank-you?")
    );
    assert_eq!(house.get(sent.header("location")).await.status, 200);
    for (path, status) in [
        ("/insight", 200),
        ("/insight/privacy", 200),
        ("/insight/accessibility", 200),
        ("/insight/assets/custodian.css", 200),
        ("/insight/unsubscribe/any-token", 200),
        ("/insight/packages/any-token", 404),
        ("/insight/nowhere", 404),
        ("/insights/privacy", 404),
    ] {
        assert_eq!(house.get(path).await.status, status, "{path}");
    }
    let led = house
        .get("/insight/surveys/recycling-centre/responses")
        .await;
    assert_eq!(led.header("location"), "/insight/surveys/recycling-centre");
    assert_eq!(
        house.get("/insight/privacy/").await.header("location"),
        "/insight/privacy"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_handed_out_and_partners_come_in_below_the_path() {
    let house = mapped().await;
    let order = serde_json::json!({"order": "unsubscribe_link", "by": "dpo-7", "identifiers": [crate::house::email_id("rosa@example.org")]});
    let link = house.invoke("requests", order).await.unwrap();
    let path = link["url"]
        .as_str()
        .unwrap()
        .strip_prefix("https://www.council.example")
        .unwrap()
        .to_owned();
    assert!(path.starts_with("/insight/unsubscribe/"), "{path}");
    assert!(
        house
            .click(&path)
            .await
            .body
            .contains("You have unsubscribed")
    );
    assert_eq!(house.clicked().await.len(), 1, "it was a link of ours");
    let unsigned = house
        .post_to(
            &format!("/insight{GRANICUS}"),
            &[("content-type", "application/json")],
            CREATED,
        )
        .await;
    assert_eq!(unsigned.status, 401, "the function itself answers");
}
