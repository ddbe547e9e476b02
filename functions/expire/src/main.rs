//! A record that TTL removed becomes a ledger entry, on AWS Lambda.

fn main() {}
