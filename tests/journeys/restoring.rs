//! A table that was restored: nothing reads it until everything deleted since is deleted again.

use crate::failing::{Off, failing_sdk};
use crate::house::{House, at, email_id, erasure};
use crate::permissions::template;
use crate::storage::tables::create;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::ledger::Cause;
use custodian_domain::record::Holder;
use custodian_domain::rights::constraint::{
    Act, Constraint, ConstraintKind, HoldGround, Lifting, Limb, Reason,
};
use custodian_domain::rights::package::RequestId;
use custodian_local::recovery::with_recovery;
use custodian_operations::restore::{Unready, restore};
use custodian_rights::hold_enforcement::{Enforced, HoldEnforcement};
use custodian_rights::restoring::{Redone, Restoring};
use custodian_runtime::Environment;
use custodian_store::constraints::{Constraints, Placed};
use custodian_store::ledger::Ledger;
use custodian_store::packages::Packages;
use custodian_store::records::Records;
use custodian_store::suppressions::Suppressions;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The instant that is restored.
const SINCE: &str = "2026-11-24T10:00:00Z";
/// The instant at which somebody notices that a restore is needed.
const NOW: &str = "2026-11-27T10:00:00Z";
const POSTS: &str = "post_id,network,posted_at,handle,text,url,sentiment\n";
const COMPLAINTS: &str = "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n";
const RESTORED: &str = "custodian-restored";

/// A client of a database that can be restored.
fn recovering(house: &House, sdk: &SdkConfig, able: bool) -> Client {
    let sdk = with_recovery(sdk.clone(), 35, able);
    let host = Environment::new(
        house.stack.settings("erase").unwrap(),
        sdk,
        house.stack.clock(),
    );
    custodian_store::client(&host.dynamodb())
}

fn restoring(house: &House, client: &Client, live: bool) -> Restoring {
    let setting = |name: &str| house.setting(name);
    Restoring {
        copy: Records::new(client.clone(), RESTORED.to_owned()),
        live: live.then(|| Records::new(client.clone(), setting("RECORDS_TABLE"))),
        ledger: Ledger::new(client.clone(), setting("LEDGER_TABLE")),
        suppressions: Suppressions::new(client.clone(), setting("REGISTER_TABLE")),
        since: at(SINCE),
    }
}

/// Copies the live table as a restore does: its items and indexes, and none of its settings.
async fn back_up(house: &House) {
    let client = house.dynamodb();
    let mut table = template()["Resources"]["Records"]["Properties"].clone();
    table
        .as_mapping_mut()
        .unwrap()
        .remove("TimeToLiveSpecification");
    create(&client, RESTORED, &table).await;
    let mut items = client
        .scan()
        .table_name(house.setting("RECORDS_TABLE"))
        .into_paginator()
        .items()
        .send();
    while let Some(item) = items.next().await {
        client
            .put_item()
            .table_name(RESTORED)
            .set_item(Some(item.unwrap()))
            .send()
            .await
            .unwrap();
    }
}

async fn items(house: &House, table: &str) -> BTreeSet<String> {
    let mut items = house
        .dynamodb()
        .scan()
        .table_name(table)
        .into_paginator()
        .items()
        .send();
    let mut all = BTreeSet::new();
    while let Some(item) = items.next().await {
        all.insert(
            serde_dynamo::from_item::<_, Value>(item.unwrap())
                .unwrap()
                .to_string(),
        );
    }
    all
}

async fn live(house: &House) -> BTreeSet<String> {
    items(house, &house.setting("RECORDS_TABLE")).await
}

fn complaint(id: &str, received: &str, email: &str, text: &str) -> String {
    format!("CMP-{id},complaint,{received}T10:00:00Z,highways,1,Somebody,{email},,{text},,,\n")
}

fn request(id: &str) -> RequestId {
    RequestId::try_from(id.to_owned()).unwrap()
}

fn hold_enforcement(house: &House) -> HoldEnforcement {
    HoldEnforcement {
        constraints: Constraints::new(house.dynamodb(), house.setting("REGISTER_TABLE")),
        records: Records::new(house.dynamodb(), house.setting("RECORDS_TABLE")),
        packages: Packages::new(house.dynamodb(), house.setting("REGISTER_TABLE")),
        ledger: house.ledger(),
    }
}

fn act(house: &House) -> Act {
    Act {
        by: "dpo-7".to_owned(),
        at: house.stack.clock().now(),
    }
}

async fn settle(house: &House, id: &str) {
    let (hold_enforcement, now) = (hold_enforcement(house), house.stack.clock().now());
    let placed = hold_enforcement
        .constraints
        .find(&request(id), now)
        .await
        .unwrap()
        .unwrap();
    hold_enforcement
        .reconcile(
            &request(id),
            &placed,
            &mut BTreeSet::new(),
            &mut Enforced::default(),
            now,
        )
        .await
        .unwrap();
}

