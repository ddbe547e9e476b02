//! A record that TTL removed becomes a ledger entry.
