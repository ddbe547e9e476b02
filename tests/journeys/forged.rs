//! Items that somebody put straight into the tables, as a hijacked function's role could, and even
//! more than it could. They only cause an alarm, which says nothing about anybody.

use crate::faults::start;
use crate::heard;
use crate::house::{House, email_id, erasure, s};
use crate::stored;
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_domain::place::Place;
use custodian_domain::record::Holder;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::{Action, Task};
use custodian_erase::Erase;
use custodian_runtime::Function;
use custodian_store::Key;
use custodian_store::requests::Request;
use serde_json::{Value, json};
use std::collections::HashMap;

const ROSA: &str = "rosa@example.org";
const REFUSED: &str = "\"outcome\":\"not_approved\"";

/// Does something in a stack of its own and returns what was logged meanwhile.
fn log_of(something: impl Future<Output = ()>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ((), lines) = heard::on_this_thread(|| runtime.block_on(something));
    let own: Vec<&str> = lines
        .lines()
        .filter(|line| line.contains("not_approved"))
        .collect();
    assert!(
        own.iter()
            .all(|line| !line.contains("rosa") && !line.contains("subject#")),
        "{own:#?}"
    );
    lines
}

async fn put(house: &House, key: &Key, content: &Value) {
    let mut item: HashMap<String, AttributeValue> = serde_dynamo::to_item(content).unwrap();
    item.extend([
        ("pk".to_owned(), s(&key.partition)),
        ("sk".to_owned(), s(&key.sort)),
    ]);
    let put = house
        .dynamodb()
        .put_item()
        .table_name(house.setting("REGISTER_TABLE"));
    put.set_item(Some(item)).send().await.unwrap();
}

/// Writes one attribute of an item of the Register.
async fn write(house: &House, key: &Key, attribute: &str, value: AttributeValue) {
    let update = house
        .dynamodb()
        .update_item()
        .table_name(house.setting("REGISTER_TABLE"));
    let update = update.key("pk", s(&key.partition)).key("sk", s(&key.sort));
    let update = update
        .update_expression("SET #it = :it")
        .expression_attribute_names("#it", attribute);
    update
        .expression_attribute_values(":it", value)
        .send()
        .await
        .unwrap();
}

fn id(text: &str) -> RequestId {
    RequestId::try_from(text.to_owned()).unwrap()
}

async fn holder(house: &House, email: &str) -> Holder {
    let identifier = custodian_domain::identity::identifier::Identifier::email(email).unwrap();
    Holder::Subject(house.subject_keys().await.key(&identifier))
}

fn itself(id: &RequestId) -> Key {
    stored::request(id)
}

/// A request that looks approved, and its tasks, written item by item. `start` is where the items
/// that start tasks are.
async fn forge(house: &House, id: &RequestId, action: Action, start: impl Fn(Place) -> Key) {
    let now = house.stack.clock().now();
    let request = Request::entered(
        action,
        String::new(),
        "dpo-7",
        &[holder(house, ROSA).await],
        now,
    );
    put(house, &itself(id), &json!(request)).await;
    for place in Place::ALL {
        let task = Task::new(
            place,
            action,
            std::collections::BTreeMap::new(),
            now.date_naive(),
            now,
        );
        put(house, &stored::task(id, place, "META"), &json!(task)).await;
        put(house, &stored::open_task(id, place), &json!({})).await;
        put(
            house,
            &start(place),
            &json!({"times": 1, "approved": request.approved(id)}),
        )
        .await;
    }
}

/// Asserts that Rosa's records are there, and that nothing says they are deleted.
async fn assert_nothing_happened(house: &House) {
    assert!(
        house
            .items("RECORDS_TABLE")
            .await
            .iter()
            .any(|item| item.contains("Rosa was here"))
    );
    assert!(house.told().await.is_empty(), "the ledger tells nothing");
    assert!(
        !house
            .items("REGISTER_TABLE")
            .await
            .iter()
            .any(|item| item.contains("CERTIFICATE"))
    );
}

async fn house() -> House {
    let house = House::open().await;
    house.tell("Rosa was here.", Some(ROSA), None).await;
    house
}

