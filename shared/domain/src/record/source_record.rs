//! What a source sends of one record, and how that changes what is stored. The result is the same
//! in whichever order, and however often, it is sent.

use crate::identity::contact::Contact;
use crate::record::call::joined;
use crate::record::rectification::Rectification;
use crate::record::source::Source;
use crate::record::source_details::{ReportRow, SourceDetails, TelephoneDetails};
use crate::record::{RecordBody, RecordId};
use crate::retention::{ExpiresAt, Retention};
use chrono::{DateTime, TimeDelta, Utc};

/// How far ahead of ours another system's clock may be.
pub const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// Why something is not stored because of when it was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untimely {
    /// Its time was over before it came.
    TooOld,
    /// It is in the future.
    InFuture,
}

/// Whether something collected then is stored at `now`.
///
/// # Errors
/// [`Untimely`]: nothing is stored that is over, or whose time has not begun.
pub fn timely(
    source: Source,
    collected_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Untimely> {
    if collected_at > now + AHEAD {
        Err(Untimely::InFuture)
    } else if ExpiresAt::of(source, collected_at).has_passed(now) {
        Err(Untimely::TooOld)
    } else {
        Ok(())
    }
}

/// Whether two versions that claim to be of one record are of two: both person and time differ.
///
/// A source may correct whom a record is about, or when it was. If both differ, its id does not
/// identify records: a spreadsheet has rounded it, or it was given twice. Only a name can differ
/// from another name. People who share an identifier, or a name, are the same.
#[must_use]
pub fn are_of_two(one: (&Contact, DateTime<Utc>), other: (&Contact, DateTime<Utc>)) -> bool {
    let ((who, when), (other_who, other_when)) = (one, other);
    if when.timestamp() == other_when.timestamp() || who == other_who {
        return false;
    }
    let name = |contact: &Contact| {
        contact
            .name
            .as_deref()
            .map(|name| name.trim().to_lowercase())
    };
    let (known, others) = (who.identifiers(), other_who.identifiers());
    match (name(who), name(other_who)) {
        (Some(name), Some(other)) if name == other => false,
        _ if known.iter().any(|identifier| others.contains(identifier)) => false,
        (Some(_), Some(_)) => true,
        _ => !known.is_empty() && !others.is_empty(),
    }
}

/// One record, as its source sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceRecord {
    /// Where it comes from.
    pub source: Source,
    /// Its id at the source.
    pub id: RecordId,
    /// The ids under which an earlier version may have stored the same record.
    pub formerly: Vec<RecordId>,
    /// When it was collected.
    pub collected_at: DateTime<Utc>,
    /// What the source says of it.
    pub change: SourceChange,
}

/// A source's message about a record.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceChange {
    /// The record as it is now.
    Upsert(Box<RecordBody>),
    /// It is no longer there, and must not be stored. This is whom it was about, as far as the
    /// source still says.
    Withdrawn(Contact),
}

impl SourceRecord {
    /// A record that the source sends, under the id that the source gives it.
    #[must_use]
    pub fn upsert(source_id: &str, mut details: RecordBody) -> Self {
        details.source_id = Some(source_id.to_owned());
        let source = details.source;
        Self {
            source,
            id: RecordId::at_source(source, source_id),
            formerly: RecordId::formerly_at_source(source, source_id),
            collected_at: details.collected_at,
            change: SourceChange::Upsert(Box::new(details)),
        }
    }

    /// A record that the source withdraws.
    #[must_use]
    pub fn withdrawn(
        source: Source,
        source_id: &str,
        collected_at: DateTime<Utc>,
        contact: Contact,
    ) -> Self {
        Self {
            source,
            id: RecordId::at_source(source, source_id),
            formerly: RecordId::formerly_at_source(source, source_id),
            collected_at,
            change: SourceChange::Withdrawn(contact),
        }
    }

    /// Whom it is about.
    #[must_use]
    pub const fn contact(&self) -> &Contact {
        match &self.change {
            SourceChange::Upsert(details) => &details.contact,
            SourceChange::Withdrawn(contact) => contact,
        }
    }
}

impl RecordBody {
    /// What is stored after the source has sent `later` for the same record.
    ///
    /// The later revision counts, except for a field that the council has corrected: see
    /// [`Rectification`]. The earliest moment of collection stays the retention anchor: a
    /// correction renews nothing. The legs of a call are one record. A hold or restriction on
    /// either applies to the result.
    #[must_use]
    pub fn corrected(&self, later: &Self) -> Self {
        let collected_at = self.collected_at.min(later.collected_at);
        let (newer, older) = if self.revision < later.revision {
            (later, self)
        } else {
            (self, later)
        };
        let mut corrected = match (&newer.particulars, &older.particulars) {
            (SourceDetails::Telephone(call), SourceDetails::Telephone(other)) => {
                joined((newer, call), (older, other))
            }
            _ => newer.clone(),
        };
        corrected.rectification = Rectification::default();
        corrected.keep_rectified(newer);
        corrected.keep_rectified(older);
        corrected.collected_at = collected_at;
        // What was withdrawn while it was held has been due since then.
        let due = ExpiresAt::of(corrected.source, collected_at)
            .min(self.retention.due())
            .min(later.retention.due());
        corrected.retention = Retention::Until(due);
        corrected.under(self.effect().and(later.effect()))
    }

    /// Whether the other says the same, apart from its revision and from which row of which report
    /// it comes.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let mut like = Self {
            revision: other.revision.clone(),
            ..self.clone()
        };
        if let (SourceDetails::Telephone(call), SourceDetails::Telephone(known)) =
            (&mut like.particulars, &other.particulars)
        {
            let same =
                |incoming: Option<&ReportRow>, known: Option<&ReportRow>| match (incoming, known) {
                    (Some(incoming), Some(known)) => {
                        ReportRow {
                            report: known.report.clone(),
                            ..incoming.clone()
                        } == *known
                    }
                    (incoming, known) => incoming.is_none() == known.is_none(),
                };
            let TelephoneDetails {
                answered_by,
                named_by,
                ..
            } = known;
            if same(call.answered_by.as_ref(), answered_by.as_ref()) || answered_by.is_none() {
                call.answered_by.clone_from(answered_by);
            }
            if same(call.named_by.as_ref(), named_by.as_ref()) || named_by.is_none() {
                call.named_by.clone_from(named_by);
            }
        }
        like == *other
    }

    /// How many legs a call has; one for everything else.
    #[must_use]
    pub fn legs(&self) -> usize {
        match &self.particulars {
            SourceDetails::Telephone(call) => call.legs.len(),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests;
