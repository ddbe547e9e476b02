//! Everywhere that a person's data lies.

use serde::{Deserialize, Serialize};

/// A place. Matched exhaustively: adding one does not compile until it is said how to find and how to forget there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The table of records, with links and profiles.
    Records,
    /// The bucket of packages made for requests.
    Exports,
}

impl Place {
    /// Every place, in the order in which they forget: packages first, so that none is handed out while records go.
    pub const ALL: [Self; 2] = [Self::Exports, Self::Records];

    /// The name, as keys and receipts spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Exports => "exports",
        }
    }
}
