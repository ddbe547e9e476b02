//! Runs a SAM template in one process.
//!
//! The template says which tables, buckets, queues, secrets and functions there are. [`Foundation`]
//! makes them on an embedded DynamoDB and an S3 in a folder, and [`Stack`] sends the functions the
//! events that AWS would: requests, changes in tables, new objects, schedules, invocations. A fault
//! in the template fails at start, with the name of the resource. A call that a function's role does
//! not allow is refused, as on AWS.
//!
//! Not imitated: who may use a KMS key, log or send to a queue; throttling; timeouts; several
//! instances of a function; the waits between retries; the 24 hours that a stream keeps a record;
//! and TTL's five years (an item that expired longer ago is removed all the same).

mod backups;
mod clock;
mod dynamodb;
mod filter;
mod foundation;
mod functions;
mod host;
mod http;
pub mod iam;
mod invoke;
mod lambdas;
mod notifications;
mod options;
mod ports;
pub mod recovery;
mod request_id;
mod runtime;
mod schedule;
mod secrets;
mod stack;
mod state;
mod storage;
mod streams;
mod template;
pub mod wire;

pub use foundation::Foundation;
pub use host::{ACCESS_KEY, Endpoints, Host, SECRET_KEY, sdk};
pub use lambdas::{Event, Lambda, Lambdas};
pub use options::{Address, Api, Intake, Options, StartError};
pub use ports::beside;
pub use request_id::request_id;
pub use runtime::{RuntimeError, Upkeep};
pub use secrets::generated;
pub use stack::Stack;
pub use state::Message;
pub use template::{REGION, Secret, TemplateError};
