//! Everybody who was given data is notified when it is restricted, no longer restricted, or
//! corrected (Article 19), and the request has the result.

use crate::failing::{Off, failing_host};
use crate::house::{House, email_id};
use custodian_requests::Requests;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const ROSA: &str = "rosa@example.org";

fn restrict() -> Value {
    json!({"order": "restrict", "request_id": "RES-1", "identifiers": [email_id(ROSA)], "ground": "18(1)(a)", "by": "dpo-7"})
}

fn notice() -> Value {
    json!({"order": "notice", "request_id": "RES-1", "by": "dpo-7"})
}

fn unrestrict() -> Value {
    json!({"order": "unrestrict", "request_id": "RES-1", "reason": "settled", "by": "dpo-8"})
}

/// Each place, the state of its task, and what a person is told to do.
fn tasks(request: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tasks = request["tasks"].as_array().unwrap().iter();
    tasks
        .map(|it| {
            (
                text(&it["place"]),
                text(&it["state"]),
                text(&it["correspondence"]["instructions"]),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recipient_is_told_of_a_restriction_and_of_its_lifting_and_the_status_says_what_came_of_it()
 {
    let house = House::open().await;
    house.tell("Wrong.", Some(ROSA), None).await;
    let granicus = house.stack.simulators().granicus.clone();
    granicus.give(ROSA);
    let answer = house.invoke("requests", restrict()).await.unwrap();
    assert_eq!(answer["recipients"][0]["request_id"], "RES-1-restricted");
    house.stack.settle().await.unwrap();
    let status = house.status(&json!("RES-1")).await.unwrap();
    let told = tasks(&status["recipients"][0]);
    assert_eq!(
        told.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(),
        ["granicus", "five9", "newsletter"]
    );
    for (place, state, instructions) in told {
        assert_eq!(state, "waiting", "{place}");
        assert!(
            instructions.contains("restricted: keep it") && !instructions.contains("delete"),
            "{instructions}"
        );
    }
    assert_eq!(status["recipients"][0]["tasks"][0]["due"], "2026-12-21");
    house.confirm_all(&json!("RES-1-restricted")).await;
    house.invoke("requests", notice()).await.unwrap();
    house.invoke("requests", unrestrict()).await.unwrap();
    house.stack.settle().await.unwrap();
    let status = house.status(&json!("RES-1")).await.unwrap();
    let (restricted, lifted) = (&status["recipients"][0], &status["recipients"][1]);
    assert_eq!(
        (&restricted["status"], &lifted["status"]),
        (&json!("closed"), &json!("approved"))
    );
    let receipts = restricted["certificate"]["receipts"].as_array().unwrap();
    assert_eq!(
        receipts
            .iter()
            .filter(|it| it["correspondence"]["confirmed"]["by"] == "staff-12")
            .count(),
        3
    );
    assert!(
        tasks(lifted)
            .iter()
            .all(|it| it.2.contains("take the mark")),
        "{lifted}"
    );
    house.confirm_all(&json!("RES-1-lifted")).await;
    assert!(
        granicus.holds(ROSA) && granicus.matters().is_empty(),
        "nobody was asked to erase"
    );
    let register = house.items("REGISTER_TABLE").await;
    let open = register
        .iter()
        .filter(|item| item.contains("subject#") || item.contains("SUBJECT#"));
    assert!(
        open.into_iter().all(|item| item.contains("STANDING")),
        "whom it was about is forgotten"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recipient_is_told_of_a_correction_once() {
    let house = House::open().await;
    house.tell("Right.", Some(ROSA), None).await;
    let order = |id: &str, person: &str| json!({"order": "rectified", "request_id": id, "identifiers": [email_id(person)], "by": "dpo-7"});
    for _ in 0..2 {
        let told = house
            .invoke("requests", order("COR-1", ROSA))
            .await
            .unwrap();
        assert_eq!(
            (&told["action"], tasks(&told).len()),
            (&json!("rectify"), 3)
        );
        house.stack.settle().await.unwrap();
    }
    let refused = house
        .invoke("requests", order("COR-1", "abel@example.org"))
        .await
        .unwrap_err();
    assert!(
        refused.contains("another request") && !refused.contains("abel"),
        "{refused}"
    );
    let refused = house
        .invoke(
            "requests",
            json!({"order": "rectified", "request_id": "COR-2", "by": "x"}),
        )
        .await;
    assert!(refused.unwrap_err().contains("identifiers"));
    house.confirm_all(&json!("COR-1")).await;
    let status = house.status(&json!("COR-1")).await.unwrap();
    assert_eq!(status["status"], "closed");
    assert_eq!(
        house.items("RECORDS_TABLE").await.len(),
        1,
        "what is corrected stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_taken_or_leaves_no_room_is_refused_before_anything_is_restricted() {
    let house = House::open().await;
    house.tell("Wrong.", Some(ROSA), None).await;
    let taken = json!({"order": "rectified", "request_id": "RES-1-restricted", "identifiers": [email_id(ROSA)], "by": "x"});
    house.invoke("requests", taken).await.unwrap();
    let mut long = restrict();
    long["request_id"] = json!("R".repeat(60));
    for (order, why) in [
        (restrict(), "another request"),
        (long, "request_id must have at most 53"),
    ] {
        let refused = house.invoke("requests", order).await.unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
    assert!(
        !house
            .items("RECORDS_TABLE")
            .await
            .iter()
            .any(|item| item.contains("restricted"))
    );
    assert!(
        house
            .status(&json!("RES-1"))
            .await
            .unwrap_err()
            .contains("no request")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_restriction_or_its_lifting_breaks_off_recipients_are_told_of_it_or_it_was_not_placed()
 {
    for lifting in [false, true] {
        let order = if lifting { unrestrict() } else { restrict() };
        for off in [Off::Before, Off::After] {
            for calls in 1.. {
                let house = House::open().await;
                house.tell("Wrong.", Some(ROSA), None).await;
                if lifting {
                    house.invoke("requests", restrict()).await.unwrap();
                    house.invoke("requests", notice()).await.unwrap();
                }
                let (host, left) = failing_host(&house, "requests", calls, off);
                let whole = match Requests::start(&host).await {
                    Ok(desk) => desk
                        .invoke(LambdaEvent::new(order.clone().into(), Context::default()))
                        .await
                        .is_ok(),
                    Err(_) => false,
                };
                let told = |status: &Value| status["recipients"].as_array().map_or(0, Vec::len);
                let expected = usize::from(lifting) + 1;
                if let Ok(status) = house.status(&json!("RES-1")).await {
                    let placed = (status["status"] == "lifted") == lifting;
                    assert_eq!(
                        told(&status) == expected,
                        placed,
                        "{off:?} {calls}: {status}"
                    );
                }
                let again = house.invoke("requests", order.clone()).await.unwrap();
                assert_eq!(told(&again), expected, "{off:?} {calls}");
                if whole && left.load(Ordering::SeqCst) > 0 {
                    break;
                }
            }
        }
    }
}
