//! The stages of a complaint.
use serde::{Deserialize, Serialize};
/// The stages of the council's complaints procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// One.
    One,
    /// Two.
    Two,
}
