//! The identifiers by which a person is found, as the DPO sees them: who vouches for each, and
//! which addresses are confirmed.

use super::{Known, People};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::assertion::Assertion;
use custodian_domain::identity::identifier::{Identifier, IdentifierKind};
use custodian_domain::rights::confirmation::{Confirmed, Means};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// An identifier that an order gives, or to which a link was followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matched {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: IdentifierKind,
    /// The identifier, masked.
    pub identifier: String,
    /// Who vouches for it, over all records that name it; for a confirmed address, also its reader.
    pub asserted_by: BTreeSet<Assertion>,
    /// What its reader has confirmed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<Confirmed>,
}

/// The confirmations of addresses that an order gives or to which a link was followed.
///
/// Nobody else's are looked up: a query for each of ten thousand forged links would keep the DPO
/// waiting. No link is judged differently for it, because the weaker of its two ends decides, and
/// what a form has beside an address is claimed.
#[derive(Debug, Default)]
pub(super) struct Mailboxes(HashMap<Identifier, Vec<Confirmed>>);

/// Who vouches for identifiers, each by itself.
#[derive(Debug, Default)]
pub(super) struct Asserted(HashMap<Identifier, BTreeSet<Assertion>>);

impl Mailboxes {
    /// Looks up the confirmations of these.
    pub(super) async fn look_up(
        &mut self,
        people: &People,
        of: &[Known],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for known in of {
            let address = known
                .identifier
                .as_ref()
                .filter(|identifier| identifier.kind() == IdentifierKind::Email);
            let Some(address) = address.filter(|address| !self.0.contains_key(*address)) else {
                continue;
            };
            let mut confirmed = Vec::new();
            for key in &known.keys {
                confirmed.extend(people.confirmations.of(key, now).await?);
            }
            confirmed.retain(Confirmed::is_by_a_link);
            confirmed.sort_by_key(|one| (one.at, one.asked_at, one.means.as_str()));
            // The same confirmation, under several versions of the key.
            confirmed.dedup();
            self.0.insert(address.clone(), confirmed);
        }
        Ok(())
    }

    /// Whether the reader of this address confirmed the wish for the newsletter that was sent at
    /// this moment.
    pub(super) fn confirm(&self, address: &Identifier, told_at: DateTime<Utc>) -> bool {
        let is_this = |one: &Confirmed| one.means == Means::Newsletter && one.asked_at == told_at;
        self.0
            .get(address)
            .is_some_and(|confirmed| confirmed.iter().any(is_this))
    }
}

impl Asserted {
    /// Adds who vouches for one.
    pub(super) fn add(&mut self, identifier: &Identifier, by: impl IntoIterator<Item = Assertion>) {
        if let Some(known) = self.0.get_mut(identifier) {
            known.extend(by);
        } else {
            self.0.insert(identifier.clone(), by.into_iter().collect());
        }
    }

    /// The matches for these identifiers.
    pub(super) fn list(&self, identifiers: &[Identifier], mailboxes: &Mailboxes) -> Vec<Matched> {
        let matched = |identifier: &Identifier| {
            let confirmed: Vec<Confirmed> = mailboxes
                .0
                .get(identifier)
                .into_iter()
                .flatten()
                .copied()
                .collect();
            let mut asserted_by: BTreeSet<Assertion> = self
                .0
                .get(identifier)
                .into_iter()
                .flatten()
                .copied()
                .collect();
            asserted_by.extend(confirmed.first().map(|_| Assertion::Confirmed));
            Matched {
                kind: identifier.kind(),
                identifier: identifier.masked(),
                asserted_by,
                confirmed,
            }
        };
        identifiers.iter().map(matched).collect()
    }
}
