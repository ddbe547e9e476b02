//! What functions do for a person with the store, and how it is proved.

pub mod audit;
pub mod auditing;
pub mod case_steps;
pub mod case_view;
pub mod erasure_scope;
pub mod hold_enforcement;
pub mod intake;
pub mod people;
pub mod rectifying;
pub mod restoring;
pub mod whom;
