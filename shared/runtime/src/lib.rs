//! Where a function runs: its settings, its secrets, its clock, its logs and its failures.

mod clock;
mod deadline;
pub mod failure;
mod host;
pub mod logs;
mod patience;
pub mod secret;

pub use clock::Clock;
pub use deadline::Deadline;
pub use host::{Host, StartError};
pub use patience::Patience;
