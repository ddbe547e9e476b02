//! Items and what is in them.

use crate::AttributeValue;
use custodian_aws::StorageError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// An item, as DynamoDB gives it.
pub type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub fn s(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
#[must_use]
pub fn n(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A set of strings; DynamoDB takes none that is empty.
pub fn set(values: impl IntoIterator<Item = String>) -> AttributeValue {
    AttributeValue::Ss(values.into_iter().collect())
}

/// The word of an enum's variant, as it is stored.
///
/// # Panics
/// If the value isn't a variant without fields.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "serialising the name of a variant cannot fail"
)]
pub fn word(variant: impl Serialize) -> AttributeValue {
    serde_dynamo::to_attribute_value(variant).expect("a variant without fields is a text")
}

/// A string out of an item.
#[must_use]
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A whole number out of an item.
#[must_use]
pub fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Whether an item has a flag that is set; one that is missing is not.
#[must_use]
pub fn flag(item: &Item, name: &str) -> bool {
    item.get(name)
        .is_some_and(|it| it.as_bool().is_ok_and(|it| *it))
}

/// An item out of what it says.
///
/// # Errors
/// [`StorageError`] if it cannot be written as an item.
pub fn to_item(operation: &'static str, value: impl Serialize) -> Result<Item, StorageError> {
    serde_dynamo::to_item(value).map_err(|_| StorageError::unreadable(operation))
}

/// An attribute out of what it says.
///
/// # Errors
/// [`StorageError`] if it cannot be written as an attribute.
pub fn to_value(
    operation: &'static str,
    value: impl Serialize,
) -> Result<AttributeValue, StorageError> {
    serde_dynamo::to_attribute_value(value).map_err(|_| StorageError::unreadable(operation))
}

/// What an item says.
///
/// # Errors
/// [`StorageError`] if it cannot be read.
pub fn from_item<T: DeserializeOwned>(
    operation: &'static str,
    item: Item,
) -> Result<T, StorageError> {
    read(item).ok_or(StorageError::unreadable(operation))
}

/// What an item says, if it can be read.
#[must_use]
pub fn read<T: DeserializeOwned>(item: Item) -> Option<T> {
    serde_dynamo::from_item(item).ok()
}

/// What an attribute says, if it can be read.
#[must_use]
pub fn from_value<T: DeserializeOwned>(value: AttributeValue) -> Option<T> {
    serde_dynamo::from_attribute_value(value).ok()
}
