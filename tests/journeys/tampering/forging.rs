//! Somebody with every right to the ledger's table takes the chain apart and makes another that
//! holds by itself.

use crate::house::{House, s};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use custodian_domain::ledger::{Block, DayCertificate, Head, Link, Tally};
use custodian_store::Item;
use custodian_store::Key;
use std::collections::BTreeMap;

/// The contents of a chain's links, in order.
#[derive(Clone)]
pub struct Chain(pub Vec<Said>);

/// The content of a link.
#[derive(Clone, Debug)]
pub enum Said {
    /// What was deleted.
    Block(Block),
    /// A day was closed.
    Closed(DayCertificate),
}

impl Said {
    /// The day that it is on.
    pub fn day(&self) -> NaiveDate {
        match self {
            Self::Block(block) => block.day,
            Self::Closed(certificate) => certificate.day,
        }
    }
}

async fn items(house: &House) -> Vec<Item> {
    let scan = house
        .dynamodb()
        .scan()
        .table_name(house.setting("LEDGER_TABLE"));
    let mut pages = scan.into_paginator().items().send();
    let mut items = Vec::new();
    while let Some(item) = pages.next().await {
        items.push(item.unwrap());
    }
    items
}

impl Chain {
    /// Reads the chain.
    pub async fn of(house: &House) -> Self {
        let mut links = BTreeMap::new();
        for item in items(house).await {
            let Ok(link) = serde_dynamo::from_item::<_, Link>(item) else {
                continue;
            };
            let said = link
                .says()
                .map(Said::Block)
                .or_else(|| link.says().map(Said::Closed));
            links.insert(link.n, said.unwrap());
        }
        Self(links.into_values().collect())
    }

    /// Deletes everything in the ledger.
    pub async fn erase(house: &House) {
        for item in items(house).await {
            let delete = house
                .dynamodb()
                .delete_item()
                .table_name(house.setting("LEDGER_TABLE"));
            delete
                .key("pk", item["pk"].clone())
                .key("sk", item["sk"].clone())
                .send()
                .await
                .unwrap();
        }
    }

    /// Writes a chain with these contents and nothing else.
    pub async fn write(self, house: &House) {
        Self::erase(house).await;
        let (mut head, mut tallies) = (
            Head::begin(self.0[0].day()),
            BTreeMap::<NaiveDate, Tally>::new(),
        );
        for said in self.0 {
            let (key, link) = match said {
                Said::Block(block) => {
                    let (day, link, next) = head
                        .append(block.entries, block.attestations, block.at)
                        .unwrap();
                    head = next;
                    tallies.entry(day).or_default().add(&link.says().unwrap());
                    (
                        Key::new(format!("DAY#{day}"), format!("ENTRY#{:012}", link.n)),
                        link,
                    )
                }
                Said::Closed(certificate) => {
                    let figures = tallies
                        .remove(&certificate.day)
                        .unwrap_or_default()
                        .figures();
                    let (day, link, next) = head
                        .close(figures, certificate.left, certificate.closed_at)
                        .unwrap();
                    head = next;
                    (Key::new(format!("DAY#{day}"), "CERTIFICATE"), link)
                }
            };
            write(house, &key, serde_dynamo::to_item(link).unwrap()).await;
        }
        write(
            house,
            &Key::new("CHAIN", "HEAD"),
            serde_dynamo::to_item(head).unwrap(),
        )
        .await;
    }
}

async fn write(house: &House, key: &Key, mut item: Item) {
    item.extend([
        ("pk".to_owned(), s(&key.partition)),
        ("sk".to_owned(), s(&key.sort)),
    ]);
    house
        .dynamodb()
        .put_item()
        .table_name(house.setting("LEDGER_TABLE"))
        .set_item(Some(item))
        .send()
        .await
        .unwrap();
}

/// Puts these attributes onto an item, which is made if it is not there.
pub async fn put(house: &House, partition: &str, sort: &str, attributes: &[&str]) {
    let mut item = house
        .dynamodb()
        .get_item()
        .table_name(house.setting("LEDGER_TABLE"));
    item = item.key("pk", s(partition)).key("sk", s(sort));
    let mut item = item.send().await.unwrap().item.unwrap_or_default();
    item.extend(
        attributes
            .iter()
            .map(|name| ((*name).to_owned(), AttributeValue::Bool(true))),
    );
    write(house, &Key::new(partition, sort), item).await;
}
