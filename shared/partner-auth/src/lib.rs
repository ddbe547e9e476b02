//! Whether a message comes from the partner or processor that it names, and what a processor wants
//! to see of us.

pub mod certificate;
pub mod processor;
pub mod webhook;
