//! Every source is described as what it is: provided, observed, inferred, or said by others.

use super::handed_over::{
    call, chat, complaint, contact, form, hand_over, interview, known_as, post, review,
};
use super::{assert_valid, order};
use crate::house::{House, email_id};
use custodian_domain::record::source::Source;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const REVIEWER: &str = "accounts/1/locations/2/reviews/3";
const HANDLE: &str = "x:@grumpy_of_wareham";

fn reference_id(value: &str) -> Value {
    json!({"type": "reference", "value": value})
}

/// A person with a record from every source, and two from forms.
async fn hand_over_everything(house: &House) -> Vec<Value> {
    let priya = || contact("Priya Nair", Some("priya.nair@example.org"), None);
    let told = vec![
        form("FS-1", priya()),
        call("300000002187345", priya()),
        review(REVIEWER, known_as(REVIEWER)),
        post("x#9911", known_as(HANDLE)),
        interview("INT-1", priya()),
        chat("CHAT-1", priya()),
        complaint("CMP-1", priya()),
    ];
    hand_over(house, told).await;
    house
        .tell("By our own form.", Some("priya.nair@example.org"), None)
        .await;
    vec![
        email_id("PRIYA.NAIR@example.org"),
        reference_id(REVIEWER),
        reference_id("X:grumpy_of_wareham"),
    ]
}

