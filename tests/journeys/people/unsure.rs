//! People who come back with other answers, and people who are taken for machines.

use super::SURVEY;
use crate::house::{Answer, House, token};

const GOOD: &str = "satisfaction=4&site=Wareham&comment=Long+queue";

/// Asserts that a form came back with what was typed, asking whether a person sent it.
fn asks(answer: &Answer, token: &str) {
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(
        answer.body.contains("Your answers are not saved yet"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("Long queue"),
        "what was typed is there"
    );
    assert!(
        answer
            .body
            .contains("name=\"sent_by_a_person\" type=\"checkbox\" value=\"yes\">"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("href=\"#sent_by_a_person\""));
    assert!(answer.body.contains(token), "the token stays");
    assert!(!answer.body.contains("spam"), "the trap is empty again");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_like_a_machine_is_asked_and_is_thanked_only_for_what_is_kept() {
    let house = House::open().await;
    for trap in ["leave_empty", "website"] {
        let before = house.kept().await;
        let token = house.form_token(SURVEY).await;
        let filled = format!("submission_token={token}&{GOOD}&{trap}=spam");
        asks(&house.post_form(SURVEY, &filled).await, &token);
        asks(&house.post_form(SURVEY, &filled).await, &token);
        assert_eq!(house.kept().await, before, "nothing is kept");
        // A password manager fills the trap again, and the sender says that they are a person.
        let told = house
            .post_form(SURVEY, &format!("{filled}&sent_by_a_person=yes"))
            .await;
        assert_eq!(told.status, 303, "{}", told.body);
        assert!(
            house
                .get(told.header("location"))
                .await
                .body
                .contains("Thank you")
        );
        assert_eq!(house.kept().await, before + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_comes_back_within_two_seconds_is_asked_about() {
    let house = House::open().await;
    let token = token(&house.get("/surveys/recycling-centre").await.body);
    let body = format!("submission_token={token}&{GOOD}");
    house
        .stack
        .clock()
        .set("2026-11-23T10:00:01Z".parse().unwrap());
    asks(&house.post_form(SURVEY, &body).await, &token);
    assert_eq!(house.kept().await, 0);
    // Sent at once by somebody who says they are a person, or a little later.
    let at_once = house
        .post_form(SURVEY, &format!("{body}&sent_by_a_person=yes"))
        .await;
    assert_eq!((at_once.status, house.kept().await), (303, 1));
    house.take_time();
    assert_eq!(
        (
            house.post_form(SURVEY, &body).await.status,
            house.kept().await
        ),
        (303, 1),
        "the same answers"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_and_the_question_are_told_together() {
    let house = House::open().await;
    let token = house.form_token(SURVEY).await;
    let both = house
        .post_form(
            SURVEY,
            &format!("submission_token={token}&comment=Long+queue&leave_empty=spam"),
        )
        .await;
    assert_eq!(both.status, 422);
    for link in ["#satisfaction", "#site", "#sent_by_a_person"] {
        assert!(
            both.body.contains(&format!("href=\"{link}\"")),
            "{link}: {}",
            both.body
        );
    }
    let ticked = format!(
        "submission_token={token}&comment=Long+queue&leave_empty=spam&sent_by_a_person=yes"
    );
    let still = house.post_form(SURVEY, &ticked).await;
    assert!(
        still.body.contains("value=\"yes\" checked>"),
        "what was said stays said: {}",
        still.body
    );
    assert!(!still.body.contains("href=\"#sent_by_a_person\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_told_the_truth() {
    let house = House::open().await;
    let token = house.form_token(SURVEY).await;
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
    ];
    let trapped = house
        .post(
            SURVEY,
            &headers,
            &format!("submission_token={token}&{GOOD}&leave_empty=spam"),
        )
        .await;
    assert_eq!(
        (trapped.status, trapped.header("content-type")),
        (422, "application/problem+json")
    );
    assert_eq!(trapped.json()["type"], "urn:custodian:problem:doubtful");
    let foreign = house
        .post(SURVEY, &headers, &format!("submission_token=1.2.3&{GOOD}"))
        .await;
    assert_eq!(foreign.json()["type"], "urn:custodian:problem:form-token");
    assert_eq!(house.kept().await, 0);
    assert_eq!(
        house
            .post(
                SURVEY,
                &headers,
                &format!("submission_token={token}&{GOOD}")
            )
            .await
            .status,
        303
    );
    let other = house
        .post(
            SURVEY,
            &headers,
            &format!("submission_token={token}&{GOOD}+again"),
        )
        .await;
    assert_eq!(
        (other.status, &other.json()["type"]),
        (422, &serde_json::json!("urn:custodian:problem:conflict"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_answers_under_the_same_token_come_back_and_are_an_answer_of_their_own() {
    let house = House::open().await;
    let first = house.form_token(SURVEY).await;
    let sent = house
        .post_form(SURVEY, &format!("submission_token={first}&{GOOD}"))
        .await;
    assert_eq!(sent.status, 303);
    let other = "satisfaction=1&site=Swanage&comment=Somebody+else%27s+words";
    let back = house
        .post_form(SURVEY, &format!("submission_token={first}&{other}"))
        .await;
    assert_eq!(back.status, 422);
    for typed in [
        "Somebody else&#39;s words</textarea>",
        "value=\"Swanage\" checked",
        "value=\"1\" checked",
    ] {
        assert!(back.body.contains(typed), "{typed}: {}", back.body);
    }
    assert!(
        back.body.contains("We already have other answers"),
        "{}",
        back.body
    );
    let second = token(&back.body);
    assert_ne!(second, first);
    let own = house
        .post_form(SURVEY, &format!("submission_token={second}&{other}"))
        .await;
    assert_eq!((own.status, house.kept().await), (303, 2));
    assert_ne!(
        own.header("location"),
        sent.header("location"),
        "with a reference of its own"
    );
    let again = house
        .post_form(SURVEY, &format!("submission_token={second}&{other}"))
        .await;
    assert_eq!(
        (again.header("location"), house.kept().await),
        (own.header("location"), 2),
        "once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_key_that_is_none_comes_back_with_what_was_typed() {
    let house = House::open().await;
    let token = house.form_token(SURVEY).await;
    let filled = format!("submission_token={token}&{GOOD}");
    let form = ("content-type", "application/x-www-form-urlencoded");
    for key in [
        "1",
        "rosa.hardy@example.com",
        "00000000-0000-0000-0000-000000000000",
        "\"\"",
    ] {
        for accept in ["text/html", "*/*", "text/html,application/json;q=0.9"] {
            let headers = [form, ("accept", accept), ("idempotency-key", key)];
            let back = house.post(SURVEY, &headers, &filled).await;
            let kind = (
                back.status,
                back.header("content-type"),
                back.header("cache-control"),
            );
            assert_eq!(
                kind,
                (400, "text/html; charset=utf-8", "no-store"),
                "{key}: {}",
                back.body
            );
            assert!(
                back.body.contains("Long queue") && back.body.contains(&token),
                "{key}: {}",
                back.body
            );
            assert!(
                back.body
                    .contains("something on their way to us marked them"),
                "{key}"
            );
            assert!(
                !back.body.contains("rosa.hardy"),
                "what came in the header is not repeated"
            );
        }
    }
    assert_eq!(house.kept().await, 0);
    // Sent again from that page, as browsers do, it is kept.
    assert_eq!(house.post_form(SURVEY, &filled).await.status, 303);
    // A program that sends a form and asks for JSON still gets JSON.
    let headers = [
        form,
        ("accept", "application/json"),
        ("idempotency-key", "1"),
    ];
    let told = house.post(SURVEY, &headers, &filled).await;
    assert_eq!(
        (told.status, told.json()["type"].as_str()),
        (400, Some("urn:custodian:problem:idempotency-key"))
    );
}
