//! The DPO's orders at the same moment: which of them wins, and what the others are told.

mod imports;
mod ledger;

use crate::house::{House, email_id, told};
use crate::paused::pausing_host;
use custodian_domain::place::Place;
use custodian_requests::Requests;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::ops::Range;

/// More calls than any order makes.
const CALLS: Range<usize> = 1..60;

fn email(id: &str) -> String {
    format!("{}@example.org", id.to_lowercase())
}

fn plan(id: &str, exclude: &Value) -> Value {
    json!({"order": "plan", "request_id": id, "identifiers": [email_id(&email(id))], "ground": "17(1)(b)",
        "planned_by": "planner-3", "exclude": exclude})
}

fn approve(id: &str, plan: &Value, by: &str) -> Value {
    json!({"order": "approve", "request_id": id, "hash": plan["hash"], "approved_by": by})
}

fn hold(id: &str) -> Value {
    json!({"order": "hold", "request_id": format!("CLAIM-{id}"), "identifiers": [email_id(&email(id))],
        "ground": "legal_claim", "by": "dpo-9"})
}

fn oppose(id: &str) -> Value {
    json!({"order": "restrict", "request_id": format!("RES-{id}"), "identifiers": [email_id(&email(id))],
        "ground": "18(1)(b)", "by": "dpo-9"})
}

/// Somebody answers a survey, and their erasure is planned.
async fn planned(house: &House, id: &str) -> Value {
    house.tell("Quick.", Some(&email(id)), None).await;
    house
        .invoke("requests", plan(id, &json!([])))
        .await
        .unwrap()
}

type Told = Result<Value, String>;

/// Gives one order, and runs another completely before its call number `call`. Returns `None` if it
/// makes fewer calls.
async fn overtaken(house: &House, call: usize, order: Value, other: Value) -> Option<(Told, Told)> {
    let (host, mut pause) = pausing_host(house, "requests", call);
    let slow = async {
        let desk = Requests::start(&host)
            .await
            .map_err(|error| error.to_string())?;
        told(
            desk.invoke(LambdaEvent::new(order.into(), Context::default()))
                .await,
        )
    };
    let overtaking = async {
        pause.reached().await;
        let told = house.invoke("requests", other).await;
        pause.go_on();
        told
    };
    overtaken_by(slow, overtaking).await
}

/// The results of both, if the second runs before the first's call number `call`. Returns `None` if
/// the first ends before that.
async fn overtaken_by<T, U>(
    slow: impl Future<Output = T>,
    other: impl Future<Output = U>,
) -> Option<(T, U)> {
    tokio::pin!(slow);
    tokio::select! {
        _ = &mut slow => None,
        other = other => Some((slow.await, other)),
    }
}

/// How many items of the Register contain this text.
async fn count(house: &House, what: &str) -> usize {
    house
        .items("REGISTER_TABLE")
        .await
        .iter()
        .filter(|item| item.contains(what))
        .count()
}

