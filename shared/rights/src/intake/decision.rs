//! What has to be done for one record, and what happens to each row that was sent for it.

use super::IntakeOutcome;
use super::case::{Case, SentRecord};
use super::change::{Change, Put, links};
use super::known::Known;
use chrono::{DateTime, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::ledger::Cause;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source_record::{SourceChange, are_of_two};
use custodian_domain::record::{Holder, Record, RecordBody, RecordId};
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_store::Key;
use custodian_store::records::StoredRecord;

/// Decides one record by what is known.
#[derive(Clone, Copy)]
pub(super) struct Decision<'a> {
    pub(super) case: &'a Case,
    pub(super) known: &'a Known,
    pub(super) keys: &'a SubjectKeys,
    pub(super) now: DateTime<Utc>,
}

impl Decision<'_> {
    /// What has to be done, and what happens to each row.
    pub(super) fn decide(&self, outcomes: &mut [IntakeOutcome]) -> Change {
        let Self {
            case, known, now, ..
        } = *self;
        let suppressed = &known.suppressed;
        let mut change = Change::default();
        let mut withdrawn = suppressed.is_withdrawn(case.source, &case.id);
        let (mut staying, on_hold) = self.sort_stored(withdrawn, &mut change);
        let home = self.home(&mut staying);
        let mut state: Option<RecordBody> = None;
        // Two that an earlier version stored apart are one only if they are of one record.
        staying.retain(|stored| match &state {
            Some(first) if of_two(first, &stored.record.details) => false,
            Some(first) => {
                state = Some(first.corrected(&stored.record.details));
                true
            }
            None => {
                state = Some(stored.record.details.clone());
                true
            }
        });
        for row in &case.sent {
            let SentRecord { place, record, .. } = row;
            let Some(outcome) = outcomes.get_mut(*place) else {
                continue;
            };
            *outcome = match (&record.change, &state) {
                (SourceChange::Withdrawn(contact), Some(held))
                    if are_of_two(
                        (&held.contact, held.collected_at),
                        (contact, record.collected_at),
                    ) =>
                {
                    IntakeOutcome::OfAnother
                }
                (SourceChange::Withdrawn(_), _) => {
                    withdrawn = true;
                    change.withdrawn = true;
                    if let Some(state) = state.as_mut().filter(|_| on_hold) {
                        state.retention =
                            Retention::Held(state.retention.due().min(ExpiresAt::at(now)));
                        IntakeOutcome::Held
                    } else if state.take().is_some() || !change.forget.is_empty() {
                        IntakeOutcome::Forgotten
                    } else {
                        IntakeOutcome::Before
                    }
                }
                (SourceChange::Upsert(_), _) if withdrawn => IntakeOutcome::Suppressed,
                (SourceChange::Upsert(sent), None)
                    if row.is_erased(suppressed, sent, sent.collected_at) =>
                {
                    IntakeOutcome::Suppressed
                }
                // It was corrected into another person's, who was erased.
                (SourceChange::Upsert(sent), None)
                    if case
                        .moved_to
                        .as_ref()
                        .is_some_and(|to| suppressed.covers(to, sent, sent.collected_at)) =>
                {
                    IntakeOutcome::Suppressed
                }
                (SourceChange::Upsert(sent), None) => {
                    state = Some((**sent).clone());
                    IntakeOutcome::New
                }
                (SourceChange::Upsert(sent), Some(held)) if of_two(held, sent) => {
                    IntakeOutcome::OfAnother
                }
                (SourceChange::Upsert(sent), Some(held)) => {
                    let corrected = held.corrected(sent);
                    // Where the council has corrected who it is, the row does not say whose it is.
                    let is_theirs = held.rectification.corrected.is_empty()
                        || names_first(&corrected) == names_first(sent);
                    if is_theirs && row.is_erased(suppressed, sent, corrected.collected_at) {
                        // It would be corrected into a record of somebody who was erased since.
                        state = state.filter(|_| on_hold);
                        IntakeOutcome::Suppressed
                    } else {
                        let outcome = compare(held, &corrected);
                        if outcome != IntakeOutcome::Before {
                            state = Some(corrected);
                        }
                        outcome
                    }
                }
            };
        }
        self.settle(state, &home, &staying, &mut change);
        change
    }

    /// Which of the stored records stay, and whether any is on hold. The others are deleted.
    fn sort_stored(&self, withdrawn: bool, change: &mut Change) -> (Vec<&StoredRecord>, bool) {
        let (known, suppressed) = (self.known, &self.known.suppressed);
        let mut on_hold = false;
        let mut staying: Vec<&StoredRecord> = Vec::new();
        for stored in &self.case.stored {
            let Record {
                holder, details, ..
            } = &stored.record;
            let erased = suppressed.covers(holder, details, details.collected_at);
            let goes = |cause| (stored.candidate.clone(), cause);
            let held = known.effect(holder, details).held;
            on_hold |= held;
            // What is held is left to the erasure, and stays after a withdrawal.
            if erased && held {
                continue;
            }
            // An erasure, or a withdrawal, beside which something was written is completed here.
            if erased {
                change.forget.push(goes(Cause::Erasure));
                let links = links(&stored.record, &details.contact.further_keys(self.keys));
                change.forget.extend(
                    links
                        .into_iter()
                        .map(|link| (link.candidate(), Cause::Erasure)),
                );
            } else if withdrawn && !held {
                change.forget.push(goes(Cause::Correction));
            } else {
                staying.push(stored);
            }
        }
        (staying, on_hold)
    }

    /// The id under which it is stored. What an earlier version stored under another id stays
    /// there, with its holds. Puts the stored record with that id first.
    fn home(&self, staying: &mut [&StoredRecord]) -> RecordId {
        let place = |stored: &&StoredRecord| self.case.ids().position(|id| *id == stored.record.id);
        staying.sort_by_key(place);
        staying
            .first()
            .map_or_else(|| self.case.id.clone(), |stored| stored.record.id.clone())
    }

    /// What has to be put, and what deleted, so that exactly this is stored.
    fn settle(
        &self,
        state: Option<RecordBody>,
        home: &RecordId,
        staying: &[&StoredRecord],
        change: &mut Change,
    ) {
        let Self {
            case, known, keys, ..
        } = *self;
        let stands = |holder: &Holder, details: &RecordBody| {
            known.effect(holder, details) == details.effect()
        };
        let unchanged = |details: &RecordBody| match staying {
            [one] => one.record.details == *details && stands(&one.record.holder, details),
            _ => false,
        };
        let mut gone: Vec<&StoredRecord> = staying.to_vec();
        match state {
            Some(details) if unchanged(&details) => return,
            Some(details) => {
                let details = RecordBody {
                    reference: Reference::of(home),
                    ..details
                };
                let mut subjects = case.subjects(&details.contact, keys).into_iter();
                let holder = subjects.next().map(Holder::Subject);
                let holder = holder.unwrap_or_else(|| Holder::Anonymous(details.reference.clone()));
                let effect = known.effect(&holder, &details);
                let details = details.under(effect);
                let record = Record {
                    holder,
                    id: home.clone(),
                    details,
                };
                let key = Key::record(&record.holder, case.source, home);
                let there = gone
                    .iter()
                    .position(|one| one.candidate.key == key)
                    .map(|place| gone.remove(place));
                let instead_of = there.map(|one| one.record.details.clone());
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
}

/// Whom a record belongs to, by what it says.
fn names_first(details: &RecordBody) -> Option<Identifier> {
    details.contact.identifiers().into_iter().next()
}

/// Whether two versions of one record are of two.
fn of_two(one: &RecordBody, other: &RecordBody) -> bool {
    are_of_two(
        (&one.contact, one.collected_at),
        (&other.contact, other.collected_at),
    )
}

/// What a correction changed, apart from its own revision.
fn compare(held: &RecordBody, corrected: &RecordBody) -> IntakeOutcome {
    if corrected.says_the_same_as(held) {
        IntakeOutcome::Before
    } else if corrected.legs() > held.legs() {
        IntakeOutcome::Joined
    } else {
        IntakeOutcome::Corrected
    }
}
