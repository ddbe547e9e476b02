//! Holds and restrictions, through the DPO's orders. Only what is held outlasts its date, what is
//! restricted is not found or reported by anybody, and whatever is interrupted is completed.

use crate::failing::{Off, calls, failing_host};
use crate::house::{House, at, email_id, phone_id};
use crate::imports_faults::POSTS;
use crate::partners::{CREATED, UPDATED};
use chrono::TimeDelta;
use custodian_requests::Requests;
use custodian_rights::hold_enforcement::{Enforced, HoldEnforcement};
use custodian_runtime::Function;
use custodian_store::SHARDS;
use custodian_store::constraints::Constraints;
use custodian_store::ledger::Ledger;
use custodian_store::packages::Packages;
use custodian_store::records::Records;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

const ROSA: &str = "rosa@example.org";
/// A day after what is sent at the beginning has ended.
const LATER: &str = "2029-11-24T10:00:00Z";

fn place(order: &str, id: &str, ground: &str, identifiers: &[Value]) -> Value {
    json!({"order": order, "request_id": id, "identifiers": identifiers, "ground": ground, "by": "dpo-7"})
}

fn lift(order: &str, id: &str) -> Value {
    json!({"order": order, "request_id": id, "reason": "settled", "by": "dpo-8"})
}

impl House {
    async fn desk(&self, order: Value) -> Result<Value, String> {
        let answer = self.invoke("requests", order).await;
        let said = format!("{answer:?}");
        assert!(!said.contains(ROSA) && !said.contains("subject#"), "{said}");
        answer
    }

    /// How many records of the beginning a statistic may count.
    async fn told_of(&self) -> usize {
        let records = Records::new(self.dynamodb(), self.setting("RECORDS_TABLE"));
        let mut count = 0;
        for shard in 0..SHARDS {
            let mut pages = records.reportable_on(
                at("2026-11-23T00:00:00Z").date_naive(),
                shard,
                self.stack.clock().now(),
            );
            while let Some(page) = pages.next().await.unwrap() {
                count += page.len();
            }
        }
        count
    }

