//! One record, with everything that was sent for it at once and everything that is stored of it.

use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_record::{SourceRecord, Word};
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
    pub(super) arrivals: Vec<Handed>,
    /// Everybody whom the rows name, and the anonymous holder if they name nobody.
    pub(super) holders: Vec<Holder>,
    /// What is stored of it: one record, unless a run broke off.
    pub(super) lying: Vec<StoredRecord>,
}

/// One record that a source sent.
pub(super) struct Handed {
    /// Its position among all.
    pub(super) place: usize,
    pub(super) arrival: SourceRecord,
    /// Whom it names: the record belongs to the first key, and the others lead to the first.
    subjects: Vec<SubjectKey>,
    /// Its possible holders, under every version of the keys.
    own: Vec<Holder>,
}

/// Sorts what a source sent by record, in the order of first appearance.
pub(super) fn of(arrivals: Vec<SourceRecord>, keys: &SubjectKeys) -> Vec<Case> {
    let mut places: HashMap<(Source, RecordId), usize> = HashMap::new();
    let mut cases: Vec<Case> = Vec::new();
    for (place, arrival) in arrivals.into_iter().enumerate() {
        let case = *places
            .entry((arrival.source, arrival.id.clone()))
            .or_insert_with(|| {
                let (source, id) = (arrival.source, arrival.id.clone());
                let (arrivals, holders) = (Vec::new(), Vec::new());
                cases.push(Case {
                    source,
                    id,
                    formerly: Vec::new(),
                    arrivals,
                    holders,
                    lying: Vec::new(),
                });
                cases.len() - 1
            });
        let Some(case) = cases.get_mut(case) else {
            continue;
        };
        let (mut subjects, mut own) = (Vec::new(), Vec::new());
        // Numbers are slow to read, and a file has many: here, and nowhere after.
        for identifier in arrival.contact().identifiers() {
            let versions: Vec<SubjectKey> = keys.keys(&identifier).collect();
            if subjects.is_empty() {
                own = versions.iter().cloned().map(Holder::Subject).collect();
            }
            subjects.extend(versions.first().cloned());
            case.holders
                .extend(versions.into_iter().map(Holder::Subject));
        }
        let ids = [&arrival.id].into_iter().chain(&arrival.formerly);
        let anonymous: Vec<Holder> = ids.map(|id| Holder::Anonymous(Reference::of(id))).collect();
        if subjects.is_empty() {
            own.extend(anonymous.iter().cloned());
        }
        case.holders.extend(anonymous);
        case.formerly.extend(arrival.formerly.iter().cloned());
        case.arrivals.push(Handed {
            place,
            arrival,
            subjects,
            own,
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
pub(super) fn assign(cases: &mut [Case], lying: Vec<StoredRecord>) {
    let named = |(place, case): (usize, &Case)| -> Vec<_> {
        case.ids()
            .map(|id| ((case.source, id.clone()), place))
            .collect()
    };
    let places: HashMap<(Source, RecordId), usize> =
        cases.iter().enumerate().flat_map(named).collect();
    for lying in lying {
        let place = places.get(&(lying.record.details.source, lying.record.id.clone()));
        if let Some(case) = place.and_then(|place| cases.get_mut(*place)) {
            case.lying.push(lying);
        }
    }
}

impl Case {
    /// Its id, and the ids under which an earlier version may have known it.
    pub(super) fn ids(&self) -> impl Iterator<Item = &RecordId> {
        [&self.id].into_iter().chain(&self.formerly)
    }

    /// Which of its holders can have been erased: if it names somebody, nobody was given its
    /// reference.
    pub(super) fn erasable(&self) -> impl Iterator<Item = Holder> + '_ {
        let named = self.holders.iter().any(|holder| holder.subject().is_some());
        self.holders
            .iter()
            .filter(move |holder| !named || holder.subject().is_some())
            .cloned()
    }

    /// Where it may be stored, as far as the rows say.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Key> + '_ {
        self.ids().flat_map(|id| {
            // Only the record itself is its anonymous holder.
            let own = Holder::Anonymous(Reference::of(id));
            let holders = self
                .holders
                .iter()
                .filter(move |holder| holder.subject().is_some() || **holder == own);
            holders.map(|holder| Key::record(holder, self.source, id))
        })
    }

    /// On which days of the index it may be.
    pub(super) fn days(&self) -> Vec<(NaiveDate, String)> {
        let mut days: Vec<NaiveDate> = self
            .arrivals
            .iter()
            .map(|handed| handed.arrival.collected_at.date_naive())
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
        let told = |handed: &&Handed| matches!(&handed.arrival.word, Word::Told(told) if told.contact == *contact);
        match self.arrivals.iter().find(told) {
            Some(handed) => handed.subjects.clone(),
            None => contact
                .identifiers()
                .iter()
                .map(|identifier| keys.key(identifier))
                .collect(),
        }
    }
}

impl Handed {
    /// Whether its possible holder was erased after it was collected.
    pub(super) fn is_erased(
        &self,
        suppressed: &Suppressed,
        told: &RecordBody,
        collected_at: DateTime<Utc>,
    ) -> bool {
        self.own
            .iter()
            .any(|holder| suppressed.covers(holder, told, collected_at))
    }
}