/// The record of a source. For forms, the one from Granicus.
fn of(document: &Value, source: Source) -> Value {
    let records = document["records"].as_array().unwrap();
    let is = |record: &&Value| {
        record["source"] == source.as_str() && record["observed"]["source_id"].is_string()
    };
    records
        .iter()
        .find(is)
        .unwrap_or_else(|| panic!("{source:?} is not in {document}"))
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn access_tells_every_source_and_how_the_council_came_by_it() {
    let house = House::open().await;
    let who = hand_over_everything(&house).await;
    let package = house.invoke("export", order("access", &who)).await.unwrap();
    assert_eq!(
        (&package["records"], &package["linked"]),
        (&json!(8), &json!([]))
    );
    let document = house.document(&package).await;
    assert_valid(&document);
    let records = document["records"].as_array().unwrap().iter();
    let told: BTreeSet<&str> = records
        .map(|record| record["source"].as_str().unwrap())
        .collect();
    assert_eq!(told, Source::ALL.map(Source::as_str).into());

    let call = of(&document, Source::Telephone);
    assert_eq!(call["provided"]["answers"][0]["label"], "What you said");
    let leg = json!({"at": "2026-10-12T08:04:59Z", "seconds": 461, "campaign": "Housing Inbound", "skill": "Council Tax",
        "service": "council-tax", "outcome": "Survey complete"});
    assert_eq!(call["observed"]["legs"][1], leg);
    let review = of(&document, Source::Reviews);
    assert_eq!(
        (
            &review["provided"]["stars"],
            &review["provided"]["satisfaction"]
        ),
        (&json!(4), &Value::Null)
    );
    assert_eq!(review["observed"]["location"], "Dorchester Library");
    assert_eq!(
        of(&document, Source::Social)["inferred"],
        json!({"sentiment": "negative"})
    );
    let interview = of(&document, Source::Interviews);
    assert_eq!(interview["lawful_basis"], "consent");
    assert_eq!(
        interview["inferred"]["themes"],
        json!(["letters", "waiting"])
    );
    let chat = of(&document, Source::Support);
    let said = |group: &str, turn: usize| {
        chat[group]["transcript"][turn]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        said("provided", 1),
        "Thank you [name removed], what do you need?"
    );
    assert_eq!(
        said("others", 0),
        "Hello Priya, I am [name removed], I can help"
    );
    let complaint = of(&document, Source::Complaints)["observed"].clone();
    assert_eq!(
        (&complaint["kind"], &complaint["answer_by"]),
        (&json!("complaint"), &json!("2026-09-11"))
    );
    let form = of(&document, Source::WebForm);
    assert_eq!(
        (
            &form["observed"]["form_version"],
            &form["observed"]["source_id"]
        ),
        (&json!(7), &json!("FS-1"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn portability_is_what_is_the_person_s_own_of_every_source() {
    let house = House::open().await;
    let who = hand_over_everything(&house).await;
    let package = house
        .invoke("export", order("portability", &who))
        .await
        .unwrap();
    assert_eq!(package["records"], 8);
    let text = house.object(package["key"].as_str().unwrap()).await;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_valid(&document);
    for own in [
        "Third time",
        "Very clear",
        "Lovely building",
        "Bins. Again.",
        "I am moving",
        "Mould in",
        "Felt rushed",
    ] {
        assert!(text.contains(own), "{own}");
    }
    for other in [
        "I can help",
        "agent",
        "negative",
        "themes",
        "move-home",
        "inferred",
        "kept_until",
        "held_elsewhere",
    ] {
        assert!(!text.contains(other), "{other}");
    }
    let provided = of(&document, Source::Support)["provided"]["transcript"].clone();
    assert_eq!(
        provided.as_array().unwrap().len(),
        2,
        "what the person said, and not what was answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_and_others_are_named_nowhere_and_the_person_is() {
    let house = House::open().await;
    let who = hand_over_everything(&house).await;
    for kind in ["access", "portability"] {
        let package = house.invoke("export", order(kind, &who)).await.unwrap();
        for key in ["key", "report_key"] {
            let Some(key) = package[key].as_str() else {
                continue;
            };
            let text = house.object(key).await;
            for name in ["Bloggs", "Jo ", "Jo,", "Mrs Day"] {
                assert!(!text.contains(name), "{name} is in {key}");
            }
            assert!(text.contains("Priya"));
        }
    }
    let package = house.invoke("export", order("access", &who)).await.unwrap();
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    assert!(report.contains("The names of staff and of other people were removed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_else_holds_a_record_is_named_as_long_as_they_do() {
    let house = House::open().await;
    let who = hand_over_everything(&house).await;
    let package = house.invoke("export", order("access", &who)).await.unwrap();
    let document = house.document(&package).await;
    let held = |document: &Value, source| of(document, source)["held_elsewhere"].clone();
    let five9 = json!([{"by": "Five9", "until": "2026-12-11T08:00:12Z"}]);
    assert_eq!(held(&document, Source::Telephone), five9);
    assert_eq!(
        held(&document, Source::WebForm),
        json!([{"by": "Granicus (Achieve)"}])
    );
    assert_eq!(held(&document, Source::Support), Value::Null);
    let recipients = document["supplementary"]["recipients"].as_str().unwrap();
    assert!(
        ["Amazon", "Five9", "Granicus", "Google"]
            .iter()
            .all(|recipient| recipients.contains(recipient))
    );
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    assert!(report.contains("Also held by Five9 until 11 December 2026."));
    assert!(report.contains("Also held by Granicus (Achieve)."));
    house.move_to("2026-12-11T08:00:12Z").await;
    let later = house.invoke("export", order("access", &who)).await.unwrap();
    assert_eq!(
        held(&house.document(&later).await, Source::Telephone),
        Value::Null
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_reads_like_a_conversation_in_plain_english() {
    let house = House::open().await;
    let who = hand_over_everything(&house).await;
    let package = house.invoke("export", order("access", &who)).await.unwrap();
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    let at = |text: &str| {
        report
            .find(text)
            .unwrap_or_else(|| panic!("{text} is not in {report}"))
    };
    let asked = at("<strong>You</strong>, 21 September 2026, 10:12am");
    let answered = at("<strong>Our staff</strong>, 21 September 2026, 10:12am");
    let thanked = at("Thank you [name removed], what do you need?");
    assert!(asked < answered && answered < thanked);
    for line in [
        "The call, in 2 parts",
        "7 minutes 41 seconds",
        "What the interviewer wrote down",
        "4 out of 5: Satisfied",
    ] {
        at(line);
    }
    for word in ["web_form", "source_id", "complaint_stage", "Some("] {
        assert!(!report.contains(word), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_spreadsheet_would_run_is_text() {
    let house = House::open().await;
    let formula = r#"=HYPERLINK("http://evil.example","click")"#;
    house.tell(formula, Some("rosa@example.org"), None).await;
    let package = house
        .invoke("export", order("access", &[email_id("rosa@example.org")]))
        .await
        .unwrap();
    let answers = house.document(&package).await["records"][0]["provided"]["answers"].clone();
    assert!(
        answers
            .as_array()
            .unwrap()
            .iter()
            .any(|answer| answer["answer"] == formula),
        "{answers}"
    );
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    assert!(report.contains("=HYPERLINK(&#34;http://evil.example&#34;"));
    assert!(!report.contains("href=\"http") && !report.contains(formula));
    assert!(
        house
            .objects()
            .iter()
            .all(|key| key.ends_with(".json") || key.ends_with(".html")),
        "no spreadsheet"
    );
}
