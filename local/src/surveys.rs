//! The surveys of a folder, as they stand in the Register.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use std::path::Path;

/// Puts every survey of the folder into the table; gives back their ids, in order.
pub(crate) async fn load(client: &Client, table: &str, folder: &Path) -> Result<Vec<String>, String> {
    let wrong = |path: &Path, error: String| format!("{}: {error}", path.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| wrong(folder, error.to_string()))? {
        let path = entry.map_err(|error| wrong(folder, error.to_string()))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    let mut ids = Vec::new();
    for path in files {
        let document = std::fs::read_to_string(&path).map_err(|error| wrong(&path, error.to_string()))?;
        let survey: Value = serde_json::from_str(&document).map_err(|error| wrong(&path, error.to_string()))?;
        let id = survey.get("id").and_then(Value::as_str).ok_or_else(|| wrong(&path, "the survey has no id".into()))?;
        let put = client.put_item().table_name(table).item("pk", AttributeValue::S("SURVEY".into()));
        let put = put.item("sk", AttributeValue::S(id.into())).item("document", AttributeValue::S(document.clone()));
        put.send().await.map_err(|error| wrong(&path, DisplayErrorContext(error).to_string()))?;
        ids.push(id.to_owned());
    }
    Ok(ids)
}
