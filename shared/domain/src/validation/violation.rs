//! What is wrong with what was sent.

use std::fmt::Display;

/// What is wrong with what was sent: the field, and the rule that it breaks. Never what was sent.
///
/// A rule is a value where programs are told its name, and a sentence where only people are told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct Violation<R: Display = String> {
    /// The field, by its path from the top: `data.profile.email`; empty where it is the whole.
    pub field: String,
    /// The rule.
    pub rule: R,
}

impl<R: Display> Violation<R> {
    /// A field that breaks a rule.
    #[must_use]
    pub fn new(field: impl Into<String>, rule: impl Into<R>) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
        }
    }
}
