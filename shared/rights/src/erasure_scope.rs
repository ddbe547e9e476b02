//! What an erasure covers of what lies in the table of records.

use chrono::{DateTime, Utc};
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::ledger::ItemKind;
use custodian_domain::record::Holder;
use custodian_domain::rights::exclusion::Exclusion;
use custodian_store::Key;
use custodian_store::records::Doomed;

/// How far an erasure reaches.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Whose data goes.
    pub holders: Vec<Holder>,
    /// What was collected up to then: what the person tells the council after that is a new matter.
    pub up_to: DateTime<Utc>,
    /// What it leaves.
    pub exclusions: Vec<Exclusion>,
}

impl Reach {
    /// Whether something goes: records up to the plan that are not excluded, links to whom it is about, and their
    /// profile.
    #[must_use]
    pub fn takes(&self, doomed: &Doomed) -> bool {
        match doomed.kind {
            ItemKind::Record => self.is_of_its_time(doomed) && !self.leaves(doomed),
            ItemKind::Profile => true,
            ItemKind::Link => doomed.key.link_target().is_some_and(|to| self.is_about(&to)),
        }
    }

    /// Whether a record is left only because it is excluded.
    #[must_use]
    pub fn leaves(&self, doomed: &Doomed) -> bool {
        let (Some(source), Some(reference), Some(collected_at)) =
            (doomed.source, &doomed.reference, doomed.collected_at)
        else {
            return false;
        };
        self.is_of_its_time(doomed) && self.exclusions.iter().any(|left| left.covers(source, reference, collected_at))
    }

    /// Whether a record came after what is erased: it stays, and so does what leads to it.
    #[must_use]
    pub fn came_later(&self, doomed: &Doomed) -> bool {
        doomed.kind == ItemKind::Record && !self.is_of_its_time(doomed)
    }

    /// The links that lead to a record's holder from its further identifiers, under every version of the keys.
    #[must_use]
    pub fn links_to(doomed: &Doomed, holder: &Holder, keys: &SubjectKeys) -> Vec<Doomed> {
        let Some(to) = holder.subject() else { return Vec::new() };
        let further = doomed.contact.identifiers().into_iter().skip(1);
        let from = further.flat_map(|identifier| keys.keys(&identifier).collect::<Vec<SubjectKey>>());
        let link = |from: SubjectKey| Doomed {
            key: Key::link(&from, to),
            kind: ItemKind::Link,
            source: None,
            reference: None,
            ..doomed.clone()
        };
        from.map(link).collect()
    }

    /// Whether this is somebody whose data goes.
    #[must_use]
    pub fn is_about(&self, subject: &SubjectKey) -> bool {
        self.holders.iter().any(|holder| holder.subject() == Some(subject))
    }

    fn is_of_its_time(&self, doomed: &Doomed) -> bool {
        doomed.collected_at.is_none_or(|collected_at| collected_at <= self.up_to)
    }
}
