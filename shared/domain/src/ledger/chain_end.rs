//! The last link of a chain, as another chain names it.

use super::hash::Hash;
use serde::{Deserialize, Serialize};

/// The last link of a chain, as another one names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// Its number.
    pub n: u64,
    /// Its hash.
    pub hash: Hash,
}
