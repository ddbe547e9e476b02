//! A survey is reworded, or removed, while people answer. Each of them reads the words they were
//! asked with.

mod kept;
mod schema;

use crate::house::{House, email_id, s, token};
use custodian_domain::survey::Survey;
use custodian_store::surveys::Surveys;
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";

/// The survey `edited`, in its first version or in the reworded one.
fn edited(reworded: bool) -> Value {
    let words = |first: &'static str, then: &'static str| if reworded { then } else { first };
    let question = |id: &str, label: &str, kind: &str, purpose: &str| json!({"id": id, "label": label, "kind": kind, "required": false, "purpose": purpose});
    let mut questions = vec![
        question(
            "rating",
            words("How helpful were we?", "How likely are you to complain?"),
            "satisfaction",
            "answer",
        ),
        question(
            "agree",
            words(
                "Did staff help you?",
                "Did you have any trouble with staff?",
            ),
            "yes_no",
            "answer",
        ),
        question(
            "comment",
            words("What went well?", "What went wrong?"),
            "textarea",
            "answer",
        ),
        question("email", "Email address", "email", "identity"),
        question(
            "news",
            words("Send me news", "Send me news and offers"),
            "yes_no",
            "newsletter",
        ),
    ];
    if reworded {
        questions.swap(0, 2);
        questions.push(question("more", "What else?", "text", "answer"));
    }
    json!({"id": "edited", "title": words("Your visit", "A different survey"), "service": "waste", "lawful_basis": "public_task",
        "notice_version": "2026-06", "questions": questions})
}

fn surveys(house: &House) -> Surveys {
    Surveys::new(house.dynamodb(), house.setting("REGISTER_TABLE"))
}

async fn put(house: &House, document: &Value) {
    let text = document.to_string();
    surveys(house)
        .put(
            &Survey::parse(&text).unwrap(),
            &text,
            house.stack.clock().now(),
        )
        .await
        .unwrap();
}

/// What a package says about a person's only record.
async fn told(house: &House, kind: &str, email: &str) -> Value {
    let order = json!({"kind": kind, "identifiers": [email_id(email)], "requested_by": "dpo-7"});
    let package = house.invoke("export", order).await.unwrap();
    assert_eq!(package["records"], 1, "{package}");
    house.document(&package).await["records"][0].clone()
}

fn labels(record: &Value) -> Vec<String> {
    let answers = record["provided"]["answers"].as_array().unwrap();
    answers
        .iter()
        .map(|answered| answered["label"].as_str().unwrap().to_owned())
        .collect()
}

/// The versions of surveys in the Register.
async fn versions(house: &House) -> Vec<String> {
    let items = house.items("REGISTER_TABLE").await;
    items
        .into_iter()
        .filter(|item| item.contains("\"pk\":\"SURVEYVERSION\""))
        .collect()
}

