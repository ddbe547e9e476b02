//! A block: the contents of one link of the chain.

use super::Entry;
use super::attestation::Attestation;
use super::chain_end::ChainEnd;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The contents of one link: deletions from one transaction, what was written of requests and
/// holds, or how the audit trail ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The number of its link.
    pub n: u64,
    /// The day of the ledger that it is on.
    pub day: NaiveDate,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The deletions.
    pub entries: Vec<Entry>,
    /// What is in the Register.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<Attestation>,
    /// How the audit trail ended then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<ChainEnd>,
}
