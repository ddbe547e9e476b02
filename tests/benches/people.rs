//! People with a chosen number of records.

use crate::request;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use custodian_domain::identity::identifier::Identifier;
use custodian_ingest::Ingest;
use custodian_runtime::{Environment, Function};
use custodian_runtime::{Patience, secret};
use custodian_store::{Item, SHARDS};
use serde_json::{Value, json};

/// The most writes that DynamoDB takes in one batch.
pub const BATCH: usize = 25;

/// The role that gives a person this many records: one through `ingest`, and copies of it written
/// straight into the table.
pub async fn load(person: &str, count: usize) {
    let host = Environment::lambda(Patience::LONG);
    let ingest = Ingest::start(&host).await.unwrap();
    let answer = request::ask(&ingest, request::event(person, request::FIRST)).await;
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let partition = partition(&host, person).await;
    let first = item(&host, &partition).await;
    let day = first["collected_at"].as_s().unwrap()[..10].to_owned();
    let copies: Vec<WriteRequest> = (1..count)
        .map(|number| {
            let (mut copy, sort) = (first.clone(), sort(number));
            copy.insert(
                "day".to_owned(),
                text(&format!("{day}#{}", number % usize::from(SHARDS))),
            );
            copy.insert("sk".to_owned(), text(&sort));
            let put = PutRequest::builder().set_item(Some(copy)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        })
        .collect();
    write(&host, copies).await;
    println!("{}", Value::Null);
}

/// The partition that holds a person's records.
pub async fn partition(host: &Environment, person: &str) -> String {
    let keys = secret::subject_keys(host).await.unwrap();
    keys.key(&Identifier::email(person).unwrap())
        .as_str()
        .to_owned()
}

/// An item of a partition.
pub async fn item(host: &Environment, partition: &str) -> Item {
    let query = custodian_store::client(&host.dynamodb())
        .query()
        .table_name(host.setting("RECORDS_TABLE").unwrap())
        .limit(1);
    let query = query
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text(partition));
    query.send().await.unwrap().items.unwrap().remove(0)
}

/// The sort key of a copied record.
pub fn sort(number: usize) -> String {
    format!("record#web_form#{number:022}")
}

/// A person's identifiers, as an order gives them.
pub fn identifiers(person: &str) -> Value {
    json!([{"type": "email", "value": person}])
}

/// Writes in batches with `BatchWriteItem` until nothing is left unprocessed.
pub async fn write(host: &Environment, writes: Vec<WriteRequest>) {
    let (client, table) = (
        custodian_store::client(&host.dynamodb()),
        host.setting("RECORDS_TABLE").unwrap(),
    );
    for batch in writes.chunks(BATCH) {
        let mut batch = batch.to_vec();
        while !batch.is_empty() {
            let answer = client
                .batch_write_item()
                .request_items(table, batch)
                .send()
                .await
                .unwrap();
            batch = answer
                .unprocessed_items
                .and_then(|mut left| left.remove(table))
                .unwrap_or_default();
        }
    }
}

/// A string attribute.
pub fn text(value: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned())
}
