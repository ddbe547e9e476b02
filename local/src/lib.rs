//! Runs Custodian's `template.yaml` in one process.
//!
//! `custodian-local-aws` makes of a template what AWS would. This crate gives it Custodian's
//! functions and surveys, the simulators of the processors, and an issuer by which invented people
//! sign in at the desk. It also has the commands for a stack that runs: drop a file, verify the ledger, rehearse a restore.

mod front;
mod functions;
mod import;
pub mod operate;
mod options;
pub mod reports;
mod secrets;
mod stack;
mod staff;
mod surveys;
#[cfg(test)]
mod tests;

pub use custodian_local_aws::{
    ACCESS_KEY, Endpoints, Event, Message, REGION, RuntimeError, SECRET_KEY, TemplateError, iam,
    recovery, wire,
};
pub use functions::{Handler, Registry};
pub use import::{ImportArguments, ImportError, Imported, ProgressView, import, progress_view};
pub use options::{Options, StartError};
pub use secrets::LOCAL_SUBJECT_KEY;
pub use stack::Stack;
