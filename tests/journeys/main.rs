//! Journeys through the whole house.

mod permissions;
