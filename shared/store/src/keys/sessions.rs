//! The keys of the table of sessions.

use super::Key;

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

fn partition(digest: &str) -> String {
    format!("SESSION#{digest}")
}
