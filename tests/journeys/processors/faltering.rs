//! Each call to a processor fails once: refused, busy, garbled, not answered in time, or done with
//! the answer lost.

use super::{EMAIL, OTHER, PATIENCE};
use crate::faults::start;
use crate::house::{House, email_id, erasure};
use chrono::TimeDelta;
use custodian_domain::place::Place;
use custodian_erase::Erase;
use custodian_runtime::Function;
use custodian_simulators::Mode;
use serde_json::{Value, json};

const MODES: [Mode; 5] = [
    Mode::Down,
    Mode::Busy,
    Mode::Garbled,
    Mode::Slow,
    Mode::Losing,
];

/// A stack where the erasure of one of two people is approved, and no place has begun.
async fn approved() -> House {
    let house = House::where_it_sleeps("erase").await;
    let simulators = house.stack.simulators();
    for email in [EMAIL, OTHER] {
        house.tell("Hello.", Some(email), None).await;
        simulators.granicus.give(email);
        simulators.five9.give(&[("email", email)]);
    }
    let mut order = erasure(&[email_id(EMAIL)]);
    order["request_id"] = json!("ERA-1");
    house.approve(order).await.unwrap();
    house
}

async fn task(house: &House, place: Place) -> Value {
    let status = house.status(&json!("ERA-1")).await.unwrap();
    let tasks = status["tasks"].as_array().unwrap();
    tasks
        .iter()
        .find(|task| task["place"] == place.as_str())
        .unwrap()
        .clone()
}

/// Whether the processor still has each of the two people.
fn holds(house: &House, place: Place) -> (bool, bool) {
    let simulators = house.stack.simulators();
    match place {
        Place::Five9 => (simulators.five9.holds(EMAIL), simulators.five9.holds(OTHER)),
        _ => (
            simulators.granicus.holds(EMAIL),
            simulators.granicus.holds(OTHER),
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_call_to_a_processor_fails_and_however_it_is_tried_again_and_ends_the_same() {
    for (place, least) in [(Place::Granicus, 4), (Place::Five9, 5)] {
        for mode in MODES {
            for calls in 0.. {
                let house = approved().await;
                let simulators = house.stack.simulators().clone();
                match place {
                    Place::Five9 => simulators.five9.conduct.falter(calls, mode),
                    _ => simulators.granicus.conduct.falter(calls, mode),
                }
                let erase = Erase::patient_for(&house.stack.host("erase").unwrap(), PATIENCE)
                    .await
                    .unwrap();
                erase.invoke(start("ERA-1", place)).await.unwrap();
                let first = task(&house, place).await;
                let done = first["state"] == "done";
                assert_eq!(
                    done,
                    first["receipt"].is_object(),
                    "{place:?} {mode:?} {calls}: {first}"
                );
                assert!(
                    !done || holds(&house, place) == (false, true),
                    "no receipt without its deletion: {first}"
                );
                let whole = simulators.five9.conduct.is_to_falter()
                    || simulators.granicus.conduct.is_to_falter();
                if whole {
                    assert!(done && calls >= least, "{place:?} makes {calls} calls");
                    break;
                }
                house
                    .stack
                    .clock()
                    .set(house.stack.clock().now() + TimeDelta::hours(7));
                erase.invoke(start("ERA-1", place)).await.unwrap();
                let last = task(&house, place).await;
                assert_eq!(
                    last["state"], "done",
                    "no deletion without its receipt: {mode:?} {calls} {last}"
                );
                assert_eq!(last["receipt"]["outcome"], "confirmed");
                assert_eq!(
                    holds(&house, place),
                    (false, true),
                    "{place:?} {mode:?} {calls}"
                );
                assert!(
                    simulators.granicus.matters().len() <= 1,
                    "nothing is asked twice"
                );
            }
        }
    }
}
