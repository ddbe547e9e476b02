//! The keys of the register of requests.

use super::{EVENT, Key, META};
use chrono::NaiveDate;
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::rights::register::CaseId;
use custodian_domain::rights::register::lists::RequestKind;

/// The partition of the requests that are open, by the day on which they are due.
pub const CASES_OPEN: &str = "OPEN";
/// The beginning of the partition of a case.
pub const CASE: &str = "CASE#";
/// What stands for a due date in a list while there is none. It sorts after every date.
const NO_DAY: &str = "none";

/// The partition of a case: itself, and its events.
#[must_use]
pub fn case(id: &CaseId) -> String {
    format!("{CASE}{}", id.as_str())
}

/// The case of a partition.
#[must_use]
pub fn case_of(partition: &str) -> Option<CaseId> {
    CaseId::named(partition.strip_prefix(CASE)?).ok()
}

/// The key of a case itself.
#[must_use]
pub fn case_itself(id: &CaseId) -> Key {
    Key::new(case(id), META)
}

/// The key of an event of a case, by its position.
#[must_use]
pub fn case_event(id: &CaseId, place: usize) -> Key {
    Key::new(case(id), format!("{EVENT}n{place:010}"))
}

/// The partition of the requests that this member of staff works on and that are open.
#[must_use]
pub fn cases_with(handler: &StaffNumber) -> String {
    format!("WHO#{}", handler.plain())
}

/// The partition of the requests that were closed within the month of this day.
#[must_use]
pub fn cases_closed(month: NaiveDate) -> String {
    format!("CLOSED#{}", month.format("%Y-%m"))
}

/// The sort key of a request in a list by this day.
#[must_use]
pub fn listed(day: Option<NaiveDate>, id: &CaseId, kind: RequestKind) -> String {
    format!("{}#{}", sorted(day), id.request(kind))
}

/// The sort key up to which the days of a list are before this one.
#[must_use]
pub fn listed_before(day: NaiveDate) -> String {
    sorted(Some(day))
}

fn sorted(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::{CaseId, RequestKind, listed, listed_before};

    #[test]
    fn a_list_is_in_the_order_of_its_days_and_what_has_none_comes_last() {
        let id = CaseId::named("C-1").unwrap();
        let at = |day: Option<&str>| {
            listed(
                day.map(|day| day.parse().unwrap()),
                &id,
                RequestKind::Access,
            )
        };
        let before = listed_before("2026-12-24".parse().unwrap());
        assert_eq!(at(Some("2026-12-24")), "2026-12-24#C-1-access");
        assert!(at(Some("2026-12-23")) < before && at(Some("2026-12-24")) > before);
        assert!(at(Some("2099-12-31")) < at(None));
    }
}
