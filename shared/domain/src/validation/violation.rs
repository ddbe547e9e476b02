//! What is wrong with what was sent.

/// What is wrong with what was sent: the field, and the rule that it breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct Violation {
    /// The field.
    pub field: String,
    /// The rule.
    pub rule: String,
}

impl Violation {
    /// A field that breaks a rule.
    #[must_use]
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
        }
    }
}