#[test]
fn an_erasure_that_was_entered_as_the_first_version_s_unsubscribe_could_is_not_carried_out() {
    let lines = log_of(async {
        let (house, id) = (house().await, id("ERA-1"));
        forge(&house, &id, Action::Erase, |place| {
            stored::task(&id, place, "START")
        })
        .await;
        house.stack.settle().await.unwrap();
        house.move_to("2026-11-23T13:00:00Z").await;
        house.invoke("sweep", json!({})).await.unwrap();
        house.stack.settle().await.unwrap();
        assert_nothing_happened(&house).await;
    });
    assert!(
        lines.contains(REFUSED),
        "the sweep finds tasks that nothing starts"
    );
}

#[test]
fn whatever_a_hijacked_unsubscribe_writes_erases_nobody() {
    for action in [Action::Erase, Action::Restrict, Action::Unsubscribe] {
        let lines = log_of(async {
            let house = house().await;
            let id = RequestId::of_click([7; 16]);
            forge(&house, &id, action, |place| stored::start(&id, place)).await;
            house.stack.settle().await.unwrap();
            house.move_to("2026-11-23T13:00:00Z").await;
            house.invoke("sweep", json!({})).await.unwrap();
            house.stack.settle().await.unwrap();
            assert_nothing_happened(&house).await;
        });
        assert!(lines.contains(REFUSED), "{action:?}");
    }
}

#[test]
fn a_click_s_task_that_says_another_place_or_another_matter_is_refused() {
    for (attribute, value) in [("place", "records"), ("action", "erase")] {
        let lines = log_of(async {
            let house = House::where_it_sleeps("erase").await;
            house.tell("Rosa was here.", Some(ROSA), None).await;
            house.click(&house.unsubscribe_path(ROSA).await).await;
            let request = id(house.clicked().await[0].as_str().unwrap());
            let task = stored::task(&request, Place::Newsletter, "META");
            write(&house, &task, attribute, s(value)).await;
            let erase = Erase::start(&house.stack.host("erase").unwrap())
                .await
                .unwrap();
            erase
                .invoke(start(request.as_str(), Place::Newsletter))
                .await
                .unwrap();
            assert_nothing_happened(&house).await;
        });
        assert!(lines.contains(REFUSED), "{attribute}");
    }
}

#[test]
fn what_starts_a_task_and_names_nothing_that_was_approved_starts_nothing() {
    let lines = log_of(async {
        let house = house().await;
        // As a hijacked `partners` could: it increments a count that is not there.
        for request in ["ERA-1", "ERA-2"] {
            write(
                &house,
                &stored::start(&id(request), Place::Records),
                "times",
                AttributeValue::N("1".to_owned()),
            )
            .await;
        }
        // The second is planned, and nobody has approved it.
        let plan = json!({"order": "plan", "request_id": "ERA-2", "identifiers": [email_id(ROSA)], "ground": "17(1)(b)",
            "planned_by": "planner-3"});
        house.invoke("requests", plan).await.unwrap();
        write(
            &house,
            &stored::start(&id("ERA-2"), Place::Records),
            "times",
            AttributeValue::N("2".to_owned()),
        )
        .await;
        house.stack.settle().await.unwrap();
        assert_nothing_happened(&house).await;
    });
    assert!(lines.matches(REFUSED).count() >= 2);
}

#[test]
fn an_approved_erasure_into_which_somebody_wrote_waits_until_it_is_what_was_approved() {
    let lines = log_of(async {
        let house = House::where_it_sleeps("erase").await;
        house.tell("Rosa was here.", Some(ROSA), None).await;
        house
            .tell("Abel was here.", Some("abel@example.org"), None)
            .await;
        let mut order = erasure(&[email_id(ROSA)]);
        order["request_id"] = json!("ERA-1");
        house.approve(order).await.unwrap();
        let (key, erase) = (
            itself(&id("ERA-1")),
            Erase::start(&house.stack.host("erase").unwrap())
                .await
                .unwrap(),
        );
        let list = |holders: &[Holder]| {
            AttributeValue::L(
                holders
                    .iter()
                    .map(|one| s(&stored::partition(one)))
                    .collect(),
            )
        };
        let (rosa, abel) = (
            holder(&house, ROSA).await,
            holder(&house, "abel@example.org").await,
        );
        for (attribute, forged) in [
            ("holders", list(std::slice::from_ref(&abel))),
            ("holders", list(&[rosa.clone(), abel.clone()])),
            ("approved_by", s("dpo-8")),
            ("ground", s("17(1)(a)")),
            ("sealed", s("other")),
            ("hash", s("other")),
            ("stage", s("planned")),
            ("action", s("rectify")),
        ] {
            let before = house
                .dynamodb()
                .get_item()
                .table_name(house.setting("REGISTER_TABLE"));
            let before = before
                .key("pk", s(&key.partition))
                .key("sk", s(&key.sort))
                .send()
                .await
                .unwrap();
            let own = before.item.unwrap()[attribute].clone();
            write(&house, &key, attribute, forged).await;
            for place in Place::ALL {
                erase.invoke(start("ERA-1", place)).await.unwrap();
            }
            assert_nothing_happened(&house).await;
            write(&house, &key, attribute, own).await;
        }
        erase.invoke(start("ERA-1", Place::Records)).await.unwrap();
        let left = house.items("RECORDS_TABLE").await;
        assert!(
            !left.iter().any(|item| item.contains("Rosa was here")),
            "as it was approved it goes on"
        );
        assert!(left.iter().any(|item| item.contains("Abel was here")));
    });
    assert_eq!(lines.matches(REFUSED).count(), 8 * Place::ALL.len());
}

