//! One record, with all that was handed over of it at once and all that is held of it.

use super::{Intake, Taken};
use crate::domain::arrival::{Arrival, Word};
use crate::domain::ledger::Cause;
use crate::domain::record::{Details, Holder, Record, RecordId};
use crate::domain::retention::ExpiresAt;
use crate::domain::revision::Revision;
use crate::domain::source::Source;
use crate::domain::subject::{SubjectKey, SubjectKeys};
use crate::storage::keys::{self, Key};
use crate::storage::records::{Doomed, Lying};
use crate::storage::suppressions::Suppressed;
use chrono::NaiveDate;
use std::collections::HashMap;

/// One record.
pub(super) struct Case {
    pub(super) source: Source,
    pub(super) id: RecordId,
    /// What was handed over, each with its place among all.
    pub(super) arrivals: Vec<(usize, Arrival)>,
    /// Everybody whom the arrivals name, and the nobody that it is of without them.
    pub(super) holders: Vec<Holder>,
    /// What is held of it: one, unless a run broke off.
    pub(super) lying: Vec<Lying>,
}

/// What is to be done about a case.
#[derive(Default)]
pub(super) struct Change {
    pub(super) put: Option<Put>,
    pub(super) forget: Vec<(Doomed, Cause)>,
    pub(super) withdrawn: bool,
}

/// A record that is to be put, and the revision that has to lie there until then.
pub(super) struct Put {
    pub(super) record: Record,
    pub(super) instead_of: Option<Revision>,
}

/// A link that leads to a record.
pub(super) struct Link {
    pub(super) from: SubjectKey,
    pub(super) to: SubjectKey,
    /// Its day in the index.
    pub(super) day: NaiveDate,
    pub(super) until: ExpiresAt,
}

/// Sorts what was handed over by record, in the order of its first arrival.
pub(super) fn of(arrivals: Vec<Arrival>, keys: &SubjectKeys) -> Vec<Case> {
    let mut places: HashMap<(Source, RecordId), usize> = HashMap::new();
    let mut cases: Vec<Case> = Vec::new();
    for (place, arrival) in arrivals.into_iter().enumerate() {
        let case = *places.entry((arrival.source, arrival.id.clone())).or_insert_with(|| {
            let (source, id) = (arrival.source, arrival.id.clone());
            cases.push(Case { source, id, arrivals: Vec::new(), holders: Vec::new(), lying: Vec::new() });
            cases.len() - 1
        });
        let Some(case) = cases.get_mut(case) else { continue };
        if let Word::Told(details) = &arrival.word {
            case.holders.extend(Intake::holders(&details.contact, keys));
            case.holders.push(Holder::Anonymous(details.reference.clone()));
        }
        case.arrivals.push((place, arrival));
    }
    for case in &mut cases {
        case.holders.sort();
        case.holders.dedup();
    }
    cases
}

/// Gives each case what lies in the table of it.
pub(super) fn assign(cases: &mut [Case], lying: Vec<Lying>) {
    let places: HashMap<(Source, RecordId), usize> =
        cases.iter().enumerate().map(|(place, case)| ((case.source, case.id.clone()), place)).collect();
    for lying in lying {
        let place = places.get(&(lying.record.details.source, lying.record.id.clone()));
        if let Some(case) = place.and_then(|place| cases.get_mut(*place)) {
            case.lying.push(lying);
        }
    }
}

