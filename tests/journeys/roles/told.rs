//! docs/security.md says what somebody with a stolen role can reach. It must be what the template
//! allows.
//! `CUSTODIAN_WRITE=yes make test` rewrites the document.

use super::{FUNCTIONS, tries, who_may};
use crate::house::House;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const BEGIN: &str = "<!-- tests/journeys/roles/told.rs writes the tables below. -->\n";
const END: &str = "<!-- End of the tables. -->\n";
/// Actions that Lambda takes in a function's name, and KMS's, which other services take for it.
const NOT_TOLD: [&str; 4] = ["kms:", "logs:", "sqs:", "xray:"];

/// One value or several: policies write both.
fn several(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

/// What an ARN means, in words.
fn named(arn: &str) -> Option<String> {
    let own = |name: &str| name.trim_start_matches("custodian-").to_owned();
    if let Some((_, table)) = arn.split_once(":table/") {
        let mut parts = table.split('/');
        let table = own(parts.next()?);
        return match (parts.next(), parts.next()) {
            (None, _) => Some(table),
            (Some("index"), Some(index)) => Some(format!("{table} by `{index}`")),
            // Only Lambda reads a stream.
            _ => None,
        };
    }
    if let Some((_, secret)) = arn.split_once(":secret:") {
        return Some(format!("`{}`", own(secret.rsplit_once('-')?.0)));
    }
    let (bucket, key) = arn
        .strip_prefix("arn:aws:s3:::")?
        .split_once('/')
        .unwrap_or((arn.strip_prefix("arn:aws:s3:::")?, ""));
    let named = ["Exports", "Discarded", "Anchors"]
        .into_iter()
        .find(|name| bucket.contains(&name.to_lowercase()));
    let bucket = named.unwrap_or("Intake");
    let folder = key.trim_end_matches('*');
    Some(if folder.is_empty() {
        bucket.to_owned()
    } else {
        format!("{bucket} `{folder}`")
    })
}

fn column(action: &str) -> Option<usize> {
    let name = action.split(':').nth(1)?;
    Some(match name {
        "GetItem"
        | "BatchGetItem"
        | "Query"
        | "Scan"
        | "GetObject"
        | "GetObjectVersion"
        | "ListBucket"
        | "ListBucketVersions"
        | "ListBucketMultipartUploads"
        | "GetSecretValue" => 0,
        "PutItem" | "BatchWriteItem" | "UpdateItem" | "PutObject" => 1,
        "DeleteItem" | "DeleteObject" | "AbortMultipartUpload" => 2,
        _ => return None,
    })
}

/// The keys that a role may use, by the resource and the attributes that it is limited to.
type Cell = BTreeMap<(String, String), Vec<String>>;

/// What a role's statements allow it to read, to write and to delete.
fn reached(house: &House, function: &str) -> [Cell; 3] {
    let mut columns: [Cell; 3] = Default::default();
    for said in house.stack.principal(function).unwrap().says() {
        let condition = |key: &str| {
            let mut all = said["Condition"].as_object().into_iter().flatten();
            all.find_map(|(_, keys)| keys.get(key).filter(|value| value.is_array()))
        };
        let list = |value: &Value| {
            several(value)
                .iter()
                .map(|it| format!("`{}`", it.replace('*', "…")))
                .collect::<Vec<_>>()
        };
        let keys = condition("dynamodb:LeadingKeys")
            .map(list)
            .unwrap_or_default();
        let only = condition("dynamodb:Attributes")
            .map(list)
            .unwrap_or_default();
        for action in several(&said["Action"])
            .into_iter()
            .filter(|it| !NOT_TOLD.iter().any(|not| it.starts_with(not)))
        {
            let Some(column) = column(action) else {
                continue;
            };
            for resource in several(&said["Resource"]).into_iter().filter_map(named) {
                let known = columns[column]
                    .entry((resource, only.join(" ")))
                    .or_default();
                known.extend(
                    keys.iter()
                        .filter(|key| !known.contains(key))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
            }
        }
    }
    columns
}

fn cell(things: &Cell) -> String {
    let told = things.iter().map(|((resource, attributes), keys)| {
        let mut told = resource.clone();
        if !keys.is_empty() {
            let _ = write!(told, " {}", keys.join(" "));
        }
        if !attributes.is_empty() {
            let _ = write!(told, " (only the attributes {attributes})");
        }
        told
    });
    told.collect::<Vec<_>>().join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_says_what_a_stolen_role_reaches() {
    let house = House::open().await;
    let mut told =
        String::from("| Role of | Reads | Adds and changes | Deletes |\n|---|---|---|---|\n");
    for function in FUNCTIONS {
        let [reads, writes, deletes] = reached(&house, function);
        let _ = writeln!(
            told,
            "| `{function}` | {} | {} | {} |",
            cell(&reads),
            cell(&writes),
            cell(&deletes)
        );
    }
    told.push_str("\n| What somebody could do | Allowed by the role of |\n|---|---|\n");
    for tried in tries(&house) {
        let may: Vec<String> = who_may(&house, &tried)
            .into_iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let may = if may.is_empty() {
            "nobody".to_owned()
        } else {
            may.join(", ")
        };
        let _ = writeln!(told, "| {} | {may} |", tried.0);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("a place for it");
    let (stands, after) = rest.split_once(END).expect("an end of it");
    if std::env::var_os("CUSTODIAN_WRITE").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}\n{told}\n{END}{after}")).unwrap();
    } else {
        assert_eq!(
            stands.trim(),
            told.trim(),
            "run it with CUSTODIAN_WRITE=yes to rewrite the tables"
        );
    }
}
