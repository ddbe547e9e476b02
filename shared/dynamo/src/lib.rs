//! DynamoDB as the store uses it. This crate knows keys, items and ends, and nothing of Custodian.
//!
//! A [`Write`] says what changes and on which condition. It is sent by itself or as part of a
//! transaction ([`transact`]). Reads return [`Pages`]. An item that is over is never shown as live:
//! [`is_live`] alone decides that.

mod batch;
mod condition;
mod expression;
mod item;
mod key;
mod live;
mod pages;
mod protection;
mod query;
mod sending;
mod table;
mod transaction;
mod write;

pub use aws_sdk_dynamodb::Client;
pub use aws_sdk_dynamodb::primitives::Blob;
pub use aws_sdk_dynamodb::types::AttributeValue;
pub use condition::Condition;
pub use item::{
    Item, flag, from_item, from_value, n, number, read, s, set, text, to_item, to_value, word,
};
pub use key::{EXPIRES_AT, PK, PrimaryKey, SK};
pub use live::{end, is_live};
pub use pages::{Pages, Read};
pub use protection::Protection;
pub use query::{Index, Query, Shown};
pub use sending::Outcome;
pub use table::Table;
pub use transaction::{Attempt, Reason, attempt, transact, wait};
pub use write::{Returning, Write};

/// A client of DynamoDB with this configuration.
#[must_use]
pub fn client(sdk: &aws_config::SdkConfig) -> Client {
    Client::new(sdk)
}

/// Random bytes, to tell one act from another.
///
/// # Errors
/// [`custodian_aws::StorageError`] if the system has none.
pub fn random(operation: &'static str) -> Result<[u8; 16], custodian_aws::StorageError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|_| custodian_aws::StorageError::because(operation, "randomness"))?;
    Ok(random)
}
