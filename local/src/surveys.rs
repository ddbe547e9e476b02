//! Loads the surveys of a folder into the Register.

use aws_sdk_dynamodb::Client;
use chrono::{DateTime, Utc};
use custodian_domain::survey::check::check;
use custodian_store::surveys::Surveys;
use std::path::Path;

/// Puts every survey of the folder into the table. Returns their ids, in order.
pub(crate) async fn load(
    client: &Client,
    table: Option<&str>,
    folder: &Path,
    now: DateTime<Utc>,
) -> Result<Vec<String>, String> {
    let table = table.ok_or("no function has the setting REGISTER_TABLE")?;
    let wrong = |path: &Path, error: String| format!("{}: {error}", path.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| wrong(folder, error.to_string()))? {
        let path = entry
            .map_err(|error| wrong(folder, error.to_string()))?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    let surveys = Surveys::new(client.clone(), table.to_owned());
    let mut ids = Vec::new();
    for path in files {
        let document = std::fs::read(&path).map_err(|error| wrong(&path, error.to_string()))?;
        let name = path.display().to_string();
        let Some(survey) = check(&document).survey else {
            return Err(custodian_operations::surveys::checked(&name, &document).0);
        };
        let put = custodian_operations::surveys::put(&surveys, &name, &document, now).await;
        put.map_err(|error| wrong(&path, error.to_string()))?;
        ids.push(survey.id);
    }
    Ok(ids)
}
