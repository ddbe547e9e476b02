//! What a person may ask for, and how it is done: requests, plans, tasks, packages, holds,
//! confirmations and their deadlines.

pub mod breach;
pub mod calendar;
pub mod complaint;
pub mod complaint_deadlines;
pub mod confirmation;
pub mod constraint;
pub mod decision;
pub mod erasure;
pub mod exclusion;
pub mod holding;
pub mod order;
pub mod package;
pub mod package_code;
pub mod package_token;
pub mod plan;
pub mod processor_exchange;
pub mod receipt;
pub mod register;
pub mod response_deadline;
pub mod subscription;
pub mod taking_out;
pub mod task;
pub mod unsubscribe_token;
