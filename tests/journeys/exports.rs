//! The DPO gives a person what the council holds about them.

mod door;
mod faults;
mod handed_over;
mod held;
mod read;
mod reviewed;
mod sources;
mod whole;

use crate::house::{House, email_id, phone_id};
use custodian_domain::record::source::Source;
use serde_json::{Value, json};

fn order(kind: &str, identifiers: &[Value]) -> Value {
    json!({"kind": kind, "identifiers": identifiers, "requested_by": "dpo-7"})
}

/// Asserts that a document matches the published schema.
fn assert_valid(document: &Value) {
    let schema = include_str!("../../docs/export.schema.json");
    let schema = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_holds_every_answer_of_a_person_in_any_spelling() {
    let house = House::open().await;
    house
        .tell("By JSON.", Some("Rosa.Hardy@example.org"), None)
        .await;
    let form = "satisfaction=5&site=Swanage&comment=By+form.&email=rosa.hardy%40EXAMPLE.org&newsletter=yes";
    assert_eq!(house.post_form("recycling-centre", form).await.status, 303);
    house
        .tell("Somebody else.", Some("abel@example.org"), None)
        .await;
    let package = house.export(" rosa.hardy@example.org").await;
    assert_eq!(package["records"], 2);
    let text = house.object(package["key"].as_str().unwrap()).await;
    assert_eq!(package["bytes"], text.len());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_valid(&document);
    assert!(
        text.contains("By JSON.") && text.contains("By form.") && !text.contains("Somebody else.")
    );
    let record = &document["records"][0];
    assert_eq!(record["lawful_basis"], "public_task");
    assert!(
        record.get("inferred").is_none(),
        "portability is what the person provided"
    );
    assert!(
        record["provided"]["answers"]
            .to_string()
            .contains("Which site did you visit?"),
        "questions as they were asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn access_tells_what_was_inferred_too_and_everything_that_article_15_wants() {
    let house = House::open().await;
    house
        .tell(
            "<script>alert(1)</script>",
            Some("rosa@example.org"),
            Some("07700 900142"),
        )
        .await;
    let package = house
        .invoke("export", order("access", &[email_id("rosa@example.org")]))
        .await
        .unwrap();
    let document = house.document(&package).await;
    assert_valid(&document);
    let record = &document["records"][0];
    assert_eq!(
        record["inferred"],
        json!({"journey": "dispose-of-waste", "stage": "visit"})
    );
    assert_eq!(record["kept_until"], "2029-11-23T10:00:00Z");
    for point in [
        "purposes",
        "categories",
        "recipients",
        "retention",
        "rights",
        "complaint_to_the_council",
        "complaint_to_the_ico",
        "source",
        "automated_decisions",
        "transfers",
        "codes",
    ] {
        assert!(!document["supplementary"][point].is_null(), "{point}");
    }
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    assert!(report.starts_with("<!DOCTYPE html>") && report.trim_end().ends_with("</html>"));
    assert!(report.contains("4 out of 5: Satisfied") && report.contains("23 November 2029"));
    assert!(!report.contains("<script"), "what was typed is text");
    assert!(
        !report.contains("http://") && !report.contains("src="),
        "a report needs nothing from elsewhere"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_source_is_explained_to_who_asks() {
    let house = House::open().await;
    let package = house
        .invoke("export", order("access", &[email_id("nobody@example.org")]))
        .await
        .unwrap();
    let codes = house.document(&package).await["supplementary"]["codes"]["source"].clone();
    assert_eq!(codes.as_object().unwrap().len(), Source::ALL.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_found_is_a_document_that_says_so() {
    let house = House::open().await;
    let package = house.export("nobody@example.org").await;
    assert_eq!(package["records"], 0);
    let document = house.document(&package).await;
    assert_valid(&document);
    assert!(
        document["message"]
            .as_str()
            .unwrap()
            .starts_with("Nothing is held under these identifiers.")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_the_same_package() {
    let house = House::open().await;
    house.tell("First.", Some("rosa@example.org"), None).await;
    let mut asked = order("portability", &[email_id("rosa@example.org")]);
    asked["request_id"] = json!("DSAR-17");
    let first = house.invoke("export", asked.clone()).await.unwrap();
    house.tell("Second.", Some("rosa@example.org"), None).await;
    assert_eq!(house.invoke("export", asked.clone()).await.unwrap(), first);
    assert_eq!(house.objects().len(), 2, "the document and the page");
    asked["kind"] = json!("access");
    let refused = house.invoke("export", asked).await.unwrap_err();
    assert!(refused.contains("another package"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_made_when_it_is_asked_for_and_works() {
    let house = House::open().await;
    house.tell("Quick.", Some("rosa@example.org"), None).await;
    let package = house.export("rosa@example.org").await;
    let link = house.release(package["request_id"].as_str().unwrap()).await;
    assert_eq!(
        link["expires_at"], "2026-11-30T10:00:00Z",
        "a week, unless the order says otherwise"
    );
    let door = house
        .press(&link, link["code"].as_str().unwrap(), "document")
        .await;
    let object = door.header("location").to_owned();
    let fetched = house.get_url(&object).await;
    assert!(fetched.status == 200 && fetched.body.contains("Quick."));
    assert_eq!(
        house
            .get_url(object.split('?').next().unwrap())
            .await
            .status,
        403,
        "the key alone opens nothing"
    );
    let refused = house
        .invoke(
            "export",
            json!({"release": "no-such-request", "released_by": "dpo-7"}),
        )
        .await
        .unwrap_err();
    assert!(refused.contains("no package was made"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_by_the_second_identifier_once_the_dpo_confirms_that_it_is_theirs() {
    let house = House::open().await;
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    let mut by_phone = order("portability", &[phone_id("+44 7700 900142")]);
    let package = house.invoke("export", by_phone.clone()).await.unwrap();
    assert_eq!(
        (&package["records"], &package["undecided"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(package["linked"][0]["person"], "r•••@example.org");
    let release = async |package: &Value| {
        let order = json!({"release": package["request_id"], "released_by": "dpo-7"});
        house.release_by(order).await
    };
    let refused = release(&package).await.unwrap_err();
    assert!(refused.contains("confirm"), "{refused}");
    by_phone["confirmed_links"] = json!([package["linked"][0]["link"]]);
    let package = house.invoke("export", by_phone).await.unwrap();
    assert_eq!(
        (&package["records"], &package["undecided"]),
        (&json!(1), &json!(0))
    );
    release(&package).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_share_a_telephone_are_shown_and_not_mixed() {
    let house = House::open().await;
    house
        .tell("Rosa's.", Some("rosa@example.org"), Some("01632 960055"))
        .await;
    house
        .tell("Abel's.", Some("abel@example.org"), Some("01632 960055"))
        .await;
    house
        .tell("Nobody's name.", None, Some("01632 960055"))
        .await;
    let by_phone = house
        .invoke("export", order("access", &[phone_id("01632 960055")]))
        .await
        .unwrap();
    assert_eq!(
        by_phone["records"], 1,
        "what was told with the number alone"
    );
    let people: Vec<&str> = by_phone["linked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["person"].as_str().unwrap())
        .collect();
    assert!(people.contains(&"r•••@example.org") && people.contains(&"a•••@example.org"));
    let by_both = order(
        "access",
        &[phone_id("01632 960055"), email_id("rosa@example.org")],
    );
    let both = house.invoke("export", by_both).await.unwrap();
    let text = house.object(both["key"].as_str().unwrap()).await;
    assert!(text.contains("Rosa's.") && !text.contains("Abel's."));
    assert_eq!(
        both["linked"].as_array().unwrap().len(),
        1,
        "Abel is shown, and not followed"
    );
    let mut confirmed = order("access", &[phone_id("01632 960055")]);
    confirmed["confirmed_links"] = json!([both["linked"][0]["link"]]);
    let with_abel = house.invoke("export", confirmed).await.unwrap();
    assert!(
        house
            .object(with_abel["key"].as_str().unwrap())
            .await
            .contains("Abel's.")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymous_answer_is_found_by_the_reference_that_was_given_for_it() {
    let house = House::open().await;
    let told = house.tell("Nobody knows me.", None, None).await;
    let reference = told["reference"].as_str().unwrap().to_lowercase();
    let identifier =
        json!({"type": "reference", "value": format!("{} {}", &reference[..4], &reference[4..])});
    let package = house
        .invoke("export", order("access", &[identifier]))
        .await
        .unwrap();
    assert_eq!(package["records"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_one_page_of_records_is_one_document() {
    let house = House::open().await;
    let long = "é".repeat(1_200);
    for turn in 0..20 {
        futures_util::future::join_all(
            (0..25).map(|n| house.post_form_from("rosa@example.org", &long, turn * 25 + n)),
        )
        .await;
    }
    let package = house
        .invoke("export", order("access", &[email_id("rosa@example.org")]))
        .await
        .unwrap();
    assert_eq!(package["records"], 500);
    assert!(
        package["bytes"].as_u64().unwrap() > 1_000_000,
        "more than DynamoDB gives at once"
    );
    let document = house.document(&package).await;
    assert_valid(&document);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_wrong_is_told_what_and_not_what_was_sent() {
    let house = House::open().await;
    let wrong = [
        (json!({}), "kind must be access or portability"),
        (
            json!({"kind": "access", "identifiers": [], "requested_by": "dpo"}),
            "identifiers must name",
        ),
        (
            order("access", &[email_id("rosa at example")]),
            "identifiers[0].value must be an email address",
        ),
        (
            json!({"kind": "access", "identifiers": [email_id("a@example.org")]}),
            "requested_by must be a text",
        ),
        (
            json!({"kind": "access", "rosa@example.org": 1}),
            "must have no fields but",
        ),
    ];
    for (order, says) in wrong {
        let refused = house.invoke("export", order).await.unwrap_err();
        assert!(
            refused.contains(says) && !refused.contains("rosa"),
            "{refused}"
        );
    }
    assert!(house.objects().is_empty());
}
