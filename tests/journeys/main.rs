//! Journeys through the whole house.

mod answers;
mod binaries;
mod canary;
mod certificates;
mod contracts;
mod erasure;
mod expiry;
mod exports;
mod faults;
mod heard;
mod house;
mod imports;
mod imports_faults;
mod linking;
mod partners;
mod paused;
mod permissions;
mod permissions_used;
mod processors;
mod recorder;
mod restoring;
mod retention;
mod standings;
mod storage;
mod sweep_warnings;
mod unsubscribe;
