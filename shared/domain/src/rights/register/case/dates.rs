//! How the dates of a case move, and what its history says of that.

use super::{BEFORE_CLOSING, Case};
use crate::london;
use crate::rights::calendar::Calendar;
use crate::rights::package::RequestId;
use crate::rights::register::case_event::{CaseEntry, CaseEvent};
use crate::rights::register::lists::{Listed, RequestKind};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

impl Case {
    /// The case with an event for each request whose date has moved because bank holidays became
    /// known, by the dates that were known before. Nobody but the calendar moves a date without an
    /// event.
    #[must_use]
    pub fn with_moved_dates(
        &self,
        known: &BTreeMap<RequestKind, Option<NaiveDate>>,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Self {
        let mut case = self.clone();
        for (kind, request) in self.requests.iter().filter(|(_, it)| it.closed.is_none()) {
            let (before, due) = (known.get(kind), request.due(calendar).date());
            let (Some(before), Some(to)) = (before.copied(), due) else {
                continue;
            };
            let id = format!("moved-{}-{to}", kind.as_str());
            let Ok(id) = RequestId::try_from(id) else {
                continue;
            };
            let moved = CaseEntry {
                id,
                at: now,
                by: None,
                of: Some(*kind),
                event: CaseEvent::DueMoved { from: before, to },
                request: None,
                note: None,
            };
            if before != Some(to)
                && case.entries.len() < BEFORE_CLOSING
                && let Ok(next) = case.after(moved)
            {
                case = next;
            }
        }
        case
    }

    /// Which requests were overdue when the date of receipt was corrected: the id of that event,
    /// and by when the request had to be answered until then. A correction is the only event that
    /// can turn a late request into one in time, so the history says it.
    #[must_use]
    pub fn late_until_corrected(
        &self,
        calendar: &Calendar,
    ) -> Vec<(RequestId, RequestKind, NaiveDate)> {
        let mut late = Vec::new();
        for (place, entry) in self.entries.iter().enumerate() {
            if !matches!(entry.event, CaseEvent::ReceiptCorrected { .. }) {
                continue;
            }
            let before = Self::of(self.id.clone(), self.entries[..place].to_vec());
            for request in before.iter().flat_map(Self::requests) {
                let due = request.overdue(london::date(entry.at), calendar);
                late.extend(due.map(|due| (entry.id.clone(), request.kind, due)));
            }
        }
        late
    }
}