    /// The causes of all deletions of a day.
    async fn causes(&self, day: &str) -> Vec<String> {
        let ledger = Ledger::new(self.dynamodb(), self.setting("LEDGER_TABLE"));
        let mut pages = ledger.entries(day.parse().unwrap());
        let mut causes = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            causes.extend(
                page.iter()
                    .map(|entry| serde_json::to_value(entry).unwrap()["cause"].to_string()),
            );
        }
        causes
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_outlasts_its_date_and_goes_when_the_hold_is_lifted() {
    let house = House::open().await;
    house
        .tell("Before.", Some(ROSA), Some("07700 900142"))
        .await;
    let held = house
        .desk(place("hold", "CLAIM-1", "legal_claim", &[email_id(ROSA)]))
        .await
        .unwrap();
    assert_eq!(
        (&held["status"], &held["done"]["held"]),
        (&json!("held"), &json!(2)),
        "the answer and its link"
    );
    let again = house
        .desk(place("hold", "CLAIM-1", "legal_claim", &[email_id(ROSA)]))
        .await
        .unwrap();
    assert_eq!(again["done"]["held"], 0);
    house.tell("After.", Some(ROSA), Some("07700 900142")).await;
    house.tell("Abel's.", Some("abel@example.org"), None).await;
    let swept = house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(
        (&swept["standings"]["open"], &swept["standings"]["held"]),
        (&json!(1), &json!(1)),
        "the answer; its link is held already"
    );
    house.move_to(LATER).await;
    let swept = house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(swept["standings"]["past_their_date"], 2);
    let who = [phone_id("07700 900142")];
    let links = house
        .desk(json!({"order": "links", "identifiers": who, "by": "dpo-7"}))
        .await
        .unwrap();
    let order = json!({"kind": "access", "identifiers": who, "confirmed_links": [links["linked"][0]["link"]],
        "requested_by": "dpo-7", "request_id": "SAR-1"});
    let package = house.invoke("export", order).await.unwrap();
    let document = house.document(&package).await;
    assert_eq!(document["record_count"], 2, "found by the number too");
    let record = &document["records"][0];
    assert_eq!(
        (&record["kept_until"], &record["on_hold"]),
        (&json!("2029-11-23T10:00:00Z"), &json!(true))
    );
    assert!(
        house
            .object(package["report_key"].as_str().unwrap())
            .await
            .contains("for as long as it is on hold")
    );
    let lifted = house.desk(lift("lift", "CLAIM-1")).await.unwrap();
    assert_eq!(
        (&lifted["status"], &lifted["done"]["deleted"]),
        (&json!("lifted"), &json!(3)),
        "{lifted}"
    );
    assert_eq!(
        house.causes("2029-11-24").await.len(),
        4,
        "and Abel's, which TTL removed"
    );
    assert!(
        house
            .causes("2029-11-24")
            .await
            .iter()
            .all(|cause| cause == "\"retention\"")
    );
    let gone = house
        .invoke(
            "export",
            json!({"release": "SAR-1", "released_by": "dpo-7"}),
        )
        .await
        .unwrap_err();
    assert!(
        gone.contains("gone: the package has expired"),
        "a package does not outlast what it holds: {gone}"
    );
    house.move_to("2029-11-24T10:15:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    assert!(house.items("RECORDS_TABLE").await.is_empty() && house.objects().is_empty());
    let status = house
        .desk(json!({"order": "status", "request_id": "CLAIM-1", "by": "dpo-7"}))
        .await
        .unwrap();
    let events: Vec<&Value> = status["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["what"])
        .collect();
    assert_eq!(
        events,
        [
            "held, legal_claim",
            "lifted, settled",
            "asked for its status"
        ]
    );
    let register = house.items("REGISTER_TABLE").await;
    assert!(
        !register.iter().any(|item| item.contains("subject#")),
        "whom it stood for is forgotten"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restricted_is_in_no_statistic_and_is_freed_after_the_person_was_told() {
    let house = House::open().await;
    house.tell("Before.", Some(ROSA), None).await;
    house.tell("Abel's.", Some("abel@example.org"), None).await;
    let restricted = house
        .desk(place("restrict", "RES-1", "18(1)(a)", &[email_id(ROSA)]))
        .await
        .unwrap();
    assert_eq!(
        (&restricted["status"], &restricted["done"]["restricted"]),
        (&json!("restricted"), &json!(1))
    );
    house.tell("After.", Some(ROSA), None).await;
    house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(house.told_of().await, 1);
    let document = house.document(&house.export(ROSA).await).await;
    let records = document["records"].as_array().unwrap();
    assert!(
        records.len() == 2 && records.iter().all(|record| record["restricted"] == true),
        "{document}"
    );
    let refused = house.desk(lift("unrestrict", "RES-1")).await.unwrap_err();
    assert!(refused.contains("Article 18(3)"), "{refused}");
    assert!(
        house
            .desk(lift("lift", "RES-1"))
            .await
            .unwrap_err()
            .contains("unrestrict")
    );
    house
        .desk(json!({"order": "notice", "request_id": "RES-1", "by": "dpo-7"}))
        .await
        .unwrap();
    let freed = house.desk(lift("unrestrict", "RES-1")).await.unwrap();
    assert_eq!(
        (&freed["done"]["unrestricted"], house.told_of().await),
        (&json!(2), 3)
    );
    assert_eq!(freed["standing"]["notice"]["by"], "dpo-7");
    assert_eq!(freed["standing"]["lifted"]["by"], "dpo-8");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_places_one_thing() {
    let house = House::open().await;
    house
        .desk(place("hold", "ONE", "open_request", &[email_id(ROSA)]))
        .await
        .unwrap();
    for other in [
        place("restrict", "ONE", "18(1)(a)", &[email_id(ROSA)]),
        place("hold", "ONE", "legal_claim", &[email_id(ROSA)]),
        place(
            "hold",
            "ONE",
            "open_request",
            &[email_id("abel@example.org")],
        ),
    ] {
        assert!(
            house
                .desk(other)
                .await
                .unwrap_err()
                .contains("another request")
        );
    }
    assert!(
        house
            .desk(lift("lift", "TWO"))
            .await
            .unwrap_err()
            .contains("no request")
    );
    let refused = house
        .desk(place("hold", "TWO", "her solicitor", &[email_id(ROSA)]))
        .await
        .unwrap_err();
    assert!(
        refused.contains("ground must") && !refused.contains("solicitor"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_partners_hand_over_of_somebody_held_is_stored_held_and_restricted_and_corrections_leave_it_so()
 {
    let house = House::open().await;
    let sian = [email_id("sian.obriain+council@example.org")];
    house
        .desk(place("hold", "H", "legal_claim", &sian))
        .await
        .unwrap();
    house
        .desk(place("restrict", "R", "18(1)(d)", &sian))
        .await
        .unwrap();
    let mut seen = BTreeSet::new();
    for message in [CREATED, UPDATED] {
        assert_eq!(house.hand_over(message).await.status, 200);
        for item in house.items("RECORDS_TABLE").await {
            let item: Value = serde_json::from_str(&item).unwrap();
            let record = item["sk"].as_str().unwrap().starts_with("record#");
            assert!(item["expires_at"].is_null(), "{item}");
            assert_eq!(item["restricted"].as_bool(), record.then_some(true));
            seen.insert((record, item["retention_due_at"].as_i64().unwrap()));
        }
    }
    assert_eq!(
        seen.len(),
        2,
        "the record and its link, and the correction renews nothing"
    );
    house.desk(lift("lift", "H")).await.unwrap();
    assert_eq!(house.hand_over(CREATED).await.status, 200);
    for item in house.items("RECORDS_TABLE").await {
        let item: Value = serde_json::from_str(&item).unwrap();
        assert!(
            item["expires_at"].is_i64() && item["retention_due_at"].is_null(),
            "{item}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_its_author_deletes_stays_while_it_is_held_and_goes_with_the_hold() {
    let house = House::open().await;
    let post = |text: &str| format!("{POSTS}1,x,2026-09-01T08:00:00Z,@a,{text},,\n");
    house
        .drop_file("social", "1.csv", post("One.").as_bytes())
        .await;
    let author = [json!({"type": "reference", "value": "x:a"})];
    house
        .desk(place("hold", "H", "legal_claim", &author))
        .await
        .unwrap();
    for number in [2, 3] {
        let report = house
            .drop_file(
                "social",
                &format!("{number}.csv"),
                post("[deleted]").as_bytes(),
            )
            .await;
        assert_eq!(
            (&report["held"], &report["forgotten"]),
            (&json!(1), &json!(0)),
            "{report}"
        );
        assert_eq!(house.items("RECORDS_TABLE").await.len(), 1);
    }
    house
        .drop_file("social", "4.csv", post("One.").as_bytes())
        .await;
    let lifted = house.desk(lift("lift", "H")).await.unwrap();
    assert_eq!(
        lifted["done"]["deleted"], 1,
        "withdrawn, it was over all the time"
    );
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    house
        .drop_file("social", "5.csv", post("One.").as_bytes())
        .await;
    assert!(
        house.items("RECORDS_TABLE").await.is_empty(),
        "and nothing brings it back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_not_erased_until_it_is_lifted_or_left_out() {
    let house = House::where_it_sleeps("erase").await;
    house.tell("Before.", Some(ROSA), None).await;
    let erasure = |id: &str, exclude: Value| json!({"order": "plan", "request_id": id, "identifiers": [email_id(ROSA)], "ground": "17(1)(b)", "planned_by": "planner-3", "exclude": exclude});
    let approve = |id: &str, plan: &Value| json!({"order": "approve", "request_id": id, "hash": plan["hash"], "approved_by": "dpo-7"});
    let before = house.desk(erasure("E-1", json!([]))).await.unwrap();
    house
        .desk(place("hold", "CLAIM-1", "legal_claim", &[email_id(ROSA)]))
        .await
        .unwrap();
    let stale = house.desk(approve("E-1", &before)).await.unwrap_err();
    assert!(stale.contains("holds: CLAIM-1, was nothing"), "{stale}");
    let plan = house.desk(erasure("E-1", json!([]))).await.unwrap();
    assert_eq!(plan["plan"]["holds"], json!(["CLAIM-1"]));
    let refused = house.desk(approve("E-1", &plan)).await.unwrap_err();
    assert!(
        refused.contains("lift the hold or exclude them"),
        "{refused}"
    );
    let left = json!([{"source": "web_form", "exemption": "17(3)(e)"}]);
    let partial = house.desk(erasure("E-2", left)).await.unwrap();
    assert_eq!(partial["plan"]["holds"], json!([]));
    house.desk(approve("E-2", &partial)).await.unwrap();
    house.desk(lift("lift", "CLAIM-1")).await.unwrap();
    let plan = house.desk(erasure("E-1", json!([]))).await.unwrap();
    house.desk(approve("E-1", &plan)).await.unwrap();
    // One that comes too late says so.
    let late = house
        .desk(place("hold", "CLAIM-2", "legal_claim", &[email_id(ROSA)]))
        .await
        .unwrap();
    assert_eq!(late["erasures_under_way"], json!(["E-1", "E-2"]));
}

/// Two answers of a person. With `standing`, also a hold and, after the answers' date, a package.
async fn furnish(house: &House, standing: bool) {
    house.tell("One.", Some(ROSA), Some("07700 900142")).await;
    house.tell("Two.", Some(ROSA), Some("07700 900143")).await;
    if standing {
        house
            .desk(place("hold", "H", "legal_claim", &[email_id(ROSA)]))
            .await
            .unwrap();
        house.move_to(LATER).await;
        let order = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": "P"});
        house.invoke("export", order).await.unwrap();
    }
}

/// The result after two hours of looking at the holds: items, deletions, and whether there is a
/// package to fetch.
async fn state(house: &House) -> (Vec<usize>, usize, bool) {
    let name = |table: &str| house.setting(table);
    let hold_enforcement = HoldEnforcement {
        constraints: Constraints::new(house.dynamodb(), name("REGISTER_TABLE")),
        records: Records::new(house.dynamodb(), name("RECORDS_TABLE")),
        ledger: Ledger::new(house.dynamodb(), name("LEDGER_TABLE")),
        packages: Packages::new(house.dynamodb(), name("REGISTER_TABLE")),
    };
    for _ in 0..2 {
        let now = house.stack.clock().now() + TimeDelta::hours(1);
        house.stack.clock().set(now);
        let mut pages = hold_enforcement.constraints.open();
        while let Some(page) = pages.next().await.unwrap() {
            for request in page {
                let placed = hold_enforcement
                    .constraints
                    .find(&request, now)
                    .await
                    .unwrap()
                    .unwrap();
                hold_enforcement
                    .reconcile(
                        &request,
                        &placed,
                        &mut BTreeSet::new(),
                        &mut Enforced::default(),
                        now,
                    )
                    .await
                    .unwrap();
            }
        }
    }
    let standing = house
        .items("REGISTER_TABLE")
        .await
        .into_iter()
        .filter(|item| item.contains("STANDING"));
    // Records have random names. Their length tells a held one from another.
    let mut items: Vec<usize> = house
        .items("RECORDS_TABLE")
        .await
        .into_iter()
        .chain(standing)
        .map(|it| it.len())
        .collect();
    items.sort_unstable();
    let package = house
        .release_by(json!({"release": "P", "released_by": "dpo-7"}))
        .await;
    (items, house.told().await.len(), package.is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_hold_or_its_lifting_breaks_off_the_sweep_finishes_it_or_the_same_order_does() {
    for (standing, order) in [
        (false, place("hold", "H", "legal_claim", &[email_id(ROSA)])),
        (true, lift("lift", "H")),
    ] {
        let undisturbed = House::open().await;
        furnish(&undisturbed, standing).await;
        undisturbed.desk(order.clone()).await.unwrap();
        let expected = state(&undisturbed).await;
        for off in [Off::Before, Off::After] {
            for calls in calls(off) {
                let house = House::open().await;
                furnish(&house, standing).await;
                let (host, left) = failing_host(&house, "requests", calls, off);
                let whole = match Requests::start(&host).await {
                    Ok(desk) => desk
                        .invoke(LambdaEvent::new(order.clone().into(), Context::default()))
                        .await
                        .is_ok(),
                    Err(_) => false,
                };
                // Every other time, nobody gives the order again if it was entered.
                let status = house
                    .desk(json!({"order": "status", "request_id": "H", "by": "dpo-7"}))
                    .await;
                let entered = status.is_ok_and(|it| (it["status"] == "lifted") == standing);
                if !entered || calls % 2 == 0 {
                    house.desk(order.clone()).await.unwrap();
                }
                assert_eq!(state(&house).await, expected, "{off:?} {calls}");
                if whole && left.load(Ordering::SeqCst) > 0 {
                    break;
                }
            }
        }
    }
}
