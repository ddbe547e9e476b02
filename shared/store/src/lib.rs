//! The one place that knows how things lie in DynamoDB.
//!
//! Methods are intents (`keep`, `about`, `forget`), reads come in pages, and what has expired is
//! never shown: that is decided in [`table`] alone.

pub mod clients;
pub mod confirmations;
pub mod constraints;
pub mod deadlines;
pub mod effects;
pub mod evidence;
pub mod imports;
mod keys;
pub mod ledger;
pub mod opt_outs;
pub mod packages;
pub mod protection;
pub mod records;
pub mod requests;
pub mod suppressions;
pub mod surveys;
pub mod sweep_cursor;
pub mod table;
pub mod tasks;
pub mod told;

use aws_sdk_dynamodb::types::AttributeValue;
/// A part of a transaction, which several parts of the storage can contribute to.
pub use aws_sdk_dynamodb::types::TransactWriteItem;
pub use keys::{Key, SHARDS};
use std::collections::HashMap;

/// An item, as DynamoDB gives it.
pub type Item = HashMap<String, AttributeValue>;

/// A client of DynamoDB with this configuration.
#[must_use]
pub fn client(sdk: &aws_config::SdkConfig) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(sdk)
}

/// A string attribute.
pub(crate) fn s(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn n(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A string out of an item.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A whole number out of an item.
pub(crate) fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
