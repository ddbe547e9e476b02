//! The person of a request, for functions that have to ask or inform a processor.

use crate::people::People;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::identities;
use custodian_domain::identity::keyring::{Identities, Keyring};
use custodian_domain::record::Holder;
use custodian_store::requests::Request;

/// The person's identifiers while the request is open: those that were sealed with the order, or
/// else the one under which the person's records are stored. Empty if no version of the secret
/// opens the seal.
///
/// # Errors
/// [`StorageError`] if the records cannot be read.
pub async fn identifiers(
    request: &Request,
    keys: &Keyring<Identities>,
    people: &People,
    now: DateTime<Utc>,
) -> Result<Option<Vec<Identifier>>, StorageError> {
    if let Some(sealed) = &request.sealed {
        return Ok(identities::unseal(keys, sealed));
    }
    let mut identifiers = Vec::new();
    for subject in request.holders.iter().filter_map(Holder::subject) {
        identifiers.extend(people.own(subject, now).await?);
    }
    identifiers.sort();
    identifiers.dedup();
    Ok(Some(identifiers))
}
