//! What is done for a person over the store, and how it is proved.

pub mod audit;
pub mod intake;
pub mod people;
pub mod reach;
pub mod restoring;
pub mod settling;
pub mod whom;
