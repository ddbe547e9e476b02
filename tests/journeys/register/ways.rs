//! What keeps a late request late, and the ways out of every state.

use super::{done, event, merge, refused, register};
use crate::house::House;
use serde_json::{Value, json};

/// Enters an event of a case, and shows its only request then.
async fn entered(house: &House, order: &str, id: &str, more: &Value) -> Value {
    let case = done(house, event(order, id, more)).await;
    case["requests"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_late_stays_late_until_its_receipt_is_corrected_and_the_case_says_so() {
    let house = House::open().await;
    done(&house, register("C-1", &["access"])).await;
    house.move_to("2026-12-28T10:00:00Z").await;
    for (order, more) in [
        ("identity", json!({"on": "2026-12-28", "doubt": "unusual"})),
        ("authority", json!({"on": "2026-12-01"})),
        ("ask", json!({"on": "2026-12-23"})),
        (
            "extend",
            json!({"told_on": "2026-12-23", "reason": "complex"}),
        ),
    ] {
        let refusal = refused(&house, event(order, "e1", &more)).await;
        let is_told = refusal.contains("NotNow") && refusal.contains("2026-12-23");
        assert!(is_told, "{order}: {refusal}");
    }
    let correct = json!({"received": "2026-11-27", "reason": "entered_wrongly"});
    let refusal = refused(
        &house,
        event(
            "received",
            "e2",
            &json!({"received": "2026-12-29", "reason": "entered_wrongly"}),
        ),
    )
    .await;
    assert!(refusal.contains("BadOrder"), "{refusal}");
    let request = entered(&house, "received", "e3", &correct).await;
    assert_eq!(request["due"], "2026-12-29");
    let show = json!({"order": "case", "case_id": "C-1", "by": "auditor-2"});
    let late = json!([{"event_id": "e3", "kind": "access", "due": "2026-12-23"}]);
    assert_eq!(done(&house, show).await["late_until_corrected"], late);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_cases_that_are_closed_at_once_as_duplicates_of_each_other_one_stays_open() {
    let house = House::open().await;
    done(&house, register("C-1", &["access"])).await;
    done(&house, register("C-2", &["access"])).await;
    done(&house, register("C-3", &["erasure"])).await;
    let close = |case: &str, other: &str| {
        let more = json!({"case_id": case, "ending": "duplicate", "on": "2026-11-23", "duplicate_of": other});
        event("close", "e1", &more)
    };
    let refusal = refused(&house, close("C-1", "C-3")).await;
    assert!(refusal.contains("BadOrder"), "another kind: {refusal}");
    let (one, two) = tokio::join!(
        house.invoke("requests", close("C-1", "C-2")),
        house.invoke("requests", close("C-2", "C-1")),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let again = if one.is_ok() {
        close("C-1", "C-2")
    } else {
        close("C-2", "C-1")
    };
    assert_eq!(done(&house, again).await["repeated"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_for_somebody_else_waits_for_authority_and_one_that_fails_is_made_again() {
    let house = House::open().await;
    let mut case = register("C-1", &["access"]);
    merge(&mut case, &json!({"asker": "representative"}));
    done(&house, case).await;
    let steps = [
        "person_confirmed",
        "package_ordered",
        "package_failed",
        "package_ordered",
        "package_made",
        "reviewed",
    ];
    for (n, step) in steps.iter().enumerate() {
        entered(&house, "step", &format!("s{n}"), &json!({"step": step})).await;
    }
    let handed = json!({"step": "handed_over", "means": "post"});
    let refusal = refused(&house, event("step", "h", &handed)).await;
    assert!(refusal.contains("authority"), "{refusal}");
    let shown = json!({"on": "2026-11-23", "proof": "signed_authority"});
    assert_eq!(
        entered(&house, "authority", "a", &shown).await["due"],
        "2026-12-23"
    );
    let request = entered(&house, "step", "h", &handed).await;
    assert_eq!(request["state"], "handed_over");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_that_is_withdrawn_shows_what_is_still_restricted_until_it_is_lifted() {
    let house = House::open().await;
    done(&house, register("C-1", &["objection"])).await;
    entered(&house, "step", "s1", &json!({"step": "restricted"})).await;
    let withdrawn = json!({"ending": "withdrawn", "on": "2026-11-23"});
    assert_eq!(
        entered(&house, "close", "c1", &withdrawn).await["standing"],
        true
    );
    let step = |step: &str| json!({"kind": "objection", "step": step});
    let refusal = refused(&house, event("step", "s2", &step("lifted"))).await;
    assert!(refusal.contains("NotTold"), "{refusal}");
    let mut notice = step("notice_given");
    merge(&mut notice, &json!({"on": "2026-11-23"}));
    entered(&house, "step", "s3", &notice).await;
    assert_eq!(
        entered(&house, "step", "s4", &step("lifted")).await["standing"],
        false
    );
}
