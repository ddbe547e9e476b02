//! The one place that knows how things are stored in DynamoDB.
//!
//! Methods are intents (`keep`, `about`, `forget`), reads come in pages, and what has expired is
//! never shown: [`custodian_dynamo`] alone decides that.

pub mod asked;
pub mod audit_log;
pub mod breaches;
mod by_day;
pub mod cases;
mod chain;
pub mod clients;
pub mod confirmations;
pub mod constraints;
pub mod deadlines;
pub mod effects;
pub mod evidence;
pub mod imports;
mod keys;
pub mod ledger;
pub mod looks;
pub mod opt_outs;
pub mod packages;
pub mod records;
pub mod reportable;
pub mod requests;
mod retention;
pub mod sessions;
pub mod suppressions;
pub mod surveys;
pub mod sweep_cursor;
pub mod tasks;
pub mod unreadable;

pub use custodian_dynamo::{Client, Item, Pages, Protection, Write, client};
pub(crate) use custodian_dynamo::{flag, from_item, n, number, read, s, set, text, to_item, word};
pub use keys::{Key, SHARDS};