#[test]
fn a_plan_into_which_somebody_wrote_is_not_approved() {
    let lines = log_of(async {
        let house = house().await;
        house
            .tell("Abel was here.", Some("abel@example.org"), None)
            .await;
        let plan = json!({"order": "plan", "request_id": "ERA-1", "identifiers": [email_id(ROSA)], "ground": "17(1)(b)",
            "planned_by": "planner-3"});
        let hash = house.invoke("requests", plan.clone()).await.unwrap()["hash"].clone();
        let abel = stored::partition(&holder(&house, "abel@example.org").await);
        let key = itself(&id("ERA-1"));
        write(&house, &key, "holders", AttributeValue::L(vec![s(&abel)])).await;
        let approve = json!({"order": "approve", "request_id": "ERA-1", "hash": hash, "approved_by": "dpo-7"});
        let refused = house.invoke("requests", approve).await.unwrap_err();
        assert!(
            refused.contains("Stale") && !refused.contains(&abel),
            "{refused}"
        );
        let hash = house.invoke("requests", plan).await.unwrap()["hash"].clone();
        let approve = json!({"order": "approve", "request_id": "ERA-1", "hash": hash, "approved_by": "dpo-7"});
        house.invoke("requests", approve).await.unwrap();
        house.stack.settle().await.unwrap();
        let left = house.items("RECORDS_TABLE").await;
        assert!(
            left.iter().any(|item| item.contains("Abel was here")),
            "planned anew it is as it was ordered"
        );
    });
    assert!(lines.contains(REFUSED));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_beside_a_request_is_an_address_that_was_confirmed_whatever_it_says() {
    let house = house().await;
    let ask = json!({"order": "confirm_address", "request_id": "C-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    house.invoke("requests", ask).await.unwrap();
    let said = Key::new("SAID#C-1", "EVENT#forged");
    let now = house.stack.clock().now();
    put(
        &house,
        &said,
        &json!({"at": now, "what": "approved", "by": "dpo-9"}),
    )
    .await;
    let events = house.status(&json!("C-1")).await.unwrap()["events"].clone();
    let told = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["what"].clone(), event["by"].clone()));
    let told: Vec<(Value, Value)> = told.collect();
    assert!(
        told.contains(&(json!("address confirmed"), json!("the person"))),
        "{told:?}"
    );
    assert!(
        !told
            .iter()
            .any(|(what, by)| what == "approved" || by == "dpo-9"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_orders_under_the_id_of_a_click() {
    let house = House::open().await;
    let click = RequestId::of_click([7; 16]);
    for order in [
        json!({"order": "plan", "request_id": click, "identifiers": [email_id(ROSA)], "ground": "17(1)(b)", "planned_by": "p"}),
        json!({"order": "hold", "request_id": click, "identifiers": [email_id(ROSA)], "ground": "legal_claim", "by": "dpo-7"}),
        json!({"order": "rectified", "request_id": click, "identifiers": [email_id(ROSA)], "by": "dpo-7"}),
    ] {
        let refused = house.invoke("requests", order).await.unwrap_err();
        assert!(
            refused.contains("request_id must not be that of a click"),
            "{refused}"
        );
    }
    let order = json!({"kind": "access", "request_id": click, "identifiers": [email_id(ROSA)], "requested_by": "dpo-7"});
    assert!(
        house
            .invoke("export", order)
            .await
            .unwrap_err()
            .contains("that of a click")
    );
}
