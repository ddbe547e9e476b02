//! What the people who run Custodian do by hand, with the functions' own storage.

pub mod adopt;
pub mod evidence;
pub mod keys;
pub mod local_stack;
pub mod quarantine;
pub mod redrive;
pub mod restore;
pub mod surveys;
pub mod verify;
