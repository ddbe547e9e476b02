//! What a record, a person and a promise are. Pure: no AWS and no clock.

pub mod audit_trail;
pub mod identity;
pub mod ledger;
pub mod london;
pub mod place;
pub mod record;
pub mod retention;
pub mod rights;
pub mod survey;
pub mod times;
pub mod validation;
