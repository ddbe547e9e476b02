//! Orders that meet: two approvals of one plan, an approval and a new plan, an approval and a hold.

use crate::house::{House, email_id};
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";
/// How often each meeting is tried: who comes first is chance.
const ROUNDS: usize = 6;

/// A house with a plan that waits to be approved, and its hash; nothing starts what is approved.
async fn planned() -> (House, Value) {
    let house = House::where_it_sleeps("erase").await;
    house.tell("Here.", Some(ROSA), None).await;
    let hash = house.invoke("requests", plan()).await.unwrap()["hash"].clone();
    (house, hash)
}

fn plan() -> Value {
    json!({"order": "plan", "request_id": "ERA-1", "identifiers": [email_id(ROSA)], "ground": "17(1)(b)", "planned_by": "dpo-6"})
}

fn approve(hash: &Value, by: &str) -> Value {
    json!({"order": "approve", "request_id": "ERA-1", "hash": hash, "approved_by": by})
}

/// How many items of the Register have this in them.
async fn count(house: &House, mark: &str) -> usize {
    house.items("REGISTER_TABLE").await.iter().filter(|item| item.contains(mark)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_approve_one_plan_at_once_one_has_and_the_other_is_told_so() {
    for _ in 0..ROUNDS {
        let (house, hash) = planned().await;
        let (one, other) = tokio::join!(
            house.invoke("requests", approve(&hash, "dpo-7")),
            house.invoke("requests", approve(&hash, "dpo-8"))
        );
        let (stands, refused, by) = match (one, other) {
            (Ok(stands), Err(refused)) => (stands, refused, "dpo-7"),
            (Err(refused), Ok(stands)) => (stands, refused, "dpo-8"),
            both => panic!("one, and one only: {both:?}"),
        };
        assert!(refused.contains("approved already"), "{refused}");
        assert_eq!(stands["approved_by"], by);
        let status = house.status(&json!("ERA-1")).await.unwrap();
        assert_eq!((&status["approved_by"], status["tasks"].as_array().unwrap().len()), (&json!(by), 6));
        assert_eq!(status["events"].as_array().unwrap().iter().filter(|it| it["what"] == "approved").count(), 1);
        assert_eq!((count(&house, "\"START\"").await, count(&house, "SUPPRESSION#").await), (6, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_approves_twice_at_once_has_approved_once_and_is_told_so_twice() {
    for _ in 0..ROUNDS {
        let (house, hash) = planned().await;
        let order = || house.invoke("requests", approve(&hash, "dpo-7"));
        let (one, other) = tokio::join!(order(), order());
        assert_eq!(one.unwrap()["approved_at"], other.unwrap()["approved_at"]);
        assert_eq!(count(&house, "\"START\"").await, 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_made_anew_while_it_is_approved_is_approved_as_it_was_seen_or_not_at_all() {
    for _ in 0..ROUNDS {
        let (house, hash) = planned().await;
        house.tell("Here again.", Some(ROSA), None).await;
        let (approved, anew) =
            tokio::join!(house.invoke("requests", approve(&hash, "dpo-7")), house.invoke("requests", plan()));
        assert!(approved.unwrap_err().contains("plan again"), "there is more than was planned");
        let anew = anew.unwrap();
        assert_ne!(anew["hash"], hash);
        house.invoke("requests", approve(&anew["hash"], "dpo-7")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_meets_an_approval_keeps_it_from_happening_or_says_that_it_comes_too_late() {
    for _ in 0..ROUNDS {
        let (house, hash) = planned().await;
        let hold = json!({"order": "hold", "request_id": "CLAIM-1", "identifiers": [email_id(ROSA)], "ground": "legal_claim", "by": "dpo-9"});
        let (approved, held) =
            tokio::join!(house.invoke("requests", approve(&hash, "dpo-7")), house.invoke("requests", hold));
        let under_way = held.unwrap()["erasures_under_way"].clone();
        let status = house.status(&json!("ERA-1")).await.unwrap();
        if approved.is_ok() {
            assert_eq!((&status["status"], under_way), (&json!("approved"), json!(["ERA-1"])));
        } else {
            assert_eq!((&status["status"], under_way), (&json!("planned"), json!([])));
            assert_eq!(count(&house, "SUPPRESSION#").await, 0);
        }
    }
}
