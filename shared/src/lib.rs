//! What every function of Custodian is made of.
//!
//! Three rooms, and imports point one way only: [`domain`] (pure) ← [`storage`] (DynamoDB and S3) ← [`edge`]
//! (settings, clock, logs, problem documents), with the functions on top.

pub mod domain;
pub mod edge;
pub mod storage;
