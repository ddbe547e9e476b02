//! The keys of the register of breaches.

use super::{EVENT, Key, META};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use custodian_domain::rights::breach::BreachId;

/// The partition of the breaches that are open.
pub const BREACHES_OPEN: &str = "BREACHES";
/// The beginning of the partition of a breach.
pub const BREACH: &str = "BREACH#";
/// What sorts those whose 72 hours have ended after those whose still run.
const ENDED: &str = "told#";

/// The partition of a breach: itself, and its events.
#[must_use]
pub fn breach(id: &BreachId) -> String {
    format!("{BREACH}{}", id.as_str())
}

/// The breach of a partition.
#[must_use]
pub fn breach_of(partition: &str) -> Option<BreachId> {
    BreachId::named(partition.strip_prefix(BREACH)?).ok()
}

/// The key of a breach itself.
#[must_use]
pub fn breach_itself(id: &BreachId) -> Key {
    Key::new(breach(id), META)
}

/// The key of an event of a breach, by its position.
#[must_use]
pub fn breach_event(id: &BreachId, place: usize) -> Key {
    Key::new(breach(id), format!("{EVENT}n{place:010}"))
}

/// The key of a breach among those that are open: the first are those whose hours run, by when
/// they are over.
#[must_use]
pub fn breach_open(due: DateTime<Utc>, has_ended: bool, id: &BreachId) -> Key {
    let ended = if has_ended { ENDED } else { "" };
    Key::new(BREACHES_OPEN, format!("{ended}{}", timed(due, id)))
}

/// The partition of the breaches that were closed within the month of this day.
#[must_use]
pub fn breaches_closed(month: NaiveDate) -> String {
    format!("{BREACHES_OPEN}#{}", month.format("%Y-%m"))
}

/// The key of a breach that was closed on this day in London.
#[must_use]
pub fn breach_closed(on: NaiveDate, at: DateTime<Utc>, id: &BreachId) -> Key {
    Key::new(breaches_closed(on), timed(at, id))
}

fn timed(at: DateTime<Utc>, id: &BreachId) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("{at}#{}", id.as_str())
}

#[cfg(test)]
mod tests {
    use super::{BreachId, breach, breach_of, breach_open};

    #[test]
    fn those_whose_hours_run_come_first_and_those_that_are_due_first_before_others() {
        let id = BreachId::named("B-1").unwrap();
        let sort = |due: &str, ended| breach_open(due.parse().unwrap(), ended, &id).sort;
        let (early, late) = ("2026-10-27T11:00:00Z", "2026-11-30T17:45:00Z");
        assert_eq!(sort(early, false), "2026-10-27T11:00:00Z#B-1");
        assert!(sort(early, false) < sort(late, false));
        assert!(sort("2099-12-31T00:00:00Z", false) < sort(early, true));
        assert_eq!(breach_of(&breach(&id)), Some(id));
        assert_eq!(breach_of("BREACHES"), None);
    }
}