/// Asserts that a request was approved exactly once: one approver, one event, one set of tasks.
async fn approved_once_by(house: &House, id: &str, by: &str) {
    let status = house.status(&json!(id)).await.unwrap();
    assert_eq!(status["approved_by"], by);
    let approvals = status["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["what"] == "approved");
    assert_eq!(
        approvals.map(|event| &event["by"]).collect::<Vec<_>>(),
        [by]
    );
    assert_eq!(
        status["tasks"].as_array().unwrap().len(),
        Place::ALL.len(),
        "one for each place"
    );
    // If nobody has to do anything by hand, the request may be closed by now, and the items that
    // started its tasks deleted.
    let items = async |kind: &str| count(house, &format!("\"pk\":\"{kind}#{id}#")).await;
    let items = items("TASK").await + items("START").await;
    let closed = house.status(&json!(id)).await.unwrap()["status"] == "closed";
    assert!(
        items == 2 * Place::ALL.len() || (closed && items == Place::ALL.len()),
        "each with its start: {items}"
    );
}

/// The first is the only approver. Everybody else is told `Approved`, and there is one set of
/// tasks, one suppression, one deletion in the ledger and one certificate.
#[tokio::test(flavor = "multi_thread")]
async fn of_eight_who_approve_one_plan_at_once_one_stands_and_seven_are_told_that_it_is_approved() {
    let house = House::open().await;
    for round in 1..=6 {
        let id = format!("ER-{round}");
        let plan = planned(&house, &id).await;
        let orders = (0..8).map(|dpo| {
            (
                format!("dpo-{dpo}"),
                approve(&id, &plan, &format!("dpo-{dpo}")),
            )
        });
        let approvals =
            orders.map(async |(dpo, order)| (dpo, house.invoke("requests", order).await));
        let (stand, told): (Vec<_>, Vec<_>) = futures_util::future::join_all(approvals)
            .await
            .into_iter()
            .partition(|(_, answer)| answer.is_ok());
        assert_eq!(stand.len(), 1, "{stand:?}");
        assert!(
            told.iter()
                .all(|(_, answer)| answer.as_ref().unwrap_err().contains("\"Approved\"")),
            "{told:?}"
        );
        let (by, answer) = &stand[0];
        assert_eq!(&answer.as_ref().unwrap()["approved_by"], by);
        approved_once_by(&house, &id, by).await;

        house.stack.settle().await.unwrap();
        house.confirm_all(&json!(id)).await;
        let status = house.status(&json!(id)).await.unwrap();
        assert_eq!(
            (&status["status"], &status["certificate"]["approved_by"]),
            (&json!("closed"), &json!(by))
        );
        assert_eq!(count(&house, "\"sk\":\"CERTIFICATE\"").await, round);
        assert_eq!(count(&house, "\"pk\":\"SUPPRESSION#").await, round);
        assert_eq!(house.told().await.len(), round);
    }
}

/// If the second comes before the first approval is written, the first is told `Approved`. After
/// that, the second is.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_another_overtakes_at_any_of_its_calls_leaves_one_approver() {
    let house = House::where_it_sleeps("erase").await;
    let mut stood = [0, 0];
    for call in CALLS {
        let id = format!("ER-{call}");
        let plan = planned(&house, &id).await;
        let orders = (approve(&id, &plan, "dpo-1"), approve(&id, &plan, "dpo-2"));
        let Some((slow, other)) = overtaken(&house, call, orders.0, orders.1).await else {
            break;
        };
        let (by, told, who) = if slow.is_ok() {
            ("dpo-1", other, 0)
        } else {
            ("dpo-2", slow, 1)
        };
        assert!(
            told.as_ref().unwrap_err().contains("\"Approved\""),
            "before call {call}: {told:?}"
        );
        approved_once_by(&house, &id, by).await;
        assert_eq!(count(&house, "\"pk\":\"SUPPRESSION#").await, call);
        stood[who] += 1;
    }
    assert!(
        stood[0] >= 3 && stood[1] >= 6,
        "each is overtaken and overtakes: {stood:?}"
    );
}

/// Only the current plan is approved: either the approval is `Stale`, or the new plan is refused as
/// too late. Both never succeed.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_and_a_plan_anew_at_once_are_either_one_or_the_other() {
    let house = House::where_it_sleeps("erase").await;
    let exclude = json!([{"source": "complaints", "exemption": "17(3)(e)"}]);
    let (mut approvals, mut plans) = (0, 0);
    let mut one_of_them = async |id: &str, before: &Value, approval: Told, anew: Told| {
        let status = house.status(&json!(id)).await.unwrap();
        match (approval, anew) {
            (Ok(_), Err(told)) => {
                assert!(
                    told.contains("\"Approved\"")
                        || told.contains("planned or approved the same request")
                );
                assert_eq!(
                    (&status["status"], &status["hash"]),
                    (&json!("approved"), &before["hash"])
                );
                approvals += 1;
            }
            (Err(told), Ok(anew)) => {
                assert!(told.contains("\"Stale\""), "{id}: {told}");
                assert_eq!(
                    (&status["status"], &status["hash"]),
                    (&json!("planned"), &anew["hash"])
                );
                assert_eq!(status["tasks"], json!([]), "nothing has begun");
                plans += 1;
            }
            both => panic!("{id}: {both:?}"),
        }
    };
    for call in CALLS {
        let id = format!("SLOW-APPROVAL-{call}");
        let before = planned(&house, &id).await;
        let orders = (approve(&id, &before, "dpo-1"), plan(&id, &exclude));
        let Some((approval, anew)) = overtaken(&house, call, orders.0, orders.1).await else {
            break;
        };
        one_of_them(&id, &before, approval, anew).await;
    }
    for call in CALLS {
        let id = format!("SLOW-PLAN-{call}");
        let before = planned(&house, &id).await;
        let orders = (plan(&id, &exclude), approve(&id, &before, "dpo-1"));
        let Some((anew, approval)) = overtaken(&house, call, orders.0, orders.1).await else {
            break;
        };
        one_of_them(&id, &before, approval, anew).await;
    }
    for round in 0..8 {
        let id = format!("AT-ONCE-{round}");
        let before = planned(&house, &id).await;
        let (one, other) = (approve(&id, &before, "dpo-1"), plan(&id, &exclude));
        let (approval, anew) = tokio::join!(
            house.invoke("requests", one),
            house.invoke("requests", other)
        );
        one_of_them(&id, &before, approval, anew).await;
    }
    assert!(approvals >= 5 && plans >= 5, "{approvals} {plans}");
}

