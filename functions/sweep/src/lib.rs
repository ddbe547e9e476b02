//! What TTL left behind is deleted, and the ledger says so.
