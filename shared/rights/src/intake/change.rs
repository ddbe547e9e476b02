//! What has to be written for one record, and the links that lead to it.

use chrono::NaiveDate;
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::ledger::{Cause, ItemKind};
use custodian_domain::record::{Record, RecordBody};
use custodian_domain::retention::Retention;
use custodian_store::Key;
use custodian_store::records::DeletionCandidate;

/// What has to be done for a case.
#[derive(Default)]
pub(super) struct Change {
    pub(super) put: Option<Put>,
    pub(super) forget: Vec<(DeletionCandidate, Cause)>,
    pub(super) withdrawn: bool,
}

/// A record to be put, and what must be stored there until then.
pub(super) struct Put {
    pub(super) record: Record,
    pub(super) instead_of: Option<RecordBody>,
    /// The keys, other than its holder, that lead to it.
    pub(super) further: Vec<SubjectKey>,
}

/// A link that leads to a record.
pub(super) struct Link {
    pub(super) from: SubjectKey,
    pub(super) to: SubjectKey,
    /// Its day in the index.
    pub(super) day: NaiveDate,
    pub(super) retention: Retention,
}

impl Put {
    /// Its key.
    pub(super) fn key(&self) -> Key {
        Key::record(
            &self.record.holder,
            self.record.details.source,
            &self.record.id,
        )
    }

    /// The links that lead to it.
    pub(super) fn links(&self) -> Vec<Link> {
        links(&self.record, &self.further)
    }
}

/// The links that lead from further keys to a record's holder.
pub(super) fn links(record: &Record, further: &[SubjectKey]) -> Vec<Link> {
    let Some(to) = record.holder.subject() else {
        return Vec::new();
    };
    let (day, retention) = (
        record.details.collected_at.date_naive(),
        record.details.retention,
    );
    further
        .iter()
        .map(|from| Link {
            from: from.clone(),
            to: to.clone(),
            day,
            retention,
        })
        .collect()
}

impl Link {
    /// The same, as a candidate for deletion.
    pub(super) fn candidate(self) -> DeletionCandidate {
        DeletionCandidate {
            key: Key::link(&self.from, &self.to),
            kind: ItemKind::Link,
            source: None,
            reference: None,
            day: self.day,
            due: Some(self.retention.due()),
            collected_at: None,
            contact: Contact::default(),
            custody: Vec::new(),
            newsletter: false,
        }
    }
}
