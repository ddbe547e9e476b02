//! A package is read before it is released, and what is not the person's to see is taken out.

use super::{assert_valid, order};
use crate::failing::{Off, calls, failing_host};
use crate::house::{House, email_id};
use custodian_export::Export;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const ROSA: &str = "rosa@example.org";
const SAID: &str = "The bins & Abel Kestrel of number 9 were late.";

fn package() -> Value {
    let mut order = order("access", &[email_id(ROSA)]);
    order["request_id"] = json!("SAR-1");
    order
}

/// A package with two records, of which one names somebody else. Returns it, and their references.
async fn packaged(house: &House) -> (Value, String, String) {
    let about = house.tell(SAID, Some(ROSA), None).await;
    let other = house.tell("Only mine.", Some(ROSA), None).await;
    let reference = |told: &Value| told["reference"].as_str().unwrap().to_owned();
    let made = house.invoke("export", package()).await.unwrap();
    (made, reference(&about), reference(&other))
}

async fn read(house: &House, by: &str) {
    let read = json!({"read": "SAR-1", "by": by});
    let link = house.invoke("export", read).await.unwrap();
    assert_eq!(house.fetch(&link, "report").await.status, 200);
}

fn review(by: &str, take_out: &Value) -> Value {
    json!({"review": "SAR-1", "by": by, "take_out": take_out})
}

fn name_of(record: &str) -> Value {
    json!([{"record": record, "ground": "third_party",
        "passages": [{"field": "answers.comment", "from": 11, "to": 23}]}])
}

