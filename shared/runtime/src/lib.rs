//! Where a function runs: its settings, its secrets, its clock, its logs and its failures.

mod deadline;
mod environment;
pub mod failure;
pub mod logs;
mod patience;
pub mod secret;

pub use custodian_clock::Clock;
pub use deadline::Deadline;
pub use environment::{Environment, StartError};
pub use patience::Patience;
