//! One record, with everything that was sent for it at once and everything that is stored of it.

use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_record::{SourceChange, SourceRecord};
use custodian_domain::record::{Holder, RecordBody, RecordId};
use custodian_store::Key;
use custodian_store::records::StoredRecord;
use custodian_store::suppressions::Suppressed;
use std::collections::HashMap;

/// One record.
pub(super) struct Case {
    pub(super) source: Source,
    pub(super) id: RecordId,
    /// The ids under which an earlier version may have stored it: what is there stays there.
    formerly: Vec<RecordId>,
    /// What the source sent.
    pub(super) sent: Vec<SentRecord>,
    /// Everybody whom the rows name, and the anonymous holder if they name nobody.
    pub(super) holders: Vec<Holder>,
    /// Whose it is since the council corrected that, whatever the rows say.
    pub(super) moved_to: Option<Holder>,
    /// What is stored of it: one record, unless a run broke off.
    pub(super) stored: Vec<StoredRecord>,
}

/// One record that a source sent.
pub(super) struct SentRecord {
    /// Its position among all.
    pub(super) place: usize,
    pub(super) record: SourceRecord,
    /// Whom it names: the record belongs to the first key, and the others lead to the first.
    subjects: Vec<SubjectKey>,
    /// Its possible holders, under every version of the keys.
    possible_holders: Vec<Holder>,
}

/// Sorts what a source sent by record, in the order of first appearance.
pub(super) fn of(sent: Vec<SourceRecord>, keys: &SubjectKeys) -> Vec<Case> {
    let mut places: HashMap<(Source, RecordId), usize> = HashMap::new();
    let mut cases: Vec<Case> = Vec::new();
    for (place, record) in sent.into_iter().enumerate() {
        let case = *places
            .entry((record.source, record.id.clone()))
            .or_insert_with(|| {
                let (source, id) = (record.source, record.id.clone());
                let (sent, holders) = (Vec::new(), Vec::new());
                cases.push(Case {
                    source,
                    id,
                    formerly: Vec::new(),
                    sent,
                    holders,
                    moved_to: None,
                    stored: Vec::new(),
                });
                cases.len() - 1
            });
        let Some(case) = cases.get_mut(case) else {
            continue;
        };
        let (mut subjects, mut possible_holders) = (Vec::new(), Vec::new());
        // Numbers are slow to read, and a file has many: here, and nowhere after.
        for identifier in record.contact().identifiers() {
            let versions: Vec<SubjectKey> = keys.keys(&identifier).collect();
            if subjects.is_empty() {
                possible_holders = versions.iter().cloned().map(Holder::Subject).collect();
            }
            subjects.extend(versions.first().cloned());
            case.holders
                .extend(versions.into_iter().map(Holder::Subject));
        }
        let ids = [&record.id].into_iter().chain(&record.formerly);
        let anonymous: Vec<Holder> = ids.map(|id| Holder::Anonymous(Reference::of(id))).collect();
        if subjects.is_empty() {
            possible_holders.extend(anonymous.iter().cloned());
        }
        case.holders.extend(anonymous);
        case.formerly.extend(record.formerly.iter().cloned());
        case.sent.push(SentRecord {
            place,
            record,
            subjects,
            possible_holders,
        });
    }
    for case in &mut cases {
        case.holders.sort();
        case.holders.dedup();
        case.formerly.sort();
        case.formerly.dedup();
    }
    cases
}

/// Sets each case's stored records.
pub(super) fn assign(cases: &mut [Case], stored: Vec<StoredRecord>) {
    let named = |(place, case): (usize, &Case)| -> Vec<_> {
        case.ids()
            .map(|id| ((case.source, id.clone()), place))
            .collect()
    };
    let places: HashMap<(Source, RecordId), usize> =
        cases.iter().enumerate().flat_map(named).collect();
    for stored in stored {
        let place = places.get(&(stored.record.details.source, stored.record.id.clone()));
        if let Some(case) = place.and_then(|place| cases.get_mut(*place)) {
            case.stored.push(stored);
        }
    }
}

impl Case {
    /// Its id, and the ids under which an earlier version may have known it.
    pub(super) fn ids(&self) -> impl Iterator<Item = &RecordId> {
        [&self.id].into_iter().chain(&self.formerly)
    }

    /// It may have been corrected into this holder's.
    pub(super) fn follow(&mut self, to: Option<Holder>) {
        let new = to.iter().filter(|to| !self.holders.contains(to));
        let new: Vec<Holder> = new.cloned().collect();
        self.holders.extend(new);
        self.moved_to = to;
    }

    /// Which of its holders can have been erased: if it names somebody, nobody was given its
    /// reference.
    pub(super) fn erasable(&self) -> impl Iterator<Item = Holder> + '_ {
        let named = self.holders.iter().any(|holder| holder.subject().is_some());
        self.holders
            .iter()
            .filter(move |holder| {
                !named || holder.subject().is_some() || self.moved_to.as_ref() == Some(*holder)
            })
            .cloned()
    }

    /// Where it may be stored, as far as the rows say.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Key> + '_ {
        self.ids().flat_map(|id| {
            // Only the record itself is its anonymous holder.
            let possible_holders = Holder::Anonymous(Reference::of(id));
            let holders = self
                .holders
                .iter()
                .filter(move |holder| holder.subject().is_some() || **holder == possible_holders);
            holders.map(|holder| Key::record(holder, self.source, id))
        })
    }

    /// On which days of the index it may be.
    pub(super) fn days(&self) -> Vec<(NaiveDate, String)> {
        let mut days: Vec<NaiveDate> = self
            .sent
            .iter()
            .map(|row| row.record.collected_at.date_naive())
            .collect();
        days.sort_unstable();
        days.dedup();
        let sorts: Vec<String> = self
            .ids()
            .map(|id| Key::record_sort(self.source, id))
            .collect();
        days.into_iter()
            .flat_map(|day| sorts.iter().map(move |sort| (day, sort.clone())))
            .collect()
    }

    /// Whom a contact names: as in the row, unless the contact is what was stored before.
    pub(super) fn subjects(&self, contact: &Contact, keys: &SubjectKeys) -> Vec<SubjectKey> {
        let names_them = |row: &&SentRecord| matches!(&row.record.change, SourceChange::Upsert(names_them) if names_them.contact == *contact);
        match self.sent.iter().find(names_them) {
            Some(row) => row.subjects.clone(),
            None => contact
                .identifiers()
                .iter()
                .map(|identifier| keys.key(identifier))
                .collect(),
        }
    }
}

impl SentRecord {
    /// Whether its possible holder was erased after it was collected.
    pub(super) fn is_erased(
        &self,
        suppressed: &Suppressed,
        names_them: &RecordBody,
        collected_at: DateTime<Utc>,
    ) -> bool {
        self.possible_holders
            .iter()
            .any(|holder| suppressed.covers(holder, names_them, collected_at))
    }
}
