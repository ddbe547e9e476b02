//! A web form becomes a record.
