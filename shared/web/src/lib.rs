//! HTTP: requests and responses, pages, problem documents, and how much one client may send.

mod front;
pub mod gateway;
pub mod http;
pub mod limits;
pub mod page;
pub mod problem;
pub mod rejection;
pub mod site;
pub mod stylesheet;

pub use front::Edge;