/// Places a hold or a restriction on the holder of this address.
async fn place(house: &House, id: &str, kind: ConstraintKind, email: &str) {
    let secret = json!({"version": "1", "key": custodian_local::LOCAL_SUBJECT_KEY}).to_string();
    let subject_keys = SubjectKeys::parse(&secret).unwrap();
    let holder = Holder::Subject(subject_keys.key(&Identifier::email(email).unwrap()));
    let standing = Constraint {
        kind,
        placed: act(house),
        notice: None,
        lifted: None,
    };
    let placed = Placed {
        standing,
        order: "order".to_owned(),
        holders: vec![holder.clone()],
        settled: false,
        in_case: None,
    };
    hold_enforcement(house)
        .constraints
        .enter(&request(id), &placed, Vec::new())
        .await
        .unwrap();
    settle(house, id).await;
}

async fn lift(house: &House, id: &str) {
    let standings = hold_enforcement(house).constraints;
    let kind = standings
        .find(&request(id), at(NOW))
        .await
        .unwrap()
        .unwrap()
        .standing
        .kind;
    standings
        .notice(&request(id), &act(house), Vec::new())
        .await
        .unwrap();
    let lifting = Lifting {
        act: act(house),
        reason: Reason::Settled,
    };
    assert!(
        standings
            .lift(&request(id), kind, &lifting, Vec::new())
            .await
            .unwrap()
    );
    settle(house, id).await;
}

/// The Data Protection Officer corrects what somebody's one record says.
async fn rectify(house: &House, email: &str, comment: &str) {
    let order = |order: &str| json!({"order": order, "request_id": "COR-1", "identifiers": [email_id(email)], "by": "dpo-7"});
    let found = house.invoke("requests", order("find")).await.unwrap();
    let mut correct = order("correct");
    correct["record"] = found["records"][0]["record"].clone();
    correct["changes"] = json!({"answers.comment": comment});
    house.invoke("requests", correct).await.unwrap();
}

const HOLD: ConstraintKind = ConstraintKind::Hold(HoldGround::LegalClaim);

/// A stack in which much happens after the instant that is restored. None of it may be lost.
async fn eventful() -> House {
    let house = House::open().await;
    for (name, phone) in [
        ("rosa", Some("07700 900142")),
        ("abel", None),
        ("cleo", None),
        ("finn", None),
        ("hugo", None),
        ("iris", None),
    ] {
        house
            .tell(
                &format!("Of {name}."),
                Some(&format!("{name}@example.org")),
                phone,
            )
            .await;
    }
    let kept = house
        .tell(
            "Dan's claim.",
            Some("dan@example.org"),
            Some("07700 900143"),
        )
        .await;
    house.tell("Of dan.", Some("dan@example.org"), None).await;
    house.tell("Nobody's.", None, None).await;
    let posts = format!(
        "{POSTS}1,x,2026-09-01T08:00:00Z,@ada,Withdrawn.,,\n2,x,2026-09-01T08:00:00Z,@bob,Mistyped.,,\n"
    );
    house.drop_file("social", "one.csv", posts.as_bytes()).await;
    let complaints = [
        complaint("1", "2023-11-25", "gone@example.org", "It is over soon"),
        complaint(
            "2",
            "2023-11-25",
            "eve@example.org",
            "It would be over soon",
        ),
        complaint("3", "2026-11-01", "wrong@example.org", "Somebody else's"),
    ];
    house
        .drop_file(
            "complaints",
            "one.csv",
            format!("{COMPLAINTS}{}", complaints.concat()).as_bytes(),
        )
        .await;
    place(&house, "lifted", HOLD, "finn@example.org").await;
    place(
        &house,
        "unrestricted",
        ConstraintKind::Restriction(Limb::Accuracy),
        "hugo@example.org",
    )
    .await;
    house.move_to(SINCE).await;
    back_up(&house).await;
    house.move_to("2026-11-24T11:00:00Z").await;
    house
        .erase(erasure(&[email_id("rosa@example.org")]))
        .await
        .unwrap();
    let mut partial = erasure(&[email_id("dan@example.org")]);
    partial["exclude"] = json!([{"reference": kept["reference"], "exemption": "17(3)(e)"}]);
    house.erase(partial).await.unwrap();
    let posts = format!(
        "{POSTS}1,x,2026-09-01T08:00:00Z,@ada,[deleted],,\n2,x,2026-09-01T08:00:00Z,@bob,Corrected.,,\n"
    );
    house.drop_file("social", "two.csv", posts.as_bytes()).await;
    let corrected = format!(
        "{COMPLAINTS}{}",
        complaint("3", "2026-11-01", "right@example.org", "Theirs")
    );
    house
        .drop_file("complaints", "two.csv", corrected.as_bytes())
        .await;
    place(&house, "held", HOLD, "eve@example.org").await;
    place(
        &house,
        "restricted",
        ConstraintKind::Restriction(Limb::Accuracy),
        "cleo@example.org",
    )
    .await;
    lift(&house, "lifted").await;
    lift(&house, "unrestricted").await;
    house.tell("New.", Some("gail@example.org"), None).await;
    rectify(&house, "iris@example.org", "Rectified.").await;
    house.move_to(NOW).await;
    house
}

