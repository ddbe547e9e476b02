//! Whom a member of staff has looked at, as tags of the audit trail.

use super::Finder;
use crate::Error;
use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::audit_trail::{AuditEntry, Audited, DONE};
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::london;
use custodian_domain::rights::breach::Looked;
use std::collections::HashSet;

/// How many people are told apart at most: their tags are in memory at once.
const AT_MOST: usize = 100_000;

impl Finder {
    /// The tags of everybody whom orders of a member of staff were about that were given on these
    /// days in London and carried out. Tags are made with the key of today: whom somebody looked at
    /// before it was last changed is not found.
    pub(super) async fn seen_by(
        &self,
        looked: &Looked,
        now: DateTime<Utc>,
    ) -> Result<HashSet<String>, Error> {
        let (mut given, mut seen) = (HashSet::new(), HashSet::new());
        for day in days(looked, now.date_naive()) {
            let mut pages = self.log.live_on(day, now);
            while let Some(page) = pages.next().await? {
                for entry in page
                    .iter()
                    .filter_map(custodian_store::audit_log::StoredEntry::entry)
                {
                    note(looked, entry, &mut given, &mut seen);
                }
                if seen.len() > AT_MOST {
                    return Err(Error::TooMany(
                        "this member of staff has looked at more than 100,000 people on these days: name fewer days",
                    ));
                }
            }
        }
        Ok(seen)
    }
}

/// The days (UTC) with entries of these days in London: an order given before midnight can have its
/// result after it.
fn days(looked: &Looked, today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let first = looked.from.pred_opt().unwrap_or(looked.from);
    let last = looked.to.succ_opt().unwrap_or(looked.to).min(today);
    first.iter_days().take_while(move |day| *day <= last)
}

/// Notes an order that the member of staff gave, or whom it was about.
fn note(looked: &Looked, entry: AuditEntry, given: &mut HashSet<u64>, seen: &mut HashSet<String>) {
    match entry.what {
        Audited::Attempt(attempt) => {
            let by = attempt.by.and_then(|by| StaffNumber::try_from(by).ok());
            let day = london::date(entry.at);
            if by.is_some_and(|by| by.is(&looked.by)) && looked.from <= day && day <= looked.to {
                given.insert(entry.n);
            }
        }
        Audited::Result(result) => {
            if given.remove(&result.attempt) && result.outcome == DONE {
                seen.extend(result.people);
            }
        }
    }
}
