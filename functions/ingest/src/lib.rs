//! A web form becomes a record.

pub mod pages;
