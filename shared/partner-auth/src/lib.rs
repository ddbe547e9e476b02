//! Whether a message comes from the partner or processor that it names, and the credentials that a
//! processor asks of us.

pub mod certificate;
pub mod processor;
pub mod webhook;
