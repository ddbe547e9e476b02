//! Runs `template.yaml` in one process.
//!
//! The template says which tables, buckets, queues, secrets and functions there are. [`Stack`]
//! makes them on an embedded DynamoDB and its own S3, and sends the functions the events that AWS
//! would: requests, changes in tables, new objects, schedules, invocations. A fault in the template
//! fails at start, with the name of the resource. A call that a function's role does not allow is
//! refused, as on AWS.
//!
//! Not imitated: who may use a KMS key, log or send to a queue; throttling; timeouts; several
//! instances of a function; the waits between retries; the 24 hours that a stream keeps a record;
//! and TTL's five years (an item that expired longer ago is removed all the same).

mod backups;
mod clock;
mod dynamodb;
mod filter;
mod front;
mod functions;
mod host;
mod http;
pub mod iam;
mod import;
mod invoke;
mod notifications;
pub mod operate;
mod options;
mod ports;
pub mod recovery;
pub mod reports;
mod request_id;
mod runtime;
mod schedule;
mod secrets;
mod stack;
mod state;
mod storage;
mod streams;
mod surveys;
mod template;
#[cfg(test)]
mod tests;
pub mod wire;

pub use functions::{Event, Handler, Registry};
pub use host::{ACCESS_KEY, Endpoints, SECRET_KEY};
pub use import::{ImportArguments, ImportError, Imported, ProgressView, import, progress_view};
pub use options::{Options, StartError};
pub use runtime::RuntimeError;
pub use secrets::LOCAL_SUBJECT_KEY;
pub use stack::Stack;
pub use state::Message;
pub use template::{REGION, TemplateError};
