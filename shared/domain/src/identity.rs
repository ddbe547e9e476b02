//! Who a person is: what identifies them, the keys under which storage knows them, and where a text
//! names them.

pub mod assertion;
pub mod client;
pub mod contact;
pub mod identifier;
pub mod identities;
pub mod keyring;
pub mod mention;
pub mod redaction;
pub mod seal;
pub mod staff;
pub mod subject;
mod telephone;
pub mod written;
