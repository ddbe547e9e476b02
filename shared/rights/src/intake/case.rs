//! One record, with everything that was sent for it at once and everything that is stored of it.

use super::Taken;
use super::known::Known;
use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::ledger::{Cause, ItemKind};
use custodian_domain::record::reference::Reference;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_record::{SourceRecord, Word, are_of_two};
use custodian_domain::record::{Holder, Record, RecordBody, RecordId};
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_store::Key;
use custodian_store::records::{DeletionCandidate, StoredRecord};
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
    arrival: SourceRecord,
    /// Whom it names: the record belongs to the first key, and the others lead to the first.
    subjects: Vec<SubjectKey>,
    /// Its possible holders, under every version of the keys.
    own: Vec<Holder>,
}

/// What has to be done for a case.
#[derive(Default)]
pub(super) struct Change {
    pub(super) put: Option<Put>,
    pub(super) forget: Vec<(DeletionCandidate, Cause)>,
    pub(super) withdrawn: bool,
}

/// A record to be put, and the revision that must be stored there until then.
pub(super) struct Put {
    pub(super) record: Record,
    pub(super) instead_of: Option<Revision>,
    /// The keys, other than its holder, that lead to it.
    further: Vec<SubjectKey>,
}

/// A link that leads to a record.
pub(super) struct Link {
    pub(super) from: SubjectKey,
    pub(super) to: SubjectKey,
    /// Its day in the index.
    pub(super) day: NaiveDate,
    pub(super) retention: Retention,
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
    fn ids(&self) -> impl Iterator<Item = &RecordId> {
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

    /// What has to be done, and what happens to each row.
    pub(super) fn decide(
        &self,
        known: &Known,
        keys: &SubjectKeys,
        outcomes: &mut [Taken],
        now: DateTime<Utc>,
    ) -> Change {
        let suppressed = &known.suppressed;
        let mut change = Change::default();
        let mut on_hold = false;
        let mut withdrawn = suppressed.is_withdrawn(self.source, &self.id);
        let mut kept: Vec<&StoredRecord> = Vec::new();
        for lying in &self.lying {
            let Record {
                holder, details, ..
            } = &lying.record;
            let erased = suppressed.covers(holder, details, details.collected_at);
            let goes = |cause| (lying.candidate.clone(), cause);
            let held = known.effect(holder, details).held;
            on_hold |= held;
            // What is held is left to the erasure, and stays after a withdrawal.
            if erased && held {
                continue;
            }
            // An erasure, or a withdrawal, beside which something was written is completed here.
            if erased {
                change.forget.push(goes(Cause::Erasure));
                let links = links(&lying.record, &details.contact.further_keys(keys));
                change.forget.extend(
                    links
                        .into_iter()
                        .map(|link| (link.candidate(), Cause::Erasure)),
                );
            } else if withdrawn && !held {
                change.forget.push(goes(Cause::Correction));
            } else {
                kept.push(lying);
            }
        }
        let home = self.home(&mut kept);
        let mut state: Option<RecordBody> = None;
        // Two that an earlier version stored apart are one only if they are of one record.
        kept.retain(|lying| match &state {
            Some(first) if of_two(first, &lying.record.details) => false,
            Some(first) => {
                state = Some(first.corrected(&lying.record.details));
                true
            }
            None => {
                state = Some(lying.record.details.clone());
                true
            }
        });
        for handed in &self.arrivals {
            let Handed { place, arrival, .. } = handed;
            let Some(outcome) = outcomes.get_mut(*place) else {
                continue;
            };
            *outcome = match (&arrival.word, &state) {
                (Word::Withdrawn(contact), Some(held))
                    if are_of_two(
                        (&held.contact, held.collected_at),
                        (contact, arrival.collected_at),
                    ) =>
                {
                    Taken::OfAnother
                }
                (Word::Withdrawn(_), _) => {
                    withdrawn = true;
                    change.withdrawn = true;
                    if let Some(state) = state.as_mut().filter(|_| on_hold) {
                        state.retention =
                            Retention::Held(state.retention.due().min(ExpiresAt::at(now)));
                        Taken::Held
                    } else if state.take().is_some() || !change.forget.is_empty() {
                        Taken::Forgotten
                    } else {
                        Taken::Before
                    }
                }
                (Word::Told(_), _) if withdrawn => Taken::Suppressed,
                (Word::Told(told), None)
                    if handed.is_erased(suppressed, told, told.collected_at) =>
                {
                    Taken::Suppressed
                }
                (Word::Told(told), None) => {
                    state = Some((**told).clone());
                    Taken::New
                }
                (Word::Told(told), Some(held)) if of_two(held, told) => Taken::OfAnother,
                (Word::Told(told), Some(held)) => {
                    let corrected = held.corrected(told);
                    if handed.is_erased(suppressed, told, corrected.collected_at) {
                        // It would be corrected into a record of somebody who was erased since.
                        state = state.filter(|_| on_hold);
                        Taken::Suppressed
                    } else {
                        let outcome = compare(held, &corrected);
                        if outcome != Taken::Before {
                            state = Some(corrected);
                        }
                        outcome
                    }
                }
            };
        }
        self.settle(state, &home, &kept, known, keys, &mut change);
        change
    }

    /// The id under which it is stored. What an earlier version stored under another id stays
    /// there, with its holds. Puts the stored record with that id first.
    fn home(&self, kept: &mut [&StoredRecord]) -> RecordId {
        let place = |lying: &&StoredRecord| self.ids().position(|id| *id == lying.record.id);
        kept.sort_by_key(place);
        kept.first()
            .map_or_else(|| self.id.clone(), |lying| lying.record.id.clone())
    }

    /// What has to be put, and what deleted, so that exactly this is stored.
    fn settle(
        &self,
        state: Option<RecordBody>,
        home: &RecordId,
        kept: &[&StoredRecord],
        known: &Known,
        keys: &SubjectKeys,
        change: &mut Change,
    ) {
        let stands = |holder: &Holder, details: &RecordBody| {
            known.effect(holder, details) == details.effect()
        };
        let unchanged = |details: &RecordBody| match kept {
            [one] => one.record.details == *details && stands(&one.record.holder, details),
            _ => false,
        };
        let mut gone: Vec<&StoredRecord> = kept.to_vec();
        match state {
            Some(details) if unchanged(&details) => return,
            Some(details) => {
                let details = RecordBody {
                    reference: Reference::of(home),
                    ..details
                };
                let mut subjects = self.subjects(&details.contact, keys).into_iter();
                let holder = subjects.next().map(Holder::Subject);
                let holder = holder.unwrap_or_else(|| Holder::Anonymous(details.reference.clone()));
                let effect = known.effect(&holder, &details);
                let details = details.under(effect);
                let record = Record {
                    holder,
                    id: home.clone(),
                    details,
                };
                let key = Key::record(&record.holder, self.source, home);
                let there = gone
                    .iter()
                    .position(|one| one.candidate.key == key)
                    .map(|place| gone.remove(place));
                let instead_of = there.and_then(|one| one.record.details.revision.clone());
                change.put = Some(Put {
                    record,
                    instead_of,
                    further: subjects.collect(),
                });
            }
            None => {}
        }
        change.forget.extend(
            gone.into_iter()
                .map(|one| (one.candidate.clone(), Cause::Correction)),
        );
    }

    /// Whom a contact names: as in the row, unless the contact is what was stored before.
    fn subjects(&self, contact: &Contact, keys: &SubjectKeys) -> Vec<SubjectKey> {
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

/// Whether two versions of one record are of two.
fn of_two(one: &RecordBody, other: &RecordBody) -> bool {
    are_of_two(
        (&one.contact, one.collected_at),
        (&other.contact, other.collected_at),
    )
}

/// What a correction changed, apart from its own revision.
fn compare(held: &RecordBody, corrected: &RecordBody) -> Taken {
    if corrected.says_the_same_as(held) {
        Taken::Before
    } else if corrected.legs() > held.legs() {
        Taken::Joined
    } else {
        Taken::Corrected
    }
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
fn links(record: &Record, further: &[SubjectKey]) -> Vec<Link> {
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

impl Handed {
    /// Whether its possible holder was erased after it was collected.
    fn is_erased(
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
