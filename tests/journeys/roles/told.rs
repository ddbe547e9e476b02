//! What docs/security.md says that a stolen role reaches is what the template gives.
//! `CUSTODIAN_WRITE=yes make test` rewrites the document.

use super::{FUNCTIONS, tries, who_may};
use crate::house::House;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const BEGIN: &str = "<!-- What follows is written by tests/journeys/roles/told.rs. -->\n";
const END: &str = "<!-- Until here. -->\n";
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

/// What a role's statements allow: what it reads, what it writes and what it deletes, each with its
/// keys.
fn reached(house: &House, function: &str) -> [BTreeMap<String, Vec<String>>; 3] {
    let mut columns: [BTreeMap<String, Vec<String>>; 3] = Default::default();
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
                let what = if only.is_empty() {
                    resource
                } else {
                    format!("{resource}, of {} only,", only.join(" "))
                };
                let known = columns[column].entry(what).or_default();
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

fn cell(things: &BTreeMap<String, Vec<String>>) -> String {
    let told = things.iter().map(|(what, keys)| {
        let what = if keys.is_empty() {
            what.trim_end_matches(',').to_owned()
        } else {
            what.clone()
        };
        if keys.is_empty() {
            what
        } else {
            format!("{what} {}", keys.join(" "))
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_says_what_a_stolen_role_reaches() {
    let house = House::open().await;
    let mut told =
        String::from("| Role of | Reads | Puts and changes | Deletes |\n|---|---|---|---|\n");
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
    told.push_str("\n| Whoever wants to read, forge or undo | Needs the role of |\n|---|---|\n");
    for tried in tries(&house) {
        let may: Vec<String> = who_may(&house, &tried)
            .into_iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let may = if may.is_empty() {
            "nobody's allows it".to_owned()
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
            "CUSTODIAN_WRITE=yes writes it anew"
        );
    }
}
