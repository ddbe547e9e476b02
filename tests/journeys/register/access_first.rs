//! An access request of any case comes before an erasure of the same person.

use super::{done, event, merge, refused, register};
use crate::house::{House, email_id};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::record::Holder;
use custodian_domain::rights::calendar::ENGLAND_AND_WALES;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::CaseId;
use custodian_store::asked::{Asked, AskedFor};
use custodian_store::cases::Cases;
use custodian_store::constraints::Constraints;
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";

fn plan() -> Value {
    json!({"order": "plan", "request_id": "ERA-1", "ground": "17(1)(b)", "identifiers": [email_id(ROSA)],
        "planned_by": "dpo-7"})
}

fn approve(planned: &Value) -> Value {
    json!({"order": "approve", "request_id": "ERA-1", "hash": planned["hash"], "approved_by": "dpo-9"})
}

fn confirmed(id: &str) -> Value {
    let whose =
        json!({"kind": "access", "step": "person_confirmed", "identifiers": [email_id(ROSA)]});
    event("step", id, &whose)
}

fn ended(order: &str, id: &str, more: &Value) -> Value {
    let mut fields = json!({"kind": "access"});
    merge(&mut fields, more);
    event(order, id, &fields)
}

async fn house() -> House {
    let house = House::open().await;
    house.tell("Hers.", Some(ROSA), None).await;
    done(&house, register("C-1", &["access"])).await;
    house
}

/// The pointers to cases that are stored.
async fn pointers(house: &House) -> usize {
    let items = house.items("REGISTER_TABLE").await;
    items.iter().filter(|item| item.contains("ASKED#")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_an_access_request_of_another_case_that_was_confirmed_to_be_theirs() {
    let house = house().await;
    let withdrawn = json!({"ending": "withdrawn", "on": "2026-11-23"});
    let planned = done(&house, plan()).await;
    assert_eq!(
        planned["plan"]["access_first"],
        json!([]),
        "nobody knows whose it is"
    );
    let case = done(&house, confirmed("s1")).await;
    assert_eq!(case["requests"][0]["state"], "found");
    assert!(
        !case.to_string().contains("rosa"),
        "a case does not say whose it is"
    );
    let refusal = refused(&house, approve(&planned)).await;
    assert!(
        refusal.contains("Stale") && refusal.contains("C-1-access"),
        "{refusal}"
    );
    let planned = done(&house, plan()).await;
    assert_eq!(planned["plan"]["access_first"], json!(["C-1-access"]));
    let refusal = refused(&house, approve(&planned)).await;
    assert!(
        refusal.contains("AccessFirst") && refusal.contains("C-1-access"),
        "{refusal}"
    );

    done(&house, ended("close", "c1", &withdrawn)).await;
    done(&house, ended("reopen", "r1", &json!({"reason": "missed"}))).await;
    let refusal = refused(&house, approve(&planned)).await;
    assert!(refusal.contains("AccessFirst"), "reopened: {refusal}");
    done(&house, ended("close", "c2", &withdrawn)).await;

    assert_eq!(pointers(&house).await, 1);
    let planned = done(&house, plan()).await;
    done(&house, approve(&planned)).await;
    house.stack.settle().await.unwrap();
    assert_eq!(
        pointers(&house).await,
        0,
        "an erasure deletes what points to the case"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_s_access_request_holds_up_no_erasure() {
    let house = house().await;
    house.tell("His.", Some("abel@example.org"), None).await;
    let mut whose = confirmed("s1");
    merge(
        &mut whose,
        &json!({"identifiers": [email_id("abel@example.org")]}),
    );
    done(&house, whose).await;
    let planned = done(&house, plan()).await;
    done(&house, approve(&planned)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_a_request_is_is_said_with_its_confirmation_only() {
    let house = house().await;
    for (more, field) in [
        (json!({"step": "package_ordered"}), "identifiers"),
        (json!({"identifiers": []}), "identifiers"),
        (json!({"identifiers": ["rosa"]}), "identifiers"),
        (json!({"kind": "sing"}), "kind"),
    ] {
        let mut order = confirmed("s1");
        merge(&mut order, &more);
        let refusal = refused(&house, order).await;
        assert!(
            refusal.contains("BadOrder") && refusal.contains(field),
            "{refusal}"
        );
        assert!(!refusal.contains("rosa"), "{refusal}");
    }
    assert_eq!(pointers(&house).await, 0);
    done(&house, confirmed("s1")).await;
    assert_eq!(done(&house, confirmed("s1")).await["repeated"], true);
    assert_eq!(pointers(&house).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_lists_the_requests_for_one() {
    let house = house().await;
    done(&house, confirmed("s1")).await;
    let order = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": "C-1-access"});
    let package = house.invoke("export", order).await.unwrap();
    let document = house.document(&package).await;
    let asked = &document["held"]["asked"];
    assert_eq!(
        (&asked["count"], &asked["items"][0]["request_id"]),
        (&json!(1), &json!("C-1-access"))
    );
}

/// What an approval has read before somebody confirms a request is not what it finds when it is
/// stored: the transaction fails.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_has_not_seen_the_confirmation_does_not_go_through() {
    let house = house().await;
    let now = house.stack.clock().now();
    let register = house.setting("REGISTER_TABLE");
    let constraints = Constraints::new(house.dynamodb(), register.clone());
    let asked = Asked::new(&house.dynamodb(), &register);
    let cases = Cases::new(&house.dynamodb(), &register);
    let email = Identifier::email(ROSA).unwrap();
    let holder = Holder::Subject(house.subject_keys().await.key(&email));
    let holders = [holder.clone()];
    let read = constraints.restricting(&holders, now).await.unwrap();
    let passes = async |read| {
        let stored = cases
            .find(&CaseId::named("C-1").unwrap(), now)
            .await
            .unwrap()
            .unwrap();
        let beside = vec![constraints.unheld(&holder, read, now)];
        let same = (Some(&stored), &stored.case);
        cases
            .store(same, beside, &ENGLAND_AND_WALES, now)
            .await
            .unwrap()
    };
    assert!(passes(&read).await);
    done(&house, confirmed("s1")).await;
    assert!(!passes(&read).await);
    let read = constraints.restricting(&holders, now).await.unwrap();
    assert!(passes(&read).await);
    let known = asked.of(&holder, now).all().await.unwrap();
    let request = RequestId::try_from("C-1-access".to_owned()).unwrap();
    assert_eq!(
        known,
        [AskedFor {
            request,
            since: now
        }]
    );
    let again = json!({"step": "person_confirmed"});
    done(&house, event("step", "s2", &again)).await;
    assert!(passes(&read).await, "without identifiers nothing is said");
}