/// Either the approval is refused because of the hold and nothing has begun, or the hold names the
/// erasure that it came too late for. Nothing is ever erased that somebody was told is held.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_beside_a_hold_is_refused_or_the_hold_says_that_the_erasure_is_under_way() {
    an_approval_beside(hold, "held", &["Stale", "Held"]).await;
}

/// The same with a restriction by somebody who opposes erasure.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_beside_a_restriction_is_refused_or_the_restriction_says_that_the_erasure_is_under_way()
 {
    an_approval_beside(oppose, "restricted", &["Stale", "Opposed"]).await;
}

async fn an_approval_beside(place: fn(&str) -> Value, status: &str, refusals: &[&str]) {
    let house = House::where_it_sleeps("erase").await;
    let (mut refused, mut late) = (0, 0);
    let mut one_of_them = async |id: &str, approval: Told, placed: Told| {
        let (placed, erasure) = (placed.unwrap(), house.status(&json!(id)).await.unwrap());
        if let Err(told) = approval {
            assert!(
                refusals
                    .iter()
                    .any(|refusal| told.contains(&format!("\"{refusal}\""))),
                "{id}: {told}"
            );
            assert_eq!(placed["erasures_under_way"], json!([]), "{id}");
            assert_eq!(
                (&erasure["status"], &erasure["tasks"]),
                (&json!("planned"), &json!([])),
                "{id}"
            );
            refused += 1;
        } else {
            assert_eq!(placed["erasures_under_way"], json!([id]), "{id}");
            assert_eq!(erasure["status"], "approved", "{id}");
            late += 1;
        }
        assert_eq!(
            (&placed["status"], &placed["done"][status]),
            (&json!(status), &json!(1)),
            "{id}"
        );
    };
    for call in CALLS {
        let id = format!("SLOW-APPROVAL-{call}");
        let before = planned(&house, &id).await;
        let orders = (approve(&id, &before, "dpo-1"), place(&id));
        let Some((approval, held)) = overtaken(&house, call, orders.0, orders.1).await else {
            break;
        };
        one_of_them(&id, approval, held).await;
    }
    for call in CALLS {
        let id = format!("SLOW-HOLD-{call}");
        let before = planned(&house, &id).await;
        let orders = (place(&id), approve(&id, &before, "dpo-1"));
        let Some((held, approval)) = overtaken(&house, call, orders.0, orders.1).await else {
            break;
        };
        one_of_them(&id, approval, held).await;
    }
    for round in 0..8 {
        let id = format!("AT-ONCE-{round}");
        let before = planned(&house, &id).await;
        let (one, other) = (approve(&id, &before, "dpo-1"), place(&id));
        let (approval, held) = tokio::join!(
            house.invoke("requests", one),
            house.invoke("requests", other)
        );
        one_of_them(&id, approval, held).await;
    }
    assert!(refused >= 5 && late >= 5, "{refused} {late}");
}
