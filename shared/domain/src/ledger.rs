//! What was deleted, when it was due, when it was gone, and why; and that requests, holds and
//! restrictions are as they were written. Nothing in it is personal. It is a chain, so that a
//! missing part is noticed.

pub mod signed;

mod attestation;
mod block;
mod certificate;
mod chain;
mod chain_end;
mod hash;
mod verification;

pub use attestation::{Attestation, Evidence};
pub use block::Block;
pub use certificate::{DayCertificate, Figures, Lateness, Left, Tally};
pub use chain::{Head, Link};
pub use chain_end::ChainEnd;
pub use hash::{Hash, NotAHash};
pub use verification::{Broken, ChainFault, Seen, StoredContent, Verification, Verified, Witness};

use crate::record::source::Source;
use crate::retention::ExpiresAt;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which deletion it is, so that recording it twice has the effect of once.
    pub id: EntryId,
    /// Why it was deleted.
    pub cause: Cause,
    /// What was deleted.
    pub kind: ItemKind,
    /// How the record reached the council.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The month in which a record was collected, `YYYY-MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_month: Option<String>,
    /// When it was due for deletion, epoch seconds.
    pub due: ExpiresAt,
    /// When it was gone.
    pub removed: DateTime<Utc>,
    /// Seconds from due to gone; 0 if it was deleted early.
    pub lateness_seconds: i64,
}

impl Entry {
    /// Seconds from `due` to `removed`; 0 if it was deleted early.
    #[must_use]
    pub fn lateness(due: ExpiresAt, removed: DateTime<Utc>) -> i64 {
        (removed.timestamp() - due.epoch()).max(0)
    }
}

/// Why something was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its time was over, and TTL removed it, or the lifting of the last hold did.
    Retention,
    /// Its time was over, TTL had not removed it, and the sweep did.
    Sweep,
    /// The person asked.
    Erasure,
    /// The source corrected it: it was withdrawn, or it is another person's.
    Correction,
    /// A restore had brought it back after it was deleted.
    Restore,
}

impl Cause {
    /// Whether it was deleted because its time was over.
    #[must_use]
    pub const fn is_time(self) -> bool {
        match self {
            Self::Retention | Self::Sweep => true,
            Self::Erasure | Self::Correction | Self::Restore => false,
        }
    }
}

/// What can be deleted from the table of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A record.
    Record,
    /// A link from a further identifier to a subject.
    Link,
    /// A subject's profile.
    Profile,
}

/// Names a deletion: a digest of the item's keys, which leads nowhere without the item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryId(String);

/// Text that does not name a deletion.
#[derive(Debug, thiserror::Error)]
#[error("the name of a deletion is 32 hexadecimal digits")]
pub struct NotAnEntryId;

impl TryFrom<String> for EntryId {
    type Error = NotAnEntryId;

    fn try_from(text: String) -> Result<Self, NotAnEntryId> {
        let is_hex = text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 32 && is_hex {
            Ok(Self(text))
        } else {
            Err(NotAnEntryId)
        }
    }
}

impl From<EntryId> for String {
    fn from(id: EntryId) -> Self {
        id.0
    }
}

impl EntryId {
    /// The id of the deletion of the item with these keys and this due time.
    #[must_use]
    pub fn of(partition: &str, sort: &str, due: ExpiresAt) -> Self {
        let keys = Sha256::new()
            .chain_update(partition)
            .chain_update([0])
            .chain_update(sort)
            .chain_update([0]);
        let digest = keys.chain_update(due.epoch().to_be_bytes()).finalize();
        Self(hex::encode(&digest[..16]))
    }

    /// 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number that its digits write, which takes less room.
    ///
    /// # Panics
    /// Never: an id is made of hexadecimal digits only.
    #[must_use]
    #[expect(clippy::expect_used, reason = "its constructors take nothing else")]
    pub fn number(&self) -> u128 {
        u128::from_str_radix(&self.0, 16).expect("an id is 32 hexadecimal digits")
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;
    use crate::retention::ExpiresAt;
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn lateness_counts_from_the_due_second_and_is_never_negative() {
        let due = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        assert_eq!(
            Entry::lateness(ExpiresAt::at(due), due + TimeDelta::hours(2)),
            7200
        );
        assert_eq!(
            Entry::lateness(ExpiresAt::at(due), due - TimeDelta::days(400)),
            0
        );
    }
}
