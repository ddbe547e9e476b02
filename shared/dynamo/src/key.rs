//! The key of an item, and the attributes that every table has.

use crate::item::{Item, s};

/// Partition key of every table.
pub const PK: &str = "pk";
/// Sort key of every table.
pub const SK: &str = "sk";
/// When an item is over, epoch seconds: the attribute that TTL reads.
pub const EXPIRES_AT: &str = "expires_at";

/// The primary key of an item: its partition key and its sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryKey {
    /// Partition key.
    pub partition: String,
    /// Sort key.
    pub sort: String,
}

impl PrimaryKey {
    /// The two attributes.
    pub(crate) fn attributes(self) -> [(String, crate::AttributeValue); 2] {
        [
            (PK.to_owned(), s(self.partition)),
            (SK.to_owned(), s(self.sort)),
        ]
    }

    /// The two attributes, as an item by themselves.
    pub(crate) fn item(self) -> Item {
        Item::from(self.attributes())
    }
}