async fn both(house: &House) -> (Value, String) {
    let link = house.release("SAR-1").await;
    let document = house.fetch(&link, "document").await;
    let report = house.fetch(&link, "report").await;
    (document.json(), report.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_out_is_in_neither_file_and_both_say_so() {
    let house = House::open().await;
    let (made, about, other) = packaged(&house).await;
    read(&house, "dpo-7").await;
    let reviewed = house
        .invoke("export", review("dpo-7", &name_of(&about)))
        .await
        .unwrap();
    assert_eq!(reviewed["reviewed"]["taken_out"], json!({"third_party": 1}));
    let left = house.objects();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(!left.contains(&made["key"].as_str().unwrap().to_owned()));
    let (document, report) = both(&house).await;
    assert_valid(&document);
    assert_eq!(document["taken_out"], json!({"third_party": 1}));
    assert_eq!(document["record_count"], 2);
    let comment = |record: &Value| {
        let answers = record["provided"]["answers"].as_array().unwrap();
        let comment = answers
            .iter()
            .find(|it| it["question"] == "comment")
            .unwrap();
        comment["answer"].as_str().unwrap().to_owned()
    };
    let records = document["records"].as_array().unwrap();
    let of = |reference: &str| {
        records
            .iter()
            .find(|it| it["reference"] == reference)
            .unwrap()
    };
    assert_eq!(
        comment(of(&about)),
        "The bins & [taken out] of number 9 were late."
    );
    assert_eq!(comment(of(&other)), "Only mine.");
    let told = "1 passage was taken out: it is about other people.";
    assert!(report.contains(told) && report.contains("[taken out] of number 9"));
    assert!(report.trim_end().ends_with("</html>"));
    for file in [&document.to_string(), &report] {
        assert!(!file.contains("Kestrel"), "{file}");
    }
    let stored = house.items("REGISTER_TABLE").await;
    let tells = |item: &String| item.contains("Kestrel") || item.contains("answers.comment");
    assert!(!stored.iter().any(tells));
    // Once more, by somebody who has read what is left: the other record goes as a whole.
    house.move_to("2026-11-23T11:00:00Z").await;
    let whole = json!([{"record": other, "ground": "exempt_other"}]);
    let unread = house.invoke("export", review("dpo-9", &whole)).await;
    assert!(unread.unwrap_err().contains("NotRead"));
    read(&house, "dpo-9").await;
    house
        .invoke("export", review("dpo-9", &whole))
        .await
        .unwrap();
    let (document, report) = both(&house).await;
    assert_valid(&document);
    let both = json!({"exempt_other": 1, "third_party": 1});
    assert_eq!(
        (&document["taken_out"], &document["record_count"]),
        (&both, &json!(1))
    );
    assert!(!report.contains("Only mine.") && report.contains("[taken out]"));
    assert_eq!(report.matches("passage was taken out").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_released_that_nobody_has_read() {
    let house = House::open().await;
    let (_, about, _) = packaged(&house).await;
    let release = json!({"release": "SAR-1", "released_by": "dpo-7"});
    let refused = async |order: Value| house.invoke("export", order).await.unwrap_err();
    assert!(refused(release.clone()).await.contains("NotReviewed"));
    let nothing = json!({"review": "SAR-1", "by": "dpo-7", "nothing_taken_out": true});
    assert!(refused(nothing.clone()).await.contains("NotRead"));
    let opened = json!({"read": "SAR-1", "by": "dpo-7"});
    let link = house.invoke("export", opened).await.unwrap();
    assert!(
        refused(nothing.clone()).await.contains("NotRead"),
        "the link alone is not enough"
    );
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    let other = json!({"review": "SAR-1", "by": "dpo-9", "nothing_taken_out": true});
    assert!(
        refused(other).await.contains("NotRead"),
        "somebody else has read it"
    );
    for (wrong, rule) in [
        (
            json!([{"record": "K7M2PX9T", "ground": "third_party"}]),
            "record that this package",
        ),
        (
            json!([{"record": about, "ground": "third_party", "fields": ["shoes"]}]),
            "names a field",
        ),
        (
            json!([{"record": about, "ground": "third_party", "passages": [{"field": "answers.comment", "from": 0, "to": 900}]}]),
            "beyond its text",
        ),
        (
            json!([{"record": about, "ground": "because"}]),
            "ground must be one of",
        ),
    ] {
        let refusal = refused(review("dpo-7", &wrong)).await;
        assert!(
            refusal.contains("BadOrder") && refusal.contains(rule),
            "{refusal}"
        );
    }
    assert!(
        refused(release.clone()).await.contains("NotReviewed"),
        "nothing was decided"
    );
    let record = json!({"order": "correct", "request_id": "COR-1", "identifiers": [email_id("abel@example.org")],
        "record": about, "changes": {"answers.comment": "x"}, "by": "dpo-7"});
    assert!(
        house
            .invoke("requests", record)
            .await
            .unwrap_err()
            .contains("UnknownRecord")
    );
    house.invoke("export", nothing.clone()).await.unwrap();
    house.invoke("export", nothing).await.unwrap();
    house.invoke("export", release).await.unwrap();
}

async fn completed_after_any_call(off: Off) {
    let house = House::open().await;
    let (_, about, _) = packaged(&house).await;
    read(&house, "dpo-7").await;
    let release = json!({"release": "SAR-1", "released_by": "dpo-7"});
    for number in calls(off) {
        let (host, left) = failing_host(&house, "export", number, off);
        let order = review("dpo-7", &name_of(&about));
        let event = LambdaEvent::new(order.into(), Context::default());
        let done = match Export::start(&host).await {
            Ok(export) => export.invoke(event).await.is_ok(),
            Err(_) => false,
        };
        if house.invoke("export", release.clone()).await.is_ok() {
            let objects = house.objects();
            assert_eq!(objects.len(), 2, "no earlier version: {number} {objects:?}");
        }
        if done && left.load(Ordering::SeqCst) > 0 {
            break;
        }
        assert!(number < 400);
    }
    house
        .invoke("export", review("dpo-7", &name_of(&about)))
        .await
        .unwrap();
    assert_eq!(house.objects().len(), 2);
    assert!(house.stack.store().uploads(&house.bucket()).is_empty());
    let (document, report) = both(&house).await;
    assert_eq!(document["taken_out"], json!({"third_party": 1}));
    assert!(!report.contains("Kestrel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_is_killed_before_any_call_is_completed_by_the_same_order() {
    completed_after_any_call(Off::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_of_which_any_answer_is_lost_is_completed_by_the_same_order() {
    completed_after_any_call(Off::Lost).await;
}