impl Case {
    /// Where it may lie, as far as the arrivals tell.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Key> + '_ {
        self.holders.iter().map(|holder| keys::record(holder, self.source, &self.id))
    }

    /// On which days of the index it may be.
    pub(super) fn days(&self) -> Vec<(NaiveDate, String)> {
        let mut days: Vec<NaiveDate> =
            self.arrivals.iter().map(|(_, arrival)| arrival.collected_at.date_naive()).collect();
        days.sort_unstable();
        days.dedup();
        days.into_iter().map(|day| (day, keys::record_sort(self.source, &self.id))).collect()
    }

    /// What is to be done, and what becomes of each arrival.
    pub(super) fn decide(&self, suppressed: &Suppressed, keys: &SubjectKeys, outcomes: &mut [Taken]) -> Change {
        let mut change = Change::default();
        let mut withdrawn = self.source == Source::Social && suppressed.is_withdrawn(self.source, &self.id);
        let erased_at = self.holders.iter().filter_map(|holder| suppressed.erased_at(holder)).max();
        let mut kept: Vec<&Lying> = Vec::new();
        for lying in &self.lying {
            let Record { holder, details, .. } = &lying.record;
            // An erasure, or a withdrawal, that something was written beside: it is made good here.
            if suppressed.erased_at(holder).is_some_and(|at| details.collected_at <= at) {
                change.forget.push((lying.doomed.clone(), Cause::Erasure));
            } else if withdrawn {
                change.forget.push((lying.doomed.clone(), Cause::Correction));
            } else {
                kept.push(lying);
            }
        }
        let held = |one: &&Lying| one.record.details.clone();
        let mut state = kept.iter().map(held).reduce(|one, other| one.corrected(&other));
        for (place, arrival) in &self.arrivals {
            let Some(outcome) = outcomes.get_mut(*place) else { continue };
            *outcome = match (&arrival.word, &state) {
                (Word::Withdrawn, _) => {
                    withdrawn = true;
                    change.withdrawn = true;
                    if state.take().is_some() || !change.forget.is_empty() { Taken::Forgotten } else { Taken::Before }
                }
                (Word::Told(_), _) if withdrawn => Taken::Suppressed,
                (Word::Told(told), None) if erased_at.is_some_and(|at| told.collected_at <= at) => Taken::Suppressed,
                (Word::Told(told), None) => {
                    state = Some((**told).clone());
                    Taken::New
                }
                (Word::Told(told), Some(held)) => {
                    let corrected = held.corrected(told);
                    let outcome = compare(held, &corrected);
                    if outcome != Taken::Before {
                        state = Some(corrected);
                    }
                    outcome
                }
            };
        }
        self.settle(state, &kept, keys, &mut change);
        change
    }

    /// What has to be put, and what has to go, so that exactly this is held.
    fn settle(&self, state: Option<Details>, kept: &[&Lying], keys: &SubjectKeys, change: &mut Change) {
        let unchanged = |details: &Details| matches!(kept, [one] if one.record.details == *details);
        let mut gone: Vec<&Lying> = kept.to_vec();
        match state {
            Some(details) if unchanged(&details) => return,
            Some(details) => {
                let record = Record { holder: details.holder(keys), id: self.id.clone(), details };
                let key = keys::record(&record.holder, self.source, &self.id);
                let there = gone.iter().position(|one| one.doomed.key == key).map(|place| gone.remove(place));
                let instead_of = there.and_then(|one| one.record.details.revision.clone());
                change.put = Some(Put { record, instead_of });
            }
            None => {}
        }
        change.forget.extend(gone.into_iter().map(|one| (one.doomed.clone(), Cause::Correction)));
    }
}

/// What a correction changed, apart from its own revision.
fn compare(held: &Details, corrected: &Details) -> Taken {
    let as_before = Details { revision: held.revision.clone(), ..corrected.clone() };
    if as_before == *held {
        Taken::Before
    } else if corrected.legs() > held.legs() {
        Taken::Joined
    } else {
        Taken::Corrected
    }
}

impl Put {
    /// Where it goes.
    pub(super) fn key(&self) -> Key {
        keys::record(&self.record.holder, self.record.details.source, &self.record.id)
    }

    /// The links that lead to it.
    pub(super) fn links(&self, keys: &SubjectKeys) -> Vec<Link> {
        let Record { holder, details, .. } = &self.record;
        let Some(subject) = holder.subject() else { return Vec::new() };
        let (day, until) = (details.collected_at.date_naive(), details.expires_at);
        let further = details.contact.further_keys(keys);
        further.into_iter().map(|from| Link { from, to: subject.clone(), day, until }).collect()
    }
}
