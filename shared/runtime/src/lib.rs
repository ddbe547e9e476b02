//! What a function is, and where it runs: its settings, secrets, clock, logs and failures.

mod deadline;
mod environment;
pub mod failure;
mod function;
pub mod logs;
mod patience;
pub mod secret;
pub mod settings;

pub use custodian_clock::Clock;
pub use deadline::Deadline;
pub use environment::{Environment, StartError};
pub use function::{Function, main};
pub use patience::Patience;
