//! Requests, holds and restrictions in the Register match what the ledger's chain attests, or a
//! check says which do not.

mod forging;
mod keeping;
mod tampering;

use crate::confirming::subscribe;
use crate::house::{House, email_id, erasure};
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_operations::evidence::{Proven, Scope, prove, summary};
use custodian_store::Item;
use custodian_store::evidence::Register;
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";
/// How the output begins for a stack that nobody has tampered with.
const HOLDS: &str = "Requests, holds and restrictions are as they were attested";

fn register(house: &House) -> Register {
    Register::new(house.dynamodb(), house.setting("REGISTER_TABLE"))
}

/// What the check finds where everything is in order.
async fn proven(house: &House) -> Proven {
    prove(
        &house.ledger(),
        &register(house),
        Scope::all(house.stack.clock().now()),
    )
    .await
    .unwrap()
}

/// What `make verify-ledger` prints about the stack, and its exit code.
pub async fn says(house: &House) -> (String, u8) {
    summary(
        &prove(
            &house.ledger(),
            &register(house),
            Scope::all(house.stack.clock().now()),
        )
        .await,
    )
}

/// Everything that was done is attested, and lies as it was attested.
pub async fn proven_without_doubt(house: &House) {
    let (told, code) = says(house).await;
    assert!(told.starts_with(HOLDS) && code == 0, "{told}");
}

async fn sweep(house: &House) -> Value {
    house.invoke("sweep", json!({})).await.unwrap()
}

async fn order(house: &House, order: Value) -> Value {
    house.invoke("requests", order).await.unwrap()
}

/// Everything that can be ordered, clicked or confirmed, once each, on the first day.
async fn all_acts(house: &House) {
    house
        .tell("Rosa's.", Some(ROSA), Some("07700 900142"))
        .await;
    let access = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": "DSAR-1"});
    house.invoke("export", access).await.unwrap();
    house.answer_request("DSAR-1").await;
    subscribe(house, "dora@example.org").await;
    house.confirm(&house.path_to("dora@example.org")).await;
    house
        .click(&house.unsubscribe_path("dora@example.org").await)
        .await;
    let who = json!([email_id("dora@example.org")]);
    order(
        house,
        json!({"order": "confirm_address", "request_id": "C-1", "identifiers": who, "by": "dpo-7"}),
    )
    .await;
    house.stack.settle().await.unwrap();
    house.confirm(&house.path_to("dora@example.org")).await;
    let hold = json!({"order": "hold", "identifiers": who, "ground": "legal_claim", "by": "dpo-7"});
    for id in ["HOLD-1", "HOLD-2"] {
        let mut hold = hold.clone();
        hold["request_id"] = json!(id);
        order(house, hold).await;
    }
    order(
        house,
        json!({"order": "lift", "request_id": "HOLD-2", "reason": "settled", "by": "dpo-8"}),
    )
    .await;
    let restrict = json!({"order": "restrict", "request_id": "R-1", "identifiers": who, "ground": "18(1)(a)", "by": "dpo-7"});
    order(house, restrict).await;
    order(
        house,
        json!({"order": "notice", "request_id": "R-1", "by": "dpo-7"}),
    )
    .await;
    order(
        house,
        json!({"order": "unrestrict", "request_id": "R-1", "reason": "settled", "by": "dpo-7"}),
    )
    .await;
    order(
        house,
        json!({"order": "rectified", "request_id": "RECT-1", "identifiers": who, "by": "dpo-7"}),
    )
    .await;
    for (id, name) in [("ERA-1", ROSA), ("ERA-2", "abel@example.org")] {
        let mut erase = erasure(&[email_id(name)]);
        erase["request_id"] = json!(id);
        house.erase(erase).await.unwrap();
    }
    order(
        house,
        json!({"order": "certificate", "request_id": "ERA-1", "by": "dpo-7"}),
    )
    .await;
    let plan = json!({"order": "plan", "request_id": "ERA-3", "identifiers": [email_id("carol@example.org")],
        "ground": "17(1)(b)", "planned_by": "planner-3"});
    order(house, plan).await;
}

/// A stack where all of that was done, one day later.
async fn busy() -> House {
    let house = House::open().await;
    all_acts(&house).await;
    sweep(&house).await;
    house.move_to("2026-11-24T12:00:00Z").await;
    sweep(&house).await;
    assert_eq!(says(&house).await.1, 0, "{:?}", says(&house).await);
    house
}

/// An item of the Register.
async fn item(house: &House, partition: &str, sort: &str) -> Item {
    let get = house
        .dynamodb()
        .get_item()
        .table_name(house.setting("REGISTER_TABLE"));
    let got = get
        .key("pk", text(partition))
        .key("sk", text(sort))
        .send()
        .await
        .unwrap();
    got.item
        .unwrap_or_else(|| panic!("{partition} {sort} is not there"))
}

/// Everything in a partition of the Register.
async fn partition(house: &House, partition: &str) -> Vec<Item> {
    let query = house
        .dynamodb()
        .query()
        .table_name(house.setting("REGISTER_TABLE"));
    let query = query
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text(partition));
    query.send().await.unwrap().items.unwrap()
}

/// Somebody with the keys of the Register puts an item.
async fn put(house: &House, item: Item) {
    let put = house
        .dynamodb()
        .put_item()
        .table_name(house.setting("REGISTER_TABLE"));
    put.set_item(Some(item)).send().await.unwrap();
}

/// Somebody with the keys of the Register deletes an item.
async fn delete(house: &House, item: &Item) {
    let delete = house
        .dynamodb()
        .delete_item()
        .table_name(house.setting("REGISTER_TABLE"));
    delete
        .key("pk", item["pk"].clone())
        .key("sk", item["sk"].clone())
        .send()
        .await
        .unwrap();
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
