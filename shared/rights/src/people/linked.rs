//! Links, as the DPO sees them.

use chrono::{DateTime, Utc};
use custodian_domain::identity::assertion::Assertion;
use custodian_domain::identity::identifier::IdentifierKind;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::record::source::Source;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// How many links one answer lists.
pub const PAGE: usize = 100;

/// Somebody who once gave one of these identifiers beside their own, or another identifier that the
/// person gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Linked {
    /// The link's name, for deciding on it.
    pub link: String,
    /// The kind of identifier that leads there, or the kind that it is.
    pub through: IdentifierKind,
    /// Their own identifier, masked.
    pub person: String,
    /// Who asserts the link, over all records that name both identifiers: on each, the weaker of
    /// the two assertions. Empty if no record does any longer.
    pub asserted_by: BTreeSet<Assertion>,
    /// How those records reached the council.
    pub sources: BTreeSet<Source>,
    /// When the first of them was collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// When the last of them was collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
    /// How many records following it adds.
    pub records: u64,
    /// Whether it was followed.
    pub followed: bool,
    /// Whether the DPO confirmed it.
    pub confirmed: bool,
    /// Whether the DPO refused it.
    pub refused: bool,
    /// The strongest of those who assert it.
    #[serde(skip)]
    pub assertion: Assertion,
    /// Its name under every version of the keys.
    #[serde(skip)]
    pub names: Vec<String>,
}

/// The links in an answer: the first of them, how many there are, and how many wait for a decision.
#[derive(Clone, Debug, Serialize)]
pub struct Links<'a> {
    /// The first [`PAGE`].
    pub linked: &'a [Linked],
    /// How many there are.
    pub linked_total: usize,
    /// How many of them the DPO has neither confirmed nor refused.
    pub undecided: usize,
}

impl Linked {
    /// Whether the DPO decided on it.
    #[must_use]
    pub const fn is_decided(&self) -> bool {
        self.confirmed || self.refused
    }

    /// Sorts the best asserted first; among equals, those with the most records.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        (
            Reverse(self.assertion),
            Reverse(self.records),
            self.link.clone(),
        )
    }
}

impl<'a> Links<'a> {
    /// The links of an answer with these.
    #[must_use]
    pub fn of(linked: &'a [Linked]) -> Self {
        let undecided = linked.iter().filter(|link| !link.is_decided()).count();
        Self {
            linked: &linked[..linked.len().min(PAGE)],
            linked_total: linked.len(),
            undecided,
        }
    }
}

/// A link's name: it tells links apart, and leads nowhere by itself.
pub(super) fn name(to: &SubjectKey) -> String {
    hex::encode(&Sha256::digest(to.as_str())[..6])
}
