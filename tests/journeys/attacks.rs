//! Every attack that was once possible, tried again from outside by a stranger or somebody in a
//! hurry.

mod confirming;
mod links;
mod mailboxes;
mod packages;
pub mod public_door;
mod requests;
