//! The journeys live in `journeys/`.
