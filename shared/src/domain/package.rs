//! What a request for somebody's data is called, and what it gives.

use serde::{Deserialize, Serialize};

/// Names a request: 1 to 64 letters, digits, hyphens and underscores. Chosen by the DPO or made up at random; it
/// stands in keys and logs, so it must say nothing about the person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

/// What cannot name a request.
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 64 letters, digits, hyphens and underscores")]
pub struct NotARequestId;

impl RequestId {
    /// A request that a click begins: `random` tells it from all others.
    #[must_use]
    pub fn of_click(random: [u8; 16]) -> Self {
        Self(format!("unsubscribe-{}", hex::encode(random)))
    }

    /// The id of the request that follows from this one and tells recipients `what` became of the data.
    ///
    /// # Errors
    /// [`NotARequestId`] if this one is so long that there is no room for it.
    pub fn following(&self, what: &str) -> Result<Self, NotARequestId> {
        Self::try_from(format!("{}-{what}", self.0))
    }

    /// The id as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequestId {
    type Error = NotARequestId;

    fn try_from(id: String) -> Result<Self, NotARequestId> {
        let sound =
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if sound { Ok(Self(id)) } else { Err(NotARequestId) }
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

/// The objects of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// The machine-readable document.
    Document,
    /// The report that a lay person reads.
    Report,
}

/// What a package holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageKind {
    /// Article 15: everything held, observed and inferred too, with the supplementary information.
    Access,
    /// Article 20: what the person provided.
    Portability,
}
