//! What an erasure covers in the table of records.

use chrono::{DateTime, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::ledger::ItemKind;
use custodian_domain::record::Holder;
use custodian_domain::rights::exclusion::Exclusion;
use custodian_store::Key;
use custodian_store::records::DeletionCandidate;

/// The reach of an erasure.
#[derive(Clone, Debug)]
pub struct ErasureScope {
    /// Whose data is deleted.
    pub holders: Vec<Holder>,
    /// It covers what was collected up to then. What the person tells the council after that is not
    /// part of it.
    pub up_to: DateTime<Utc>,
    /// What it leaves.
    pub exclusions: Vec<Exclusion>,
}

impl ErasureScope {
    /// Whether something is deleted: records up to the plan that are not excluded, links to the
    /// person, and their profile.
    #[must_use]
    pub fn includes(&self, candidate: &DeletionCandidate) -> bool {
        match candidate.kind {
            ItemKind::Record => self.is_of_its_time(candidate) && !self.excludes(candidate),
            ItemKind::Profile => true,
            ItemKind::Link => candidate
                .key
                .link_target()
                .is_some_and(|to| self.is_about(&to)),
        }
    }

    /// Whether a record is left only because it is excluded.
    #[must_use]
    pub fn excludes(&self, candidate: &DeletionCandidate) -> bool {
        let (Some(source), Some(reference), Some(collected_at)) = (
            candidate.source,
            &candidate.reference,
            candidate.collected_at,
        ) else {
            return false;
        };
        self.is_of_its_time(candidate)
            && self
                .exclusions
                .iter()
                .any(|left| left.covers(source, reference, collected_at))
    }

    /// Whether a record came after the erasure's reach. It stays, and so do the links to it.
    #[must_use]
    pub fn came_later(&self, candidate: &DeletionCandidate) -> bool {
        candidate.kind == ItemKind::Record && !self.is_of_its_time(candidate)
    }

    /// The links that lead to a record's holder from its further identifiers, under every version
    /// of the keys.
    #[must_use]
    pub fn links_to(
        candidate: &DeletionCandidate,
        holder: &Holder,
        keys: &SubjectKeys,
    ) -> Vec<DeletionCandidate> {
        let Some(to) = holder.subject() else {
            return Vec::new();
        };
        let further: Vec<Identifier> = candidate
            .contact
            .identifiers()
            .into_iter()
            .skip(1)
            .collect();
        Self::links_from(&further, candidate, to, keys)
    }

    /// The links that lead from these identifiers to a record's holder, under every version of the
    /// keys.
    #[must_use]
    pub fn links_from(
        further: &[Identifier],
        candidate: &DeletionCandidate,
        to: &SubjectKey,
        keys: &SubjectKeys,
    ) -> Vec<DeletionCandidate> {
        let from = further
            .iter()
            .flat_map(|identifier| keys.keys(identifier).collect::<Vec<SubjectKey>>());
        let link = |from: SubjectKey| DeletionCandidate {
            key: Key::link(&from, to),
            kind: ItemKind::Link,
            source: None,
            reference: None,
            ..candidate.clone()
        };
        from.map(link).collect()
    }

    /// Whether this is a person whose data is deleted.
    #[must_use]
    pub fn is_about(&self, subject: &SubjectKey) -> bool {
        self.holders
            .iter()
            .any(|holder| holder.subject() == Some(subject))
    }

    fn is_of_its_time(&self, candidate: &DeletionCandidate) -> bool {
        candidate
            .collected_at
            .is_none_or(|collected_at| collected_at <= self.up_to)
    }
}
