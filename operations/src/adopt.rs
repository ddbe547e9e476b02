//! Adopts open requests that the first version approved: nothing starts them until somebody has
//! looked at them.

use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::rights::package::RequestId;
use custodian_store::requests::{Former, Requests};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The output, and the exit code: 1 if there is no such request to adopt.
pub type Adopted = (String, u8);

/// Lists the requests that can be adopted.
///
/// # Errors
/// [`StorageError`] if they cannot be read.
pub async fn list(requests: &Requests, now: DateTime<Utc>) -> Result<Adopted, StorageError> {
    let former = requests.former(now).await?;
    if former.is_empty() {
        return Ok(("There is nothing to adopt.".to_owned(), 0));
    }
    let mut lines = String::new();
    for (id, Former { request, places }) in &former {
        let by = request
            .approved_by
            .as_deref()
            .unwrap_or(&request.planned_by);
        let at = request
            .approved_at
            .unwrap_or(request.planned_at)
            .format("%F %T UTC");
        let places: Vec<&str> = places.iter().map(|place| place.as_str()).collect();
        let action = request.action.as_str();
        let _ = writeln!(
            lines,
            "{}: {action}, approved by {by} on {at}; {}",
            id.as_str(),
            places.join(", ")
        );
    }
    let count = former.len();
    let them = if count == 1 { "it waits" } else { "they wait" };
    Ok((
        format!("{lines}Look at each one's status; {them} to be adopted by its id."),
        0,
    ))
}

/// Adopts these requests, or all if none is named.
///
/// # Errors
/// [`StorageError`] unless they are certain to be adopted; running it again continues.
pub async fn adopt(
    requests: &Requests,
    ids: &[RequestId],
    now: DateTime<Utc>,
) -> Result<Adopted, StorageError> {
    let former: BTreeMap<RequestId, Former> = requests.former(now).await?;
    let unknown: Vec<&str> = ids
        .iter()
        .filter(|id| !former.contains_key(id))
        .map(RequestId::as_str)
        .collect();
    if !unknown.is_empty() {
        return Ok((
            format!(
                "Nothing was adopted. These requests cannot be adopted: {}.",
                unknown.join(", ")
            ),
            1,
        ));
    }
    let mut adopted = Vec::new();
    for (id, former) in former
        .iter()
        .filter(|(id, _)| ids.is_empty() || ids.contains(id))
    {
        if requests.adopt(id, former).await? {
            adopted.push(id.as_str());
        }
    }
    if adopted.is_empty() {
        return Ok(("There is nothing to adopt.".to_owned(), 0));
    }
    Ok((
        format!(
            "Adopted. These requests now continue: {}.",
            adopted.join(", ")
        ),
        0,
    ))
}
