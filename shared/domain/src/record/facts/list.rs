//! A list of facts while it is made.

use super::{Fact, Nature, Value};
use crate::identity::redaction::titled_removed;
use std::borrow::Cow;

/// Facts in the order in which a document and a report have them.
#[derive(Default)]
pub(super) struct FactList<'a>(pub(super) Vec<Fact<'a>>);

impl<'a> FactList<'a> {
    /// Adds a fact, if it has a value.
    pub(super) fn add(
        &mut self,
        nature: Nature,
        name: &'static str,
        label: &'static str,
        value: Option<Value<'a>>,
    ) {
        self.0.extend(value.map(|value| Fact {
            name,
            label,
            nature,
            value,
        }));
    }
}

/// A text as a value.
pub(super) fn text(text: Option<&String>) -> Option<Value<'_>> {
    text.map(|text| Value::Text(Cow::Borrowed(text)))
}

/// What staff wrote, without the names of others; the person's own name stays.
pub(super) fn staff<'a>(text: Option<&str>, own_name: Option<&str>) -> Option<Value<'a>> {
    text.map(|text| Value::Text(Cow::Owned(titled_removed(text, own_name))))
}
