//! Items and their attributes.

use crate::AttributeValue;
use custodian_aws::StorageError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// An item, in DynamoDB's form.
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

/// A set of strings; DynamoDB accepts no empty set.
pub fn set(values: impl IntoIterator<Item = String>) -> AttributeValue {
    AttributeValue::Ss(values.into_iter().collect())
}

/// The name of an enum's variant, as it is stored.
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

/// A string attribute of an item.
#[must_use]
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A whole number from an item.
#[must_use]
pub fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Whether a flag of an item is set; a missing flag is not.
#[must_use]
pub fn flag(item: &Item, name: &str) -> bool {
    item.get(name)
        .is_some_and(|it| it.as_bool().is_ok_and(|it| *it))
}

/// A value as an item.
///
/// # Errors
/// [`StorageError`] if it cannot be written as an item.
pub fn to_item(operation: &'static str, value: impl Serialize) -> Result<Item, StorageError> {
    serde_dynamo::to_item(value).map_err(|_| StorageError::unreadable(operation))
}

/// A value as an attribute.
///
/// # Errors
/// [`StorageError`] if it cannot be written as an attribute.
pub fn to_value(
    operation: &'static str,
    value: impl Serialize,
) -> Result<AttributeValue, StorageError> {
    serde_dynamo::to_attribute_value(value).map_err(|_| StorageError::unreadable(operation))
}

/// An item as a value.
///
/// # Errors
/// [`StorageError`] if it cannot be read.
pub fn from_item<T: DeserializeOwned>(
    operation: &'static str,
    item: Item,
) -> Result<T, StorageError> {
    read(item).ok_or(StorageError::unreadable(operation))
}

/// An item as a value, if it can be read.
#[must_use]
pub fn read<T: DeserializeOwned>(item: Item) -> Option<T> {
    serde_dynamo::from_item(item).ok()
}

/// An attribute as a value, if it can be read.
#[must_use]
pub fn from_value<T: DeserializeOwned>(value: AttributeValue) -> Option<T> {
    serde_dynamo::from_attribute_value(value).ok()
}
