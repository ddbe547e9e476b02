//! The register of requests: cases with what a person asked, and what happened to it.
//!
//! A [`Case`] is one letter, call or visit. It has one request for each right that the person uses,
//! whether they named it or not: several rights at once are separate requests with their own clocks.
//! What is stored are the events, one after the other. The state of a request, and the date by which
//! it has to be answered, are computed from them and never stored as truth.
//!
//! [`Case::enter`] refuses an event that is not allowed now, with the rule that it breaks.

mod case;
mod case_event;
mod case_id;
pub mod lists;
pub mod progress;
mod refusal;
mod request;

pub use case::{Awaited, Case, EVENTS, Entered, InCase, step_id};
pub use case_event::{CaseEntry, CaseEvent, ComplaintSubject};
pub use case_id::{CaseId, NotACaseId};
pub use lists::Listed;
pub use progress::{Progress, Step};
pub use refusal::Refusal;
pub use request::{CaseRequest, Closing, Decision, Due};

#[cfg(test)]
mod tests;
