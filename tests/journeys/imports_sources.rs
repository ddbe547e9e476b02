//! What partners' files are really like, source by source: nothing in them is lost, misread or
//! reported with a wrong reason.

mod complaints;
mod former;
mod json;
mod reviews;
mod social;
mod telephone;

use crate::house::House;
use serde_json::{Value, json};

/// A file that a partner dropped: its report, what is held from its source, and what is in
/// quarantine.
pub struct Dropped {
    /// The report.
    pub report: Value,
    /// Every record of the source.
    pub records: Vec<Value>,
    /// Every row of the source that could not be read: its line, the field and the rule.
    pub refused: Vec<(u64, String, String)>,
}

/// Drops a file of the fixtures.
pub async fn fixture(house: &House, source: &str, name: &str) -> Dropped {
    let path = format!(
        "{}/fixtures/intake/{source}/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    dropped(house, source, name, &std::fs::read(path).unwrap()).await
}

/// Drops a file.
pub async fn dropped(house: &House, source: &str, name: &str, file: &[u8]) -> Dropped {
    let report = house.drop_file(source, name, file).await;
    let items = house.items("RECORDS_TABLE").await;
    let items = items
        .iter()
        .map(|item| serde_json::from_str::<Value>(item).unwrap());
    let records = items.filter(|item| item["source"] == source).collect();
    let is_refused = report["state"] == "refused";
    let rows = if is_refused {
        Vec::new()
    } else {
        house.quarantined(source).await
    };
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let refused = rows
        .iter()
        .map(|row| {
            (
                row["line"].as_u64().unwrap(),
                text(row, "field"),
                text(row, "rule"),
            )
        })
        .collect();
    Dropped {
        report,
        records,
        refused,
    }
}

impl Dropped {
    /// The record with this name at its source.
    pub fn named(&self, source_id: &str) -> &Value {
        let found = self
            .records
            .iter()
            .find(|record| record["source_id"] == source_id);
        found.unwrap_or_else(|| panic!("{source_id} is not among {:?}", self.ids()))
    }

    /// The source's names for its records, sorted.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self
            .records
            .iter()
            .map(|record| record["source_id"].as_str().unwrap())
            .collect();
        ids.sort_unstable();
        ids
    }

    /// A count of the report.
    pub fn count(&self, what: &str) -> u64 {
        self.report[what].as_u64().unwrap()
    }

    /// The rows that could not be read.
    pub fn refused(&self) -> Vec<(u64, &str, &str)> {
        let mut rows: Vec<_> = self
            .refused
            .iter()
            .map(|(line, field, rule)| (*line, field.as_str(), rule.as_str()))
            .collect();
        rows.sort_unstable();
        rows
    }
}

/// Whether a record belongs to a person with an identifier.
pub fn is_of_somebody(record: &Value) -> bool {
    record["pk"].as_str().unwrap().starts_with("subject#")
}

/// Drops a file that is refused whole, and returns the reason. Its bytes are in quarantine.
pub async fn refused_whole(source: &str, name: &str) -> Value {
    let house = House::open().await;
    let path = format!(
        "{}/fixtures/intake/{source}/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let file = std::fs::read(path).unwrap();
    let report = house.drop_file(source, name, &file).await;
    assert_eq!(
        (&report["state"], &report["rows"]),
        (&json!("refused"), &json!(0)),
        "{name}"
    );
    let key = format!(
        "quarantine/{source}/{}/file",
        report["import"].as_str().unwrap()
    );
    let kept = house
        .s3()
        .get_object()
        .bucket(house.intake())
        .key(key)
        .send()
        .await
        .unwrap();
    assert_eq!(
        kept.body.collect().await.unwrap().to_vec(),
        file,
        "{name} is kept byte by byte"
    );
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    report["reason"].clone()
}
