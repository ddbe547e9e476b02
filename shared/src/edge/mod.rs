//! Where a function meets the outside: its settings, its clients, its clock, its logs and its refusals.

pub mod certificate;
mod clock;
mod deadline;
pub mod failure;
mod front;
pub mod gateway;
mod host;
pub mod http;
pub mod limits;
pub mod logs;
pub mod outside;
pub mod page;
mod patience;
pub mod problem;
pub mod processor;
pub mod secret;
pub mod site;
pub mod webhook;

pub use clock::Clock;
pub use deadline::Deadline;
pub use front::Edge;
pub use host::{Host, StartError};
pub use patience::Patience;
