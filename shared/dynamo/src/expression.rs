//! The names and values of one request's expressions.

use crate::AttributeValue;
use crate::key::{EXPIRES_AT, PK, SK};
use std::collections::HashMap;

/// Attributes that need no placeholder: none is a word that DynamoDB reserves
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html>).
const PLAIN: [&str; 3] = [PK, SK, EXPIRES_AT];

/// Collects names and values while expressions are written.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    names: Vec<String>,
    values: Vec<AttributeValue>,
}

impl Expression {
    /// The name of an attribute in an expression; a path has a dot between its parts.
    pub(crate) fn name(&mut self, path: &str) -> String {
        let parts: Vec<String> = path.split('.').map(|part| self.part(part)).collect();
        parts.join(".")
    }

    fn part(&mut self, name: &str) -> String {
        if PLAIN.contains(&name) {
            return name.to_owned();
        }
        let known = self.names.iter().position(|known| known == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        format!("#n{place}")
    }

    /// The placeholder of a value in an expression.
    pub(crate) fn value(&mut self, value: AttributeValue) -> String {
        self.values.push(value);
        format!(":v{}", self.values.len() - 1)
    }

    /// The meaning of the placeholders of names; `None` if there are none.
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        let names = self.names.iter().enumerate();
        let names: HashMap<String, String> = names
            .map(|(place, name)| (format!("#n{place}"), name.clone()))
            .collect();
        (!names.is_empty()).then_some(names)
    }

    /// The meaning of the placeholders of values; `None` if there are none.
    pub(crate) fn values(self) -> Option<HashMap<String, AttributeValue>> {
        let values = self.values.into_iter().enumerate();
        let values: HashMap<String, AttributeValue> = values
            .map(|(place, value)| (format!(":v{place}"), value))
            .collect();
        (!values.is_empty()).then_some(values)
    }
}
