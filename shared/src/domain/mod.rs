//! What a record, a person and a promise are: pure, without AWS, without a clock.

pub mod answers;
pub mod arrival;
pub mod assertion;
pub mod calendar;
mod call;
pub mod client;
pub mod clocks;
pub mod complaint;
pub mod confirmation;
pub mod correspondence;
pub mod custody;
pub mod decision;
pub mod erasure;
pub mod exclusion;
pub mod facts;
pub mod form_token;
pub mod holding;
pub mod identifier;
pub mod identities;
pub mod json;
pub mod keyring;
pub mod ledger;
pub mod london;
pub mod mention;
pub mod notice;
pub mod order;
pub mod package;
pub mod package_code;
pub mod package_token;
pub mod particulars;
pub mod place;
pub mod plan;
pub mod quarantined;
pub mod receipt;
pub mod record;
pub mod redaction;
pub mod reference;
pub mod retention;
pub mod revision;
pub mod satisfaction;
pub mod seal;
pub mod signed;
pub mod source;
mod source_name;
pub mod staff;
pub mod standing;
pub mod subject;
pub mod subscription;
pub mod surrogates;
pub mod survey;
pub mod task;
mod telephone;
pub mod text;
pub mod times;
pub mod unsubscribe_token;
pub mod written;

/// Whether there is nothing to count: such a count is left out where it is written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
pub(crate) const fn is_zero(count: &u64) -> bool {
    *count == 0
}