const SENT: &str = "rating=4&agree=yes&comment=Staff+were+kind.&email=rosa%40example.org&news=yes";
const ASKED: [&str; 3] = [
    "How helpful were we?",
    "Did staff help you?",
    "What went well?",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_the_words_that_were_asked_in_the_order_asked_after_the_survey_is_reworded_and_removed()
 {
    let house = House::open().await;
    put(&house, &edited(false)).await;
    house.move_to("2026-11-23T10:02:00Z").await;
    assert_eq!(house.post_form("edited", SENT).await.status, 303);
    for change in 0..3 {
        match change {
            1 => put(&house, &edited(true)).await,
            2 => assert!(
                surveys(&house)
                    .remove("edited", house.stack.clock().now())
                    .await
                    .unwrap()
            ),
            _ => {}
        }
        house
            .move_to(&format!("2026-11-2{}T10:00:00Z", 4 + change))
            .await;
        for kind in ["access", "portability"] {
            let record = told(&house, kind, ROSA).await;
            assert_eq!(labels(&record), ASKED, "after {change} changes");
            let observed = &record["observed"];
            assert_eq!(
                (&observed["survey_title"], &observed["wording"]),
                (&json!("Your visit"), &json!("as_asked"))
            );
            assert_eq!(observed["newsletter_question"], "Send me news");
        }
    }
    assert!(
        !surveys(&house)
            .remove("edited", house.stack.clock().now())
            .await
            .unwrap(),
        "there is nothing to remove"
    );
    assert_eq!(house.get("/surveys/edited").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_open_while_the_survey_was_reworded_is_taken_as_what_it_asked() {
    let house = House::open().await;
    put(&house, &edited(false)).await;
    house.move_to("2026-11-23T10:02:00Z").await;
    let form = house.get("/surveys/edited").await;
    put(&house, &edited(true)).await;
    house.move_to("2026-11-24T10:00:00Z").await;
    assert!(
        house
            .get("/surveys/edited")
            .await
            .body
            .contains("What went wrong?")
    );
    // Errors refer to the form that was open.
    let body = format!("submission_token={}&{SENT}", token(&form.body));
    let back = house
        .post_form("edited", &body.replace("rating=4", "rating=9"))
        .await;
    assert!(
        back.status == 422
            && back.body.contains("What went well?")
            && !back.body.contains("What went wrong?")
    );
    assert_eq!(token(&back.body), token(&form.body));
    assert_eq!(house.post_form("edited", &body).await.status, 303);
    assert_eq!(labels(&told(&house, "access", ROSA).await), ASKED);
    // Sent twice, before and after another change, it is one answer.
    assert_eq!(house.post_form("edited", &body).await.status, 303);
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_long_ago_comes_back_with_today_s_questions_and_everything_that_was_typed() {
    let house = House::open().await;
    put(&house, &edited(false)).await;
    house.move_to("2026-11-23T10:02:00Z").await;
    let form = house.get("/surveys/edited").await;
    put(&house, &edited(true)).await;
    house.move_to("2026-12-23T10:01:59Z").await;
    let body = format!("submission_token={}&{SENT}", token(&form.body));
    let taken = house
        .post_form("edited", &body.replace("Staff", "They"))
        .await;
    assert_eq!(taken.status, 303, "to the last second of thirty days");
    house.move_to("2026-12-23T10:03:00Z").await;
    let back = house.post_form("edited", &body).await;
    assert_eq!(back.status, 422);
    for kept in [
        "Staff were kind.",
        "rosa@example.org",
        "What went wrong?",
        "The questions have changed",
    ] {
        assert!(back.body.contains(kept), "{kept}: {}", back.body);
    }
    let again = format!("submission_token={}&{SENT}", token(&back.body));
    assert_eq!(
        house.post_form("edited", &again).await.status,
        303,
        "and is taken when it is sent again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_open_while_the_survey_was_removed_is_taken_for_twelve_hours_and_then_given_back()
 {
    let house = House::open().await;
    put(&house, &edited(false)).await;
    house.move_to("2026-11-23T10:02:00Z").await;
    let form = house.get("/surveys/edited").await;
    surveys(&house)
        .remove("edited", house.stack.clock().now())
        .await
        .unwrap();
    house.move_to("2026-11-23T22:01:59Z").await;
    assert_eq!(house.get("/surveys/edited").await.status, 404);
    let body = format!("submission_token={}&{SENT}", token(&form.body));
    let sent = house.post_form("edited", &body).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(house.get(sent.header("location")).await.status, 200);
    assert_eq!(labels(&told(&house, "access", ROSA).await), ASKED);
    house.move_to("2026-11-23T22:04:00Z").await;
    let back = house
        .post_form("edited", &body.replace("Staff", "They"))
        .await;
    assert!(
        back.status == 404 && back.body.contains("They were kind."),
        "{} {}",
        back.status,
        back.body
    );
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_no_version_was_noted_for_is_told_in_the_earliest_words_and_says_so() {
    let house = House::open().await;
    // As the first version of the product left them: a survey without a version, and a record
    // without one.
    let client = house.dynamodb();
    let item = client
        .put_item()
        .table_name(house.setting("REGISTER_TABLE"));
    let item = item.item("pk", s("SURVEY")).item("sk", s("edited"));
    item.item("document", s(&edited(false).to_string()))
        .send()
        .await
        .unwrap();
    house.move_to("2026-11-23T10:02:00Z").await;
    assert_eq!(house.post_form("edited", SENT).await.status, 303);
    let table = house.setting("RECORDS_TABLE");
    let items = client
        .scan()
        .table_name(&table)
        .send()
        .await
        .unwrap()
        .items
        .unwrap();
    let mut record = items
        .into_iter()
        .find(|item| item["sk"].as_s().unwrap().starts_with("record#"))
        .unwrap();
    assert!(record.remove("survey_version").is_some());
    client
        .put_item()
        .table_name(&table)
        .set_item(Some(record))
        .send()
        .await
        .unwrap();
    for reworded in [false, true] {
        if reworded {
            put(&house, &edited(true)).await;
            house.move_to("2026-11-23T10:04:00Z").await;
        }
        let record = told(&house, "access", ROSA).await;
        assert_eq!(
            (labels(&record), &record["observed"]["wording"]),
            (ASKED.map(str::to_owned).into(), &json!("earliest_known"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_that_somebody_put_in_by_hand_becomes_a_version_at_the_next_sweep() {
    let house = House::open().await;
    let before = versions(&house).await.len();
    let item = house
        .dynamodb()
        .put_item()
        .table_name(house.setting("REGISTER_TABLE"));
    let item = item.item("pk", s("SURVEY")).item("sk", s("edited"));
    item.item("document", s(&edited(false).to_string()))
        .send()
        .await
        .unwrap();
    let swept = house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(
        swept["surveys"],
        json!({"kept": 1, "marked": 0, "forgotten": 0})
    );
    assert_eq!(versions(&house).await.len(), before + 1);
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["surveys"]["kept"],
        0,
        "once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_lives_as_long_as_the_last_record_that_uses_it_and_no_longer() {
    let house = House::open().await;
    put(&house, &edited(false)).await;
    house.move_to("2026-11-23T10:02:00Z").await;
    let form = house.get("/surveys/edited").await;
    put(&house, &edited(true)).await;
    let both = versions(&house).await.len();
    // The last form that is accepted under it.
    house.move_to("2026-12-23T10:00:00Z").await;
    let body = format!("submission_token={}&{SENT}", token(&form.body));
    assert_eq!(house.post_form("edited", &body).await.status, 303);
    house.move_to("2029-12-23T09:59:59Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(
        labels(&told(&house, "access", ROSA).await),
        ASKED,
        "to its last second"
    );
    house.move_to("2029-12-30T10:01:00Z").await;
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["surveys"]["forgotten"],
        0
    );
    house.move_to("2029-12-30T10:03:00Z").await;
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["surveys"]["forgotten"],
        1
    );
    assert_eq!(versions(&house).await.len(), both - 1);
    assert!(
        house
            .get("/surveys/edited")
            .await
            .body
            .contains("What went wrong?"),
        "today's stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_keeps_the_words_of_what_it_holds() {
    let house = House::open().await;
    put(&house, &edited(false)).await;
    house.move_to("2026-11-23T10:02:00Z").await;
    assert_eq!(house.post_form("edited", SENT).await.status, 303);
    surveys(&house)
        .remove("edited", house.stack.clock().now())
        .await
        .unwrap();
    let hold = json!({"order": "hold", "request_id": "CLAIM-1", "identifiers": [email_id(ROSA)], "ground": "legal_claim", "by": "dpo-7"});
    house.invoke("requests", hold).await.unwrap();
    house.stack.settle().await.unwrap();
    house.move_to("2031-01-01T10:00:00Z").await;
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["surveys"]["forgotten"],
        0
    );
    assert_eq!(labels(&told(&house, "access", ROSA).await), ASKED);
    house
        .invoke(
            "requests",
            json!({"order": "lift", "request_id": "CLAIM-1", "reason": "settled", "by": "dpo-7"}),
        )
        .await
        .unwrap();
    house.stack.settle().await.unwrap();
    for hour in 11..14 {
        house.move_to(&format!("2031-01-01T{hour}:10:00Z")).await;
        house.invoke("sweep", json!({})).await.unwrap();
    }
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    assert!(
        !versions(&house)
            .await
            .iter()
            .any(|item| item.contains("edited#")),
        "then they go as well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_asked_again_is_retired_no_longer() {
    let house = House::open().await;
    for reworded in [false, true, false] {
        put(&house, &edited(reworded)).await;
        house
            .move_to(&(house.stack.clock().now() + chrono::TimeDelta::days(1)).to_rfc3339())
            .await;
    }
    let retired: Vec<_> = versions(&house)
        .await
        .into_iter()
        .filter(|item| item.contains("edited#"))
        .collect();
    assert_eq!(retired.len(), 2);
    assert_eq!(
        retired
            .iter()
            .filter(|item| item.contains("retired_at"))
            .count(),
        1
    );
    // The sweep repairs whatever was interrupted between two steps.
    let client = house.dynamodb();
    for item in &retired {
        let item: Value = serde_json::from_str(item).unwrap();
        let wrong = if item["retired_at"].is_null() {
            "SET retired_at = :at"
        } else {
            "REMOVE retired_at"
        };
        let update = client
            .update_item()
            .table_name(house.setting("REGISTER_TABLE"))
            .update_expression(wrong);
        let update = update
            .key("pk", s("SURVEYVERSION"))
            .key("sk", s(item["sk"].as_str().unwrap()));
        let update = if item["retired_at"].is_null() {
            update.expression_attribute_values(":at", s("2020-01-01T00:00:00Z"))
        } else {
            update
        };
        update.send().await.unwrap();
    }
    assert_eq!(
        house.invoke("sweep", json!({})).await.unwrap()["surveys"],
        json!({"kept": 0, "marked": 2, "forgotten": 0})
    );
    let healed = versions(&house)
        .await
        .into_iter()
        .filter(|item| item.contains("retired_at"))
        .count();
    assert_eq!(healed, 1);
}
