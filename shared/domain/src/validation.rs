//! How what comes in is read: JSON, text, and the words in which a fault is said.

pub mod json;
pub mod notice;
pub mod object;
pub mod rule;
pub mod surrogates;
pub mod text;
pub mod violation;

/// Whether there is nothing to count: such a count is left out where it is written.
#[must_use]
pub const fn is_zero(count: &u64) -> bool {
    *count == 0
}
