//! What a stranger, or somebody in a hurry, could try: every attack that was once possible, played
//! from outside.

mod confirming;
mod links;
mod mailboxes;
mod packages;
pub mod public_door;
mod requests;
