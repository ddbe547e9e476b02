//! What is done for a person over the store, and how it is proved.

pub mod audit;
