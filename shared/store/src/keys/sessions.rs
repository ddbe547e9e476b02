//! The keys of the table of sessions.

use super::Key;
use chrono::{DateTime, Utc};
use custodian_domain::identity::staff::StaffNumber;

/// The sort key of a session itself.
const SESSION: &str = "SESSION";

/// The key of a session, by the digest of its cookie.
#[must_use]
pub fn session(digest: &str) -> Key {
    Key::new(partition(digest), SESSION)
}

/// The key of what is kept for a session under this name.
#[must_use]
pub fn kept_for_session(digest: &str, name: &str) -> Key {
    Key::new(partition(digest), format!("KEPT#{name}"))
}

/// The key of how often somebody has searched since the hour began at `hour`.
#[must_use]
pub fn searches(staff: &StaffNumber, hour: DateTime<Utc>) -> Key {
    let hour = hour.format("%Y-%m-%dT%H").to_string();
    Key::new(format!("SEARCHES#{}", staff.plain()), hour)
}

fn partition(digest: &str) -> String {
    format!("SESSION#{digest}")
}