async fn run(restoring: &Restoring) -> Result<Redone, Unready> {
    restore(restoring, 35, at(NOW), |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_table_may_be_read_when_it_is_as_the_live_one() {
    let house = eventful().await;
    let before = house.told().await.len();
    let restoring = restoring(&house, &recovering(&house, &house.stack.sdk(), true), true);
    let held = live(&house).await;
    assert!(
        held.iter().any(|it| it.contains("eve@")) && !held.iter().any(|it| it.contains("gone@"))
    );
    assert_ne!(items(&house, RESTORED).await, held);
    let done = run(&restoring).await.unwrap();
    assert_eq!(items(&house, RESTORED).await, held);
    assert_eq!(live(&house).await, held, "and the live one is as it was");
    let told = house.told().await.split_off(before);
    let gone = done.expired + done.deleted + done.erased + done.withdrawn;
    assert!(
        told.len() as u64 == gone && told.iter().all(|it| it.cause == Cause::Restore),
        "{done:?}"
    );
    assert!(
        done.deleted >= 6 && done.turned >= 4 && done.taken_over >= 3,
        "{done:?}"
    );
    let again = run(&restoring).await.unwrap();
    assert_eq!(
        again,
        Redone {
            looked_at: again.looked_at,
            ..Redone::default()
        },
        "twice is once"
    );
    assert_eq!(house.told().await.len(), before + told.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_live_table_nothing_comes_back_that_has_gone() {
    let house = eventful().await;
    let restoring = restoring(&house, &recovering(&house, &house.stack.sdk(), true), false);
    let done = run(&restoring).await.unwrap();
    assert_eq!(done.taken_over, 0);
    let (restored, live) = (items(&house, RESTORED).await, live(&house).await);
    let lost: Vec<&String> = live.difference(&restored).collect();
    let what = ["New.", "Corrected.", "right@", "Rectified."];
    assert!(
        lost.len() == 4
            && lost
                .iter()
                .all(|it| what.iter().any(|what| it.contains(what))),
        "{lost:#?}"
    );
    let back: Vec<&String> = restored.difference(&live).collect();
    assert!(
        back.len() == 2
            && back
                .iter()
                .all(|it| it.contains("Mistyped.") || it.contains("Of iris.")),
        "a correction has to be made again: {back:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_does_not_come_back_even_if_the_ledger_is_silent() {
    let house = eventful().await;
    let mut restoring = restoring(&house, &recovering(&house, &house.stack.sdk(), true), false);
    let empty = template()["Resources"]["Ledger"]["Properties"].clone();
    create(&house.dynamodb(), "custodian-empty", &empty).await;
    restoring.ledger = Ledger::new(house.dynamodb(), "custodian-empty".to_owned());
    let done = run(&restoring).await.unwrap();
    assert!(
        done.erased >= 3 && done.withdrawn == 1 && done.expired == 1 && done.deleted == 0,
        "{done:?}"
    );
    let left = items(&house, RESTORED).await;
    for gone in ["rosa@", "Of dan.", "Withdrawn.", "gone@"] {
        assert!(!left.iter().any(|it| it.contains(gone)), "{gone}");
    }
    assert!(
        left.iter().any(|it| it.contains("Dan's claim.")),
        "what an erasure has left stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_lacks_something_may_not_be_read() {
    let house = eventful().await;
    let unable = restoring(&house, &recovering(&house, &house.stack.sdk(), false), true);
    let before = items(&house, RESTORED).await;
    let refused = run(&unable).await.unwrap_err();
    assert_eq!(refused.to_string(), "it lacks point-in-time recovery");
    assert_eq!(items(&house, RESTORED).await, before);
    let able = restoring(&house, &recovering(&house, &house.stack.sdk(), true), true);
    let lacking = able.protection(35).await.unwrap().missing();
    assert_eq!(
        lacking,
        ["point-in-time recovery"],
        "the rest was put back: {lacking:?}"
    );
    let early = Restoring {
        since: at(NOW) + chrono::TimeDelta::seconds(1),
        ..able.clone()
    };
    assert!(matches!(run(&early).await, Err(Unready::Future)));
    assert!(
        able.protection(7)
            .await
            .unwrap()
            .missing()
            .contains(&"point-in-time recovery"),
        "as far back as elsewhere"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_breaks_off_is_not_done_and_goes_on() {
    let house = eventful().await;
    let expected = live(&house).await;
    let mut broken = 0;
    for calls in (1..200).step_by(5) {
        let (sdk, _) = failing_sdk(&house, calls, Off::After);
        match run(&restoring(&house, &recovering(&house, &sdk, true), true)).await {
            Ok(_) => break,
            Err(Unready::Storage(_)) => broken += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(broken > 5, "{broken}");
    assert_eq!(items(&house, RESTORED).await, expected);
}
