//! Journeys through the whole house.

mod answers;
mod binaries;
mod erasure;
mod expiry;
mod exports;
mod house;
mod permissions;
