//! The versions of the privacy notice. Their words are pages; this is the list of versions, and
//! from when each was in use.
//!
//! A record keeps the version that its person was shown (`notice_version`), so a version that was
//! ever in use stays in this list, and its page stays readable.

use chrono::NaiveDate;

/// One version of the privacy notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The name, as surveys, records and addresses spell it.
    pub version: &'static str,
    /// The first day on which people were shown it.
    pub from: NaiveDate,
}

/// Every version, the oldest first.
pub const ALL: [Notice; 3] = [
    Notice {
        version: "2026-06",
        from: day(2026, 6, 1),
    },
    Notice {
        version: "2026-11",
        from: day(2026, 11, 20),
    },
    Notice {
        version: "2026-12",
        from: day(2026, 11, 29),
    },
];

/// Their names, in this order.
pub const VERSIONS: [&str; ALL.len()] = names();

/// The version that people are shown now.
pub const CURRENT: Notice = ALL[ALL.len() - 1];

/// The version with this name.
#[must_use]
pub fn find(version: &str) -> Option<Notice> {
    ALL.into_iter().find(|notice| notice.version == version)
}

impl Notice {
    /// The version that replaced it, if it is no longer in use.
    #[must_use]
    pub fn successor(self) -> Option<Self> {
        ALL.into_iter().find(|later| later.from > self.from)
    }
}

const fn names() -> [&'static str; ALL.len()] {
    let (mut names, mut place) = ([""; ALL.len()], 0);
    while place < ALL.len() {
        names[place] = ALL[place].version;
        place += 1;
    }
    names
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => panic!("there is no such day"),
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, CURRENT, VERSIONS, find};

    #[test]
    fn every_version_is_found_by_its_name_and_all_but_the_current_have_a_successor() {
        for (place, notice) in ALL.into_iter().enumerate() {
            assert_eq!(find(notice.version), Some(notice));
            assert_eq!(VERSIONS[place], notice.version);
            assert_eq!(notice.successor(), ALL.get(place + 1).copied());
        }
        assert_eq!(CURRENT.successor(), None);
        assert_eq!(find("2026"), None);
    }
}
