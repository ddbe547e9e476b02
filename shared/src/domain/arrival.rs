//! What a source hands over of one record, and how that changes what is held: the same result in whichever order, and
//! however often, it is handed over.

use super::custody::Custody;
use super::particulars::{Leg, Particulars, Telephone};
use super::record::{Contact, Details, RecordId};
use super::retention::{ExpiresAt, Retention};
use super::source::Source;
use chrono::{DateTime, TimeDelta, Utc};

/// How many legs of a call are kept.
const LEGS: usize = 50;

/// How far ahead of ours another system's clock may be.
pub const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// Why something is not taken in because of when it was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untimely {
    /// Its time was over before it came.
    TooOld,
    /// It is yet to happen.
    InFuture,
}

/// Whether what was collected then is taken in at `now`.
///
/// # Errors
/// [`Untimely`]: nothing is kept that is over, and nothing whose time has not begun.
pub fn timely(source: Source, collected_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Untimely> {
    if collected_at > now + AHEAD {
        Err(Untimely::InFuture)
    } else if ExpiresAt::of(source, collected_at).has_passed(now) {
        Err(Untimely::TooOld)
    } else {
        Ok(())
    }
}

/// One record, as its source hands it over.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// Where it comes from.
    pub source: Source,
    /// Which it is there.
    pub id: RecordId,
    /// When it was collected.
    pub collected_at: DateTime<Utc>,
    /// What the source says of it.
    pub word: Word,
}

/// What a source says of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// This is what it is.
    Told(Box<Details>),
    /// It is no longer there, and must not be kept; this is who it was of, as far as the source still says.
    Withdrawn(Contact),
}

impl Arrival {
    /// A record that is told; it has what its source calls it.
    #[must_use]
    pub fn told(details: Details) -> Self {
        Self {
            source: details.source,
            id: RecordId::at_source(details.source, details.source_id.as_deref().unwrap_or_default()),
            collected_at: details.collected_at,
            word: Word::Told(Box::new(details)),
        }
    }

    /// A record that the source withdraws.
    #[must_use]
    pub fn withdrawn(source: Source, source_id: &str, collected_at: DateTime<Utc>, contact: Contact) -> Self {
        Self { source, id: RecordId::at_source(source, source_id), collected_at, word: Word::Withdrawn(contact) }
    }

    /// Who it is of.
    #[must_use]
    pub const fn contact(&self) -> &Contact {
        match &self.word {
            Word::Told(details) => &details.contact,
            Word::Withdrawn(contact) => contact,
        }
    }
}

impl Details {
    /// What is held after the source has said `later` of the same record.
    ///
    /// The later revision stands. The earliest moment of collection stays the retention anchor: a correction renews
    /// nothing. The legs of a call are one record. What holds for either holds for it.
    #[must_use]
    pub fn corrected(&self, later: &Self) -> Self {
        let collected_at = self.collected_at.min(later.collected_at);
        let (newer, older) = if self.revision < later.revision { (later, self) } else { (self, later) };
        let mut corrected = match (&newer.particulars, &older.particulars) {
            (Particulars::Telephone(call), Particulars::Telephone(other)) => joined((newer, call), (older, other)),
            _ => newer.clone(),
        };
        corrected.collected_at = collected_at;
        // What was withdrawn while it was held is due since then.
        let due = ExpiresAt::of(corrected.source, collected_at).min(self.retention.due()).min(later.retention.due());
        corrected.retention = Retention::Until(due);
        corrected.under(self.effect().and(later.effect()))
    }

    /// How many legs a call has; one for everything else.
    #[must_use]
    pub fn legs(&self) -> usize {
        match &self.particulars {
            Particulars::Telephone(call) => call.legs.len(),
            _ => 1,
        }
    }
}

/// Two tellings of a call: all legs of both; who and what as the leg has it that says so.
fn joined(newer: (&Details, &Telephone), older: (&Details, &Telephone)) -> Details {
    let mut legs: Vec<Leg> = newer.1.legs.clone();
    legs.extend(older.1.legs.iter().filter(|leg| newer.1.legs.iter().all(|known| known.at != leg.at)).cloned());
    legs.sort_by_key(|leg| leg.at);
    // More than that is no call, and would not fit into an item; the earliest are kept in whichever order they come.
    legs.truncate(LEGS);
    // The last leg that was rated, the first that names somebody; the newer word where both speak of one leg.
    let rated = if newer.1.answered_at >= older.1.answered_at { newer } else { older };
    let named = match (newer.1.named_at, older.1.named_at) {
        (Some(new), Some(old)) if old < new => older,
        (None, Some(_)) => older,
        _ => newer,
    };
    let (answered_at, named_at) = (rated.1.answered_at, named.1.named_at);
    let about = legs.iter().find(|leg| answered_at.is_none_or(|at| leg.at == at));
    Details {
        service: about.and_then(|leg| leg.service.clone()),
        survey: rated.0.survey.clone(),
        satisfaction: rated.0.satisfaction,
        answers: rated.0.answers.clone(),
        contact: named.0.contact.clone(),
        custody: legs.last().map(|leg| Custody::five9(leg.at)).into_iter().collect(),
        particulars: Particulars::Telephone(Telephone { legs, answered_at, named_at }),
        ..newer.0.clone()
    }
}

#[cfg(test)]
#[path = "arrival_tests.rs"]
mod tests;
