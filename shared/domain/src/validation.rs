//! How input is read: JSON, text, and the words that report a fault.

pub mod json;
pub mod notice;
pub mod object;
pub mod rule;
pub mod surrogates;
pub mod text;
pub mod violation;

/// Whether there is nothing to count: a zero count is left out when it is written.
#[must_use]
pub const fn is_zero(count: &u64) -> bool {
    *count == 0
}
