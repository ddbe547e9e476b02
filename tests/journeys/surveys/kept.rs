//! Surveys are put, listed and removed in a running stack, through its port.

use super::{edited, versions};
use crate::house::{House, options};
use custodian_local::operate::{OfSurveys, surveys};
use custodian_local::{Options, StartError};
use serde_json::{Value, json};

fn port(house: &House) -> u16 {
    house
        .stack
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

async fn put(house: &House, document: &Value) -> (String, u8) {
    let put = OfSurveys::Put("edited.json".to_owned(), document.to_string().into_bytes());
    surveys(port(house), put).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_is_put_reworded_listed_and_removed_in_the_stack_that_runs() {
    let house = House::open().await;
    let before = versions(&house).await.len();
    let (told, code) = put(&house, &edited(false)).await;
    assert!(
        code == 0
            && told.ends_with(
                "It is in the Register and takes effect within a minute. It takes answers."
            ),
        "{told}"
    );
    let (told, _) = put(&house, &edited(false)).await;
    assert!(
        told.contains("The Register already has exactly this survey."),
        "{told}"
    );
    house.move_to("2026-11-23T10:02:00Z").await;
    assert_eq!(house.get("/surveys/edited").await.status, 200);
    let (told, _) = put(&house, &edited(true)).await;
    assert!(
        told.contains("The earlier wording is kept for as long as any answer to it."),
        "{told}"
    );
    assert_eq!(versions(&house).await.len(), before + 2);
    let (listed, _) = surveys(port(&house), OfSurveys::List).await.unwrap();
    assert!(
        listed.contains("edited: It takes answers. Version "),
        "{listed}"
    );
    assert!(
        listed.contains(", 1 earlier. A different survey") && listed.contains("recycling-centre: "),
        "{listed}"
    );
    let (told, code) = surveys(port(&house), OfSurveys::Remove("edited".to_owned()))
        .await
        .unwrap();
    assert!(
        code == 0 && told.starts_with("The survey edited is removed"),
        "{told}"
    );
    let (told, code) = surveys(port(&house), OfSurveys::Remove("edited".to_owned()))
        .await
        .unwrap();
    assert_eq!(
        (told.as_str(), code),
        ("There is no survey edited in the Register.", 1)
    );
    let (listed, _) = surveys(port(&house), OfSurveys::List).await.unwrap();
    assert!(
        listed.contains("edited: removed. Earlier versions that are kept: 2."),
        "{listed}"
    );
    assert_eq!(
        versions(&house).await.len(),
        before + 2,
        "what was asked is kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_that_would_lose_answers_is_not_put() {
    let house = House::open().await;
    let before = house.items("REGISTER_TABLE").await;
    let mut document = edited(false);
    let second = json!({"id": "email2", "label": "Another", "kind": "email", "required": false, "purpose": "identity"});
    document["questions"].as_array_mut().unwrap().push(second);
    let (told, code) = put(&house, &document).await;
    assert_eq!(code, 1);
    assert!(
        told.contains("edited.json: /questions/5/purpose: asks for the identity a second time"),
        "{told}"
    );
    assert!(told.ends_with("Nothing was put."), "{told}");
    assert_eq!(house.items("REGISTER_TABLE").await, before);
    let put = OfSurveys::Put(
        "bom.json".to_owned(),
        format!("\u{FEFF}{}", edited(false)).into_bytes(),
    );
    assert_eq!(surveys(port(&house), put).await.unwrap().1, 0);
    house.move_to("2026-11-23T10:02:00Z").await;
    assert_eq!(
        house.get("/surveys/edited").await.status,
        200,
        "a byte order mark does no harm"
    );
    assert!(
        surveys(1, OfSurveys::List)
            .await
            .unwrap_err()
            .contains("no stack answers on port 1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_does_not_start_with_a_survey_that_would_lose_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut document = edited(false);
    document["questions"][0]["id"] = json!("agree");
    std::fs::write(folder.path().join("edited.json"), document.to_string()).unwrap();
    let started = custodian_local::Stack::start(Options {
        surveys: Some(folder.path().to_owned()),
        ..options()
    })
    .await;
    let Err(StartError::Survey(told)) = started else {
        panic!("it starts")
    };
    assert!(
        told.contains("/questions/1/id: is the id of an earlier question as well"),
        "{told}"
    );
}
