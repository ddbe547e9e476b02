//! What a record, a person and a promise are: pure, without AWS, without a clock.

pub mod answers;
pub mod arrival;
pub mod calendar;
pub mod clocks;
pub mod complaint;
pub mod custody;
pub mod erasure;
pub mod facts;
pub mod form_token;
pub mod identifier;
pub mod ledger;
pub mod london;
pub mod order;
pub mod package;
pub mod particulars;
pub mod place;
pub mod record;
pub mod redaction;
pub mod reference;
pub mod retention;
pub mod revision;
pub mod satisfaction;
pub mod source;
pub mod subject;
pub mod survey;
